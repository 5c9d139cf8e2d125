"""The public JSON of schedules (wire 2.32)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Id = Annotated[str, Meta(pattern="^[a-f0-9]{32}$")]
Rule = Annotated[
    str,
    Meta(
        max_length=8000,
        description="An RFC 5545 rule, such as `FREQ=MONTHLY;BYDAY=-1FR`; hourly at the most. Lines of EXDATE, which "
        "leave moments or whole days out, and of RDATE, which add some, may follow it; 200 dates each.",
    ),
]
Local = Annotated[
    str,
    Meta(description="`YYYY-MM-DD HH:MM:SS` on the clocks of the zone: when it begins, and its time of day."),
]
Title = Annotated[str, Meta(min_length=1, max_length=250)]
Name = Annotated[
    str, Meta(max_length=550, description="Of the processes; may hold {{DATE}}, {{TEMPLATE_NAME}} and {{aliases}}.")
]
Answers = Annotated[dict[str, Any], Meta(description="Answers of the kick-off form, by field id.")]
NonWorking = Annotated[
    Literal["launch", "skip", "next"],
    Meta(description="On days that nobody works: launch all the same, leave it out, or on the next working day."),
]
CatchUp = Annotated[
    Literal["last", "all", "none"],
    Meta(description="Of what was missed while the server stood still: the last one, all (100 at most), or none."),
]


class NewScheduleBody(msgspec.Struct, kw_only=True):
    """A schedule."""

    title: Title
    checklist_id: Id
    rule: Rule
    starts_at: Local
    timezone: Annotated[str | None, Meta(description="An IANA name; the organization's, if left out.")] = None
    name: Name | None = None
    prerun: Answers | None = None
    owner_id: (
        Annotated[
            int,
            Meta(description="Whom the processes count for; the caller, if left out. Administrators may name others."),
        ]
        | None
    ) = None
    non_working_days: NonWorking = "launch"
    catch_up: CatchUp = "last"
    paused: bool = False


class ScheduleBody(msgspec.Struct, kw_only=True):
    """Changes of a schedule. What is left out stays."""

    title: Title | UnsetType = UNSET
    rule: Rule | UnsetType = UNSET
    starts_at: Local | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    name: Name | UnsetType | None = UNSET
    prerun: Answers | UnsetType = UNSET
    owner_id: int | UnsetType = UNSET
    non_working_days: NonWorking | UnsetType = UNSET
    catch_up: CatchUp | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


class PreviewBody(msgspec.Struct, kw_only=True):
    """A rule to try."""

    rule: Rule
    starts_at: Local
    timezone: str | None = None
    non_working_days: NonWorking = "launch"
    count: Annotated[int, Meta(ge=1, le=100)] = 10


class CountQuery(msgspec.Struct):
    """How many moments."""

    count: Annotated[str, Meta(description="1 to 100; 10 unless another is given.")] = ""


class Occurrences(msgspec.Struct, kw_only=True):
    """The next moments at which something launches."""

    timezone: str
    moments: Annotated[list[str], Meta(description="UTC.")]
    local: Annotated[list[str], Meta(description="The same on the clocks of the zone.")]


class Schedule(msgspec.Struct, kw_only=True):
    """A schedule, and what came of it."""

    id: str
    title: str
    checklist_id: str
    rule: str
    starts_at: str
    timezone: str
    name: str | None
    prerun: dict[str, Any]
    owner_id: int
    non_working_days: str
    catch_up: str
    paused: bool
    next_at: Annotated[str | None, Meta(description="When it launches next; null when it is over.")]
    launches: int
    last_at: Annotated[str | None, Meta(description="The moment it launched for last.")]
    last_run_id: str | None
    last_error: Annotated[str | None, Meta(description="Why the last launch failed; null when it went well.")]
    failures: Annotated[int, Meta(description="How many launches failed in a row; the fifth pauses the schedule.")]
    created_by: int
    created_at: str
    last_updated: str


_NEW: dict[str, Any] = {
    "title": "Month end",
    "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
    "rule": "FREQ=MONTHLY;BYMONTHDAY=-1",
    "starts_at": "2027-03-01 17:00:00",
    "timezone": "Europe/Lisbon",
    "name": "Close of {{DATE}}",
    "prerun": {},
    "owner_id": 40817,
    "non_working_days": "next",
    "catch_up": "last",
    "paused": False,
}
_SCHEDULE: dict[str, Any] = {
    "id": "7a3d9c1e5f8042b6a9d0e4c8b7f61325",
    **_NEW,
    "next_at": "2027-03-31T16:00:00.000Z",
    "launches": 0,
    "last_at": None,
    "last_run_id": None,
    "last_error": None,
    "failures": 0,
    "created_by": 40817,
    "created_at": "2027-02-20T10:00:00.000Z",
    "last_updated": "2027-02-20T10:00:00.000Z",
}
EXAMPLES: dict[str, Any] = {
    "NewScheduleBody": _NEW,
    "ScheduleBody": {"rule": "FREQ=MONTHLY;BYDAY=-1FR", "paused": False},
    "PreviewBody": {"rule": "FREQ=WEEKLY;BYDAY=MO", "starts_at": "2027-03-01 09:00:00", "count": 3},
    "CountQuery": {"count": "12"},
    "Occurrences": {
        "timezone": "Europe/Lisbon",
        "moments": ["2027-03-31T16:00:00.000Z"],
        "local": ["2027-03-31 17:00:00"],
    },
    "Schedule": _SCHEDULE,
}
