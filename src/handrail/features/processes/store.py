"""The SQL of processes."""

from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.schema.sparse import Inserter
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import PUBLIC_PROCESSES, processes, task_owners, tasks, template_grants
from handrail.schema.words import among, is_, organization_id, own, parameter, set_all


class ProcessRow(msgspec.Struct, frozen=True, gc=False):
    """A process as stored, column by column.

    `kickoff`, `launched`, `publicly_hidden_fields`, `users`, `groups`, `collaborators`, `rule_state` and
    `custom_fields` are JSON.
    """

    organization_id: str
    id: str
    increment_id: int
    template_id: str | None
    template_version: int
    template_title: str
    type: Any
    name: str
    summary: str | None
    status: Any
    owner_id: int
    started_by: int
    kickoff: str
    kickoff_length: int
    kickoff_completed_at: int | None
    kickoff_completed_by: int | None
    kickoff_submitted_by: int | None
    parent_id: str | None
    parent_task_id: str | None
    generation: int
    launched: str
    open_issues: int
    can_add_oot: bool
    starred: bool
    is_public: bool
    assign_someone_else: bool
    publicly_hidden_fields: str
    users: str
    groups: str
    collaborators: str
    rule_state: str
    watch_at: int | None
    custom_fields: str | None
    tasks_total: int
    tasks_complete: int
    whole_total: int
    whole_complete: int
    due_at: int | None
    revision: int
    created_at: int
    started_at: int
    updated_at: int
    completed_at: int | None
    archived_at: int | None


COLUMNS = tuple(processes.c[name] for name in ProcessRow.__struct_fields__)
assert len(COLUMNS) == len(processes.columns)

by_id = Statement(sa.select(*COLUMNS).where(own(processes), is_(processes.c.id)), ProcessRow)

# whichever organization it is in; the words of its index
public_by_id = Statement(sa.select(*COLUMNS).where(sa.text(PUBLIC_PROCESSES), is_(processes.c.id)), ProcessRow)

by_id_locked = Statement(sa.select(*COLUMNS).where(own(processes), is_(processes.c.id)).with_for_update(), ProcessRow)

revision_locked = Statement[tuple[int]](
    sa.select(processes.c.revision).where(own(processes), is_(processes.c.id)).with_for_update()
)

insert = Inserter(processes)

delete = Statement[None](sa.delete(processes).where(own(processes), is_(processes.c.id)))


@lru_cache(maxsize=256)
def update(names: tuple[str, ...]) -> Statement[None]:
    """An update of these columns of one process."""
    return Statement(sa.update(processes).where(own(processes), is_(processes.c.id)).values(set_all(processes, *names)))


class TimingRow(msgspec.Struct, frozen=True, gc=False):
    """Open tasks of a process against the clock."""

    process_id: str
    late: int
    soon: int


_now = parameter("now", tasks.c.deadline)
_tomorrow = parameter("tomorrow", tasks.c.deadline)

timing_of = Statement(
    sa.select(
        tasks.c.process_id,
        sa.func.sum(sa.case((tasks.c.deadline < _now, 1), else_=0)),
        sa.func.sum(sa.case((tasks.c.deadline >= _now, 1), else_=0)),
    )
    .where(
        own(tasks),
        any_of(tasks.c.process_id, "process_ids"),
        among(tasks.c.status, ("not-started", "in-progress")),
        tasks.c.archived_at.is_(None),
        tasks.c.deadline_held == sa.false(),
        tasks.c.deadline <= _tomorrow,
    )
    .group_by(tasks.c.process_id),
    TimingRow,
)

is_assigned = Statement[tuple[int]](
    sa.select(sa.literal(1))
    .where(
        own(task_owners),
        is_(task_owners.c.process_id),
        any_of(task_owners.c.principal, "principals"),
    )
    .limit(1)
)


class NextTaskRow(msgspec.Struct, frozen=True):
    """The first open task of a process by deadline."""

    process_id: str
    id: str
    increment_id: int
    title: str
    alias: str | None
    owners: str
    deadline: int | None


_ranked = (
    sa.select(
        tasks.c.process_id,
        tasks.c.id,
        tasks.c.increment_id,
        tasks.c.title,
        tasks.c.alias,
        tasks.c.owners,
        tasks.c.deadline,
        sa.func.row_number()
        .over(
            partition_by=(tasks.c.organization_id, tasks.c.process_id),
            order_by=(sa.case((tasks.c.deadline.is_(None), 1), else_=0), tasks.c.deadline, tasks.c.position),
        )
        .label("rank"),
    )
    .where(
        own(tasks),
        any_of(tasks.c.process_id, "process_ids"),
        among(tasks.c.status, ("not-started", "in-progress")),
        tasks.c.archived_at.is_(None),
        tasks.c.top_secret == sa.false(),
    )
    .subquery()
)

next_tasks = Statement(
    sa.select(*(_ranked.c[name] for name in NextTaskRow.__struct_fields__)).where(_ranked.c.rank == 1), NextTaskRow
)

count_of_template = Statement[tuple[int]](
    sa.select(sa.func.count()).select_from(processes).where(own(processes), is_(processes.c.template_id))
)

raise_revisions = Statement[None](
    sa.update(processes).where(own(processes), any_of(processes.c.id, "ids")).values(revision=processes.c.revision + 1)
)

reassign = Statement[None](
    sa.update(processes)
    .where(
        processes.c.organization_id == organization_id,
        processes.c.owner_id == parameter("from_user", processes.c.owner_id),
    )
    .values(
        owner_id=parameter("to_user", processes.c.owner_id),
        revision=processes.c.revision + 1,
        updated_at=parameter("now", processes.c.updated_at),
    )
)

may_read_processes = Statement[tuple[int]](
    sa.select(sa.literal(1))
    .where(
        own(template_grants),
        is_(template_grants.c.template_id),
        template_grants.c.permission == "PROCESS_READ",
        any_of(template_grants.c.principal, "my_grants"),
    )
    .limit(1)
)

named = Statement(
    sa.select(*COLUMNS).where(own(processes), any_of(processes.c.id, "ids")).order_by(processes.c.id), ProcessRow
)
