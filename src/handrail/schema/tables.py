"""Every table, declared once for both databases; `columns` has the rules that all of them follow."""

from typing import Any

import sqlalchemy as sa

# declared in a room of their own
from handrail.schema.account_tables import SHARED as _SHARED_OF_ACCOUNTS
from handrail.schema.account_tables import account_links as account_links
from handrail.schema.account_tables import authorization_codes as authorization_codes
from handrail.schema.account_tables import consents as consents
from handrail.schema.account_tables import identities as identities
from handrail.schema.account_tables import second_factors as second_factors
from handrail.schema.account_tables import sessions as sessions
from handrail.schema.account_tables import signing_keys as signing_keys
from handrail.schema.answer_tables import kept_answers as kept_answers
from handrail.schema.application_tables import SHARED as _SHARED_OF_APPLICATIONS
from handrail.schema.application_tables import application_secrets as application_secrets
from handrail.schema.application_tables import application_tokens as application_tokens
from handrail.schema.application_tables import applications as applications
from handrail.schema.application_tables import refresh_tokens as refresh_tokens
from handrail.schema.audit_tables import audit_entries as audit_entries
from handrail.schema.columns import (
    flag,
    metadata,
    moment,
    number,
    of_organization,
    only_where,
    tenant_table,
    text,
    within,
)
from handrail.schema.digest_tables import digests as digests
from handrail.schema.launch_tables import bulk_rows as bulk_rows
from handrail.schema.mail_tables import mails as mails
from handrail.schema.notice_tables import notices as notices
from handrail.schema.role_tables import job_titles as job_titles
from handrail.schema.role_tables import task_titles as task_titles
from handrail.schema.schedule_tables import launch_schedules as launch_schedules
from handrail.schema.thread_tables import threads as threads
from handrail.schema.trial_tables import template_tests as template_tests

EXPIRING_TASKS = (
    "task_type IN ('expiring', 'expiring_email') AND status IN ('not-started', 'in-progress') "
    "AND archived_at IS NULL AND deadline_held = false AND stands_still = false"
)
PUBLIC_TEMPLATES = "is_public AND NOT is_system AND version > 0 AND archived_at IS NULL AND deleted_at IS NULL"
PUBLIC_PROCESSES = "is_public"
CHILD_PROCESSES = "parent_id IS NOT NULL"
WATCHED_PROCESSES = "watch_at IS NOT NULL AND archived_at IS NULL AND open_issues = 0"

# shared tables: one person, one sign-in, many organizations

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("kind", default="person"),
    text("email"),
    text("password_hash", null=True),
    text("first_name"),
    text("last_name"),
    text("username"),
    text("locale", default="en"),
    moment("email_verified_at"),
    moment("last_login_at"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    sa.UniqueConstraint("email"),
    sqlite_autoincrement=True,
)

tokens = sa.Table(
    "tokens",
    metadata,
    text("id"),
    text("token_hash"),
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    text("organization_id"),
    text("name"),
    text("scopes", default="*"),
    moment("created_at", null=False),
    moment("expires_at"),
    moment("last_used_at"),
    moment("revoked_at"),
    # through which application it was got; null for the person's own
    number("application_id", null=True),
    # of which browser's session; it ends with it
    text("session_id", null=True),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("token_hash"),
    sa.Index(None, "organization_id", "account_id"),
    sa.Index("ix_tokens_session_id", "session_id", **only_where("session_id IS NOT NULL")),
)

# the organization and its people

organizations = tenant_table(
    "organizations",
    (),
    text("name"),
    text("slug"),
    text("timezone", default="UTC"),
    text("working_days", null=True),
    text("default_deadline_unit", default="days"),
    number("default_deadline_value", default=5),
    # the settings that nothing filters by, as one document
    text("settings", default="{}"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    # set by the operator; nothing means as the installation says, 0 no limit
    number("requests_per_minute", null=True),
    number("requests_per_hour", null=True),
)

sequences = tenant_table("sequences", ("name",), text("name"), number("value", default=0))

members = tenant_table(
    "members",
    ("user_id",),
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("accounts.id"), nullable=False),
    text("kind", default="standard"),
    text("role"),
    text("status"),
    flag("is_default_admin"),
    text("timezone", null=True),
    text("date_format", null=True),
    text("profile", default="{}"),
    number("invited_by", null=True),
    text("invite_hash", null=True),
    text("invite_message", null=True),
    moment("invited_at"),
    moment("activated_at"),
    moment("approved_at"),
    moment("disabled_at"),
    number("disabled_by", null=True),
    moment("reactivated_at"),
    number("reactivated_by", null=True),
    moment("deleted_at"),
    moment("last_accessed_at"),
    text("last_known_ip", null=True),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    of_organization(),
    sa.Index(None, "user_id"),
    sa.Index(None, "invite_hash"),
)

