"""The public JSON of folders and of what is filed in them (wire 2.22)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.http.envelope import Included

Id = Annotated[str, Meta(max_length=64)]


class Folder(msgspec.Struct, kw_only=True):
    """A folder."""

    id: str
    name: str
    parent_id: str | None
    parent: Annotated[str | None, Meta(description="The name of the folder it is in.")]
    folder_type: Annotated[str, Meta(description="`checklist` for templates, `run` for processes and tasks.")]
    position: Annotated[int, Meta(description="Its place among the folders of the same folder.")]
    total: Annotated[int, Meta(description="How many things in it, subfolders apart, the reader may see.")]
    custom_fields: None = None
    created_at: str
    last_updated: str
    children: Annotated[Included | UnsetType, Meta(description="Include: its subfolders, with theirs.")] = UNSET


class NewFolderBody(msgspec.Struct, kw_only=True):
    """A folder to make."""

    name: Annotated[str, Meta(max_length=32)]
    parent_id: Annotated[Id | None, Meta(description="The folder it goes into, of the same type.")] = None
    folder_type: (
        Annotated[str, Meta(max_length=32, description="`run` for processes and tasks, any other word for templates.")]
        | None
    ) = None


class FolderBody(msgspec.Struct, kw_only=True):
    """Changes of a folder. Keys that are left out stay as they are; the type stays for ever."""

    name: Annotated[str, Meta(max_length=32)] | UnsetType = UNSET
    parent_id: Annotated[Id | UnsetType | None, Meta(description="null: to the top.")] = UNSET


class FolderQuery(msgspec.Struct, kw_only=True):
    """Search and order of the list of folders."""

    folder_type: Annotated[str, Meta(description="`run`; any other word means those of templates.")] = "checklist"
    q: Annotated[str, Meta(description="A part of the name, in any case.")] = ""
    sort: Annotated[str, Meta(description="position, name or created_at, a minus for descending; also sort_by.")] = (
        "position"
    )
    pagination: Annotated[str, Meta(description="false: the whole list, without meta.")] = ""


class FolderObject(msgspec.Struct, kw_only=True):
    """A process or a task in a folder."""

    id: int
    folder_id: str
    subject_id: str
    subject_type: Annotated[str, Meta(description="Run or Task.")]
    created_at: str


class FiledIn(msgspec.Struct, kw_only=True):
    """A folder that a process or task is in; `id` is that of the relation."""

    id: int
    folder_id: str
    name: str


class FolderObjectBody(msgspec.Struct, kw_only=True):
    """What to file where."""

    folder_id: Annotated[str, Meta(max_length=64, description="A folder of type `run`.")]
    subject_id: Annotated[str, Meta(max_length=64, description="The id of the process or task.")]
    subject_type: Annotated[str, Meta(max_length=64, description="Run or Task; templates have a `folder_id`.")]


_FOLDER: dict[str, Any] = {
    "id": "64e0b9d7f35c4a1281ad70c4e29f8b63",
    "name": "Suppliers",
    "parent_id": None,
    "parent": None,
    "folder_type": "checklist",
    "position": 1,
    "total": 4,
    "custom_fields": None,
    "created_at": "2026-08-01T09:00:00.000Z",
    "last_updated": "2026-08-01T09:00:00.000Z",
}
_CHILD = {
    **_FOLDER,
    "id": "0cb7e25f9d4a4e63a8b1f76d30c29e54",
    "name": "Agents",
    "parent_id": _FOLDER["id"],
    "parent": "Suppliers",
    "total": 1,
}
EXAMPLES: dict[str, Any] = {
    "Folder": {**_FOLDER, "children": {"data": [_CHILD]}},
    "NewFolderBody": {"name": "Agents", "parent_id": _FOLDER["id"], "folder_type": "checklist"},
    "FolderBody": {"name": "Agents and brokers"},
    "FolderQuery": {"folder_type": "run", "pagination": "false", "sort": "position"},
    "FolderObject": {
        "id": 771,
        "folder_id": _FOLDER["id"],
        "subject_id": "a81d4f6e03b74c29965e7d0c2fb13e48",
        "subject_type": "Run",
        "created_at": "2027-03-01T09:31:00.000Z",
    },
    "FiledIn": {"id": 771, "folder_id": _FOLDER["id"], "name": "Suppliers"},
    "FolderObjectBody": {
        "folder_id": _FOLDER["id"],
        "subject_id": "a81d4f6e03b74c29965e7d0c2fb13e48",
        "subject_type": "Run",
    },
}
