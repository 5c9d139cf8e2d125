"""What other features ask of folders: which there are, what is in them, and what goes in and out with a record."""

from collections.abc import Iterable, Mapping, Sequence

from handrail.features.folders import store, wire
from handrail.kernel.errors import Errors
from handrail.kernel.ids import is_id
from handrail.ports.database import Reader, Transaction

TEMPLATES = "checklist"
PROCESSES = "run"


async def of_subjects(
    reader: Reader, organization_id: str, subject_type: str, subject_ids: Sequence[str]
) -> dict[str, list[wire.FiledIn]]:
    """The folders that these processes or tasks are in, by record id."""
    found: dict[str, list[wire.FiledIn]] = {}
    if not subject_ids:
        return found
    rows = await reader.all(
        store.on_subjects, organization_id=organization_id, subject_type=subject_type, subject_ids=list(subject_ids)
    )
    for row in rows:
        found.setdefault(row.subject_id, []).append(wire.FiledIn(id=row.id, folder_id=row.folder_id, name=row.name))
    return found


async def types_of(reader: Reader, organization_id: str, ids: Iterable[object]) -> Mapping[str, str]:
    """The types of those of these folders that exist, by id; what is no id is left out."""
    wanted = sorted({text for text in ids if isinstance(text, str) and is_id(text)})
    if not wanted:
        return {}
    rows = await reader.all(store.named, organization_id=organization_id, ids=wanted)
    return {row.id: row.folder_type for row in rows}


async def briefs(reader: Reader, organization_id: str, ids: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """Id, name and parent of these folders, as the include of templates shows them."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await reader.all(store.named, organization_id=organization_id, ids=wanted)
    return {row.id: {"id": row.id, "name": row.name, "parent_id": row.parent_id} for row in rows}


async def check(reader: Reader, organization_id: str, ids: Sequence[str], path: str, errors: Errors) -> list[str]:
    """Those of these folders that processes may go into, each once; an error for each other one."""
    wanted = list(dict.fromkeys(ids))
    known = await types_of(reader, organization_id, wanted)
    for folder_id in wanted:
        if folder_id not in known:
            errors.add(path, f"There is no folder {folder_id} in this organization.")
        elif known[folder_id] != PROCESSES:
            errors.add(path, f"The folder {folder_id} is one of templates; choose one of processes.")
    return [folder_id for folder_id in wanted if known.get(folder_id) == PROCESSES]


async def by_name(reader: Reader, organization_id: str) -> dict[str, str]:
    """The ids of the folders of processes by their names; of folders with one name, the first."""
    found: dict[str, str] = {}
    for row in await reader.all(store.of_type, organization_id=organization_id, folder_type=PROCESSES):
        found.setdefault(row.name, row.id)
    return found


async def with_subfolders(reader: Reader, organization_id: str, ids: Iterable[str]) -> list[str]:
    """These template folders and every folder below them."""
    below: dict[str, list[str]] = {}
    for row in await reader.all(store.of_type, organization_id=organization_id, folder_type=TEMPLATES):
        if row.parent_id is not None:
            below.setdefault(row.parent_id, []).append(row.id)
    found: dict[str, None] = {}
    waiting = list(ids)
    while waiting:
        folder_id = waiting.pop()
        if folder_id not in found:
            found[folder_id] = None
            waiting.extend(below.get(folder_id, ()))
    return list(found)


async def put_in(
    tx: Transaction, organization_id: str, subject_type: str, subject_id: str, folder_ids: Sequence[str], now: int
) -> None:
    """Put a record into folders that it is in none of yet."""
    if not folder_ids:
        return
    first = await tx.numbers(organization_id, "folder_objects", len(folder_ids))
    await tx.many(
        store.insert_object,
        [
            {
                "organization_id": organization_id,
                "id": first + index,
                "folder_id": folder_id,
                "subject_type": subject_type,
                "subject_id": subject_id,
                "created_at": now,
            }
            for index, folder_id in enumerate(folder_ids)
        ],
    )


async def replace_on(
    tx: Transaction, organization_id: str, subject_type: str, subject_id: str, folder_ids: Sequence[str], now: int
) -> None:
    """Make these the folders of a record; relations that stay keep their ids."""
    filed = await of_subjects(tx, organization_id, subject_type, [subject_id])
    present = {entry.folder_id: entry.id for entry in filed.get(subject_id, [])}
    gone = [number for folder_id, number in present.items() if folder_id not in folder_ids]
    if gone:
        await tx.run(store.delete_objects, organization_id=organization_id, ids=gone)
    fresh = [folder_id for folder_id in folder_ids if folder_id not in present]
    await put_in(tx, organization_id, subject_type, subject_id, fresh, now)


async def take_out(tx: Transaction, organization_id: str, subject_ids: Sequence[str]) -> None:
    """Take records that are deleted out of every folder."""
    await tx.run(store.delete_of_subjects, organization_id=organization_id, subject_ids=list(subject_ids))
