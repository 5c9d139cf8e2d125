"""The SQL of timers: what is due, found by indexes."""

from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.engine.complete import EXPIRING_TYPES
from handrail.schema.statement import Statement
from handrail.schema.tables import EXPIRING_TASKS, WATCHED_PROCESSES, processes, tasks
from handrail.schema.words import among, own, parameter


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


class ForgottenRow(msgspec.Struct, frozen=True):
    """A task that was due long ago, and that somebody could still do."""

    deadline: int
    id: str
    process_id: str | None


# one statement over what an organization has not completed, which an index tells apart; the result is small
forgotten = Statement(
    sa.select(tasks.c.deadline, tasks.c.id, tasks.c.process_id)
    .where(
        own(tasks),
        tasks.c.completed_at.is_(None),
        tasks.c.deadline < parameter("due_before", tasks.c.deadline),
        among(tasks.c.status, ("not-started", "in-progress")),
        tasks.c.archived_at.is_(None),
        tasks.c.deadline_held == sa.false(),
        tasks.c.open_problems == 0,
        # those of expiring types have expired before, or do so now
        sa.not_(among(tasks.c.task_type, EXPIRING_TYPES)),
        sa.not_(
            sa.exists().where(
                processes.c.organization_id == tasks.c.organization_id,
                processes.c.id == tasks.c.process_id,
                sa.or_(processes.c.archived_at.is_not(None), processes.c.open_issues > 0),
            )
        ),
    )
    .order_by(tasks.c.deadline, tasks.c.id)
    .limit(_limit),
    ForgottenRow,
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
