"""How tables are declared: the one metadata, the kinds of columns, and what every table of a tenant has.

The rules that keep the schema shardable by organization: each tenant table carries `organization_id`, and its
primary key, unique keys and foreign keys begin with it; shared tables (accounts, tokens) never refer to tenant
tables. Times are milliseconds UTC in BIGINT columns, documents are JSON in TEXT columns, kept exactly as sent.
"""

from typing import Any

import sqlalchemy as sa

NAMING = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)


def text(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null, server_default=default)


def number(name: str, *, null: bool = False, default: int | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null, server_default=None if default is None else str(default))


def flag(name: str, *, null: bool = False, default: bool = False) -> sa.Column[bool]:
    said = sa.true() if default else sa.false()
    return sa.Column(name, sa.Boolean, nullable=null, server_default=None if null else said)


def moment(name: str, *, null: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


def tenant_table(name: str, key: tuple[str, ...], *parts: Any) -> sa.Table:
    """A table of one organization's rows; its primary key is `(organization_id, *key)`."""
    return sa.Table(
        name,
        metadata,
        sa.Column("organization_id", sa.Text, nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("organization_id", *key),
        sqlite_with_rowid=False,
    )


def within(table: str, column: str, key: str = "id", *, on_delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    """A reference to another row of the same organization."""
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.{key}"], ondelete=on_delete
    )


def of_organization() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["organization_id"], ["organizations.organization_id"], ondelete="CASCADE")


def only_where(condition: str) -> dict[str, Any]:
    """The options of an index that holds the rows of a condition; a query that repeats it word for word can use it."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
