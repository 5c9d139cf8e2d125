"""Titles for entries of the feed about tasks whose processes are not at hand (engine 4.5)."""

from collections.abc import Iterable

from handrail.engine.state import Task
from handrail.engine.variables import has_variables
from handrail.features.processes import aggregate
from handrail.features.processes import titles as of_process
from handrail.kernel.actor import Actor
from handrail.ports.database import Reader


async def filled(reader: Reader, actor: Actor, tasks: Iterable[Task]) -> dict[str, str]:
    """The titles of tasks by their ids, variables filled in; those of tasks outside of any process as they are."""
    listed = list(tasks)
    found = {task.id: task.title for task in listed}
    speaking: dict[str, list[Task]] = {}
    for task in listed:
        if task.process_id is not None and has_variables(task.title):
            speaking.setdefault(task.process_id, []).append(task)
    for process_id, its in speaking.items():
        process = (await aggregate.load(reader, actor.organization_id, process_id)).process
        found.update(await of_process.filled(reader, actor, process, its))
    return found


async def one(reader: Reader, actor: Actor, task: Task) -> str:
    """The title of one task."""
    return (await filled(reader, actor, (task,)))[task.id]
