"""Reads what a digest is made of: the person's open tasks, and what their processes and titles are called."""

from handrail.engine.variables import has_variables
from handrail.features.digests import contents
from handrail.features.people.groups import principals_of
from handrail.features.processes import aggregate, snapshot
from handrail.features.processes import service as processes
from handrail.features.tasks import view
from handrail.features.tasks.pending import open_of
from handrail.kernel.actor import Actor
from handrail.ports.database import Reader


async def gather(reader: Reader, principal: str, actor: Actor, of: contents.Reader, now: int) -> contents.Digest | None:
    """The digest of a person as of now, of what is theirs alone; None when there is nothing to say."""
    organization_id = actor.organization_id
    principals = await principals_of(reader, organization_id, [principal])
    tasks = contents.wanted(await open_of(reader, organization_id, principals), of, now)
    if not tasks:
        return None
    listed = tasks[: contents.LISTED]
    rows = await processes.headers(
        reader, organization_id, sorted({task.process_id for task in listed if task.process_id})
    )
    speaking = [task for task in listed if has_variables(task.title) and task.process_id]
    titles: dict[str, str] = {}
    if speaking:
        needed = {task.process_id for task in speaking}
        about = [row for row in rows if row.id in needed]
        snapshots = await snapshot.load_many(reader, organization_id, [snapshot.wanted(row) for row in about])
        known = {row.id: aggregate.process_of(row, ()) for row in about}
        texts = await view.texts_of(actor, reader, speaking, snapshots, known)
        for task in speaking:
            if task.process_id in texts:
                titles[task.id] = texts[task.process_id].plain(task.title, task.id)
    return contents.digest(tasks, titles, {row.id: row.name for row in rows}, of, now)