guests = tenant_table(
    "guests",
    ("id",),
    number("id"),
    text("email"),
    # the code of their link: its hash finds the guest, the sealed one shows the link again
    text("code_hash"),
    text("sealed_code"),
    text("first_name", null=True),
    text("last_name", null=True),
    text("details", default="{}"),
    moment("disabled_at"),
    moment("deleted_at"),
    moment("last_accessed_at"),
    # when a member asked for this guest; invitations of the last hour are counted
    moment("invited_at"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    of_organization(),
    sa.UniqueConstraint("organization_id", "email"),
    sa.UniqueConstraint("organization_id", "code_hash"),
    sa.Index(None, "organization_id", "invited_at"),
)

groups = tenant_table(
    "groups",
    ("id",),
    text("id"),
    text("name"),
    text("description", null=True),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    of_organization(),
    sa.UniqueConstraint("organization_id", "name"),
)

# principal: `u:<member id>` or `g:<guest address>`
group_people = tenant_table(
    "group_people",
    ("group_id", "principal"),
    text("group_id"),
    text("principal"),
    within("groups", "group_id"),
    sa.Index(None, "organization_id", "principal"),
)

# templates

templates = tenant_table(
    "templates",
    ("id",),
    text("id"),
    number("increment_id"),
    text("alias"),
    text("title"),
    text("type"),
    text("label", default="active"),
    # the live version; a template with dual versions also has a draft
    number("version"),
    number("draft_version", null=True),
    flag("dual_version_enabled"),
    flag("is_pinned"),
    flag("starred"),
    flag("is_public"),
    flag("is_public_kickoff"),
    flag("is_system"),
    # the texts and switches that nothing filters by, as one document
    text("properties", default="{}"),
    text("folder_id", null=True),
    text("users", default="[]"),
    text("groups", default="[]"),
    text("custom_fields", null=True),
    number("owner_id"),
    number("created_by"),
    number("updated_by"),
    number("started_processes", default=0),
    number("steps_count", default=0),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    moment("archived_at"),
    # deleted for good, but processes still read its versions
    moment("deleted_at"),
    of_organization(),
    sa.UniqueConstraint("organization_id", "alias"),
    sa.Index("ix_templates_public", "id", **only_where(PUBLIC_TEMPLATES)),
)

template_versions = tenant_table(
    "template_versions",
    ("template_id", "version"),
    text("template_id"),
    number("version"),
    text("definition"),
    # what a process keeps of the template beside its definition: title, naming, webhook and the like
    text("settings", default="{}"),
    # frozen: a process was launched from it, so it never changes again
    flag("frozen"),
    moment("created_at", null=False),
    within("templates", "template_id"),
)

# permission: EDIT, READ, LAUNCH, DUPLICATE, PROCESS_READ; principal: everyone, standard, u:<id>, r:<group>,
# or nobody, which says that an empty list is meant
template_grants = tenant_table(
    "template_grants",
    ("template_id", "permission", "principal"),
    text("template_id"),
    text("permission"),
    text("principal"),
    within("templates", "template_id"),
)

# processes and tasks

processes = tenant_table(
    "processes",
    ("id",),
    text("id"),
    number("increment_id"),
    text("template_id", null=True),
    number("template_version"),
    text("template_title"),
    text("type"),
    text("name"),
    text("summary", null=True),
    text("status"),
    number("owner_id"),
    number("started_by"),
    text("kickoff", default="{}"),
    number("kickoff_length", default=0),
    moment("kickoff_completed_at"),
    number("kickoff_completed_by", null=True),
    number("kickoff_submitted_by", null=True),
    text("parent_id", null=True),
    # the task of the parent whose completion launched it, and how many such launches lie behind it
    text("parent_task_id", null=True),
    number("generation", default=0),
    # what the completion of its own tasks has launched
    text("launched", default="[]"),
    number("open_issues", default=0),
    flag("can_add_oot", default=True),
    flag("starred"),
    flag("is_public"),
    flag("assign_someone_else"),
    text("publicly_hidden_fields", default="[]"),
    text("users", default="[]"),
    text("groups", default="[]"),
    text("collaborators", default="[]"),
    text("rule_state", default="{}"),
    # when a rule that waits for overdue tasks has to be told next
    moment("watch_at"),
    text("custom_fields", null=True),
    number("tasks_total", default=0),
    number("tasks_complete", default=0),
    number("whole_total", default=0),
    number("whole_complete", default=0),
    moment("due_at"),
    # grows with every change of the process or of one of its tasks
    number("revision", default=0),
    moment("created_at", null=False),
    moment("started_at", null=False),
    moment("updated_at", null=False),
    moment("completed_at"),
    moment("archived_at"),
    within("templates", "template_id", on_delete="NO ACTION"),
    sa.Index(None, "organization_id", "template_id", "id"),
    sa.Index(None, "organization_id", "status", "id"),
    sa.Index("ix_processes_children", "organization_id", "parent_id", "id", **only_where(CHILD_PROCESSES)),
    sa.Index("ix_processes_public", "id", **only_where(PUBLIC_PROCESSES)),
    sa.Index("ix_processes_watched", "watch_at", "organization_id", "id", **only_where(WATCHED_PROCESSES)),
)

tasks = tenant_table(
    "tasks",
    ("id",),
    text("id"),
    number("increment_id"),
    text("process_id", null=True),
    text("template_id", null=True),
    text("step_id", null=True),
    text("alias", null=True),
    text("title"),
    text("summary", null=True),
    text("task_type"),
    text("status"),
    text("status_before_hiding", null=True),
    text("visibility_lock", null=True),
    number("position"),
    text("owners", default="{}"),
    number("watch_only", null=True),
    text("values", default="{}"),
    moment("started_at", null=False),
    flag("started_explicitly"),
    moment("deadline"),
    moment("deadline_base"),
    flag("deadline_pinned"),
    flag("deadline_held"),
    # of tasks that expire: the process is archived or has an open issue of its own, so the clock stands still
    flag("stands_still"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    moment("completed_at"),
    moment("archived_at"),
    number("starter_id", null=True),
    number("completer_id", null=True),
    text("completer_guest", null=True),
    flag("is_approved", null=True),
    flag("was_reopened"),
    text("signatures", default="[]"),
    number("open_problems", default=0),
    flag("is_oneoff"),
    number("max_assignable", default=0),
    text("webhook", null=True),
    text("stage_id", null=True),
    flag("everyone_must_complete"),
    flag("can_complete_only_assignees"),
    flag("allow_guest_owners", default=True),
    flag("prevent_guest_comment"),
    flag("is_soft_start_date"),
    flag("top_secret"),
    flag("send_chromeless"),
    # form fields of a one-off task; those of a process task are in the template version
    text("fields", null=True),
    text("custom_fields", null=True),
    # grows with every change of the row
    number("revision", default=0),
    within("processes", "process_id"),
    sa.Index(None, "organization_id", "process_id", "position"),
    sa.Index(None, "organization_id", "deadline"),
    # the few tasks that complete by themselves when they are due; across organizations, for the timers
    sa.Index("ix_tasks_expiring", "deadline", "organization_id", "id", **only_where(EXPIRING_TASKS)),
)

OPEN_ASSIGNMENTS: dict[str, Any] = {
    "sqlite_where": sa.text("is_open = 1"),
    "postgresql_where": sa.text("is_open = true"),
}

# one row per assignment; `is_open` follows the task so that a person's open tasks are one range of an index.
# principal: `u:<member id>`, `g:<guest address>`, `r:<group id>`
task_owners = tenant_table(
    "task_owners",
    ("task_id", "principal"),
    text("task_id"),
    text("principal"),
    text("process_id", null=True),
    flag("is_open"),
    # when an open task is due; null while the deadline is held
    moment("deadline"),
    within("tasks", "task_id"),
    sa.Index(None, "organization_id", "principal", "task_id"),
    # of open tasks alone: when one ends its entries go, and none comes
    sa.Index("ix_task_owners_open", "organization_id", "principal", "is_open", "task_id", **OPEN_ASSIGNMENTS),
    sa.Index("ix_task_owners_due", "organization_id", "principal", "is_open", "deadline", **OPEN_ASSIGNMENTS),
    sa.Index(None, "organization_id", "process_id", "principal"),
)

# tags

tags = tenant_table(
    "tags",
    ("id",),
    text("id"),
    text("title"),
    text("color", null=True),
    flag("auto_generated"),
    moment("created_at", null=False),
    of_organization(),
    sa.UniqueConstraint("organization_id", "title"),
)

taggings = tenant_table(
    "taggings",
    ("id",),
    number("id"),
    text("tag_id"),
    text("subject_type"),
    text("subject_id"),
    moment("created_at", null=False),
    within("tags", "tag_id"),
    sa.UniqueConstraint("organization_id", "subject_type", "subject_id", "tag_id"),
    sa.Index(None, "organization_id", "tag_id"),
)

# folders: two trees, one for templates (a template names its folder), one for processes and tasks (rows of objects)

folders = tenant_table(
    "folders",
    ("id",),
    text("id"),
    text("name"),
    # checklist or run
    text("folder_type"),
    text("parent_id", null=True),
    number("position"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    of_organization(),
)

folder_objects = tenant_table(
    "folder_objects",
    ("id",),
    number("id"),
    text("folder_id"),
    text("subject_type"),
    text("subject_id"),
    moment("created_at", null=False),
    within("folders", "folder_id"),
    sa.UniqueConstraint(
        "organization_id", "subject_type", "subject_id", "folder_id", name="uq_folder_objects_subject_folder"
    ),
    sa.Index(None, "organization_id", "folder_id"),
)

# what happened: the feed people read, and the events that leave the house

activities = tenant_table(
    "activities",
    ("id",),
    number("id"),
    text("verb"),
    text("subject_type"),
    text("subject_id"),
    text("parent_type", null=True),
    text("parent_id", null=True),
    text("actor_type"),
    text("actor_id"),
    text("description"),
    text("detail", null=True),
    text("client", null=True),
    text("request_id", null=True),
    text("token_id", null=True),
    moment("created_at", null=False),
    sa.Index(None, "organization_id", "subject_id", "id"),
    sa.Index(None, "organization_id", "parent_id", "id"),
)

events = tenant_table(
    "events",
    ("id",),
    text("id"),
    text("type"),
    text("process_id", null=True),
    text("task_id", null=True),
    number("actor_id", null=True),
    text("data", default="{}"),
    moment("created_at", null=False),
)

# jobs, the same for all organizations: those of the embedded queue, and on both databases those that were given up.
# status: waiting; behind (an earlier job with its key is unfinished); running; dead
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("name"),
    text("payload"),
    text("key", null=True),
    text("status"),
    moment("run_at", null=False),
    number("attempts", default=0),
    moment("lease_until"),
    text("error", null=True),
    moment("died_at"),
    sa.Index("ix_jobs_waiting", "run_at", "id", **only_where("status = 'waiting'")),
    sa.Index("ix_jobs_running", "lease_until", **only_where("status = 'running'")),
    sa.Index("ix_jobs_key_id", "key", "id", **only_where("key IS NOT NULL")),
    sa.Index("ix_jobs_name", "name"),
    sqlite_autoincrement=True,
)

# the last slot of each schedule that was taken
schedule_slots = sa.Table(
    "schedule_slots",
    metadata,
    text("schedule"),
    moment("slot", null=False),
    sa.PrimaryKeyConstraint("schedule"),
)

SHARED_TABLES = (
    frozenset({"accounts", "tokens", "jobs", "schedule_slots"}) | _SHARED_OF_APPLICATIONS | _SHARED_OF_ACCOUNTS
)
