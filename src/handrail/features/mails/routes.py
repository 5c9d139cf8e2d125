"""Routes of mails, for administrators who ask whether one has arrived."""

from handrail.features.mails import store, wire
from handrail.features.mails.store import ShownRow
from handrail.http.call import Call, Page, rows_and_total
from handrail.http.endpoint import Router
from handrail.kernel.clock import iso, iso_or_none
from handrail.kernel.errors import Impossible, NotFound
from handrail.ports.database import Transaction

router = Router("Mails")
ALL = "/organizations/{org}/x/mails"
STATUSES = ("waiting", "sent", "refused", "unsent")


@router.get(ALL, action="mail.list", query=wire.MailQuery, returns=wire.Mail, shape="collection")
async def index(call: Call) -> Page:
    """List mails.

    The latest first. What is in them is not shown, and forgotten once they are sent.
    """
    status = call.query.get("status", "")
    by_status = status in STATUSES
    page, total = store.pages[by_status]
    wanted = {"status": status} if by_status else {}
    paging = call.paging()
    async with call.database.reader() as reader:
        rows, count = await rows_and_total(reader, page, total, paging, organization_id=call.organization_id, **wanted)
    return Page([shown(row) for row in rows], count, paging)


@router.post(ALL + "/{mail}/retry", action="mail.manage", returns=wire.Mail, errors=(404, 422))
async def retry(call: Call) -> wire.Mail:
    """Send a mail again.

    One that was refused, or that was not sent because there was no mail server.
    """
    mail_id, now = call.id("mail"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Mail:
        row = await tx.one(store.by_id, organization_id=call.organization_id, id=mail_id)
        if row is None:
            raise NotFound("There is no such mail.")
        if row.status not in ("refused", "unsent"):
            raise Impossible("Only a mail that was refused or not sent can be sent again.")
        await tx.run(store.again, organization_id=call.organization_id, id=mail_id, due_at=now)
        again = await tx.one(store.by_id, organization_id=call.organization_id, id=mail_id)
        assert again is not None
        return shown(again)

    return await call.database.write(change)


def shown(row: ShownRow) -> wire.Mail:
    """A mail on the wire."""
    return wire.Mail(
        id=row.id,
        kind=row.kind,
        recipient=row.recipient,
        subject=row.subject,
        status=row.status,
        attempts=row.attempts,
        error=row.error,
        task_id=row.task_id,
        due_at=iso(row.due_at),
        created_at=iso(row.created_at),
        sent_at=iso_or_none(row.sent_at),
    )
