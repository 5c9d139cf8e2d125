"""Lists of tasks: a frozen shape says which filters apply, and its two statements are compiled once (wire 2.16, 2.17).

The commonest list, a person's open tasks with the newest first, is a range of one index.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from handrail.features.folders.matching import is_filed
from handrail.features.processes.visibility import task_is_not_secret, task_is_visible
from handrail.features.roles.matching import has_title
from handrail.features.tags.matching import tag_matches
from handrail.features.tasks.store import COLUMNS, TaskRow
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import processes, task_owners, tasks
from handrail.schema.words import among, organization_id, parameter

OPEN = ("not-started", "in-progress")
Scope = Literal["process", "people", "organization"]

# what clients send to what is meant; other words do not filter (engine 1.4, decision 69)
STATUS = {
    "active": "open",
    "active_visible": "open",
    "incomplete": "open",
    "inprogress": "in-progress",
    "in-progress": "in-progress",
    "not-started": "not-started",
    "complete": "completed",
    "completed": "completed",
    "overdue": "overdue",
    "due_soon": "due_soon",
    "hasproblem": "hasproblem",
    "all": "all",
}
SORT = {
    "deadline": "deadline",
    "newest": "newest",
    "problems": "problems",
    "completed_newest": "completed_newest",
    "position": "position",
}


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Which filters a list has; their values are parameters.

    `principals` is how many principals a list of a person's tasks has. `restricted` adds the visibility predicate.
    """

    scope: Scope
    restricted: bool
    status: str | None = None
    sort: str = "newest"
    principals: int = 0
    owners: bool = False
    unassigned: bool = False
    query: bool = False
    tag: bool = False
    folders: bool = False
    titles: bool = False
    is_oneoff: bool | None = None
    archived: Literal["no", "only", "with"] = "no"
    created_from: bool = False
    created_before: bool = False
    deadline_from: bool = False
    deadline_before: bool = False
    everything: bool = False
    whole_process: bool = False

    @property
    def is_plain(self) -> bool:
        """A person's open tasks, newest first, without further filters: answered from the index of assignments."""
        return self == Shape(
            scope="people", restricted=False, status="open", sort=self.sort, principals=self.principals
        ) and self.sort in ("newest", "-newest")


class HeadRow(msgspec.Struct, frozen=True, gc=False):
    """A task of a page, and what tells whether it still looks the same."""

    id: str
    revision: int
    process_status: str | None


_home = processes.alias("home")
_HEAD = (tasks.c.id, tasks.c.revision, _home.c.status)


@lru_cache(maxsize=1024)
def heads(shape: Shape) -> Statement[HeadRow]:
    """The same page as `page`, without what the tasks hold."""
    if shape.is_plain:
        return Statement(_plain_page(shape, _HEAD, at_home=True), HeadRow)
    at_home = tasks.outerjoin(_home, _is_home())
    statement = sa.select(*_HEAD).select_from(at_home).where(*_filters(shape)).order_by(*_order(shape.sort))
    return Statement(statement.limit(_limit).offset(_offset), HeadRow)


def _is_home() -> sa.ColumnElement[bool]:
    return sa.and_(_home.c.organization_id == tasks.c.organization_id, _home.c.id == tasks.c.process_id)


@lru_cache(maxsize=1024)
def page(shape: Shape) -> Statement[TaskRow]:
    """One page of tasks; parameters `limit` and `offset` beside those of the filters."""
    if shape.is_plain:
        return Statement(_plain_page(shape, COLUMNS), TaskRow)
    statement = sa.select(*COLUMNS).where(*_filters(shape)).order_by(*_order(shape.sort))
    return Statement(statement.limit(_limit).offset(_offset), TaskRow)


@lru_cache(maxsize=1024)
def total(shape: Shape) -> Statement[tuple[int]]:
    """The exact number of tasks that the list has."""
    if shape.is_plain:
        return Statement(_plain_total(shape))
    return Statement(sa.select(sa.func.count()).select_from(tasks).where(*_filters(shape)))


_limit = sa.bindparam("limit", type_=sa.BigInteger)
_offset = sa.bindparam("offset", type_=sa.BigInteger)


