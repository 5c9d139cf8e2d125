"""Mails that were promised: each a row of the transaction that wanted it, sent afterwards."""

import sqlalchemy as sa

from handrail.schema.columns import moment, number, only_where, tenant_table, text

WAITING_MAILS = "status = 'waiting'"

# status: waiting, sent, refused (by the receiving side, or too often), unsent (there was no mail server)
mails = tenant_table(
    "mails",
    ("id",),
    text("id"),
    text("kind"),
    text("recipient"),
    text("reply_to", null=True),
    text("subject"),
    # what the mail says, sealed; emptied once it is sent
    text("sealed_text", default=""),
    text("task_id", null=True),
    text("status", default="waiting"),
    number("attempts", default=0),
    text("error", null=True),
    moment("due_at", null=False),
    moment("created_at", null=False),
    moment("sent_at"),
    sa.Index("ix_mails_waiting", "due_at", "organization_id", "id", **only_where(WAITING_MAILS)),
    sa.Index(None, "organization_id", "status", "id"),
)
