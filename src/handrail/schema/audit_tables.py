"""The audit log. Rows are added and never changed; triggers refuse both."""

from handrail.schema.columns import moment, number, tenant_table, text

audit_entries = tenant_table(
    "audit_entries",
    ("position",),
    number("position"),
    moment("at", null=False),
    text("event"),
    text("message"),
    number("actor_id", null=True),
    number("application_id", null=True),
    text("token_id", null=True),
    text("address", null=True),
    text("client", null=True),
    text("request_id"),
    text("subject_type", null=True),
    text("subject_id", null=True),
    # JSON
    text("detail", default="{}"),
    # of the entry before, and of this one with it
    text("previous"),
    text("hash"),
)
