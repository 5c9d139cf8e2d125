"""What happens to tasks when their people change elsewhere: a group is joined or left, a person becomes another.

Nobody edits the tasks, so nobody's rights to them are asked for. Decisions 45, 56; engine 7.1, 7.6.
"""

from collections.abc import Iterable

import msgspec

from handrail.engine.assignment import Directory, Group, Person, with_member
from handrail.engine.context import Context
from handrail.engine.definition import NOBODY, Owners
from handrail.engine.events import Outcome
from handrail.engine.settle import settle, settle_task
from handrail.engine.state import Process, Task
from handrail.engine.transitions import complete_if_signed, tell_owners
from handrail.engine.working import TaskOutcome, Working


class Succession(msgspec.Struct, frozen=True, kw_only=True):
    """One person's place among owners goes to another, or to nobody.

    `gone` names exactly one member or guest, `heir` one or nobody. `assigner` is who becomes the member beside guests
    where there is no other. `finished` includes completed tasks.
    """

    gone: Owners
    heir: Owners = NOBODY
    assigner: int | None = None
    finished: bool = False


def count_again(context: Context, process: Process, task_ids: Iterable[str]) -> Outcome:
    """After a change of who the owners are: give tasks that are left to guests alone a member, and complete those on
    which everyone who is left has signed."""
    working = Working.of_process(process, context.now)
    _count_again(working, context, task_ids)
    return settle(working, context)


def count_again_on_task(context: Context, task: Task) -> TaskOutcome:
    """The same for a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    _count_again(working, context, (task.id,))
    return settle_task(working)


def _count_again(working: Working, context: Context, task_ids: Iterable[str]) -> None:
    ids = tuple(task_ids)
    for task_id in ids:
        task = working.tasks[task_id]
        if task.is_done:
            continue
        owners, watch_only = with_member(task.owners, task.watch_only, task.starter_id, context.directory)
        after = working.replace_task(task_id, owners=owners, watch_only=watch_only)
        if owners != task.owners:
            tell_owners(working, task, after)
    _complete_signed(working, context, ids)


def succeed(context: Context, process: Process, succession: Succession) -> Outcome:
    """Put one person in the place of another on every task of a process that they own, archived ones too.

    Signatures go along, those given through a group too. A guest does not come to tasks that allow none: there the
    person stays. Who only watched for the sake of a guest leaves no heir.
    """
    working = Working.of_process(process, context.now)
    _succeed(working, context, succession)
    return settle(working, context)


def succeed_on_task(context: Context, task: Task, succession: Succession) -> TaskOutcome:
    """The same for a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    _succeed(working, context, succession)
    return settle_task(working)


def _succeed(working: Working, context: Context, succession: Succession) -> None:
    changed: list[str] = []
    for task in list(working.tasks.values()):
        if task.is_done and not succession.finished:
            continue
        if succession.heir.guests and not task.allow_guest_owners:
            continue
        owners, signatures = _with_heir(task, succession), _signatures(task, succession)
        if owners is task.owners:
            # signed through a group
            if signatures != task.signatures:
                working.replace_task(task.id, signatures=signatures)
                changed.append(task.id)
            continue
        watch_only = task.watch_only
        if watch_only in succession.gone.users or watch_only in succession.heir.users:
            watch_only = None
        if not task.is_done:
            owners, watch_only = with_member(owners, watch_only, succession.assigner, context.directory)
        after = working.replace_task(task.id, owners=owners, watch_only=watch_only, signatures=signatures)
        tell_owners(working, task, after)
        changed.append(task.id)
    _complete_signed(working, context, changed)


def dissolved(task: Task, group: Group, assigner: int | None, directory: Directory) -> tuple[Owners, int | None]:
    """The owners of a task with a group's people in the place of the group, and who only watches among them."""
    owners = task.owners
    watch_only = None if task.watch_only in group.members else task.watch_only
    owners = Owners(
        users=tuple(dict.fromkeys((*owners.users, *group.members))),
        guests=tuple(dict.fromkeys((*owners.guests, *group.guests))),
        groups=tuple(other for other in owners.groups if other != group.id),
    )
    if task.is_done:
        return owners, watch_only
    return with_member(owners, watch_only, assigner, directory)


def _with_heir(task: Task, succession: Succession) -> Owners:
    """The owners after the succession; the very same object where the person is not among them."""
    owners, gone, heir = task.owners, succession.gone, succession.heir
    if task.watch_only in gone.users:
        heir = NOBODY
    users = tuple(user for user in owners.users if user not in gone.users)
    guests = tuple(guest for guest in owners.guests if guest not in gone.guests)
    if len(users) == len(owners.users) and len(guests) == len(owners.guests):
        return owners
    return Owners(
        users=tuple(dict.fromkeys((*users, *heir.users))),
        guests=tuple(dict.fromkeys((*guests, *heir.guests))),
        groups=owners.groups,
    )


def _signatures(task: Task, succession: Succession) -> tuple[Person, ...]:
    """The signatures, those of the person under the heir's name; without an heir they say who has signed once."""
    if not task.signatures or not succession.heir:
        return task.signatures
    (gone,), (heir,) = _words(succession.gone), _words(succession.heir)
    return tuple(dict.fromkeys(heir if person == gone else person for person in task.signatures))


def _words(owners: Owners) -> list[Person]:
    return [*(str(user) for user in owners.users), *owners.guests]


def _complete_signed(working: Working, context: Context, task_ids: Iterable[str]) -> None:
    process = working.process
    if process is not None and (process.archived_at is not None or process.open_issues):
        return
    for task_id in task_ids:
        complete_if_signed(working, context, task_id)
