"""Lists of processes: a frozen shape says which filters apply, and its two statements are compiled once (wire 2.15)."""

from functools import lru_cache
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from handrail.features.folders.matching import is_filed
from handrail.features.processes.store import COLUMNS, ProcessRow
from handrail.features.processes.visibility import process_is_visible
from handrail.features.tags.matching import tag_matches, tag_matches_any, untagged
from handrail.features.tasks.lists import OPEN
from handrail.features.threads.matching import has_open_improvement
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import processes, task_owners, tasks
from handrail.schema.words import among, organization_id, parameter

STATUS = {
    "active": "active",
    "in-progress": "active",
    "complete": "complete",
    "completed": "complete",
    "problem": "problem",
    "issue": "issue",
    "archived": "archived",
    "delayed": "delayed",
    "starred": "starred",
    "improvement": "improvement",
}
SORT = {
    "name": "name",
    "title": "name",
    "created_at": "created_at",
    "newest": "newest",
    "updated": "updated",
    "updated_at": "updated",
    "due_date": "due_date",
}
DEFAULT_SORT = "-created_at"
TYPES = ("procedure", "form", "document")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Which filters a list has; their values are parameters. `restricted` adds the visibility predicate.

    `groups` is how many groups it names, of which one is attached to the process or owns one of its tasks.
    """

    restricted: bool
    status: str | None = None
    sort: str = DEFAULT_SORT
    archived: Literal["no", "only", "with"] = "no"
    query: bool = False
    owners: bool = False
    groups: int = 0
    template: bool = False
    tag: bool = False
    tags: bool = False
    untagged: bool = False
    folders: bool = False
    starred: bool | None = None
    parents: bool = False
    type: str | None = None
    task_status: Literal["in-progress", "completed"] | None = None


@lru_cache(maxsize=1024)
def page(shape: Shape) -> Statement[ProcessRow]:
    """One page of processes; parameters `limit` and `offset` beside those of the filters."""
    statement = sa.select(*COLUMNS).where(*_filters(shape)).order_by(*_order(shape.sort))
    limit = sa.bindparam("limit", type_=sa.BigInteger)
    return Statement(statement.limit(limit).offset(sa.bindparam("offset", type_=sa.BigInteger)), ProcessRow)


@lru_cache(maxsize=1024)
def total(shape: Shape) -> Statement[tuple[int]]:
    """The exact number of processes that the list has."""
    return Statement(sa.select(sa.func.count()).select_from(processes).where(*_filters(shape)))


def _filters(shape: Shape) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [processes.c.organization_id == organization_id]
    if shape.restricted:
        found.append(process_is_visible())
    found += _state(shape)
    if shape.query:
        pattern = sa.bindparam("q", type_=sa.Text)
        found.append(sa.func.lower(processes.c.name).like(pattern, escape="\\"))
    if shape.owners:
        found.append(sa.or_(_involves(), *(_has_group(index) for index in range(shape.groups))))
    if shape.template:
        found.append(any_of(processes.c.template_id, "template_ids"))
    if shape.tag:
        found.append(tag_matches("Run", processes.c.id))
    if shape.tags:
        found.append(tag_matches_any("Run", processes.c.id))
    if shape.folders:
        found.append(is_filed("Run", processes.c.id))
    if shape.parents:
        # in so many words, for the index of those that have one
        found += [processes.c.parent_id.is_not(None), any_of(processes.c.parent_id, "parent_ids")]
    if shape.untagged:
        found.append(untagged("Run", processes.c.id))
    if shape.starred is not None:
        found.append(processes.c.starred == (sa.true() if shape.starred else sa.false()))
    if shape.type is not None:
        found.append(processes.c.type == shape.type)
    if shape.task_status == "completed":
        found.append(_some_task(tasks.c.status == "completed"))
    elif shape.task_status == "in-progress":
        found.append(_some_task(among(tasks.c.status, OPEN)))
    return found


def _state(shape: Shape) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    status = shape.status
    if status in ("active", "complete", "issue"):
        found.append(processes.c.status == status)
    elif status == "problem":
        found.append(among(processes.c.status, ("problem", "issue")))
    elif status == "delayed":
        late = sa.and_(
            among(tasks.c.status, OPEN),
            tasks.c.archived_at.is_(None),
            tasks.c.deadline_held == sa.false(),
            tasks.c.deadline < parameter("now", tasks.c.deadline),
        )
        found.append(_some_task(late))
    elif status == "starred":
        found.append(processes.c.starred == sa.true())
    elif status == "improvement":
        found.append(has_open_improvement())
    if shape.archived == "only":
        found.append(processes.c.archived_at.is_not(None))
    elif shape.archived == "no":
        found.append(processes.c.archived_at.is_(None))
    return found


def _some_task(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists(
        sa.select(sa.literal(1)).where(
            tasks.c.organization_id == organization_id, tasks.c.process_id == processes.c.id, condition
        )
    )


def _involves() -> sa.ColumnElement[bool]:
    """One of these members owns the process, or one of its tasks is theirs."""
    return sa.or_(
        any_of(processes.c.owner_id, "owner_ids"),
        sa.exists(
            sa.select(sa.literal(1)).where(
                task_owners.c.organization_id == organization_id,
                task_owners.c.process_id == processes.c.id,
                any_of(task_owners.c.principal, "owners"),
            )
        ),
    )


def _has_group(index: int) -> sa.ColumnElement[bool]:
    """The group of the parameter, an id, is attached to the process; the column is a list as JSON."""
    return processes.c.groups.contains(parameter(f"group{index}", processes.c.groups), autoescape=False)


def _order(sort: str) -> list[sa.ColumnElement[Any]]:
    word = sort.removeprefix("-")
    if word == "newest":
        word, sort = "created_at", "created_at" if sort.startswith("-") else "-created_at"
    descending = sort.startswith("-")
    # ids are made in the order of time
    tie = processes.c.id.desc() if descending else processes.c.id.asc()
    if word == "created_at":
        return [tie]
    nothing_last: list[sa.ColumnElement[Any]] = []
    column: sa.ColumnElement[Any] = processes.c.updated_at
    if word == "name":
        column = sa.func.lower(processes.c.name)
    elif word == "due_date":
        column = processes.c.due_at
        nothing_last = [sa.case((column.is_(None), 1), else_=0)]
    return [*nothing_last, column.desc() if descending else column.asc(), tie]
