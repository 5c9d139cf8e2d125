"""Who sees what, as SQL: the predicates that every list carries for people who are not administrators (engine 12)."""

from typing import Any

import sqlalchemy as sa

from handrail.schema.statement import any_of
from handrail.schema.tables import processes, task_owners, tasks, template_grants
from handrail.schema.words import organization_id, parameter

# the parameters these predicates need beside the organization: see `parameters`
_me = parameter("me", processes.c.owner_id)


def parameters(user_id: int, owner_principals: tuple[str, ...], grant_principals: tuple[str, ...]) -> dict[str, Any]:
    """The values of the predicates' parameters for one person."""
    return {"me": user_id, "my_principals": list(owner_principals), "my_grants": list(grant_principals)}


def process_is_visible() -> sa.ColumnElement[bool]:
    """Owner, starter, assigned to one of its tasks, or allowed to read the processes of its template."""
    return sa.or_(
        processes.c.owner_id == _me,
        processes.c.started_by == _me,
        sa.exists(
            sa.select(sa.literal(1)).where(
                task_owners.c.organization_id == organization_id,
                task_owners.c.process_id == processes.c.id,
                any_of(task_owners.c.principal, "my_principals"),
            )
        ),
        sa.exists(
            sa.select(sa.literal(1)).where(
                template_grants.c.organization_id == organization_id,
                template_grants.c.template_id == processes.c.template_id,
                template_grants.c.permission == "PROCESS_READ",
                any_of(template_grants.c.principal, "my_grants"),
            )
        ),
    )


def task_is_mine() -> sa.ColumnElement[bool]:
    """Assigned to the person, directly or through a group."""
    mine = task_owners.alias("mine")
    return sa.exists(
        sa.select(sa.literal(1)).where(
            mine.c.organization_id == organization_id,
            mine.c.task_id == tasks.c.id,
            any_of(mine.c.principal, "my_principals"),
        )
    )


def task_is_visible() -> sa.ColumnElement[bool]:
    """Mine, or not secret and in a process that is visible, or a one-off task that I made."""
    in_visible_process = sa.exists(
        sa.select(sa.literal(1)).where(
            processes.c.organization_id == organization_id,
            processes.c.id == tasks.c.process_id,
            process_is_visible(),
        )
    )
    made_by_me = sa.and_(tasks.c.process_id.is_(None), tasks.c.starter_id == _me)
    return sa.or_(task_is_mine(), sa.and_(tasks.c.top_secret == sa.false(), sa.or_(in_visible_process, made_by_me)))


def task_is_not_secret() -> sa.ColumnElement[bool]:
    """For the tasks of a process that is visible: secret ones only for their people."""
    return sa.or_(tasks.c.top_secret == sa.false(), task_is_mine())
