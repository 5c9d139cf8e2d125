"""What a client writes about a template itself, beside its steps, fields and rules (wire 2.7, CHK-2 and CHK-4)."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from handrail.engine import limits
from handrail.engine.given import Given
from handrail.engine.people import member_id
from handrail.features.people.roster import Roster
from handrail.features.templates.properties import Properties, properties_of
from handrail.features.templates.store import TemplateRow
from handrail.kernel.errors import Errors
from handrail.kernel.ids import is_id

TITLE = 250
SUMMARY = 2_000
SHORT_TEXT = 600
TYPES = ("procedure", "form", "document")
# a form is its kick-off fields, a document its text with kick-off fields in it (engine 1.2)
WITHOUT_STEPS = frozenset({"form", "document"})
# what some programs call a procedure
OTHER_TYPES = {"template": "procedure"}
LABELS = ("active", "in-progress", "finishing", "published")
# of the words by which the public library is filtered
WORD = 100
COLUMN_FLAGS = ("starred", "is_public", "is_public_kickoff", "is_pinned", "dual_version_enabled")
PROPERTY_FLAGS = (
    "is_featured",
    "auto_naming",
    "folderize_process",
    "tag_process",
    "allow_launcher_change_name",
    "folder_changeable_by_launcher",
    "can_add_oot",
)
TEXTS = {
    "icon": SHORT_TEXT,
    "public_cover": 2_048,
    "kickoff_title": SHORT_TEXT,
    "kickoff_description": limits.GUIDANCE,
    "default_process_name_format": limits.NAME_FORMAT,
}
RICH_TEXTS = {"summary": SUMMARY, "guidance": limits.SUMMARY}
ADDRESSES = ("webhook", "explanation_video")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The checked values; named like the columns they go to."""

    title: str
    type: str
    starred: bool = False
    is_public: bool = False
    is_public_kickoff: bool = False
    is_pinned: bool = False
    dual_version_enabled: bool = False
    folder_id: str | None = None
    owner_id: int
    users: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()
    properties: Properties = Properties()


def head_of(row: TemplateRow) -> Head:
    """What is stored."""
    return Head(
        title=row.title,
        type=row.type,
        starred=bool(row.starred),
        is_public=bool(row.is_public),
        is_public_kickoff=bool(row.is_public_kickoff),
        is_pinned=bool(row.is_pinned),
        dual_version_enabled=bool(row.dual_version_enabled),
        folder_id=row.folder_id,
        owner_id=row.owner_id,
        users=msgspec.json.decode(row.users, type=tuple[int, ...]),
        groups=msgspec.json.decode(row.groups, type=tuple[str, ...]),
        properties=properties_of(row),
    )


def head_from(
    data: Mapping[str, Any],
    *,
    current: Head | None,
    creator_id: int,
    roster: Roster,
    folders: Mapping[str, str],
    errors: Errors,
) -> Head:
    """What was given, merged over what is stored. Keys that are absent, and flags that are null, stay as they are.

    A new template drops people and folders that are not known here, because whole templates of elsewhere are posted;
    a stored one refuses them. `folders` are the types of those named in the data that exist, by id.
    """
    given = Given(data, "", errors)
    stored = current or Head(title="", type="procedure", owner_id=creator_id)
    return Head(
        title=given.needed_text("title", current and current.title, TITLE),
        type=_type(given, stored.type),
        folder_id=_folder(given, "folder_id", stored.folder_id, folders, "checklist", is_new=current is None),
        owner_id=_owner(given, stored.owner_id, roster, is_new=current is None),
        users=_users(given, stored.users, roster, is_new=current is None),
        groups=_groups(given, stored.groups, roster, is_new=current is None),
        properties=_properties(given, stored.properties, folders, roster, is_new=current is None),
        **{name: _flag(given, name, getattr(stored, name)) for name in COLUMN_FLAGS},
    )


def refuse_steps(kind: str, path: str, errors: Errors) -> None:
    """Add to the errors when templates of this type have no steps."""
    if kind in WITHOUT_STEPS:
        errors.add(path, f"A template of type {kind} has kick-off fields and no steps; its type must be procedure.")


def label_from(given: Given) -> str:
    """The word of the work-in-progress label; `started` is another name for `active` (engine decision 2)."""
    value = given.data.get("status")
    label = "active" if value == "started" else value
    if not isinstance(label, str) or label not in LABELS:
        given.refuse("status", f"The status must be one of: started, {', '.join(LABELS)}.")
        return LABELS[0]
    return label


def _type(given: Given, stored: str) -> str:
    value = given.data.get("type")
    if value is None:
        return stored
    kind = OTHER_TYPES.get(value, value) if isinstance(value, str) else None
    if kind not in TYPES:
        given.refuse("type", f"The type must be one of: {', '.join(TYPES)}.")
        return stored
    return kind


