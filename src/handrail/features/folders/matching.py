"""The folder filter of lists, as SQL."""

from typing import Any

import sqlalchemy as sa

from handrail.schema.statement import any_of
from handrail.schema.tables import folder_objects
from handrail.schema.words import organization_id


def is_filed(subject_type: str, subject_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The record is in one of the folders whose ids are the array parameter `folder_ids`."""
    return sa.exists(
        sa.select(sa.literal(1)).where(
            folder_objects.c.organization_id == organization_id,
            folder_objects.c.subject_type == subject_type,
            folder_objects.c.subject_id == subject_id,
            any_of(folder_objects.c.folder_id, "folder_ids"),
        )
    )
