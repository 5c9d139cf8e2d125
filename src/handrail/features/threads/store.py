"""The SQL of threads."""

import msgspec
import sqlalchemy as sa

from handrail.schema.sparse import Inserter
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import accounts, guests, members, threads
from handrail.schema.words import is_, own, parameter, set_all


class ThreadRow(msgspec.Struct, frozen=True, gc=False):
    """A thread as stored; `mentions` is JSON."""

    id: str
    template_id: str | None
    process_id: str | None
    task_id: str | None
    label: str
    state: str
    content: str
    author_id: int
    sent_by: int
    mentions: str
    resolve_id: str | None
    created_at: int
    updated_at: int
    author_type: str = "user"


_columns = tuple(threads.c[name] for name in ThreadRow.__struct_fields__)
_one = sa.select(*_columns).where(own(threads), is_(threads.c.id))
# ids grow with the time
_listed = sa.select(*_columns).where(own(threads)).order_by(threads.c.id)
_of_process_alone = threads.c.task_id.is_(None)

get_locked = Statement(_one.with_for_update(), ThreadRow)

on_tasks = Statement(_listed.where(any_of(threads.c.task_id, "task_ids")), ThreadRow)

on_processes = Statement(_listed.where(any_of(threads.c.process_id, "process_ids"), _of_process_alone), ThreadRow)

on_templates = Statement(_listed.where(any_of(threads.c.template_id, "template_ids")), ThreadRow)

# those of its tasks too
in_process = Statement(_listed.where(is_(threads.c.process_id)), ThreadRow)

counts = Statement[tuple[str, int]](
    sa.select(threads.c.task_id, sa.func.count())
    .where(own(threads), any_of(threads.c.task_id, "task_ids"))
    .group_by(threads.c.task_id)
)


def _told(label: str, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((sa.and_(threads.c.label == sa.literal_column(f"'{label}'"), *conditions), 1)))


# by task, of the process itself under null: all of them, issues, resolved issues
tallies = Statement[tuple[str | None, int, int, int]](
    sa.select(
        threads.c.task_id,
        sa.func.count(),
        _told("problem"),
        _told("problem", threads.c.resolve_id.is_not(None)),
    )
    .where(own(threads), is_(threads.c.process_id))
    .group_by(threads.c.task_id)
)

_after = (threads.c.id > parameter("after", threads.c.id),)
_limit = sa.bindparam("limit", type_=sa.BigInteger)

page_on_tasks = Statement(_listed.where(any_of(threads.c.task_id, "task_ids"), *_after).limit(_limit), ThreadRow)

page_on_process = Statement(
    _listed.where(is_(threads.c.process_id), _of_process_alone, *_after).limit(_limit), ThreadRow
)

same_again = Statement[tuple[str]](
    sa.select(threads.c.id).where(
        own(threads),
        is_(threads.c.task_id),
        is_(threads.c.author_type),
        is_(threads.c.author_id),
        is_(threads.c.content),
    )
)

resolved_by = Statement[tuple[str]](sa.select(threads.c.id).where(own(threads), is_(threads.c.resolve_id)))

insert = Inserter(threads)

update = Statement[None](
    sa.update(threads)
    .where(own(threads), is_(threads.c.id))
    .values(set_all(threads, "content", "state", "mentions", "updated_at"))
)

resolve = Statement[None](
    sa.update(threads).where(own(threads), is_(threads.c.id)).values(set_all(threads, "resolve_id", "updated_at"))
)

delete = Statement[None](sa.delete(threads).where(own(threads), is_(threads.c.id)))


class NameRow(msgspec.Struct, frozen=True, gc=False):
    """What a member is called."""

    user_id: int
    first_name: str
    last_name: str


class GuestNameRow(msgspec.Struct, frozen=True, gc=False):
    """What a guest is called, deleted ones too."""

    id: int
    email: str
    first_name: str | None
    last_name: str | None


guest_names = Statement(
    sa.select(guests.c.id, guests.c.email, guests.c.first_name, guests.c.last_name).where(
        own(guests), any_of(guests.c.id, "ids")
    ),
    GuestNameRow,
)

names = Statement(
    sa.select(members.c.user_id, accounts.c.first_name, accounts.c.last_name)
    .select_from(members.join(accounts, accounts.c.id == members.c.user_id))
    .where(own(members), any_of(members.c.user_id, "ids")),
    NameRow,
)

# of a task that has left its process
unlink = Statement[None](sa.update(threads).where(own(threads), is_(threads.c.task_id)).values(process_id=sa.null()))
