"""The SQL of the activity feed and of the events that leave the house."""

from handrail.schema.statement import Statement
from handrail.schema.tables import activities, events
from handrail.schema.words import insert_all

insert_activity = Statement[None](insert_all(activities))
insert_event = Statement[None](insert_all(events))
