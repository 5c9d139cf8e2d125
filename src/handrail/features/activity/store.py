"""The SQL of the activity feed and of the events that leave the house."""

from handrail.schema.sparse import Inserter
from handrail.schema.tables import activities, events

insert_activity = Inserter(activities)
insert_event = Inserter(events)
