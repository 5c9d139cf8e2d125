"""The SQL of tasks and of whom they belong to."""

from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.engine.complete import EXPIRING_TYPES
from handrail.schema.sparse import Inserter
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import task_owners, tasks
from handrail.schema.words import among, is_, own, set_all


class TaskRow(msgspec.Struct, frozen=True, gc=False):
    """A task as stored, column by column; `owners`, `values`, `signatures`, `fields`, `custom_fields` are JSON."""

    organization_id: str
    id: str
    increment_id: int
    process_id: str | None
    template_id: str | None
    step_id: str | None
    alias: str | None
    title: str
    summary: str | None
    task_type: Any
    status: Any
    status_before_hiding: Any
    visibility_lock: Any
    position: int
    owners: str
    watch_only: int | None
    values: str
    started_at: int
    started_explicitly: bool
    deadline: int | None
    deadline_base: int | None
    deadline_pinned: bool
    deadline_held: bool
    created_at: int
    updated_at: int
    completed_at: int | None
    archived_at: int | None
    starter_id: int | None
    completer_id: int | None
    completer_guest: str | None
    is_approved: bool | None
    was_reopened: bool
    signatures: str
    open_problems: int
    is_oneoff: bool
    max_assignable: int
    webhook: str | None
    stage_id: str | None
    everyone_must_complete: bool
    can_complete_only_assignees: bool
    allow_guest_owners: bool
    prevent_guest_comment: bool
    is_soft_start_date: bool
    top_secret: bool
    send_chromeless: bool
    fields: str | None
    custom_fields: str | None
    revision: int


COLUMNS = tuple(tasks.c[name] for name in TaskRow.__struct_fields__)
# nobody but the timers asks whether the clock stands still, and they by its index
assert {column.name for column in tasks.columns} - {column.name for column in COLUMNS} == {"stands_still"}

of_process = Statement(
    sa.select(*COLUMNS).where(own(tasks), is_(tasks.c.process_id)).order_by(tasks.c.position, tasks.c.id), TaskRow
)

# by the index of a person's open tasks
open_of = Statement(
    sa.select(*COLUMNS)
    .where(
        own(tasks),
        tasks.c.id.in_(
            sa.select(task_owners.c.task_id).where(
                own(task_owners), task_owners.c.is_open == sa.true(), any_of(task_owners.c.principal, "principals")
            )
        ),
    )
    .order_by(tasks.c.deadline.is_(None), tasks.c.deadline, tasks.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
    TaskRow,
)

of_processes = Statement(
    sa.select(*COLUMNS)
    .where(own(tasks), any_of(tasks.c.process_id, "process_ids"))
    .order_by(tasks.c.process_id, tasks.c.position, tasks.c.id),
    TaskRow,
)

by_id = Statement(sa.select(*COLUMNS).where(own(tasks), is_(tasks.c.id)), TaskRow)

named = Statement(sa.select(*COLUMNS).where(own(tasks), any_of(tasks.c.id, "ids")), TaskRow)

by_id_locked = Statement(sa.select(*COLUMNS).where(own(tasks), is_(tasks.c.id)).with_for_update(), TaskRow)

process_of = Statement[tuple[str | None]](sa.select(tasks.c.process_id).where(own(tasks), is_(tasks.c.id)))

insert = Inserter(tasks)

delete = Statement[None](sa.delete(tasks).where(own(tasks), is_(tasks.c.id)))

insert_owner = Inserter(task_owners)

delete_owners = Statement[None](sa.delete(task_owners).where(own(task_owners), is_(task_owners.c.task_id)))

# out of its process, which knows it no more
unlink = Statement[None](
    sa.update(tasks)
    .where(own(tasks), is_(tasks.c.id))
    .values(process_id=sa.null(), position=1, **set_all(tasks, "updated_at"))
)
unlink_owners = Statement[None](
    sa.update(task_owners).where(own(task_owners), is_(task_owners.c.task_id)).values(process_id=sa.null())
)

follow = Statement[None](
    sa.update(task_owners)
    .where(own(task_owners), is_(task_owners.c.task_id))
    .values(set_all(task_owners, "is_open", "deadline"))
)

close_process = Statement[None](
    sa.update(task_owners).where(own(task_owners), is_(task_owners.c.process_id)).values(is_open=sa.false())
)

stand_still = Statement[None](
    sa.update(tasks)
    .where(own(tasks), is_(tasks.c.process_id), among(tasks.c.task_type, EXPIRING_TYPES))
    .values(set_all(tasks, "stands_still"))
)

open_process = Statement[None](
    sa.update(task_owners)
    .where(
        own(task_owners),
        is_(task_owners.c.process_id),
        task_owners.c.task_id.in_(
            sa.select(tasks.c.id).where(
                own(tasks),
                is_(tasks.c.process_id),
                among(tasks.c.status, ("not-started", "in-progress")),
                tasks.c.archived_at.is_(None),
            )
        ),
    )
    .values(is_open=sa.true())
)

_open_of_person = (
    own(tasks),
    tasks.c.completed_at.is_(None),
    tasks.c.id.in_(sa.select(task_owners.c.task_id).where(own(task_owners), is_(task_owners.c.principal))),
)
open_of_person = Statement(sa.select(*COLUMNS).where(*_open_of_person).order_by(tasks.c.id).with_for_update(), TaskRow)
processes_of_person = Statement[tuple[str]](
    sa.select(tasks.c.process_id).where(*_open_of_person, tasks.c.process_id.is_not(None)).distinct()
)

# one person in the place of another: where both are owners the leaving one goes, elsewhere the row changes hands
_leaving = (own(task_owners), is_(task_owners.c.principal, "from_principal"), any_of(task_owners.c.task_id, "ids"))
_heir = task_owners.alias("heir")
drop_doubled_owner = Statement[None](
    sa.delete(task_owners).where(
        *_leaving,
        sa.exists().where(
            _heir.c.organization_id == task_owners.c.organization_id,
            _heir.c.task_id == task_owners.c.task_id,
            _heir.c.principal == sa.bindparam("to_principal", type_=sa.Text),
        ),
    )
)
replace_owner = Statement[None](
    sa.update(task_owners).where(*_leaving).values(principal=sa.bindparam("to_principal", type_=sa.Text))
)


class ProgressRow(msgspec.Struct, frozen=True, gc=False):
    """How far the tasks of some people in a process are."""

    process_id: str
    total: int
    complete: int


progress_of = Statement(
    sa.select(tasks.c.process_id, sa.func.count(), sa.func.sum(sa.case((tasks.c.status == "completed", 1), else_=0)))
    .where(
        own(tasks),
        any_of(tasks.c.process_id, "process_ids"),
        tasks.c.status != "auto-skipped",
        tasks.c.archived_at.is_(None),
        tasks.c.id.in_(
            sa.select(task_owners.c.task_id).where(own(task_owners), any_of(task_owners.c.principal, "principals"))
        ),
    )
    .group_by(tasks.c.process_id),
    ProgressRow,
)


@lru_cache(maxsize=512)
def update(names: tuple[str, ...]) -> Statement[None]:
    """An update of these columns of one task: only what changed is written, and the revision says so."""
    changes = {**set_all(tasks, *names), "revision": tasks.c.revision + 1}
    return Statement(sa.update(tasks).where(own(tasks), is_(tasks.c.id)).values(changes))
