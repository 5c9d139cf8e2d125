"""A process that is public, without everything that the public does not see (engine 12).

What is withheld is taken out here, before anything is rendered: secret tasks with their answers, tasks that are hidden
or archived, and the fields, comments and people that `publicly_hidden_fields` names.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from handrail.engine.definition import Field
from handrail.engine.state import Process, Task
from handrail.engine.variables import Names
from handrail.features.processes import aggregate, snapshot, store
from handrail.features.processes.aggregate import Aggregate
from handrail.features.processes.snapshot import Snapshot
from handrail.features.tasks import persistence
from handrail.kernel.ids import is_id
from handrail.ports.database import Reader

# what `publicly_hidden_fields` may name beside fields, in the words that clients use
_WORDS = {
    "comments": "comments",
    "threads": "comments",
    "form_fields": "form_fields",
    "captures": "form_fields",
    "ko_form_fields": "kickoff",
    "kickoff": "kickoff",
    "prerun": "kickoff",
    "assignees": "assignees",
    "owners": "assignees",
}
_hidden = msgspec.json.Decoder(list[Any]).decode


class Question(msgspec.Struct, frozen=True):
    """A field that may be shown, with its answer; `task` is None for the kick-off form."""

    field: Field
    value: Any
    task: Task | None


class PublicProcess(msgspec.Struct, frozen=True):
    """What may be shown: `process` has no other tasks and `texts` no other answers than the public may see."""

    organization_id: str
    process: Process
    texts: Process
    names: Names
    questions: tuple[Question, ...]
    shows_comments: bool
    shows_assignees: bool


async def public_process(reader: Reader, process_id: str) -> PublicProcess | None:
    """The process with this id, of whichever organization, while it is public."""
    row = await reader.one(store.public_by_id, id=process_id) if is_id(process_id) else None
    if row is None:
        return None
    rows = await persistence.load(reader, row.organization_id, row.id)
    tasks = tuple(persistence.task_of(task) for task in rows)
    whole = Aggregate(row, aggregate.process_of(row, tasks), persistence.extras(rows))
    frozen = await snapshot.load(
        reader, row.organization_id, row.template_id, row.template_version, whole.process.injected
    )
    return _reduced(whole, frozen, _named(row.publicly_hidden_fields))


def _named(stored: str) -> frozenset[str]:
    """The words and fields that are hidden. Words count in any case, with `-` or `_`."""
    found: set[str] = set()
    for entry in _hidden(stored):
        if isinstance(entry, str):
            found |= {entry, _WORDS.get(entry.strip().lower().replace("-", "_"), entry)}
    return frozenset(found)


def _reduced(whole: Aggregate, frozen: Snapshot | None, hidden: frozenset[str]) -> PublicProcess:
    process = whole.process
    shown = tuple(task for task in process.tasks if _is_shown(task))
    oneoff_fields = whole.oneoff_fields()

    def fields_of(task: Task) -> tuple[Field, ...]:
        step = None if frozen is None else frozen.step(task.step_id)
        return oneoff_fields.get(task.id, ()) if step is None else step.fields

    def is_open(field: Field, word: str) -> bool:
        return not hidden & {field.id, field.alias, word, "form_fields"}

    kickoff = () if frozen is None else frozen.definition.kickoff
    questions = [Question(field, process.kickoff.get(field.id), None) for field in kickoff if is_open(field, "kickoff")]
    questions += [
        Question(field, task.values.get(field.id), task)
        for task in shown
        for field in fields_of(task)
        if is_open(field, "form_fields")
    ]
    # titles speak of answers to tasks that are not shown too (engine 4.5), of secret ones never
    speaking = tuple(
        replace(
            task,
            values={field.id: task.values.get(field.id) for field in fields_of(task) if is_open(field, "form_fields")},
        )
        for task in process.tasks
        if not task.top_secret
    )
    answers = {field.id: process.kickoff.get(field.id) for field in kickoff if is_open(field, "kickoff")}
    return PublicProcess(
        organization_id=whole.row.organization_id,
        process=replace(process, tasks=shown),
        texts=replace(process, tasks=speaking, kickoff=answers),
        names={} if frozen is None else frozen.names,
        questions=tuple(questions),
        shows_comments="comments" not in hidden,
        shows_assignees="assignees" not in hidden,
    )


def _is_shown(task: Task) -> bool:
    return not (task.top_secret or task.is_hidden or task.archived_at is not None)
