"""Tasks that everyone must complete: who has to sign, and how many have (engine 2.3, decisions 11, 55 to 57)."""

from handrail.engine.assignment import Directory, Person, without_member
from handrail.engine.progress import percent
from handrail.engine.state import Task


def needs_everyone(task: Task) -> bool:
    """Whether the switch is on and the type knows it; expiring and e-mail tasks ignore it."""
    return task.everyone_must_complete and task.task_type in ("task", "approval")


def required_people(task: Task, directory: Directory) -> set[Person]:
    """Everyone who has to sign: the owners now, groups taken apart, without who left and who only watches."""
    owners = without_member(task.owners, task.watch_only)
    members = set(owners.users)
    guests = set(owners.guests)
    for group_id in owners.groups:
        group = directory.group(group_id)
        if group is not None:
            members.update(group.members)
            guests.update(group.guests)
    required = {str(member) for member in members if directory.is_active_member(member)}
    required.update(guest for guest in guests if directory.is_active_guest(guest))
    return required


def signed_by_all(task: Task, directory: Directory) -> bool:
    """Whether everyone required has signed; nobody required is not everyone."""
    required = required_people(task, directory)
    return bool(required) and required.issubset(task.signatures)


def completion_progress(task: Task, directory: Directory) -> int | None:
    """The share of signatures in percent, None for tasks that one person completes alone (decision 57)."""
    if not needs_everyone(task):
        return None
    if task.is_done:
        return 100
    required = required_people(task, directory)
    return percent(len(required.intersection(task.signatures)), len(required))
