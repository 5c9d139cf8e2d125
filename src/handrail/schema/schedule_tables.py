"""Launches that recur."""

import sqlalchemy as sa

from handrail.schema.columns import flag, moment, number, only_where, tenant_table, text, within

DUE_SCHEDULES = "next_at IS NOT NULL AND NOT paused"

launch_schedules = tenant_table(
    "launch_schedules",
    ("id",),
    text("id"),
    text("template_id"),
    text("title"),
    # an RFC 5545 rule, on the clocks of the zone, from this local time on
    text("rule"),
    text("starts_at"),
    text("timezone"),
    text("name", null=True),
    text("kickoff", default="{}"),
    number("owner_id"),
    # on days that nobody works: launch, skip or next
    text("non_working_days", default="launch"),
    # of what was missed while the server stood still: last, all or none
    text("catch_up", default="last"),
    flag("paused"),
    moment("next_at"),
    number("launches", default=0),
    moment("last_at"),
    text("last_process_id", null=True),
    text("last_error", null=True),
    number("failures", default=0),
    number("created_by"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    within("templates", "template_id"),
    sa.Index(None, "organization_id", "template_id"),
    sa.Index("ix_launch_schedules_due", "next_at", "organization_id", "id", **only_where(DUE_SCHEDULES)),
)
