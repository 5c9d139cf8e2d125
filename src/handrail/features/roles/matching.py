"""The filter of lists by job title, as SQL."""

from typing import Any

import sqlalchemy as sa

from handrail.schema.role_tables import task_titles
from handrail.schema.statement import any_of
from handrail.schema.words import organization_id


def has_title(task_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The task has one of the titles whose ids are the array parameter `titles`."""
    return task_id.in_(
        sa.select(task_titles.c.task_id).where(
            task_titles.c.organization_id == organization_id, any_of(task_titles.c.title_id, "titles")
        )
    )
