"""The SQL of templates, their versions and their grants. Lists have a file of their own."""

from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import PUBLIC_TEMPLATES, organizations, template_grants, template_versions, templates
from handrail.schema.words import insert_all, is_, own, parameter, set_all


class TemplateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A template as stored. `properties`, `users`, `groups` and `custom_fields` are JSON; flags may be 0 and 1."""

    organization_id: str
    id: str
    increment_id: int
    alias: str
    title: str
    type: str
    label: str
    # the live version, 0 while there is none; the draft of a template with dual versions
    version: int
    draft_version: int | None
    dual_version_enabled: bool
    is_pinned: bool
    starred: bool
    is_public: bool
    is_public_kickoff: bool
    is_system: bool
    properties: str
    folder_id: str | None
    users: str
    groups: str
    custom_fields: str | None
    owner_id: int
    created_by: int
    updated_by: int
    started_processes: int
    steps_count: int
    created_at: int
    updated_at: int
    archived_at: int | None
    deleted_at: int | None

    @property
    def working_version(self) -> int:
        """The version that edits go to: the draft when there is one."""
        return self.version if self.draft_version is None else self.draft_version


class VersionRow(msgspec.Struct, frozen=True):
    """One version: its documents as JSON, and whether a process was launched from it."""

    template_id: str
    version: int
    definition: str
    settings: str
    frozen: bool


class GrantRow(msgspec.Struct, frozen=True):
    """One permission of one principal."""

    template_id: str
    permission: str
    principal: str


class NamedRow(msgspec.Struct, frozen=True):
    """A template's name, for messages and references."""

    id: str
    title: str


def template_row(*columns: object) -> TemplateRow:
    """A row from the columns of `template_columns`, in their order."""
    return TemplateRow(**dict(zip(TemplateRow.__struct_fields__, columns, strict=True)))  # pyright: ignore[reportArgumentType]


template_columns = tuple(templates.c[name] for name in TemplateRow.__struct_fields__)
_present = (own(templates), templates.c.deleted_at.is_(None), templates.c.is_system == sa.false())
_one = sa.select(*template_columns).where(*_present, is_(templates.c.id))
_version = (
    template_versions.c.template_id,
    template_versions.c.version,
    template_versions.c.definition,
    template_versions.c.settings,
    template_versions.c.frozen,
)

get = Statement(_one, template_row)
# readers and foreign keys of new processes pass, other edits wait
get_locked = Statement(_one.with_for_update(key_share=True), template_row)

get_system = Statement(
    sa.select(*template_columns).where(own(templates), templates.c.is_system == sa.true(), is_(templates.c.alias)),
    template_row,
)

get_by_alias = Statement(
    sa.select(*template_columns).where(own(templates), templates.c.is_system == sa.false(), is_(templates.c.alias)),
    template_row,
)

