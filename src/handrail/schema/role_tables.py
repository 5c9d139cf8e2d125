"""Job titles: what whoever does a step is called, and whom a launch found for it. On the wire they are roles."""

import sqlalchemy as sa

from handrail.schema.columns import moment, of_organization, tenant_table, text, within

# `users`, `guests` and `groups` stand in the title wherever a launch picks nobody
job_titles = tenant_table(
    "job_titles",
    ("id",),
    text("id"),
    text("name"),
    text("description", default=""),
    text("users", default="[]"),
    text("guests", default="[]"),
    text("groups", default="[]"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    of_organization(),
    sa.UniqueConstraint("organization_id", "name"),
)

# the titles of a task's step, and the people who came to the task by each of them
task_titles = tenant_table(
    "task_titles",
    ("task_id", "title_id"),
    text("task_id"),
    text("title_id"),
    text("people", default="{}"),
    within("tasks", "task_id"),
    within("job_titles", "title_id"),
    sa.Index(None, "organization_id", "title_id", "task_id"),
)
