"""What people write about tasks, processes and templates: comments, problems and their resolutions."""

import sqlalchemy as sa

from handrail.schema.columns import moment, number, tenant_table, text, within

# a thread is on a task, else on a process, else on a template; those on a task of a process name both
threads = tenant_table(
    "threads",
    ("id",),
    text("id"),
    text("template_id", null=True),
    text("process_id", null=True),
    text("task_id", null=True),
    text("label"),
    text("state"),
    text("content"),
    # of a member, or with the type `guest` the number of a guest
    number("author_id"),
    # the person behind what the bot says for somebody
    number("sent_by"),
    text("mentions", default="[]"),
    # of a problem: the thread that resolved it
    text("resolve_id", null=True),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    text("author_type", default="user"),
    within("templates", "template_id"),
    within("processes", "process_id"),
    within("tasks", "task_id"),
    sa.Index(None, "organization_id", "task_id", "id"),
    sa.Index(None, "organization_id", "process_id", "id"),
    sa.Index(None, "organization_id", "template_id", "id"),
)
