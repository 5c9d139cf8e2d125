"""Who is called by a comment, and their way to the task it is on (engine 7, 8)."""

import msgspec

from handrail.engine.definition import Owners
from handrail.engine.edit_task import EditTask, OwnersEdit, edit_single_task, edit_task
from handrail.engine.permit import Doer
from handrail.engine.state import Process, Task
from handrail.features.guests import service as guests
from handrail.features.members import service as members
from handrail.features.people.bot import bot_of
from handrail.features.records import service as records
from handrail.features.tasks import commands
from handrail.features.tasks import service as tasks
from handrail.features.threads import text
from handrail.features.threads.recording import About
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied, Impossible, Invalid, NotFound
from handrail.ports.database import Reader, Transaction

MOST = 50


class Called(msgspec.Struct, frozen=True):
    """The active members that a text mentions, and the guests' addresses in it."""

    members: tuple[Actor, ...] = ()
    guests: tuple[str, ...] = ()

    @property
    def ids(self) -> list[int]:
        return [member.user_id for member in self.members]


def encoded(ids: list[int]) -> str:
    """Mentions as they are stored."""
    return msgspec.json.encode(ids).decode()


async def bot_id(reader: Reader, actor: Actor) -> int:
    """The id of the organization's bot."""
    return (await bot_of(reader, actor.organization_id)).user_id


async def of(reader: Reader, actor: Actor, content: str) -> Called:
    """Whom a text calls; ids of nobody call nobody. Invalid when there are too many."""
    ids, addresses = text.mentioned(content), text.invited(content)
    if len(ids) + len(addresses) > MOST:
        raise Invalid({"content": f"At most {MOST} people can be mentioned at once."})
    found: list[Actor] = []
    for user_id in ids:
        member = await members.load_actor(reader, actor.organization_id, user_id)
        if member is not None:
            found.append(member)
    return Called(tuple(found), tuple(addresses))


async def bring_in(tx: Transaction, actor: Actor, about: About, called: Called, now: int) -> None:
    """Assign the task to those who are called and cannot see it, as far as the actor may assign it.

    Where they may not, or the task takes nobody any more, the comment stands all the same. TooMany guests.
    """
    lacking = [member.user_id for member in called.members if not await _sees(tx, member, about.id)]
    if not lacking and not called.guests:
        return
    present = await tasks.owners(tx, actor, about.id)
    addresses = [address for address in called.guests if address not in present.guests]
    if not lacking and not addresses:
        return

    def adding(task: Task, doer: Doer) -> EditTask:
        owners = OwnersEdit(users=(*task.owners.users, *lacking), guests=(*task.owners.guests, *addresses))
        return EditTask(task_id=task.id, doer=doer, owners=owners)

    try:
        for address in addresses:
            await guests.invite(tx, actor, address, now)
        await commands.run(
            tx,
            actor,
            about.id,
            now,
            "task.update",
            in_process=lambda context, process, doer: edit_task(context, process, adding(_in(process, about.id), doer)),
            alone=lambda context, task, doer: edit_single_task(context, task, adding(task, doer)),
            named=(present, Owners(users=tuple(lacking), guests=tuple(addresses))),
        )
    except (Denied, Impossible, Invalid):
        return


def _in(process: Process, task_id: str) -> Task:
    task = process.task(task_id)
    assert task is not None
    return task


async def _sees(reader: Reader, member: Actor, task_id: str) -> bool:
    try:
        await records.find(reader, member, "Task", task_id)
    except NotFound:
        return False
    return True
