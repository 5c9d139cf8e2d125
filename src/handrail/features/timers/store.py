"""The SQL of timers: what is due, found by indexes."""

from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import EXPIRING_TASKS, WATCHED_PROCESSES, processes, tasks
from handrail.schema.words import own, parameter


class DueRow(msgspec.Struct, frozen=True):
    """Something whose time has come, by the moment it was due."""

    due: int
    organization_id: str
    id: str
    process_id: str | None


def _after(due: sa.Column[Any], organization_id: sa.Column[Any], key: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """The row comes after the one of the parameters, so that a list can be gone through page by page."""
    return sa.tuple_(due, organization_id, key) > sa.tuple_(
        sa.bindparam("after_due", type_=sa.BigInteger),
        sa.bindparam("after_organization", type_=sa.Text),
        sa.bindparam("after_id", type_=sa.Text),
    )


_now = sa.bindparam("now", type_=sa.BigInteger)
_limit = sa.bindparam("limit", type_=sa.BigInteger)
_stands_still = sa.exists().where(
    processes.c.organization_id == tasks.c.organization_id,
    processes.c.id == tasks.c.process_id,
    sa.or_(processes.c.archived_at.is_not(None), processes.c.open_issues > 0),
)

# of every organization: the first that is due is the first that happens
expiring = Statement(
    sa.select(tasks.c.deadline, tasks.c.organization_id, tasks.c.id, tasks.c.process_id)
    .where(
        sa.text(EXPIRING_TASKS),
        tasks.c.deadline <= _now,
        _after(tasks.c.deadline, tasks.c.organization_id, tasks.c.id),
    )
    .order_by(tasks.c.deadline, tasks.c.organization_id, tasks.c.id)
    .limit(_limit),
    DueRow,
)


# likewise processes in which a rule has to be told of an overdue task
overdue = Statement(
    sa.select(processes.c.watch_at, processes.c.organization_id, processes.c.id, processes.c.id)
    .where(
        sa.text(WATCHED_PROCESSES),
        processes.c.watch_at < _now,
        _after(processes.c.watch_at, processes.c.organization_id, processes.c.id),
    )
    .order_by(processes.c.watch_at, processes.c.organization_id, processes.c.id)
    .limit(_limit),
    DueRow,
)


class OpenRow(msgspec.Struct, frozen=True):
    """A task that is not completed; whether somebody could do it now."""

    id: str
    process_id: str | None
    status: str
    task_type: str
    deadline: int | None
    deadline_held: bool
    open_problems: int
    archived_at: int | None
    stands_still: bool


# a page of what is not completed, whether it is due or not: the work of one statement stays small
incomplete = Statement(
    sa.select(
        tasks.c.id,
        tasks.c.process_id,
        tasks.c.status,
        tasks.c.task_type,
        tasks.c.deadline,
        tasks.c.deadline_held,
        tasks.c.open_problems,
        tasks.c.archived_at,
        _stands_still,
    )
    .where(own(tasks), tasks.c.completed_at.is_(None), tasks.c.id > parameter("after", tasks.c.id))
    .order_by(tasks.c.id)
    .limit(_limit),
    OpenRow,
)


class CompleteRow(msgspec.Struct, frozen=True):
    """A process that is complete and not archived."""

    id: str
    completed_at: int | None


complete = Statement(
    sa.select(processes.c.id, processes.c.completed_at)
    .where(own(processes), processes.c.status == "complete", processes.c.id > parameter("after", processes.c.id))
    .order_by(processes.c.id)
    .limit(_limit),
    CompleteRow,
)
