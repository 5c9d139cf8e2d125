"""The public JSON of reminders."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta


class Reminder(msgspec.Struct, kw_only=True):
    """Who is reminded of a task: its people, groups taken apart, but for whoever asked for it."""

    task_id: str
    users: Annotated[list[int], Meta(description="Members, those too who want no mail at all.")]
    guests: Annotated[list[str], Meta(description="Addresses of guests.")]


class StatusRequestBody(msgspec.Struct, kw_only=True):
    """What to ask."""

    content: Annotated[str, Meta(max_length=10_000, description="Other words for it.")] | None = None


EXAMPLES: dict[str, Any] = {
    "Reminder": {"task_id": "72f9c05e8d1b4a36bc40e5a91d7f8263", "users": [9], "guests": ["rui@pilots.example"]},
    "StatusRequestBody": {"content": "Will it be done by Friday?"},
}