def _assignments(index: int, newest: bool) -> sa.Select[Any]:
    mine = task_owners.alias(f"mine{index}")
    return (
        sa.select(mine.c.task_id)
        .where(
            mine.c.organization_id == organization_id,
            mine.c.principal == sa.bindparam(f"principal{index}", type_=sa.Text),
            mine.c.is_open == sa.true(),
        )
        .order_by(mine.c.task_id.desc() if newest else mine.c.task_id)
    )


def _plain_page(shape: Shape, columns: Sequence[sa.ColumnElement[Any]], *, at_home: bool = False) -> sa.Select[Any]:
    newest = not shape.sort.startswith("-")
    if shape.principals == 1:
        ids = _assignments(0, newest).limit(_limit).offset(_offset).subquery("wanted")
    else:
        reach = sa.bindparam("reach", type_=sa.BigInteger)
        parts = [
            sa.select(_assignments(index, newest).limit(reach).subquery(f"part{index}"))
            for index in range(shape.principals)
        ]
        united = sa.union(*parts).subquery("united")
        order = united.c.task_id.desc() if newest else united.c.task_id
        ids = sa.select(united.c.task_id).order_by(order).limit(_limit).offset(_offset).subquery("wanted")
    found = ids.join(tasks, sa.and_(tasks.c.organization_id == organization_id, tasks.c.id == ids.c.task_id))
    if at_home:
        found = found.outerjoin(_home, _is_home())
    return sa.select(*columns).select_from(found).order_by(*_order(shape.sort))


def _plain_total(shape: Shape) -> sa.Select[Any]:
    counted = sa.func.count() if shape.principals == 1 else sa.func.count(sa.distinct(task_owners.c.task_id))
    return sa.select(counted).select_from(task_owners).where(_belongs(shape), task_owners.c.is_open == sa.true())


def _belongs(shape: Shape) -> sa.ColumnElement[bool]:
    """The assignment is to one of the principals of the list."""
    return sa.and_(
        task_owners.c.organization_id == organization_id,
        task_owners.c.principal.in_(
            [sa.bindparam(f"principal{index}", type_=sa.Text) for index in range(shape.principals)]
        ),
    )


@lru_cache(maxsize=64)
def due_counts(principals: int, *, overdue: bool) -> Statement[tuple[int]]:
    """How many open tasks of a person are overdue, or due within a day: parameters `now` and `tomorrow`."""
    shape = Shape(scope="people", restricted=False, principals=principals)
    now = sa.bindparam("now", type_=sa.BigInteger)
    tomorrow = sa.bindparam("tomorrow", type_=sa.BigInteger)
    due = task_owners.c.deadline
    span = due < now if overdue else sa.and_(due >= now, due <= tomorrow)
    counted = sa.func.count() if principals == 1 else sa.func.count(sa.distinct(task_owners.c.task_id))
    return Statement(
        sa.select(counted).select_from(task_owners).where(_belongs(shape), task_owners.c.is_open == sa.true(), span)
    )


def _filters(shape: Shape) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [tasks.c.organization_id == organization_id]
    if shape.scope == "process":
        found.append(tasks.c.process_id == sa.bindparam("process_id", type_=sa.Text))
        if shape.restricted:
            found.append(task_is_not_secret())
    elif shape.restricted:
        found.append(task_is_visible())
    if shape.scope == "people":
        found.append(tasks.c.id.in_(sa.select(task_owners.c.task_id).where(_belongs(shape))))
    found += _state(shape)
    if shape.owners:
        found.append(
            tasks.c.id.in_(
                sa.select(task_owners.c.task_id).where(
                    task_owners.c.organization_id == organization_id, any_of(task_owners.c.principal, "owners")
                )
            )
        )
    if shape.unassigned:
        found.append(
            ~sa.exists(
                sa.select(sa.literal(1)).where(
                    task_owners.c.organization_id == organization_id, task_owners.c.task_id == tasks.c.id
                )
            )
        )
    if shape.query:
        found.append(_matches(shape))
    if shape.tag:
        found.append(_tagged())
    if shape.titles:
        found.append(has_title(tasks.c.id))
    if shape.folders:
        found.append(sa.or_(is_filed("Task", tasks.c.id), is_filed("Run", tasks.c.process_id)))
    if shape.is_oneoff is not None:
        found.append(tasks.c.is_oneoff == (sa.true() if shape.is_oneoff else sa.false()))
    for wanted, column, name, after in (
        (shape.created_from, tasks.c.created_at, "created_from", True),
        (shape.created_before, tasks.c.created_at, "created_before", False),
        (shape.deadline_from, tasks.c.deadline, "deadline_from", True),
        (shape.deadline_before, tasks.c.deadline, "deadline_before", False),
    ):
        if wanted:
            bound = parameter(name, column)
            found.append(column >= bound if after else column < bound)
    return found


