"""Checks that a statement stays inside one organization, and that what it computes can be shared out to many servers.

In every scope (a select, an update, a delete, each sub-select) each tenant table must be bound: its organization_id
equals the parameter of that name, or that of a table which is bound, in a condition that always holds. Conditions
inside an OR do not count.
"""

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, Grouping, TextClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Alias, AliasedReturnsRows, Join, SelectState

from handrail.schema.tables import SHARED_TABLES, metadata

PARAMETER = "organization_id"
TENANT = frozenset(metadata.tables) - SHARED_TABLES
# immutable, and known to both databases under the same name
FUNCTIONS = frozenset(
    {"count", "lower", "coalesce", "max", "min", "sum", "length", "json_each", "exists", "row_number"}
)


def violations(element: Any) -> list[str]:
    """What is against the rules in a statement; empty when nothing is."""
    return list(_walk(element, [], []))


def _walk(node: Any, around: list[Any], near: list[Any]) -> Iterator[str]:
    """Check a part of a statement; `around` are the tables of the scopes it is in, `near` those of the closest one.

    Without being told, a sub-select takes tables from the closest scope only; any other one it names it reads anew.
    """
    if isinstance(node, sa.Select):
        froms = _froms(node, around, near)
        leaves = _leaves(froms)
        yield from _unbound(leaves, _conditions(node, froms))
        if node._for_update_arg is not None and node._for_update_arg.skip_locked:  # pyright: ignore[reportPrivateUsage]
            yield "SKIP LOCKED across organizations"
        around, near = [*around, *leaves], leaves
    elif isinstance(node, (sa.Update, sa.Delete)):
        yield from _unbound([node.table], list(_conjuncts(node.whereclause)))
        yield from (f"{name} in an UPDATE or DELETE" for name in _functions_of_columns(node))
        around, near = [*around, node.table], [node.table]
    elif isinstance(node, sa.Insert):
        yield from _insert(node)
    elif isinstance(node, AliasedReturnsRows):
        if isinstance(node, sa.CTE) and node.recursive:
            yield "a recursive query"
        around = near = []
    elif isinstance(node, FunctionElement):
        name = str(getattr(node, "name", type(node).__name__)).lower()
        if name not in FUNCTIONS:
            yield f"the function {name}"
    elif isinstance(node, TextClause):
        yield from (f"text that names {table}" for table in TENANT if re.search(rf"\b{table}\b", node.text))
    for child in node.get_children():
        if not isinstance(child, sa.Table):
            yield from _walk(child, around, near)


def _froms(select: Any, around: list[Any], near: list[Any]) -> list[Any]:
    state: Any = SelectState(select, None)  # pyright: ignore[reportArgumentType]
    return state._get_display_froms(explicit_correlate_froms=around, implicit_correlate_froms=near)


def _leaves(froms: Any) -> list[Any]:
    found: list[Any] = []
    for part in froms:
        found += _leaves((part.left, part.right)) if isinstance(part, Join) else [part]
    return found


def _conditions(select: Any, froms: list[Any]) -> list[Any]:
    found = list(_conjuncts(select.whereclause))

    def add(part: Any) -> None:
        if isinstance(part, Join):
            found.extend(_conjuncts(part.onclause))
            add(part.left)
            add(part.right)

    for part in froms:
        add(part)
    return found


def _conjuncts(clause: Any) -> Iterator[Any]:
    """The conditions that all must hold."""
    if clause is None:
        return
    if isinstance(clause, Grouping):
        yield from _conjuncts(clause.element)
    elif isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from _conjuncts(part)
    else:
        yield clause


def _table_name(leaf: Any) -> str | None:
    """The tenant table that a part of FROM is, or is an alias of."""
    table = leaf.element if isinstance(leaf, Alias) else leaf
    if isinstance(table, sa.Table) and table.name in TENANT:
        return table.name
    return None


def _unbound(leaves: list[Any], conditions: list[Any]) -> list[str]:
    tenants = {id(leaf): leaf for leaf in leaves if _table_name(leaf) is not None}
    bound: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for condition in conditions:
        if not (isinstance(condition, BinaryExpression) and condition.operator is operators.eq):
            continue
        columns = [side for side in (condition.left, condition.right) if _is_organization(side)]
        if len(columns) == 1 and any(_is_parameter(side) for side in (condition.left, condition.right)):
            bound.add(id(columns[0].table))
        elif len(columns) == 2:
            pairs.append((id(columns[0].table), id(columns[1].table)))
    # what is not of this scope belongs to one around it, which is checked by itself
    known = set(tenants)
    for _ in pairs:
        for left, right in (*pairs, *((right, left) for left, right in pairs)):
            if left in bound or left not in known:
                bound.add(right)
    return [
        f"{_table_name(leaf)} is not bound to the organization" for key, leaf in tenants.items() if key not in bound
    ]


def _is_organization(side: Any) -> bool:
    return isinstance(side, sa.Column) and side.name == PARAMETER


def _is_parameter(side: Any) -> bool:
    return isinstance(side, BindParameter) and side.key == PARAMETER


def _insert(node: Any) -> list[str]:
    if node.table.name not in TENANT:
        return []
    if node.select is not None:
        return [] if PARAMETER in node._select_names else [f"{node.table.name} without organization"]  # pyright: ignore[reportPrivateUsage]
    rows = [*(node._multi_values or ()), node._values] if node._multi_values else [node._values or {}]  # pyright: ignore[reportPrivateUsage]
    for row in rows:
        for part in row if isinstance(row, list) else [row]:
            if part is not None and PARAMETER not in {getattr(column, "name", column) for column in part}:
                return [f"a row of {node.table.name} without its organization"]
    return []


def _functions_of_columns(node: Any) -> list[str]:
    values = list((getattr(node, "_values", None) or {}).values())
    return [
        str(getattr(inner, "name", "a function"))
        for value in values
        if hasattr(value, "get_children")
        for inner in visitors.iterate(value, {})
        if isinstance(inner, FunctionElement) and str(getattr(inner, "name", "")).lower() not in ("coalesce", "lower")
    ]
