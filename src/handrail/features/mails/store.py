"""The SQL of mails."""

import msgspec
import sqlalchemy as sa

from handrail.schema.mail_tables import WAITING_MAILS
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import accounts, mails, members
from handrail.schema.words import insert_all, is_, own, set_all


class MailRow(msgspec.Struct, frozen=True):
    """A mail that waits."""

    organization_id: str
    id: str
    kind: str
    recipient: str
    reply_to: str | None
    subject: str
    sealed_text: str
    attempts: int
    due_at: int
    created_at: int


class AddressRow(msgspec.Struct, frozen=True):
    """A member as mail reaches them."""

    user_id: int
    email: str
    first_name: str
    last_name: str
    status: str
    profile: str


class ShownRow(msgspec.Struct, frozen=True):
    """A mail as administrators see it; never with its text."""

    id: str
    kind: str
    recipient: str
    subject: str
    status: str
    attempts: int
    error: str | None
    task_id: str | None
    due_at: int
    created_at: int
    sent_at: int | None


insert = Statement[None](
    insert_all(
        mails,
        *("organization_id", "id", "kind", "recipient", "reply_to", "subject", "sealed_text", "task_id"),
        *("due_at", "created_at"),
    )
)

# across organizations: the sender serves all of them
waiting = Statement(
    sa.select(*(mails.c[name] for name in MailRow.__struct_fields__))
    .where(sa.text(WAITING_MAILS), mails.c.due_at <= sa.bindparam("now", type_=sa.BigInteger))
    .order_by(mails.c.due_at, mails.c.organization_id, mails.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    MailRow,
)

told = Statement[None](
    sa.update(mails)
    .where(own(mails), is_(mails.c.id))
    .values(set_all(mails, "status", "attempts", "error", "due_at", "sent_at", "sealed_text"))
)

addresses = Statement(
    sa.select(
        members.c.user_id,
        accounts.c.email,
        accounts.c.first_name,
        accounts.c.last_name,
        members.c.status,
        members.c.profile,
    )
    .select_from(members.join(accounts, accounts.c.id == members.c.user_id))
    .where(own(members), any_of(members.c.user_id, "ids"), members.c.kind != "bot", members.c.deleted_at.is_(None)),
    AddressRow,
)

_shown = [mails.c[name] for name in ShownRow.__struct_fields__]
by_id = Statement(sa.select(*_shown).where(own(mails), is_(mails.c.id)), ShownRow)


def page(by_status: bool) -> tuple[Statement[ShownRow], Statement[tuple[int]]]:
    """A page of the organization's mails, the latest first, and how many there are."""
    where = [own(mails), *([is_(mails.c.status)] if by_status else [])]
    rows = (
        sa.select(*_shown)
        .where(*where)
        .order_by(mails.c.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .offset(sa.bindparam("offset", type_=sa.Integer))
    )
    return Statement(rows, ShownRow), Statement(sa.select(sa.func.count()).select_from(mails).where(*where))


pages = {by_status: page(by_status) for by_status in (False, True)}

again = Statement[None](
    sa.update(mails).where(own(mails), is_(mails.c.id)).values(status="waiting", attempts=0, **set_all(mails, "due_at"))
)
