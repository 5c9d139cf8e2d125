"""The SQL of job titles, and of the tasks that have them."""

from functools import lru_cache

import msgspec
import sqlalchemy as sa

from handrail.engine.definition import Owners
from handrail.schema.role_tables import job_titles, task_titles
from handrail.schema.statement import Statement, any_of
from handrail.schema.words import insert_all, is_, own, set_all

_numbers = msgspec.json.Decoder(tuple[int, ...]).decode
_words = msgspec.json.Decoder(tuple[str, ...]).decode


class RoleRow(msgspec.Struct, frozen=True):
    """A job title as stored; the people are JSON."""

    id: str
    name: str
    description: str
    users: str
    guests: str
    groups: str
    created_at: int
    updated_at: int

    @property
    def people(self) -> Owners:
        """Who stands in it."""
        return Owners(users=_numbers(self.users), guests=_words(self.guests), groups=_words(self.groups))


class TaskRow(msgspec.Struct, frozen=True):
    """A job title of a task, and as JSON the people who came to the task by it."""

    task_id: str
    people: str
    id: str
    name: str
    description: str
    users: str
    guests: str
    groups: str
    created_at: int
    updated_at: int


COLUMNS = tuple(job_titles.c[name] for name in RoleRow.__struct_fields__)
_all = sa.select(*COLUMNS).where(own(job_titles))
_one = _all.where(is_(job_titles.c.id))

get = Statement(_one, RoleRow)
lock = Statement(_one.with_for_update(), RoleRow)
lock_all = Statement(_all.order_by(job_titles.c.id).with_for_update(key_share=True), RoleRow)
named = Statement[tuple[str]](sa.select(job_titles.c.id).where(own(job_titles), is_(job_titles.c.name)))
listed = Statement(_all.where(any_of(job_titles.c.id, "ids")), RoleRow)
# held while something refers to them
keep = Statement[tuple[str]](
    sa.select(job_titles.c.id)
    .where(own(job_titles), any_of(job_titles.c.id, "ids"))
    .order_by(job_titles.c.id)
    .with_for_update(read=True, key_share=True)
)

insert = Statement[None](insert_all(job_titles))
CHANGEABLE = ("name", "description", "users", "guests", "groups", "updated_at")
update = Statement[None](
    sa.update(job_titles).where(own(job_titles), is_(job_titles.c.id)).values(set_all(job_titles, *CHANGEABLE))
)
delete = Statement[None](sa.delete(job_titles).where(own(job_titles), is_(job_titles.c.id)))

insert_task = Statement[None](insert_all(task_titles))
of_tasks = Statement(
    sa.select(task_titles.c.task_id, task_titles.c.people, *COLUMNS)
    .select_from(
        task_titles.join(
            job_titles,
            sa.and_(
                job_titles.c.organization_id == task_titles.c.organization_id,
                job_titles.c.id == task_titles.c.title_id,
            ),
        )
    )
    .where(own(task_titles), own(job_titles), any_of(task_titles.c.task_id, "ids"))
    .order_by(task_titles.c.task_id, job_titles.c.name),
    TaskRow,
)


def _matches() -> sa.ColumnElement[bool]:
    wanted = sa.bindparam("q", type_=sa.Text)
    return sa.or_(
        sa.func.lower(job_titles.c.name).like(wanted, escape="\\"),
        sa.func.lower(job_titles.c.description).like(wanted, escape="\\"),
    )


@lru_cache(maxsize=16)
def page(order: str, searching: bool) -> Statement[RoleRow]:
    """A page of titles by `name`, `created_at` or `updated_at`, a minus in front for descending."""
    word = order.removeprefix("-")
    column: sa.ColumnElement[object] = sa.func.lower(job_titles.c.name) if word == "name" else job_titles.c[word]
    down = order.startswith("-")
    statement = _all.where(_matches()) if searching else _all
    statement = statement.order_by(
        column.desc() if down else column.asc(), job_titles.c.id.desc() if down else job_titles.c.id.asc()
    )
    limit, offset = (sa.bindparam(name, type_=sa.BigInteger) for name in ("limit", "offset"))
    return Statement(statement.limit(limit).offset(offset), RoleRow)


@lru_cache(maxsize=2)
def total(searching: bool) -> Statement[tuple[int]]:
    """How many titles there are, or how many a search finds."""
    statement = sa.select(sa.func.count()).select_from(job_titles).where(own(job_titles))
    return Statement(statement.where(_matches()) if searching else statement)
