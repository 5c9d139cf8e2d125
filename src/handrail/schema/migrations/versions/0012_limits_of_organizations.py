"""How many requests single organizations may make."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = ("requests_per_minute", "requests_per_hour")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("organizations", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("organizations", name)
