"""Routes of folders (wire 2.22)."""

from msgspec.structs import replace

from handrail.features.folders import filing, tree, wire
from handrail.features.folders.store import Shape
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router

router = Router("Folders")
ALL = "/organizations/{org}/folders"
ONE = "/organizations/{org}/folders/{folder}"


@router.get(
    ALL,
    action="folder.list",
    query=wire.FolderQuery,
    returns=wire.Folder,
    shape="collection",
    includes=tree.INCLUDES,
)
async def index(call: Call) -> Page:
    """List folders.

    Of one type, folders and subfolders alike; `parent_id` says how they are nested. `pagination=false` gives all of
    them at once.
    """
    paging = call.paging()
    if call.truth("pagination") is False:
        paging = replace(paging, everything=True)
    q = call.query.get("q", "").strip()
    async with call.database.reader() as reader:
        items, total = await tree.page(
            reader,
            call.actor,
            Shape(call.sort(tree.SORTS, "position"), bool(q)),
            tree.type_from(call.query.get("folder_type")),
            q=q,
            paging=paging,
            wanted=call.includes,
        )
    return Page(items, total, paging)


@router.get(ONE, action="folder.read", returns=wire.Folder, includes=tree.INCLUDES)
async def show(call: Call) -> wire.Folder:
    """Read a folder."""
    async with call.database.reader() as reader:
        return await tree.one(reader, call.actor, call.id("folder"), call.includes)


@router.post(ALL, action="folder.manage", body=wire.NewFolderBody, returns=wire.Folder, status=201)
async def create(call: Call, body: wire.NewFolderBody) -> wire.Folder:
    """Make a folder."""
    now = call.application.clock.now()
    return await call.database.write(lambda tx: tree.create(tx, call.actor, body, now))


@router.put(ONE, action="folder.manage", body=wire.FolderBody, returns=wire.Folder)
async def update(call: Call, body: wire.FolderBody) -> wire.Folder:
    """Rename or move a folder.

    What is in it comes along. It cannot be moved into itself, nor among the folders of the other type.
    """
    folder_id, now = call.id("folder"), call.application.clock.now()
    return await call.database.write(lambda tx: tree.change(tx, call.actor, folder_id, body, now))


@router.delete(ONE, action="folder.manage", shape="empty", status=204)
async def delete(call: Call) -> None:
    """Delete a folder.

    Nothing that is in it is deleted: it is in no folder then, and subfolders come to the top.
    """
    folder_id, now = call.id("folder"), call.application.clock.now()
    await call.database.write(lambda tx: tree.delete(tx, call.actor, folder_id, now))


@router.post(
    ALL + "/add-object", action="folder.file", body=wire.FolderObjectBody, returns=wire.FolderObject, status=201
)
async def add_object(call: Call, body: wire.FolderObjectBody) -> wire.FolderObject:
    """Put a process or a task into a folder.

    It may be in several. Templates are filed by their `folder_id`.
    """
    now = call.application.clock.now()
    return await call.database.write(lambda tx: filing.put_in(tx, call.actor, body, now))


@router.delete("/organizations/{org}/folders-objects/{relation}", action="folder.file", shape="empty", status=204)
async def remove_object(call: Call) -> None:
    """Take a process or a task out of a folder.

    By the id of the relation, which filing answered and the `folders` include of the record tells.
    """
    number, now = call.integer("relation"), call.application.clock.now()
    await call.database.write(lambda tx: filing.take_out(tx, call.actor, number, now))
