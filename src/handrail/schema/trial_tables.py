"""Saved runs of templates with what is expected of them."""

import sqlalchemy as sa

from handrail.schema.columns import flag, moment, number, only_where, tenant_table, text, within

DUE_TESTS = "due_at IS NOT NULL"

template_tests = tenant_table(
    "template_tests",
    ("id",),
    text("id"),
    text("template_id"),
    text("title"),
    # the run and what is expected of it, as they were sent
    text("body"),
    number("created_by"),
    # of the last run; null before the first one
    flag("passing", null=True),
    text("failures", default="[]"),
    number("ran_version", null=True),
    moment("ran_at"),
    # set by every change of the template or of the test, until it has run
    moment("due_at"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    within("templates", "template_id"),
    sa.Index(None, "organization_id", "template_id", "id"),
    sa.Index("ix_template_tests_due", "due_at", "organization_id", "id", **only_where(DUE_TESTS)),
)
