"""Which template, process or task a type and an id name, and what the caller is to it."""

import msgspec

from handrail.features.processes import access
from handrail.features.processes import service as processes
from handrail.features.tasks import service as tasks
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.kernel.ids import is_id
from handrail.ports.database import Reader

TYPES = ("Checklist", "Run", "Task")


class Record(msgspec.Struct, frozen=True):
    """A record that the caller may see; `relations` are the words of the permission matrix."""

    type: str
    id: str
    title: str
    is_archived: bool
    relations: frozenset[str]


async def find(reader: Reader, actor: Actor, record_type: str, record_id: str) -> Record:
    """A record, archived or not. NotFound for what there is not, and for what the caller may not see."""
    if not is_id(record_id):
        raise NotFound
    if record_type == "Checklist":
        title, is_archived, relations = await templates.seen(reader, actor, record_id)
    elif record_type == "Run":
        rows = await processes.headers(reader, actor.organization_id, [record_id])
        if not rows:
            raise NotFound
        relations = await access.of_process(reader, actor, rows[0])
        title, is_archived = rows[0].name, rows[0].archived_at is not None
    elif record_type == "Task":
        title, is_archived, relations = await tasks.seen(reader, actor, record_id)
    else:
        raise NotFound
    return Record(record_type, record_id, title, is_archived, relations)
