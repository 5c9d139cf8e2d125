"""The filters of lists by what was said, as SQL."""

import sqlalchemy as sa

from handrail.schema.tables import processes, threads
from handrail.schema.words import organization_id


def has_open_improvement() -> sa.ColumnElement[bool]:
    """Somebody has labelled a comment on the process, or on one of its tasks, as an improvement (engine 1.3)."""
    return sa.exists(
        sa.select(sa.literal(1)).where(
            threads.c.organization_id == organization_id,
            threads.c.process_id == processes.c.id,
            threads.c.label == sa.literal_column("'improvement'"),
            threads.c.resolve_id.is_(None),
        )
    )
