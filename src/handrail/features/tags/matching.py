"""The tag filter of lists, as SQL."""

from typing import Any

import sqlalchemy as sa

from handrail.schema.statement import any_of
from handrail.schema.tables import taggings, tags
from handrail.schema.words import organization_id


def tag_matches(subject_type: str, subject_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The record bears the tag whose id or title is the parameter `tag`."""
    wanted = sa.bindparam("tag", type_=sa.Text)
    return _bears(subject_type, subject_id, sa.or_(tags.c.id == wanted, tags.c.title == wanted))


def tag_is_one_of(subject_type: str, subject_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The record bears one of the tags whose ids or titles are the array parameter `tag_names`."""
    named = sa.or_(any_of(tags.c.id, "tag_names"), any_of(tags.c.title, "tag_names"))
    return _bears(subject_type, subject_id, named)


def _bears(
    subject_type: str, subject_id: sa.ColumnElement[Any], condition: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    return sa.exists(
        sa.select(sa.literal(1))
        .select_from(
            taggings.join(tags, sa.and_(tags.c.organization_id == organization_id, tags.c.id == taggings.c.tag_id))
        )
        .where(
            taggings.c.organization_id == organization_id,
            taggings.c.subject_type == subject_type,
            taggings.c.subject_id == subject_id,
            condition,
        )
    )


def tag_matches_any(subject_type: str, subject_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The record bears one of the tags whose ids are the array parameter `tag_ids`."""
    return sa.exists(
        sa.select(sa.literal(1)).where(
            taggings.c.organization_id == organization_id,
            taggings.c.subject_type == subject_type,
            taggings.c.subject_id == subject_id,
            any_of(taggings.c.tag_id, "tag_ids"),
        )
    )


def untagged(subject_type: str, subject_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The record bears no tag."""
    return ~sa.exists(
        sa.select(sa.literal(1)).where(
            taggings.c.organization_id == organization_id,
            taggings.c.subject_type == subject_type,
            taggings.c.subject_id == subject_id,
        )
    )
