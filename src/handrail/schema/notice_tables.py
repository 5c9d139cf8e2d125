"""What people have yet to be told by mail: each a row of the transaction of what it tells."""

from handrail.schema.columns import moment, of_organization, tenant_table, text

notices = tenant_table(
    "notices",
    ("id",),
    text("id"),
    # JSON: who did what to which tasks, and who should hear of it
    text("body"),
    moment("created_at", null=False),
    of_organization(),
)
