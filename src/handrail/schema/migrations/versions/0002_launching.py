"""What processes launch."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("processes", sa.Column("parent_task_id", sa.Text(), nullable=True))
    op.add_column("processes", sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("processes", sa.Column("launched", sa.Text(), server_default="[]", nullable=False))
    children = sa.text("parent_id IS NOT NULL")
    op.create_index(
        "ix_processes_children",
        "processes",
        ["organization_id", "parent_id", "id"],
        sqlite_where=children,
        postgresql_where=children,
    )


def downgrade() -> None:
    op.drop_index("ix_processes_children", table_name="processes")
    op.drop_column("processes", "launched")
    op.drop_column("processes", "generation")
    op.drop_column("processes", "parent_task_id")
