"""Tags on records: read for a whole page at once, and put on at launch."""

from collections.abc import Sequence

from handrail.features.tags import store, wire
from handrail.features.tags.store import TaggingRow
from handrail.kernel.clock import iso
from handrail.kernel.errors import Errors
from handrail.kernel.ids import new_id
from handrail.ports.database import Reader, Transaction


async def of_subjects(
    reader: Reader, organization_id: str, subject_type: str, subject_ids: Sequence[str]
) -> dict[str, list[wire.TagAssociation]]:
    """The associations of these records, by record id, in the shape all places share (wire 2.21)."""
    found: dict[str, list[wire.TagAssociation]] = {}
    if not subject_ids:
        return found
    rows = await reader.all(
        store.on_subjects, organization_id=organization_id, subject_type=subject_type, subject_ids=list(subject_ids)
    )
    for row in rows:
        found.setdefault(row.subject_id, []).append(association(row))
    return found


def association(row: TaggingRow) -> wire.TagAssociation:
    """The wire form of a tag on a record."""
    return wire.TagAssociation(
        id=row.id,
        tag_id=row.tag_id,
        subject_id=row.subject_id,
        subject_type=row.subject_type,
        title=row.title,
        color=row.color,
        auto_generated=bool(row.auto_generated),
        created_at=iso(row.created_at),
    )


async def check(reader: Reader, organization_id: str, tag_ids: Sequence[str], path: str, errors: Errors) -> list[str]:
    """The tags that exist, each once; an error for each that does not."""
    wanted = list(dict.fromkeys(tag_ids))
    if not wanted:
        return []
    known = {row[0] for row in await reader.all(store.existing, organization_id=organization_id, ids=wanted)}
    for tag_id in wanted:
        if tag_id not in known:
            errors.add(path, f"There is no tag {tag_id} in this organization.")
    return [tag_id for tag_id in wanted if tag_id in known]


async def by_title(reader: Reader, organization_id: str, titles: Sequence[str]) -> dict[str, str]:
    """The ids of tags by their titles."""
    if not titles:
        return {}
    rows = await reader.all(store.ids_titled, organization_id=organization_id, titles=list(titles))
    return {title: tag_id for tag_id, title in rows}


async def machine_made(tx: Transaction, organization_id: str, title: str, now: int) -> str:
    """The tag of this title, made if there is none."""
    found = (await by_title(tx, organization_id, [title])).get(title)
    if found is None:
        found = new_id()
        values = {"title": title, "color": None, "auto_generated": True, "created_at": now}
        await tx.run(store.insert, organization_id=organization_id, id=found, **values)
    return found


async def take_off_machine_made(tx: Transaction, organization_id: str, process_id: str) -> None:
    """Take the tags that no person has made off a process, with the writes that come next."""
    await tx.defer(
        store.delete_machine_made, organization_id=organization_id, subject_type="Run", subject_id=process_id
    )


async def put_on(
    tx: Transaction,
    organization_id: str,
    subject_type: str,
    subject_ids: Sequence[str],
    tag_ids: Sequence[str],
    now: int,
) -> None:
    """Put tags on new records."""
    pairs = [(subject_id, tag_id) for subject_id in subject_ids for tag_id in tag_ids]
    if not pairs:
        return
    first = await tx.numbers(organization_id, "taggings", len(pairs))
    await tx.many(
        store.insert_tagging,
        [
            {
                "organization_id": organization_id,
                "id": first + index,
                "tag_id": tag_id,
                "subject_type": subject_type,
                "subject_id": subject_id,
                "created_at": now,
            }
            for index, (subject_id, tag_id) in enumerate(pairs)
        ],
    )


async def replace_on(
    tx: Transaction, organization_id: str, subject_type: str, subject_id: str, tag_ids: Sequence[str], now: int
) -> None:
    """Make these the tags of a record; associations that stay keep their ids."""
    rows = await tx.all(
        store.of_subject, organization_id=organization_id, subject_type=subject_type, subject_id=subject_id
    )
    present = {row[1]: row[0] for row in rows}
    gone = [number for tag_id, number in present.items() if tag_id not in tag_ids]
    if gone:
        await tx.run(store.delete_taggings, organization_id=organization_id, ids=gone)
    fresh = [tag_id for tag_id in tag_ids if tag_id not in present]
    await put_on(tx, organization_id, subject_type, [subject_id], fresh, now)


async def take_off(tx: Transaction, organization_id: str, subject_ids: Sequence[str]) -> None:
    """Take every tag off records that are deleted."""
    await tx.run(store.delete_of_subjects, organization_id=organization_id, subject_ids=list(subject_ids))
