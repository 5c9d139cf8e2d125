"""The tags of an organization: list, make, change, delete (wire TAG-1 to TAG-5)."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET

from handrail.features.activity.service import Entry, record
from handrail.features.tags import store, wire
from handrail.features.tags.store import Shape, TagRow
from handrail.features.templates import service as templates
from handrail.http.call import Paging, rows_and_total
from handrail.http.envelope import Included
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso
from handrail.kernel.errors import Errors, Invalid, NotFound
from handrail.kernel.ids import is_id, new_id
from handrail.kernel.permission import permit
from handrail.ports.database import Reader, Transaction
from handrail.schema.words import substring

INCLUDES = ("statistics",)
SORTS = {"title": "title", "name": "title", "created_at": "created_at"}
TAKEN = "The title has already been taken by another tag."


async def page(
    reader: Reader, actor: Actor, shape: Shape, *, q: str, paging: Paging, wanted: Iterable[str]
) -> tuple[list[wire.Tag], int]:
    """A page of tags, and how many there are."""
    permit(actor, "tag.list")
    parameters = {"organization_id": actor.organization_id} | ({"q": substring(q)} if q else {})
    counted = msgspec.structs.replace(shape, order="")
    rows, total = await rows_and_total(reader, store.page(shape), store.total(counted), paging, **parameters)
    return await shown(reader, actor.organization_id, rows, wanted), total


async def one(reader: Reader, actor: Actor, tag_id: str, wanted: Iterable[str]) -> wire.Tag:
    """A tag by id. NotFound."""
    permit(actor, "tag.read")
    row = await reader.one(store.get, organization_id=actor.organization_id, id=tag_id)
    if row is None:
        raise NotFound
    return (await shown(reader, actor.organization_id, [row], wanted))[0]


async def shown(reader: Reader, organization_id: str, rows: Sequence[TagRow], wanted: Iterable[str]) -> list[wire.Tag]:
    """The wire form of tags, with how many records bear them, and the counts when these are asked for."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    counts = {row[0]: row[1] for row in await reader.all(store.items, organization_id=organization_id, ids=ids)}
    found = [
        wire.Tag(
            id=row.id,
            title=row.title,
            color=row.color,
            auto_generated=bool(row.auto_generated),
            items=counts.get(row.id, 0),
            created_at=iso(row.created_at),
        )
        for row in rows
    ]
    if "statistics" in set(wanted):
        statistics = await _statistics(reader, organization_id, ids)
        for tag in found:
            tag.statistics = Included(statistics[tag.id])
    return found


async def _statistics(reader: Reader, organization_id: str, ids: list[str]) -> dict[str, wire.TagStatistics]:
    templates_with, processes_with = [
        {
            row[0]: (int(row[1]), int(row[2]))
            for row in await reader.all(statement, organization_id=organization_id, ids=ids)
        }
        for statement in (store.templates_with, store.processes_with)
    ]
    found: dict[str, wire.TagStatistics] = {}
    for tag_id in ids:
        of_templates, archived_templates = templates_with.get(tag_id, (0, 0))
        of_processes, archived_processes = processes_with.get(tag_id, (0, 0))
        found[tag_id] = wire.TagStatistics(
            active_template=of_templates - archived_templates,
            archived_template=archived_templates,
            active_process=of_processes - archived_processes,
            archived_process=archived_processes,
        )
    return found


async def create(tx: Transaction, actor: Actor, body: wire.NewTagBody, now: int) -> wire.Tag:
    """A new tag. Denied, Invalid."""
    permit(actor, "tag.manage")
    await _check_title(tx, actor, None, body.title)
    row = TagRow(new_id(), body.title, body.color, False, now)
    await tx.run(store.insert, organization_id=actor.organization_id, **msgspec.structs.asdict(row))
    await _tell(tx, actor, row, "created", "Made the tag", now)
    return (await shown(tx, actor.organization_id, [row], ()))[0]


async def change(tx: Transaction, actor: Actor, tag_id: str, body: wire.TagBody, now: int) -> wire.Tag:
    """Another title or color for a tag, everywhere. NotFound, Denied, Invalid."""
    permit(actor, "tag.manage")
    row = await tx.one(store.lock, organization_id=actor.organization_id, id=tag_id)
    if row is None:
        raise NotFound
    title = row.title if body.title is UNSET else body.title
    color = row.color if body.color is UNSET else body.color
    if body.title is not UNSET:
        await _check_title(tx, actor, row.id, body.title)
    changed = msgspec.structs.replace(row, title=title, color=color)
    if changed != row:
        await tx.run(store.update, organization_id=actor.organization_id, id=row.id, title=title, color=color)
        await _tell(tx, actor, changed, "updated", "Changed the tag", now)
    return (await shown(tx, actor.organization_id, [changed], ()))[0]


async def delete(tx: Transaction, actor: Actor, tag_id: str, now: int) -> None:
    """Delete a tag for good, and take it off everything. Nothing happens when there is none."""
    permit(actor, "tag.manage")
    organization_id = actor.organization_id
    row = await tx.one(store.lock, organization_id=organization_id, id=tag_id) if is_id(tag_id) else None
    if row is None:
        return
    await templates.forget_tag(tx, organization_id, tag_id, now)
    await tx.run(store.delete, organization_id=organization_id, id=tag_id)
    await _tell(tx, actor, row, "deleted", "Deleted the tag", now)


async def _check_title(tx: Transaction, actor: Actor, tag_id: str | None, title: str) -> None:
    errors = Errors()
    if not title.strip():
        errors.add("title", "The title must not be blank.")
    else:
        holder = await tx.value(store.titled, organization_id=actor.organization_id, title=title)
        if holder is not None and holder != tag_id:
            errors.add("title", TAKEN)
    errors.raise_if_any()


async def _tell(tx: Transaction, actor: Actor, row: TagRow, verb: str, words: str, now: int) -> None:
    entry = Entry(verb=verb, subject_type="Tag", subject_id=row.id, description=f"{words} {row.title}")
    await record(tx, actor, now, [entry])


def taken() -> Invalid:
    """What to answer when somebody else took the title at the same moment."""
    return Invalid({"title": TAKEN})
