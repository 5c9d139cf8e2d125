"""On which day each person was last looked at for their daily digest."""

from handrail.schema.columns import of_organization, tenant_table, text

digests = tenant_table(
    "digests",
    ("principal",),
    # u:<member> or g:<address>
    text("principal"),
    # YYYY-MM-DD, of the person's calendar
    text("day"),
    of_organization(),
)
