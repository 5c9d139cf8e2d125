"""Answers that are kept under the key a request was sent with, so that its repetition has no second effect."""

import sqlalchemy as sa

from handrail.schema.columns import moment, number, of_organization, tenant_table, text

kept_answers = tenant_table(
    "kept_answers",
    ("id",),
    # the hash of who called, what, and with which key
    text("id"),
    # the hash of what was sent
    text("fingerprint"),
    number("status"),
    # null: it was carried out, but the answer is not written down yet
    text("sealed_answer", null=True),
    moment("created_at", null=False),
    of_organization(),
    sa.Index(None, "organization_id", "created_at"),
)
