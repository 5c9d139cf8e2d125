"""Launches that recur."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "launch_schedules",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kickoff", sa.Text(), server_default="{}", nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("non_working_days", sa.Text(), server_default="launch", nullable=False),
        sa.Column("catch_up", sa.Text(), server_default="last", nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("launches", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("last_process_id", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "template_id"],
            ["templates.organization_id", "templates.id"],
            name=op.f("fk_launch_schedules_organization_id_template_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_launch_schedules")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_launch_schedules_organization_id_template_id"), "launch_schedules", ["organization_id", "template_id"]
    )
    due = sa.text("next_at IS NOT NULL AND NOT paused")
    op.create_index(
        "ix_launch_schedules_due",
        "launch_schedules",
        ["next_at", "organization_id", "id"],
        sqlite_where=due,
        postgresql_where=due,
    )


def downgrade() -> None:
    op.drop_table("launch_schedules")
