"""A guest hands a task on to another guest, and keeps it (engine 2.4); members may do the same for them."""

from msgspec.structs import replace

from handrail.engine.definition import Owners
from handrail.engine.edit_task import EditTask, OwnersEdit, edit_single_task, edit_task
from handrail.engine.permit import Doer
from handrail.engine.state import Process, Task
from handrail.features.guests import service as guests
from handrail.features.people import service as people
from handrail.features.tasks import commands, service
from handrail.features.tasks.commands import Done
from handrail.kernel.actor import Actor
from handrail.kernel.addresses import is_email
from handrail.kernel.errors import Invalid, NotFound
from handrail.ports.database import Transaction


async def delegate(tx: Transaction, actor: Actor, task_id: str, address: str, now: int) -> Done:
    """Give the task to one more guest, beside those who have it.

    A guest who is new counts for the hour's invitations. NotFound; Denied; Impossible for what is completed, archived
    or blocked; Invalid with `email`; TooMany.
    """
    email = address.strip().lower()
    if not is_email(email):
        raise Invalid({"email": "The email must be one e-mail address such as name@example.com."})
    present = await service.owners(tx, actor, task_id)
    known = await people.directory(tx, actor, [Owners(guests=(email,))])

    def adding(task: Task | None, doer: Doer) -> EditTask:
        if task is None:
            raise NotFound
        guests_now = task.owners.guests
        listed = guests_now if email in guests_now else (*guests_now, email)
        return EditTask(task_id=task_id, doer=doer, owners=OwnersEdit(guests=listed), brings_in=True)

    def in_process(process: Process, doer: Doer) -> EditTask:
        return adding(process.task(task_id), doer)

    try:
        done = await commands.run(
            tx,
            actor,
            task_id,
            now,
            "task.delegate",
            in_process=lambda context, process, doer: edit_task(context, process, in_process(process, doer)),
            alone=lambda context, task, doer: edit_single_task(context, task, adding(task, doer)),
            named=(replace(present, guests=(*present.guests, email)),),
        )
    except Invalid as invalid:
        raise Invalid({"email": [text for texts in invalid.errors.values() for text in texts]}) from None
    if email not in known.guests:
        await guests.introduced(tx, actor, email, now)
    return done
