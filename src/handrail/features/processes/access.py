"""What a person is to a process or a task: the relations that the permission matrix asks for (engine 12)."""

from handrail.engine.permit import Doer, is_assigned
from handrail.engine.state import Task
from handrail.features.processes import store
from handrail.features.processes.store import ProcessRow
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.kernel.permission import may
from handrail.ports.database import Reader

Relations = frozenset[str]
ALL: Relations = frozenset({"owner", "starter", "involved", "assignee", "PROCESS_READ", "creator"})


async def of_process(reader: Reader, actor: Actor, row: ProcessRow, tasks: tuple[Task, ...] | None = None) -> Relations:
    """The actor's relations to a process. NotFound when there is none that would let them see it.

    `tasks` saves the question whether one of them is theirs.
    """
    if actor.is_admin:
        return ALL
    found: set[str] = set()
    if row.owner_id == actor.user_id:
        found |= {"owner", "involved"}
    if row.started_by == actor.user_id:
        found |= {"starter", "involved"}
    if "involved" not in found and await _has_task(reader, actor, row.id, tasks):
        found.add("involved")
    if (
        row.template_id is not None
        and actor.grant_principals
        and await reader.value(
            store.may_read_processes,
            organization_id=actor.organization_id,
            template_id=row.template_id,
            my_grants=list(actor.grant_principals),
        )
    ):
        found.add("PROCESS_READ")
    if not may(actor, "process.read", found):
        raise NotFound
    return frozenset(found)


async def _has_task(reader: Reader, actor: Actor, process_id: str, tasks: tuple[Task, ...] | None) -> bool:
    if tasks is not None:
        doer = Doer.of(actor)
        return any(is_assigned(doer, task) for task in tasks)
    found = await reader.value(
        store.is_assigned,
        organization_id=actor.organization_id,
        process_id=process_id,
        principals=list(actor.owner_principals),
    )
    return found is not None


def of_task(actor: Actor, task: Task, process: Relations) -> Relations:
    """The relations to one task, on top of those to its process. NotFound for what is secret or not theirs to see."""
    if actor.is_admin:
        return ALL
    found = set(process)
    if actor.is_guest and task.is_hidden:
        raise NotFound
    if is_assigned(Doer.of(actor), task):
        found.add("assignee")
    elif task.top_secret:
        raise NotFound
    if task.process_id is None and task.starter_id == actor.user_id and not actor.is_guest:
        found.add("creator")
    if not may(actor, "task.read", found):
        raise NotFound
    return frozenset(found)


def may_see(actor: Actor, task: Task) -> bool:
    """Whether a task of a process that the actor sees may be shown to them: secret ones only to their people, and to
    guests their own alone."""
    if actor.is_guest:
        return not task.is_hidden and is_assigned(Doer.of(actor), task)
    return not task.top_secret or actor.is_admin or is_assigned(Doer.of(actor), task)


def doer(actor: Actor, relations: Relations) -> Doer:
    """The actor as the engine's doer."""
    return Doer.of(actor, sees=bool(relations & {"involved", "PROCESS_READ", "creator"}))
