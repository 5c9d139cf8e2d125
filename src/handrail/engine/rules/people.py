"""Whom the rules of a process may have to know: for the shell, which looks people up before a command."""

from collections.abc import Iterator

from handrail.engine.definition import Owners
from handrail.engine.people import owners_of
from handrail.engine.rules.compile import RuleSet
from handrail.engine.state import Process


def people_of(rules: RuleSet, process: Process) -> Iterator[Owners]:
    """Those whom assignment actions name or read from answers, and those on the tasks that they change.

    The launcher belongs to them too: a task left to guests alone goes to them as well (engine 7.5). Empty when no
    rule assigns anybody.
    """
    about = rules.people
    if not about:
        return
    yield Owners(users=(process.started_by,))
    yield from about.named
    for field_id in about.fields:
        yield owners_of(process.kickoff.get(field_id))
    for task in process.tasks:
        if task.step_id in about.steps and (task.owners.guests or task.owners.groups or task.everyone_must_complete):
            yield task.owners
        for field_id in about.fields:
            if field_id in task.values:
                yield owners_of(task.values[field_id])
