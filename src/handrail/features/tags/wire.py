"""The public JSON of tags and of their associations with records (wire 2.21)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.http.envelope import Included

Title = Annotated[str, Meta(max_length=30)]
Color = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$", description="`#rrggbb`.")]


class TagStatistics(msgspec.Struct, kw_only=True):
    """How many templates and processes bear the tag."""

    active_template: int
    archived_template: int
    active_process: int
    archived_process: int


class Tag(msgspec.Struct, kw_only=True):
    """A tag."""

    id: str
    title: str
    color: str | None
    type: Annotated[str, Meta(description="Always `private`: the organization's own.")] = "private"
    auto_generated: bool
    items: Annotated[int, Meta(description="How many records bear it.")]
    created_at: str
    deleted_at: str | None = None
    statistics: Annotated[Included | UnsetType, Meta(description="Include: counts, in `data`.")] = UNSET


class NewTagBody(msgspec.Struct, kw_only=True):
    """A tag to make."""

    title: Annotated[str, Meta(max_length=30, description="What no other tag is called.")]
    color: Color | None = None


class TagBody(msgspec.Struct, kw_only=True):
    """Changes of a tag. Keys that are left out stay as they are."""

    title: Title | UnsetType = UNSET
    color: Color | UnsetType | None = UNSET


class TagQuery(msgspec.Struct, kw_only=True):
    """Search and order of the list of tags."""

    q: Annotated[str, Meta(description="A part of the title, in any case.")] = ""
    all: Annotated[str, Meta(description="true: machine-made tags too, `from:`, `task:` and `step:`.")] = ""
    auto_generated: Annotated[str, Meta(description="true: only those a machine made; false: only others.")] = ""
    sort: Annotated[str, Meta(description="title or created_at, a minus for descending; also sort_by.")] = "created_at"


class TagAssociation(msgspec.Struct, kw_only=True):
    """A tag on a record."""

    id: int
    tag_id: str
    subject_id: str
    subject_type: Annotated[str, Meta(description="Checklist, Run or Task.")]
    tag_type: str = "private"
    type: Annotated[str, Meta(description="The same as `tag_type`.")] = "private"
    title: str
    color: str | None
    auto_generated: bool
    created_at: str
    deleted_at: str | None = None


class TagAssociationBody(msgspec.Struct, kw_only=True):
    """Which tag to put on which record."""

    subject_id: Annotated[str, Meta(max_length=64, description="The record's id.")]
    subject_type: Annotated[str, Meta(max_length=64, description="Checklist, Run or Task.")]
    tag_id: Annotated[str, Meta(max_length=64, description="The tag's id.")]
    tag_type: Annotated[str, Meta(max_length=64, description="private; there are no public tags.")]


_STATISTICS = {"active_template": 2, "archived_template": 0, "active_process": 5, "archived_process": 1}
_TAG: dict[str, Any] = {
    "id": "f1b84e6d2c9a4075a30e8d57b6c1942f",
    "title": "urgent",
    "color": "#b3541e",
    "type": "private",
    "auto_generated": False,
    "items": 8,
    "created_at": "2027-01-05T09:00:00.000Z",
    "deleted_at": None,
}
_RECORD: dict[str, Any] = {
    "tag_id": _TAG["id"],
    "subject_id": "a81d4f6e03b74c29965e7d0c2fb13e48",
    "subject_type": "Run",
    "tag_type": "private",
}
EXAMPLES: dict[str, Any] = {
    "Tag": {**_TAG, "statistics": {"data": _STATISTICS}},
    "TagStatistics": _STATISTICS,
    "NewTagBody": {"title": "urgent", "color": "#b3541e"},
    "TagBody": {"color": "#2f6f4f"},
    "TagQuery": {"q": "urg", "all": "true", "sort": "title"},
    "TagAssociation": {
        "id": 5532,
        **_RECORD,
        "type": "private",
        "title": "urgent",
        "color": "#b3541e",
        "auto_generated": False,
        "created_at": "2027-03-01T09:30:00.000Z",
        "deleted_at": None,
    },
    "TagAssociationBody": _RECORD,
}
