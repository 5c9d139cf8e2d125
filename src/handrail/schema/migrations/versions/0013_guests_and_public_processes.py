"""Threads that guests write, and an index of the public processes."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("threads", sa.Column("author_type", sa.Text(), server_default="user", nullable=False))
    public = sa.text("is_public")
    op.create_index("ix_processes_public", "processes", ["id"], sqlite_where=public, postgresql_where=public)


def downgrade() -> None:
    op.drop_index("ix_processes_public", table_name="processes")
    op.drop_column("threads", "author_type")
