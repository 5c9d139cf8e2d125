"""The rules that let the schema and every statement be shared out by organization."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

import handrail.features
from handrail.schema import counters
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import SHARED_TABLES, group_people, groups, members, metadata, tasks, tokens
from handrail.schema.words import insert_all, is_, organization_id, own, set_all
from tests.support.statements import ACROSS_ORGANIZATIONS
from tests.support.tenancy import TENANT, violations

tables = [metadata.tables[name] for name in sorted(metadata.tables)]
tenant_tables = [table for table in tables if table.name in TENANT]
by_name = pytest.mark.parametrize("table", tables, ids=lambda table: table.name)
of_tenants = pytest.mark.parametrize("table", tenant_tables, ids=lambda table: table.name)


def test_shared_tables_are_those_without_an_organization_in_front() -> None:
    assert {table.name for table in tables if next(iter(table.primary_key)).name != "organization_id"} == SHARED_TABLES
    # people, queues, and what is looked up by a secret before it is known whose it is
    assert len(SHARED_TABLES) <= 15


@of_tenants
def test_keys_of_a_tenant_table_begin_with_the_organization(table: sa.Table) -> None:
    assert next(iter(table.primary_key)).name == "organization_id"
    for constraint in table.constraints:
        if isinstance(constraint, (sa.PrimaryKeyConstraint, sa.UniqueConstraint)):
            assert next(iter(constraint.columns)).name == "organization_id", constraint.name
    for index in table.indexes:
        if index.unique:
            assert next(iter(index.columns)).name == "organization_id", index.name


@of_tenants
def test_references_stay_inside_the_organization_or_lead_to_shared_tables(table: sa.Table) -> None:
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table.name in SHARED_TABLES:
            continue
        first = constraint.elements[0]
        assert first.parent.name == "organization_id", constraint.name
        assert first.column.name == "organization_id", constraint.name


@by_name
def test_references_never_clear_or_change_columns(table: sa.Table) -> None:
    for constraint in table.foreign_key_constraints:
        assert constraint.ondelete in (None, "CASCADE", "NO ACTION")
        assert constraint.onupdate in (None, "NO ACTION")


@pytest.mark.parametrize("name", sorted(SHARED_TABLES))
def test_shared_tables_never_refer_to_tenant_tables(name: str) -> None:
    for constraint in metadata.tables[name].foreign_key_constraints:
        assert constraint.referred_table.name in SHARED_TABLES


@by_name
def test_columns_have_types_that_both_databases_keep_alike(table: sa.Table) -> None:
    for column in table.columns:
        assert isinstance(column.type, (sa.Text, sa.BigInteger, sa.Boolean, sa.LargeBinary)), column
        if table.name in TENANT:
            assert not column.identity
            assert column.autoincrement is not True


# statements


def statements() -> Iterator[tuple[str, Statement[Any]]]:
    """Every statement that modules hold, with the name of the place."""
    modules = [counters]
    for found in pkgutil.walk_packages(handrail.features.__path__, "handrail.features."):
        modules.append(importlib.import_module(found.name))
    for module in modules:
        for name, value in vars(module).items():
            parts = (
                value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else [value]
            )
            for number, part in enumerate(parts):
                if isinstance(part, Statement):
                    yield f"{module.__name__}.{name}" + (f".{number}" if len(list(parts)) > 1 else ""), part


EVERY = dict(statements())
VOLATILE = re.compile(
    r"\b(now|random|gen_random_uuid|clock_timestamp|current_timestamp|nextval|strftime|datetime)\b", re.I
)


def test_statements_are_found() -> None:
    assert len(EVERY) > 60


@pytest.mark.parametrize("name", sorted(EVERY))
def test_statement_stays_inside_the_organization(name: str) -> None:
    found = violations(EVERY[name].element)
    if name in ACROSS_ORGANIZATIONS:
        assert found, "the list of exceptions names it without need"
    else:
        assert found == []


def test_exceptions_exist() -> None:
    assert set(ACROSS_ORGANIZATIONS) <= set(EVERY)
    assert len(ACROSS_ORGANIZATIONS) <= 18
    assert all(ACROSS_ORGANIZATIONS.values())


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("name", sorted(EVERY))
def test_statement_is_one_and_computes_nothing_volatile(name: str, dialect: Any) -> None:
    compiled = EVERY[name].compiled(dialect)
    assert VOLATILE.search(compiled.text) is None
    assert ";" not in compiled.text


# the check itself sees what it is for

other = members.alias()
joined = members.join(groups, groups.c.organization_id == members.c.organization_id)
roles = sa.select(members.c.role).where(own(members))
deep = sa.select(sa.literal(1)).where(own(group_people), group_people.c.principal == groups.c.name)
bad = {
    "no condition": sa.select(members.c.role),
    "another parameter": sa.select(members.c.role).where(members.c.organization_id == sa.bindparam("other")),
    "inside an or": sa.select(members.c.role).where(sa.or_(own(members), members.c.role == "admin")),
    "negated": sa.select(members.c.role).where(members.c.organization_id != organization_id),
    "join without": roles.join_from(members, groups, groups.c.id == members.c.role),
    "neither side": sa.select(members.c.role).select_from(joined),
    "alias": sa.select(members.c.role).select_from(members, other).where(own(members)),
    "sub-select": sa.select(groups.c.id).where(own(groups), sa.exists().where(members.c.role == groups.c.name)),
    "two levels down": sa.select(groups.c.id).where(own(groups), sa.exists(roles.where(sa.exists(deep)))),
    "in a list": sa.select(tokens.c.id).where(tokens.c.account_id.in_(sa.select(members.c.user_id))),
    "outer join": sa.select(groups.c.id)
    .select_from(groups.outerjoin(group_people, group_people.c.group_id == groups.c.id))
    .where(own(groups)),
    "update": sa.update(tasks).where(is_(tasks.c.id)).values(set_all(tasks, "title")),
    "delete": sa.delete(tasks).where(is_(tasks.c.id)),
    "insert": insert_all(groups, "id", "name"),
    "function": sa.select(sa.func.now()).select_from(members).where(own(members)),
    "text": sa.text("SELECT * FROM tasks"),
}  # fmt: skip
good = {
    "condition": sa.select(members.c.role).where(own(members), is_(members.c.user_id)),
    "join": sa.select(members.c.role).select_from(joined).where(own(members)),
    "other side": sa.select(members.c.role).select_from(joined).where(own(groups)),
    "correlated": sa.select(groups.c.id).where(
        own(groups), sa.exists().where(members.c.organization_id == groups.c.organization_id)
    ),
    "sub-select": sa.select(groups.c.id).where(own(groups), groups.c.name.in_(roles)),
    "two levels down": sa.select(groups.c.id).where(
        own(groups), sa.exists(roles.where(sa.exists(deep.correlate(groups))))
    ),
    "shared": sa.select(tokens.c.id).where(is_(tokens.c.token_hash)),
    "update": sa.update(tasks).where(own(tasks), any_of(tasks.c.id, "ids")).values(set_all(tasks, "title")),
    "insert": insert_all(groups),
}  # fmt: skip


@pytest.mark.parametrize("name", bad)
def test_check_sees_a_trespass(name: str) -> None:
    assert violations(bad[name])


@pytest.mark.parametrize("name", good)
def test_check_lets_good_statements_pass(name: str) -> None:
    assert violations(good[name]) == []