def _state(shape: Shape) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    now = parameter("now", tasks.c.deadline)
    on_clock = sa.and_(among(tasks.c.status, OPEN), tasks.c.deadline_held == sa.false())
    if shape.status == "open":
        found.append(among(tasks.c.status, OPEN))
    elif shape.status in ("in-progress", "not-started", "completed"):
        found.append(tasks.c.status == shape.status)
    elif shape.status == "overdue":
        found += [on_clock, tasks.c.deadline < now]
    elif shape.status == "due_soon":
        found += [on_clock, tasks.c.deadline >= now, tasks.c.deadline <= parameter("tomorrow", tasks.c.deadline)]
    elif shape.status == "hasproblem":
        found += [tasks.c.open_problems > 0, tasks.c.status != "auto-skipped"]
    elif not shape.whole_process:
        found.append(tasks.c.status != "auto-skipped")
    in_archived_process = sa.exists(
        sa.select(sa.literal(1)).where(
            processes.c.organization_id == organization_id,
            processes.c.id == tasks.c.process_id,
            processes.c.archived_at.is_not(None),
        )
    )
    gone = tasks.c.archived_at.is_not(None)
    if shape.scope != "process":
        gone = sa.or_(gone, in_archived_process)
    if shape.archived == "no":
        found.append(~gone)
    elif shape.archived == "only":
        found.append(gone)
    return found


def _matches(shape: Shape) -> sa.ColumnElement[bool]:
    pattern = sa.bindparam("q", type_=sa.Text)
    title = sa.func.lower(tasks.c.title).like(pattern, escape="\\")
    of_process = sa.exists(
        sa.select(sa.literal(1)).where(
            processes.c.organization_id == organization_id,
            processes.c.id == tasks.c.process_id,
            sa.func.lower(processes.c.name).like(pattern, escape="\\"),
        )
    )
    return title if shape.scope == "process" else sa.or_(title, of_process)


def _tagged() -> sa.ColumnElement[bool]:
    """The tag, by id or title, is on the task or on its process (engine 11.1)."""
    return sa.or_(tag_matches("Task", tasks.c.id), tag_matches("Run", tasks.c.process_id))


def _order(sort: str) -> list[sa.ColumnElement[Any]]:
    word = sort.removeprefix("-")
    reverse = sort.startswith("-")
    first: list[sa.ColumnElement[Any]] = []
    newest_first = True
    if word == "deadline":
        nothing_last = sa.case((tasks.c.deadline.is_(None), 1), else_=0)
        first = [nothing_last, tasks.c.deadline.desc() if reverse else tasks.c.deadline.asc()]
        newest_first = False
    elif word == "problems":
        has = sa.case((tasks.c.open_problems > 0, 1), else_=0)
        first = [has.asc() if reverse else has.desc()]
    elif word == "completed_newest":
        nothing_last = sa.case((tasks.c.completed_at.is_(None), 1), else_=0)
        first = [nothing_last, tasks.c.completed_at.asc() if reverse else tasks.c.completed_at.desc()]
    elif word == "position":
        first = [tasks.c.position.desc() if reverse else tasks.c.position.asc()]
        newest_first = False
    else:
        newest_first = not reverse
    return [*first, tasks.c.id.desc() if newest_first else tasks.c.id.asc()]
