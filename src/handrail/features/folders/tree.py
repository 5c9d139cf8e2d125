"""The trees of folders: list, make, rename, move, delete (wire FLD-1 to FLD-5).

A folder gives no rights: what is counted in it is what the reader may see anyway (around 4.2).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from handrail.features.activity.service import Entry, record
from handrail.features.folders import store, wire
from handrail.features.folders.service import PROCESSES, TEMPLATES
from handrail.features.folders.store import FolderRow, Shape
from handrail.features.processes import visibility
from handrail.features.templates import service as templates
from handrail.http.call import Paging, rows_and_total
from handrail.http.envelope import Included
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso
from handrail.kernel.errors import Errors, NotFound
from handrail.kernel.ids import new_id
from handrail.kernel.permission import permit
from handrail.ports.database import Reader, Transaction
from handrail.schema.words import substring

INCLUDES = ("children",)
SORTS = {
    "position": "position",
    "name": "name",
    "title": "name",
    "created_at": "created_at",
    "updated": "updated_at",
    "updated_at": "updated_at",
}
# deeper than this nobody looks, and clients that walk a tree would run out of stack
DEPTH = 32


def type_from(text: str | None) -> str:
    """The type that a word means: `run` is one, everything else the other."""
    return PROCESSES if text == PROCESSES else TEMPLATES


async def page(
    reader: Reader, actor: Actor, shape: Shape, folder_type: str, *, q: str, paging: Paging, wanted: Iterable[str]
) -> tuple[list[wire.Folder], int]:
    """A page of the folders of one type, subfolders among them, and how many there are."""
    permit(actor, "folder.list")
    parameters = {"organization_id": actor.organization_id, "folder_type": folder_type}
    parameters |= {"q": substring(q)} if q else {}
    counted = msgspec.structs.replace(shape, order="")
    rows, total = await rows_and_total(reader, store.page(shape), store.total(counted), paging, **parameters)
    return await shown(reader, actor, rows, wanted), total


async def one(reader: Reader, actor: Actor, folder_id: str, wanted: Iterable[str]) -> wire.Folder:
    """A folder by id. NotFound."""
    permit(actor, "folder.read")
    row = await reader.one(store.get, organization_id=actor.organization_id, id=folder_id)
    if row is None:
        raise NotFound
    return (await shown(reader, actor, [row], wanted))[0]


async def shown(reader: Reader, actor: Actor, rows: Sequence[FolderRow], wanted: Iterable[str]) -> list[wire.Folder]:
    """The wire form of folders of one type, with their subfolders when these are asked for."""
    if not rows:
        return []
    folder_type = rows[0].folder_type
    known = {row.id: row for row in rows}
    below: dict[str, list[FolderRow]] = {}
    nested = "children" in set(wanted)
    if nested or any(row.parent_id is not None and row.parent_id not in known for row in rows):
        for row in await reader.all(store.of_type, organization_id=actor.organization_id, folder_type=folder_type):
            known[row.id] = row
            if row.parent_id is not None:
                below.setdefault(row.parent_id, []).append(row)
    ids = list(known) if nested else [row.id for row in rows]
    totals = await _totals(reader, actor, folder_type, ids)
    return [_folder(row, known, totals, below if nested else None, DEPTH) for row in rows]


def _folder(
    row: FolderRow,
    known: Mapping[str, FolderRow],
    totals: Mapping[str, int],
    below: Mapping[str, Sequence[FolderRow]] | None,
    depth: int,
) -> wire.Folder:
    parent = None if row.parent_id is None else known.get(row.parent_id)
    found = wire.Folder(
        id=row.id,
        name=row.name,
        parent_id=row.parent_id,
        parent=None if parent is None else parent.name,
        folder_type=row.folder_type,
        position=row.position,
        total=totals.get(row.id, 0),
        created_at=iso(row.created_at),
        last_updated=iso(row.updated_at),
    )
    if below is not None:
        children = below.get(row.id, ()) if depth else ()
        found.children = Included([_folder(child, known, totals, below, depth - 1) for child in children])
    return found


async def _totals(reader: Reader, actor: Actor, folder_type: str, ids: Sequence[str]) -> Mapping[str, int]:
    if folder_type == TEMPLATES:
        return await templates.count_in_folders(reader, actor, ids)
    parameters: dict[str, Any] = {"organization_id": actor.organization_id, "ids": list(ids)}
    if not actor.is_admin:
        parameters |= visibility.parameters(actor.user_id, actor.owner_principals, actor.grant_principals)
    found: dict[str, int] = {}
    for statement in store.contents(not actor.is_admin):
        for folder_id, count in await reader.all(statement, **parameters):
            found[folder_id] = found.get(folder_id, 0) + count
    return found


async def create(tx: Transaction, actor: Actor, body: wire.NewFolderBody, now: int) -> wire.Folder:
    """A new folder, the last in its parent. Denied, Invalid."""
    permit(actor, "folder.manage")
    folder_type, parent_id = type_from(body.folder_type), body.parent_id or None
    tree = await _locked_tree(tx, actor, folder_type)
    errors = Errors()
    _check_name(body.name, errors)
    _check_parent(tree, None, parent_id, errors)
    errors.raise_if_any()
    position = _last_position(tree, parent_id) + 1
    row = FolderRow(new_id(), body.name, folder_type, parent_id, position, now, now)
    await tx.run(store.insert, organization_id=actor.organization_id, **msgspec.structs.asdict(row))
    await _tell(tx, actor, row, "created", "Made the folder", now)
    return (await shown(tx, actor, [row], ()))[0]


async def change(tx: Transaction, actor: Actor, folder_id: str, body: wire.FolderBody, now: int) -> wire.Folder:
    """Rename a folder, or move it with all that is in it. NotFound, Denied, Invalid."""
    permit(actor, "folder.manage")
    row, tree = await _locked(tx, actor, folder_id)
    errors = Errors()
    if body.name is not UNSET:
        _check_name(body.name, errors)
        row = msgspec.structs.replace(row, name=body.name)
    parent_id = row.parent_id if body.parent_id is UNSET else body.parent_id or None
    if parent_id != row.parent_id:
        _check_parent(tree, row, parent_id, errors)
        row = msgspec.structs.replace(row, parent_id=parent_id, position=_last_position(tree, parent_id) + 1)
    errors.raise_if_any()
    if row != tree[folder_id]:
        row = msgspec.structs.replace(row, updated_at=now)
        await _store(tx, actor, row)
        await _tell(tx, actor, row, "updated", "Changed the folder", now)
    return (await shown(tx, actor, [row], ()))[0]


async def delete(tx: Transaction, actor: Actor, folder_id: str, now: int) -> None:
    """Delete a folder. What was in it is in no folder then; its subfolders come to the top."""
    permit(actor, "folder.manage")
    row, tree = await _locked(tx, actor, folder_id)
    children = sorted((child for child in tree.values() if child.parent_id == row.id), key=lambda child: child.position)
    last = _last_position(tree, None)
    for index, child in enumerate(children, 1):
        await _store(tx, actor, msgspec.structs.replace(child, parent_id=None, position=last + index, updated_at=now))
    await templates.forget_folder(tx, actor.organization_id, folder_id, now)
    await tx.run(store.delete, organization_id=actor.organization_id, id=folder_id)
    await _tell(tx, actor, row, "deleted", "Deleted the folder", now)


async def _locked_tree(tx: Transaction, actor: Actor, folder_type: str) -> dict[str, FolderRow]:
    rows = await tx.all(store.lock_type, organization_id=actor.organization_id, folder_type=folder_type)
    return {row.id: row for row in rows}


async def _locked(tx: Transaction, actor: Actor, folder_id: str) -> tuple[FolderRow, dict[str, FolderRow]]:
    found = await tx.one(store.get, organization_id=actor.organization_id, id=folder_id)
    if found is None:
        raise NotFound
    tree = await _locked_tree(tx, actor, found.folder_type)
    if folder_id not in tree:
        raise NotFound
    return tree[folder_id], tree


async def _store(tx: Transaction, actor: Actor, row: FolderRow) -> None:
    await tx.run(
        store.update,
        organization_id=actor.organization_id,
        id=row.id,
        name=row.name,
        parent_id=row.parent_id,
        position=row.position,
        updated_at=row.updated_at,
    )


def _check_name(name: str, errors: Errors) -> None:
    if not name.strip():
        errors.add("name", "The name must not be blank.")


def _check_parent(
    tree: Mapping[str, FolderRow], moved: FolderRow | None, parent_id: str | None, errors: Errors
) -> None:
    """The parent is of the same tree, not inside of what moves, and not too deep."""
    above = 0
    at = parent_id
    while at is not None:
        folder = tree.get(at)
        if folder is None:
            errors.add("parent_id", "The parent_id must be the id of a folder of the same type, or null.")
            return
        if moved is not None and folder.id == moved.id:
            errors.add("parent_id", "A folder cannot be moved into itself.")
            return
        above += 1
        at = folder.parent_id
    if above + (1 if moved is None else _height(tree, moved.id)) > DEPTH:
        errors.add("parent_id", f"Folders can be nested {DEPTH} deep at most.")


def _height(tree: Mapping[str, FolderRow], folder_id: str) -> int:
    """How many levels a folder and what is below it take up."""
    level, height = {folder_id}, 0
    while level:
        height += 1
        level = {row.id for row in tree.values() if row.parent_id in level}
    return height


def _last_position(tree: Mapping[str, FolderRow], parent_id: str | None) -> int:
    return max((row.position for row in tree.values() if row.parent_id == parent_id), default=0)


async def _tell(tx: Transaction, actor: Actor, row: FolderRow, verb: str, words: str, now: int) -> None:
    entry = Entry(verb=verb, subject_type="Folder", subject_id=row.id, description=f"{words} {row.name}")
    await record(tx, actor, now, [entry])
