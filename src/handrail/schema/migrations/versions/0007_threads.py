"""Comments, problems and resolutions."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SUBJECTS = {"template_id": "templates", "process_id": "processes", "task_id": "tasks"}


def upgrade() -> None:
    op.create_table(
        "threads",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column("process_id", sa.Text(), nullable=True),
        sa.Column("task_id", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=False),
        sa.Column("mentions", sa.Text(), server_default="[]", nullable=False),
        sa.Column("resolve_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["organization_id", column],
                [f"{table}.organization_id", f"{table}.id"],
                name=op.f(f"fk_threads_organization_id_{column}"),
                ondelete="CASCADE",
            )
            for column, table in SUBJECTS.items()
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_threads")),
        sqlite_with_rowid=False,
    )
    for column in SUBJECTS:
        op.create_index(op.f(f"ix_threads_organization_id_{column}_id"), "threads", ["organization_id", column, "id"])


def downgrade() -> None:
    op.drop_table("threads")