def _flag(given: Given, name: str, stored: bool) -> bool:
    return stored if given.data.get(name) is None else given.flag(name, stored)


def _properties(
    given: Given, stored: Properties, folders: Mapping[str, str], roster: Roster, *, is_new: bool
) -> Properties:
    changes: dict[str, Any] = {name: given.text(name, getattr(stored, name), limit) for name, limit in TEXTS.items()}
    changes.update({name: given.html(name, getattr(stored, name), limit) for name, limit in RICH_TEXTS.items()})
    changes.update({name: given.web_address(name, getattr(stored, name)) for name in ADDRESSES})
    changes.update({name: _flag(given, name, getattr(stored, name)) for name in PROPERTY_FLAGS})
    settings = given.object("settings")
    if settings is not None and settings.data.get("reverse_rules_on_reopen") is not None:
        changes["reverse_rules_on_reopen"] = settings.flag("reverse_rules_on_reopen", False)
    changes["default_folder"] = _folder(given, "default_folder", stored.default_folder, folders, "run", is_new=is_new)
    changes["kickoff_sharing_user_id"] = _sharing(given, stored.kickoff_sharing_user_id, roster, is_new=is_new)
    for name in ("industry_tags", "topic_tags"):
        changes[name] = _words(given, name, getattr(stored, name))
    return replace(stored, **changes)


def sharing_of(data: Mapping[str, Any]) -> tuple[int, ...]:
    """The member that a body names as the one who shares the kick-off form."""
    user_id = member_id(data.get("kickoff_sharing_user_id"))
    return () if user_id is None else (user_id,)


def _sharing(given: Given, stored: int | None, roster: Roster, *, is_new: bool) -> int | None:
    if "kickoff_sharing_user_id" not in given:
        return stored
    value = given.data["kickoff_sharing_user_id"]
    if value in (None, ""):
        return None
    user_id = member_id(value)
    if user_id is not None and (user_id == stored or roster.has_member(user_id)):
        return user_id
    if not is_new or user_id is None:
        text = "The kickoff_sharing_user_id must be the id of a member of this organization, or null."
        given.refuse("kickoff_sharing_user_id", text)
    return stored


def _words(given: Given, name: str, stored: tuple[str, ...]) -> tuple[str, ...]:
    """Words by which the public library is filtered."""
    if given.data.get(name) is None:
        return stored
    found: dict[str, None] = {}
    for index, entry in enumerate(given.entries(name, limits.TAGS)):
        if isinstance(entry, str) and entry.strip() and len(entry) <= WORD and "\0" not in entry:
            found[entry.strip()] = None
        else:
            given.refuse(f"{name}.{index}", f"This must be a word of at most {WORD} characters.")
    return tuple(found)


def _folder(
    given: Given, key: str, stored: str | None, folders: Mapping[str, str], kind: str, *, is_new: bool
) -> str | None:
    """A folder of this organization, of the kind that fits."""
    value = given.data.get(key, stored)
    if value in (None, "") or value == stored:
        return value or None
    if isinstance(value, str) and folders.get(value) == kind:
        return value
    if not is_new:
        which = "templates" if kind == "checklist" else "processes"
        given.refuse(key, f"The {key} must be the id of a folder of {which} in this organization, or null.")
    elif not isinstance(value, str) or not is_id(value):
        given.refuse(key, f"The {key} must be an id of 32 lower-case hexadecimal digits, or null.")
    return stored


def _owner(given: Given, stored: int, roster: Roster, *, is_new: bool) -> int:
    value = given.data.get("owner_id")
    if value is None:
        return stored
    user_id = member_id(value)
    if user_id == stored:
        return stored
    if user_id is not None and roster.has_member(user_id):
        return user_id
    if not is_new or user_id is None:
        given.refuse("owner_id", "The owner_id must be the id of a member of this organization.")
    return stored


def _users(given: Given, stored: tuple[int, ...], roster: Roster, *, is_new: bool) -> tuple[int, ...]:
    if given.data.get("users") is None:
        return stored
    found: dict[int, None] = {}
    for index, entry in enumerate(given.entries("users", limits.PEOPLE)):
        user_id = member_id(entry)
        if user_id is not None and roster.has_member(user_id):
            found[user_id] = None
        elif user_id is None or not is_new:
            given.refuse(f"users.{index}", "This must be the id of a member of this organization.")
    return tuple(found)


def _groups(given: Given, stored: tuple[str, ...], roster: Roster, *, is_new: bool) -> tuple[str, ...]:
    if given.data.get("groups") is None:
        return stored
    found: dict[str, None] = {}
    for index, entry in enumerate(given.entries("groups", limits.PEOPLE)):
        if isinstance(entry, str) and roster.has_group(entry):
            found[entry] = None
        elif not isinstance(entry, str) or not is_new:
            given.refuse(f"groups.{index}", "This must be the id of a group of this organization.")
    return tuple(found)
