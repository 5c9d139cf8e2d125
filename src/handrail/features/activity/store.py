"""The SQL of the activity feed and of the events that leave the house. Rows are put as tuples of these columns."""

from handrail.schema.statement import Statement
from handrail.schema.tables import activities, events
from handrail.schema.words import insert_all

ACTIVITY = (
    "organization_id",
    "id",
    "verb",
    "subject_type",
    "subject_id",
    "parent_type",
    "parent_id",
    "actor_type",
    "actor_id",
    "description",
    "detail",
    "client",
    "request_id",
    "token_id",
    "created_at",
)
EVENT = ("organization_id", "id", "type", "process_id", "task_id", "actor_id", "data", "created_at")

insert_activity = Statement[None](insert_all(activities, *ACTIVITY))
insert_event = Statement[None](insert_all(events, *EVENT))
