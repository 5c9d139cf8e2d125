"""The SQL of tags on records."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import taggings, tags
from handrail.schema.words import insert_all, organization_id, own


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


on_subjects = Statement(
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
    .where(
        own(taggings),
        taggings.c.subject_type == sa.bindparam("subject_type", type_=sa.Text),
        any_of(taggings.c.subject_id, "subject_ids"),
    )
    .order_by(taggings.c.id),
    TaggingRow,
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

delete_of_subjects = Statement[None](
    sa.delete(taggings).where(own(taggings), any_of(taggings.c.subject_id, "subject_ids"))
)
