"""An index of the public templates."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    public = sa.text("is_public AND NOT is_system AND version > 0 AND archived_at IS NULL AND deleted_at IS NULL")
    op.create_index("ix_templates_public", "templates", ["id"], sqlite_where=public, postgresql_where=public)


def downgrade() -> None:
    op.drop_index("ix_templates_public", table_name="templates")
