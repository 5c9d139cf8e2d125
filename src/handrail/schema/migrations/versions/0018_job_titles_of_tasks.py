"""Which job titles a task has, and who came to it by each."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_titles",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("title_id", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), server_default="{}", nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["organization_id", column],
                [f"{table}.organization_id", f"{table}.id"],
                name=op.f(f"fk_task_titles_organization_id_{column}"),
                ondelete="CASCADE",
            )
            for column, table in (("task_id", "tasks"), ("title_id", "job_titles"))
        ),
        sa.PrimaryKeyConstraint("organization_id", "task_id", "title_id", name=op.f("pk_task_titles")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_task_titles_organization_id_title_id_task_id"),
        "task_titles",
        ["organization_id", "title_id", "task_id"],
    )


def downgrade() -> None:
    op.drop_table("task_titles")
