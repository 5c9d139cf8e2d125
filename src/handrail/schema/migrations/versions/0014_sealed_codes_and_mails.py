"""Codes of guests' links and the text of mails, out of the clear.

Codes become a hash, by which a guest is found, and a sealed copy, from which their link is shown again. The table is
made anew, so that the old codes do not stay behind in its pages.
"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from handrail.schema.migrate import sealer_of

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PAGE = 500
# of a guest, as they are copied
COPIED = (
    "organization_id, id, email, first_name, last_name, details, disabled_at, deleted_at, last_accessed_at, "
    "invited_at, created_at, updated_at"
)


def upgrade() -> None:
    _put_aside("in_clear")
    _make_guests(sa.Column("code_hash", sa.Text(), nullable=False), sa.Column("sealed_code", sa.Text(), nullable=False))
    connection = op.get_bind()
    insert = sa.text(
        f"INSERT INTO guests ({COPIED}, code_hash, sealed_code) SELECT {COPIED}, :code_hash, :sealed_code "
        "FROM guests_in_clear WHERE organization_id = :organization_id AND id = :id"
    )
    for rows in _pages("guests_in_clear", "organization_id, id, code"):
        seal = sealer_of(op.get_context()).seal
        connection.execute(
            insert,
            [
                {
                    "organization_id": organization_id,
                    "id": guest_id,
                    "code_hash": hashlib.sha256(code.encode()).hexdigest(),
                    "sealed_code": seal(code),
                }
                for organization_id, guest_id, code in rows
            ],
        )
    op.drop_table("guests_in_clear")

    op.add_column("mails", sa.Column("sealed_text", sa.Text(), server_default="", nullable=False))
    update = sa.text("UPDATE mails SET sealed_text = :sealed WHERE organization_id = :organization_id AND id = :id")
    for rows in _pages("mails", "organization_id, id, html, plain", "html <> ''"):
        seal = sealer_of(op.get_context()).seal
        connection.execute(
            update,
            [
                {"organization_id": organization_id, "id": mail_id, "sealed": seal(json.dumps([html, plain]))}
                for organization_id, mail_id, html, plain in rows
            ],
        )
    op.drop_column("mails", "html")
    op.drop_column("mails", "plain")


def downgrade() -> None:
    connection = op.get_bind()
    for name in ("html", "plain"):
        op.add_column("mails", sa.Column(name, sa.Text(), server_default="", nullable=False))
    update = sa.text(
        "UPDATE mails SET html = :html, plain = :plain WHERE organization_id = :organization_id AND id = :id"
    )
    for rows in _pages("mails", "organization_id, id, sealed_text", "sealed_text <> ''"):
        opened = [(*row[:2], *json.loads(sealer_of(op.get_context()).open(row[2]))) for row in rows]
        connection.execute(
            update, [dict(zip(("organization_id", "id", "html", "plain"), row, strict=True)) for row in opened]
        )
    op.drop_column("mails", "sealed_text")

    _put_aside("sealed")
    _make_guests(sa.Column("code", sa.Text(), nullable=False))
    insert = sa.text(
        f"INSERT INTO guests ({COPIED}, code) SELECT {COPIED}, :code "
        "FROM guests_sealed WHERE organization_id = :organization_id AND id = :id"
    )
    for rows in _pages("guests_sealed", "organization_id, id, sealed_code"):
        opened = [(*row[:2], sealer_of(op.get_context()).open(row[2])) for row in rows]
        connection.execute(insert, [dict(zip(("organization_id", "id", "code"), row, strict=True)) for row in opened])
    op.drop_table("guests_sealed")


def _put_aside(word: str) -> None:
    """Rename the table of guests; PostgreSQL wants the names of its keys back, too."""
    op.drop_index(op.f("ix_guests_organization_id_invited_at"), table_name="guests")
    op.rename_table("guests", f"guests_{word}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE guests_{word} RENAME CONSTRAINT pk_guests TO pk_guests_{word}")
        kept = "code" if word == "in_clear" else "code_hash"
        op.drop_constraint(op.f(f"uq_guests_organization_id_{kept}"), f"guests_{word}")
        op.drop_constraint(op.f("uq_guests_organization_id_email"), f"guests_{word}")


def _make_guests(*code: sa.Column[Any]) -> None:
    op.create_table(
        "guests",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        *code,
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), server_default="{}", nullable=False),
        *(sa.Column(f"{word}_at", sa.BigInteger()) for word in ("disabled", "deleted", "last_accessed", "invited")),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("fk_guests_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_guests")),
        sa.UniqueConstraint("organization_id", code[0].name, name=op.f(f"uq_guests_organization_id_{code[0].name}")),
        sa.UniqueConstraint("organization_id", "email", name=op.f("uq_guests_organization_id_email")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_guests_organization_id_invited_at"), "guests", ["organization_id", "invited_at"])


def _pages(table: str, columns: str, where: str = "1 = 1") -> Any:
    """Every row, some hundred at a time."""
    connection = op.get_bind()
    query = f"SELECT {columns} FROM {table} WHERE {where}"
    order = f" ORDER BY organization_id, id LIMIT {PAGE}"
    rows = connection.execute(sa.text(query + order)).all()
    while rows:
        yield rows
        after = {"organization_id": rows[-1][0], "id": rows[-1][1]}
        more = sa.text(f"{query} AND (organization_id, id) > (:organization_id, :id){order}")
        rows = connection.execute(more, after).all()
