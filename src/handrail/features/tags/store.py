"""The SQL of tags, and of tags on records."""

from functools import lru_cache

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import processes, taggings, tags, templates
from handrail.schema.words import insert_all, is_, organization_id, own, set_all


class TaggingRow(msgspec.Struct, frozen=True):
    """A tag on a record."""

    id: int
    tag_id: str
    subject_id: str
    subject_type: str
    title: str
    color: str | None
    auto_generated: bool
    created_at: int


_associations = (
    sa.select(
        taggings.c.id,
        taggings.c.tag_id,
        taggings.c.subject_id,
        taggings.c.subject_type,
        tags.c.title,
        tags.c.color,
        tags.c.auto_generated,
        taggings.c.created_at,
    )
    .select_from(
        taggings.join(tags, sa.and_(tags.c.organization_id == organization_id, tags.c.id == taggings.c.tag_id))
    )
    .where(own(taggings))
    .order_by(taggings.c.id)
)

on_subjects = Statement(
    _associations.where(
        taggings.c.subject_type == sa.bindparam("subject_type", type_=sa.Text),
        any_of(taggings.c.subject_id, "subject_ids"),
    ),
    TaggingRow,
)
association = Statement(_associations.where(is_(taggings.c.id)), TaggingRow)
association_with = Statement(
    _associations.where(is_(taggings.c.subject_type), is_(taggings.c.subject_id), is_(taggings.c.tag_id)), TaggingRow
)

ids_titled = Statement[tuple[str, str]](
    sa.select(tags.c.id, tags.c.title).where(own(tags), any_of(tags.c.title, "titles"))
)

existing = Statement[tuple[str]](sa.select(tags.c.id).where(own(tags), any_of(tags.c.id, "ids")))

insert_tagging = Statement[None](insert_all(taggings))

of_subject = Statement[tuple[int, str]](
    sa.select(taggings.c.id, taggings.c.tag_id).where(
        own(taggings),
        taggings.c.subject_type == sa.bindparam("subject_type", type_=sa.Text),
        taggings.c.subject_id == sa.bindparam("subject_id", type_=sa.Text),
    )
)

delete_taggings = Statement[None](sa.delete(taggings).where(own(taggings), any_of(taggings.c.id, "ids")))

delete_machine_made = Statement[None](
    sa.delete(taggings).where(
        own(taggings),
        is_(taggings.c.subject_type),
        is_(taggings.c.subject_id),
        taggings.c.tag_id.in_(sa.select(tags.c.id).where(own(tags), tags.c.auto_generated == sa.true())),
    )
)

delete_of_subjects = Statement[None](
    sa.delete(taggings).where(own(taggings), any_of(taggings.c.subject_id, "subject_ids"))
)


class TagRow(msgspec.Struct, frozen=True):
    """A tag."""

    id: str
    title: str
    color: str | None
    auto_generated: bool
    created_at: int


_tag = tuple(tags.c[name] for name in TagRow.__struct_fields__)
_one = sa.select(*_tag).where(own(tags), is_(tags.c.id))

get = Statement(_one, TagRow)
lock = Statement(_one.with_for_update(), TagRow)
titled = Statement[tuple[str]](sa.select(tags.c.id).where(own(tags), is_(tags.c.title)))
insert = Statement[None](insert_all(tags))
update = Statement[None](sa.update(tags).where(own(tags), is_(tags.c.id)).values(set_all(tags, "title", "color")))
delete = Statement[None](sa.delete(tags).where(own(tags), is_(tags.c.id)))

items = Statement[tuple[str, int]](
    sa.select(taggings.c.tag_id, sa.func.count())
    .where(own(taggings), any_of(taggings.c.tag_id, "ids"))
    .group_by(taggings.c.tag_id)
)


def _borne(table: sa.Table, subject_type: str, *conditions: sa.ColumnElement[bool]) -> Statement[tuple[str, int, int]]:
    """How many records bear each tag, and how many of them are archived."""
    return Statement(
        sa.select(
            taggings.c.tag_id,
            sa.func.count(),
            sa.func.sum(sa.case((table.c.archived_at.is_(None), 0), else_=1)),
        )
        .select_from(
            taggings.join(
                table,
                sa.and_(table.c.organization_id == taggings.c.organization_id, table.c.id == taggings.c.subject_id),
            )
        )
        .where(
            own(taggings),
            any_of(taggings.c.tag_id, "ids"),
            taggings.c.subject_type == sa.literal_column(f"'{subject_type}'"),
            *conditions,
        )
        .group_by(taggings.c.tag_id)
    )


templates_with = _borne(templates, "Checklist", templates.c.deleted_at.is_(None))
processes_with = _borne(processes, "Run")


class Shape(msgspec.Struct, frozen=True):
    """What decides the text of the list's statement: the order, a search, and which kinds of tags it has."""

    order: str = "created_at"
    searching: bool = False
    machine_made: bool = False
    auto_generated: bool | None = None


# titles that machines give
MACHINE = ("from:", "task:", "step:")


def _conditions(shape: Shape) -> list[sa.ColumnElement[bool]]:
    title = sa.func.lower(tags.c.title)
    found: list[sa.ColumnElement[bool]] = [own(tags)]
    if shape.searching:
        found.append(title.like(sa.bindparam("q", type_=sa.Text), escape="\\"))
    if not shape.machine_made:
        found += [~title.like(sa.literal_column(f"'{word}%'")) for word in MACHINE]
    if shape.auto_generated is not None:
        found.append(tags.c.auto_generated == (sa.true() if shape.auto_generated else sa.false()))
    return found


@lru_cache(maxsize=64)
def page(shape: Shape) -> Statement[TagRow]:
    """A page of tags."""
    word = shape.order.removeprefix("-")
    down = shape.order.startswith("-")
    column: sa.ColumnElement[object] = sa.func.lower(tags.c.title) if word == "title" else tags.c[word]
    statement = sa.select(*_tag).where(*_conditions(shape))
    statement = statement.order_by(
        column.desc() if down else column.asc(), tags.c.id.desc() if down else tags.c.id.asc()
    )
    limit, offset = (sa.bindparam(name, type_=sa.BigInteger) for name in ("limit", "offset"))
    return Statement(statement.limit(limit).offset(offset), TagRow)


@lru_cache(maxsize=16)
def total(shape: Shape) -> Statement[tuple[int]]:
    """How many tags the list has; the order does not matter."""
    return Statement(sa.select(sa.func.count()).select_from(tags).where(*_conditions(shape)))
