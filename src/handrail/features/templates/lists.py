"""The list of templates: a frozen shape says which filters apply, and its statements are compiled once (wire CHK-1)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from handrail.features.tags.matching import tag_is_one_of
from handrail.features.templates.access import listing_permissions
from handrail.features.templates.heads import LABELS, TYPES
from handrail.features.templates.store import TemplateRow, template_columns, template_row
from handrail.http.call import Call
from handrail.kernel.actor import Actor
from handrail.kernel.ids import integer_id
from handrail.kernel.permission import cell
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import template_grants, templates
from handrail.schema.words import is_, organization_id, own, parameter, substring

SORT = {
    "title": "title",
    "name": "title",
    "created_at": "created_at",
    "updated": "updated_at",
    "updated_at": "updated_at",
    "last_updated": "updated_at",
}
# pinned ones first, then those changed last
DEFAULT_SORT = "pinned"
FILTER_LIMIT = 100


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Which filters a list has; their values are parameters. `restricted` adds the visibility predicate."""

    restricted: bool = False
    own_ones: bool = False
    sort: str = DEFAULT_SORT
    archived: Literal["no", "only", "with"] = "no"
    query: bool = False
    label: bool = False
    drafts: bool = False
    kind: bool = False
    starred: bool | None = None
    folders: bool = False
    tags: bool = False
    owner: bool = False


@lru_cache(maxsize=1024)
def page(shape: Shape) -> Statement[TemplateRow]:
    """One page; parameters `limit` and `offset` beside those of the filters."""
    limit = sa.bindparam("limit", type_=sa.BigInteger)
    offset = sa.bindparam("offset", type_=sa.BigInteger)
    statement = sa.select(*template_columns).where(*_filters(shape)).order_by(*_order(shape.sort))
    return Statement(statement.limit(limit).offset(offset), template_row)


@lru_cache(maxsize=1024)
def total(shape: Shape) -> Statement[tuple[int]]:
    """How many there are on all pages."""
    return Statement(sa.select(sa.func.count()).select_from(templates).where(*_filters(shape)))


@lru_cache(maxsize=8)
def by_folder(shape: Shape) -> Statement[tuple[str, int]]:
    """How many there are in each of the folders of the parameter `folder_ids`."""
    columns = (templates.c.folder_id, sa.func.count())
    return Statement(sa.select(*columns).where(*_filters(shape)).group_by(templates.c.folder_id))


def visible_shape(actor: Actor) -> Shape:
    """Everything in some folders that a person may see; parameters `folder_ids` and `visible_parameters`."""
    return Shape(restricted=not actor.is_admin, own_ones=_sees_own_ones(actor), folders=True)


def _sees_own_ones(actor: Actor) -> bool:
    return not actor.is_admin and not cell(actor, "template.read").isdisjoint({"creator", "owner"})


def folders_asked(call: Call) -> list[str]:
    """The ids of the folders that a request asks for."""
    return _parts(call.query.get("folder") or call.query.get("folder_id"))


def wanted(call: Call, folders: Sequence[str]) -> tuple[Shape, dict[str, Any]]:
    """The shape and the parameters of the list that a request asks for. Words nobody knows filter nothing.

    `folders` are those asked for, with what is below them where that is wanted.
    """
    query, actor = call.query, call.actor
    values: dict[str, Any] = {"organization_id": actor.organization_id, **visible_parameters(actor)}
    status = query.get("status", "").lower()
    label = "active" if status == "started" else status
    if label in LABELS:
        values["label"] = label
    if query.get("q"):
        values["q"] = substring(query["q"])
    kind = query.get("type")
    if kind in TYPES:
        values["type"] = kind
    if folders:
        values["folder_ids"] = list(folders)
    tags = _parts(query.get("tag"))
    if tags:
        values["tag_names"] = tags
    owner = integer_id(query.get("owner_id", ""))
    if owner is not None:
        values["owner_id"] = owner
    archived = query.get("archived", "").lower()
    shape = Shape(
        restricted=not actor.is_admin,
        own_ones=_sees_own_ones(actor),
        sort=call.sort(SORT, DEFAULT_SORT),
        archived="only"
        if archived == "only" or status == "archived"
        else "no"
        if archived in ("", "0", "false", "no")
        else "with",
        query="q" in values,
        label="label" in values,
        drafts=status == "draft",
        kind="type" in values,
        starred=call.truth("starred"),
        folders=bool(folders),
        tags=bool(tags),
        owner=owner is not None,
    )
    return shape, values


def visible_parameters(actor: Actor) -> dict[str, Any]:
    """The parameters of the visibility predicate."""
    if actor.is_admin:
        return {}
    return {
        "me": actor.user_id,
        "permissions": listing_permissions(actor),
        "principals": list(actor.grant_principals),
    }


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()][:FILTER_LIMIT]


def _filters(shape: Shape) -> list[sa.ColumnElement[bool]]:
    table = templates.c
    found: list[sa.ColumnElement[bool]] = [own(templates), table.deleted_at.is_(None), table.is_system == sa.false()]
    if shape.restricted:
        found.append(_visible(own_ones=shape.own_ones))
    if shape.archived == "only":
        found.append(table.archived_at.is_not(None))
    elif shape.archived == "no":
        found.append(table.archived_at.is_(None))
    if shape.query:
        found.append(sa.func.lower(table.title).like(sa.bindparam("q", type_=sa.Text), escape="\\"))
    if shape.label:
        found.append(is_(table.label))
    if shape.drafts:
        found.append(table.draft_version.is_not(None))
    if shape.kind:
        found.append(is_(table.type))
    if shape.starred is not None:
        found.append(table.starred == (sa.true() if shape.starred else sa.false()))
    if shape.folders:
        found.append(any_of(table.folder_id, "folder_ids"))
    if shape.tags:
        found.append(tag_is_one_of("Checklist", table.id))
    if shape.owner:
        found.append(is_(table.owner_id))
    return found


def _visible(*, own_ones: bool) -> sa.ColumnElement[bool]:
    """Granted by name, through a group or to everybody; or made or owned by the person."""
    granted = sa.exists(
        sa.select(sa.literal(1)).where(
            template_grants.c.organization_id == organization_id,
            template_grants.c.template_id == templates.c.id,
            any_of(template_grants.c.permission, "permissions"),
            any_of(template_grants.c.principal, "principals"),
        )
    )
    if not own_ones:
        return granted
    me = parameter("me", templates.c.owner_id)
    return sa.or_(templates.c.created_by == me, templates.c.owner_id == me, granted)


def _order(sort: str) -> list[sa.ColumnElement[Any]]:
    table = templates.c
    if sort == DEFAULT_SORT:
        return [sa.case((table.is_pinned == sa.true(), 0), else_=1), table.updated_at.desc(), table.id.desc()]
    word = sort.removeprefix("-")
    column: sa.ColumnElement[Any] = sa.func.lower(table.title) if word == "title" else table[word]
    return [column.desc(), table.id.desc()] if sort.startswith("-") else [column.asc(), table.id.asc()]