# the library of every organization; the words of its index
public_rows = Statement(
    sa.select(*template_columns)
    .where(sa.text(PUBLIC_TEMPLATES))
    .order_by(templates.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
    template_row,
)

alias_taken = Statement[tuple[int]](
    sa.select(sa.literal(1)).select_from(templates).where(own(templates), is_(templates.c.alias))
)

lock_organization = Statement[tuple[str]](
    sa.select(organizations.c.organization_id).where(own(organizations)).with_for_update(key_share=True)
)

insert = Statement[None](insert_all(templates))

CHANGEABLE = (
    "title",
    "type",
    "label",
    "version",
    "draft_version",
    "dual_version_enabled",
    "is_pinned",
    "starred",
    "is_public",
    "is_public_kickoff",
    "properties",
    "folder_id",
    "users",
    "groups",
    "owner_id",
    "updated_by",
    "steps_count",
    "updated_at",
    "archived_at",
    "deleted_at",
)
FLAGS = ("dual_version_enabled", "is_pinned", "starred", "is_public", "is_public_kickoff")

_moment = parameter("updated_at", templates.c.updated_at)

update = Statement[None](
    sa.update(templates)
    .where(own(templates), is_(templates.c.id))
    .values(
        {
            **set_all(templates, *CHANGEABLE),
            # it is the template's revision, so no two changes may share a moment
            "updated_at": sa.case(
                (templates.c.updated_at >= _moment, templates.c.updated_at + 1),
                else_=_moment,
            ),
        }
    )
)


def changes(row: TemplateRow) -> dict[str, Any]:
    """The parameters of `update` that bring the stored row to this one."""
    return {
        "organization_id": row.organization_id,
        "id": row.id,
        **{name: getattr(row, name) for name in CHANGEABLE if name not in FLAGS},
        **{name: bool(getattr(row, name)) for name in FLAGS},
    }


count_launch = Statement[None](
    sa.update(templates)
    .where(own(templates), is_(templates.c.id))
    .values(started_processes=templates.c.started_processes + 1)
)

delete = Statement[None](sa.delete(templates).where(own(templates), is_(templates.c.id)))

get_version = Statement(
    sa.select(*_version).where(
        own(template_versions), is_(template_versions.c.template_id), is_(template_versions.c.version)
    ),
    VersionRow,
)

versions_named = Statement(
    sa.select(*_version)
    .select_from(
        template_versions.join(
            templates,
            sa.and_(
                templates.c.organization_id == template_versions.c.organization_id,
                templates.c.id == template_versions.c.template_id,
            ),
        )
    )
    .where(
        own(template_versions),
        own(templates),
        any_of(template_versions.c.template_id, "ids"),
        sa.or_(
            template_versions.c.version == templates.c.version,
            template_versions.c.version == templates.c.draft_version,
        ),
    ),
    VersionRow,
)

versions_numbered = Statement(
    sa.select(*_version).where(
        own(template_versions),
        any_of(template_versions.c.template_id, "ids"),
        any_of(template_versions.c.version, "numbers"),
    ),
    VersionRow,
)

insert_version = Statement[None](
    insert_all(
        template_versions,
        "organization_id",
        "template_id",
        "version",
        "definition",
        "settings",
        "frozen",
        "created_at",
    )
)

rewrite_version = Statement[None](
    sa.update(template_versions)
    .where(
        own(template_versions),
        is_(template_versions.c.template_id),
        is_(template_versions.c.version),
        template_versions.c.frozen == sa.false(),
    )
    .values(set_all(template_versions, "definition", "settings"))
)

freeze_version = Statement[None](
    sa.update(template_versions)
    .where(own(template_versions), is_(template_versions.c.template_id), is_(template_versions.c.version))
    .values(frozen=sa.true())
)

delete_version = Statement[None](
    sa.delete(template_versions).where(
        own(template_versions),
        is_(template_versions.c.template_id),
        is_(template_versions.c.version),
        template_versions.c.frozen == sa.false(),
    )
)

delete_unfrozen = Statement[None](
    sa.delete(template_versions).where(
        own(template_versions),
        is_(template_versions.c.template_id),
        template_versions.c.frozen == sa.false(),
    )
)

frozen_count = Statement[tuple[int]](
    sa.select(sa.func.count())
    .select_from(template_versions)
    .where(own(template_versions), is_(template_versions.c.template_id), template_versions.c.frozen == sa.true())
)

# every current version in which a text occurs, for what has to be changed in many templates at once
versions_with = Statement(
    sa.select(*_version)
    .select_from(
        template_versions.join(
            templates,
            sa.and_(
                templates.c.organization_id == template_versions.c.organization_id,
                templates.c.id == template_versions.c.template_id,
            ),
        )
    )
    .where(
        own(template_versions),
        own(templates),
        templates.c.deleted_at.is_(None),
        template_versions.c.definition.contains(parameter("text", template_versions.c.definition), autoescape=False),
        sa.or_(
            template_versions.c.version == templates.c.version,
            template_versions.c.version == templates.c.draft_version,
        ),
    )
    .order_by(template_versions.c.template_id, template_versions.c.version),
    VersionRow,
)

grants_of = Statement(
    sa.select(template_grants.c.template_id, template_grants.c.permission, template_grants.c.principal)
    .where(own(template_grants), any_of(template_grants.c.template_id, "ids"))
    .order_by(template_grants.c.template_id, template_grants.c.permission, template_grants.c.principal),
    GrantRow,
)

insert_grant = Statement[None](insert_all(template_grants))

delete_grants = Statement[None](
    sa.delete(template_grants).where(
        own(template_grants), is_(template_grants.c.template_id), any_of(template_grants.c.permission, "permissions")
    )
)

revoke = Statement[None](
    sa.delete(template_grants).where(
        own(template_grants),
        is_(template_grants.c.template_id),
        any_of(template_grants.c.permission, "permissions"),
        any_of(template_grants.c.principal, "principals"),
    )
)

revoke_all = Statement[None](sa.delete(template_grants).where(own(template_grants), is_(template_grants.c.principal)))

has_grant = Statement[tuple[int]](
    sa.select(sa.literal(1))
    .select_from(template_grants)
    .where(
        own(template_grants),
        is_(template_grants.c.template_id),
        is_(template_grants.c.permission),
        any_of(template_grants.c.principal, "principals"),
    )
    .limit(1)
)

grants_to = Statement(
    sa.select(template_grants.c.template_id, template_grants.c.permission, template_grants.c.principal).where(
        own(template_grants), is_(template_grants.c.principal)
    ),
    GrantRow,
)

named = Statement(
    sa.select(templates.c.id, templates.c.title).where(*_present, any_of(templates.c.id, "ids")),
    NamedRow,
)

rows_named = Statement(sa.select(*template_columns).where(*_present, any_of(templates.c.id, "ids")), template_row)

owned_by = Statement(sa.select(*template_columns).where(*_present, is_(templates.c.owner_id)), template_row)

in_folder = Statement(
    sa.select(*template_columns).where(
        *_present,
        sa.or_(
            is_(templates.c.folder_id),
            templates.c.properties.contains(parameter("text", templates.c.properties), autoescape=False),
        ),
    ),
    template_row,
)

with_property = Statement(
    sa.select(*template_columns).where(
        *_present, templates.c.properties.contains(parameter("text", templates.c.properties), autoescape=False)
    ),
    template_row,
)

attached_to = Statement(
    sa.select(*template_columns).where(
        own(templates),
        templates.c.deleted_at.is_(None),
        templates.c.is_system == sa.false(),
        sa.or_(
            templates.c.users.contains(parameter("text", templates.c.users), autoescape=False),
            templates.c.groups.contains(parameter("text", templates.c.groups), autoescape=False),
        ),
    ),
    template_row,
)
