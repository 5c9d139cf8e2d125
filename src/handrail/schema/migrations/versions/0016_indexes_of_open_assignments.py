"""Indexes of assignments that an end of a task only shortens, and one less on tasks."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN: dict[str, Any] = {"sqlite_where": sa.text("is_open = 1"), "postgresql_where": sa.text("is_open = true")}


def upgrade() -> None:
    op.drop_index("ix_tasks_organization_id_completed_at", table_name="tasks")
    op.drop_index("ix_task_owners_organization_id_principal_is_open_task_id", table_name="task_owners")
    op.drop_index("ix_task_owners_organization_id_principal_is_open_deadline", table_name="task_owners")
    op.create_index(
        op.f("ix_task_owners_organization_id_principal_task_id"),
        "task_owners",
        ["organization_id", "principal", "task_id"],
    )
    for name, last in (("open", "task_id"), ("due", "deadline")):
        op.create_index(
            f"ix_task_owners_{name}", "task_owners", ["organization_id", "principal", "is_open", last], **OPEN
        )


def downgrade() -> None:
    op.drop_index("ix_task_owners_due", table_name="task_owners")
    op.drop_index("ix_task_owners_open", table_name="task_owners")
    op.drop_index("ix_task_owners_organization_id_principal_task_id", table_name="task_owners")
    for last in ("deadline", "task_id"):
        op.create_index(
            op.f(f"ix_task_owners_organization_id_principal_is_open_{last}"),
            "task_owners",
            ["organization_id", "principal", "is_open", last],
        )
    op.create_index(op.f("ix_tasks_organization_id_completed_at"), "tasks", ["organization_id", "completed_at"])
