"""From a query string to the shape of a task list and the values of its parameters (wire 2.16, 2.17)."""

from datetime import timedelta
from typing import Any, Literal

import msgspec

from handrail.features.organizations import engine as organizations
from handrail.features.people.groups import principals_of
from handrail.features.processes import visibility
from handrail.features.tasks import for_guests
from handrail.features.tasks.lists import SORT, STATUS, Scope, Shape
from handrail.http.call import Call
from handrail.kernel.clock import DAY, parse_day, parse_moment
from handrail.kernel.errors import Errors
from handrail.kernel.ids import integer_id
from handrail.kernel.worktime import day_starts
from handrail.ports.database import Reader

# groups of a person beyond this many are not asked one by one
MAX_PRINCIPALS = 64
# how a date may be written, where there is more to say than a day
FORMS = {"created": "YYYY-MM-DD or YYYY-MM-DD:YYYY-MM-DD"}


class Wanted(msgspec.Struct, frozen=True):
    """A list: its shape, and the values of the parameters."""

    shape: Shape
    parameters: dict[str, Any]


def like(text: str) -> str:
    """A pattern that finds the text anywhere, without regard to case; wildcards in it mean themselves."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


async def wanted(
    call: Call,
    reader: Reader,
    scope: Scope,
    *,
    default_status: str | None = None,
    default_sort: str = "newest",
    process_id: str | None = None,
    people: list[str] | None = None,
) -> Wanted:
    """Read every filter. Invalid names a date that cannot be read; words nobody knows do not filter."""
    if call.actor.is_guest:
        call.query = {name: text for name, text in call.query.items() if name in for_guests.FILTERS}
    query = call.query
    actor = call.actor
    now = call.application.clock.now()
    values: dict[str, Any] = {"organization_id": actor.organization_id, "now": now, "tomorrow": now + DAY}
    values |= visibility.parameters(actor.user_id, actor.owner_principals, actor.grant_principals)
    if process_id is not None:
        values["process_id"] = process_id
    principals = people or []
    if scope == "people":
        principals = pad(principals)
        values |= {f"principal{index}": principal for index, principal in enumerate(principals)}
    status = STATUS.get(query.get("status", "").lower(), default_status)
    own_list = scope == "people" and set(principals) == set(actor.owner_principals)
    owners = await _owners(call, reader)
    if owners:
        values["owners"] = owners
    dates = await _dates(call, reader)
    values |= dates
    if query.get("q"):
        values["q"] = like(query["q"])
    if query.get("tag"):
        values["tag"] = query["tag"]
    folder_ids = _parts(query.get("folder"))
    if folder_ids:
        values["folder_ids"] = folder_ids
    titles = _parts(query.get("roles"))
    if titles:
        values["titles"] = titles
    shape = Shape(
        scope=scope,
        restricted=not (actor.is_admin or own_list),
        status=None if status == "all" else status,
        sort=call.sort(SORT, default_sort),
        principals=len(principals),
        owners=bool(owners),
        unassigned=call.truth("unassigned") is True,
        query=bool(query.get("q")),
        tag=bool(query.get("tag")),
        folders=bool(folder_ids),
        titles=bool(titles),
        is_oneoff=call.truth("is_oneoff"),
        archived=_archived(query.get("archived", "").lower(), query.get("status", "").lower()),
        created_from="created_from" in dates,
        created_before="created_before" in dates,
        deadline_from="deadline_from" in dates,
        deadline_before="deadline_before" in dates,
        whole_process=scope == "process" and status is None,
    )
    return Wanted(shape, values)


def pad(principals: list[str]) -> list[str]:
    """The principals, repeated up to the next power of two, so that few shapes serve everybody."""
    if not principals:
        return ["-"]
    principals = principals[:MAX_PRINCIPALS]
    size = 1
    while size < len(principals):
        size *= 2
    return principals + [principals[-1]] * (size - len(principals))


def _archived(word: str, status: str) -> Literal["no", "only", "with"]:
    if word == "only" or (status == "archived" and not word):
        return "only"
    return "with" if word in ("true", "1") else "no"


async def _owners(call: Call, reader: Reader) -> list[str]:
    query = call.query
    people: list[str] = []
    if query.get("assignee") == "me":
        people.append(f"u:{call.actor.user_id}")
    for part in _parts(query.get("owners")):
        number = integer_id(part)
        people.append(f"u:{number}" if number is not None else "u:0")
    people += [f"g:{part.lower()}" for part in _parts(query.get("guests"))]
    found = await principals_of(reader, call.organization_id, people)
    return found + [f"r:{part}" for part in _parts(query.get("groups"))]


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()][:200]


async def _dates(call: Call, reader: Reader) -> dict[str, int]:
    names = (
        "deadline_on",
        "deadline_before",
        "deadline_after",
        "deadline_start_range",
        "deadline_end_range",
        "created",
    )
    given = {name: call.query[name] for name in names if call.query.get(name)}
    if not given:
        return {}
    zone = (await organizations.load(reader, call.organization_id)).timezone
    errors = Errors()
    found: dict[str, int] = {}

    def starts(name: str, text: str, days: int) -> int:
        """The first moment of the day, or of the day so many days later, in the organization's zone."""
        day = parse_day(text)
        # days beyond these years have no moment (`parse_moment`)
        if day is not None and parse_moment(text) is not None:
            return day_starts(day + timedelta(days=days), zone)
        moment = parse_moment(text)
        if moment is None:
            if name not in errors.found:
                errors.add(name, f"The {name} is not a valid date; write it as {FORMS.get(name, 'YYYY-MM-DD')}.")
            return 0
        return moment

    if "deadline_on" in given:
        found["deadline_from"] = starts("deadline_on", given["deadline_on"], 0)
        found["deadline_before"] = starts("deadline_on", given["deadline_on"], 1)
    else:
        if "deadline_start_range" in given:
            found["deadline_from"] = starts("deadline_start_range", given["deadline_start_range"], 0)
        if "deadline_after" in given:
            found["deadline_from"] = starts("deadline_after", given["deadline_after"], 1)
        if "deadline_end_range" in given:
            found["deadline_before"] = starts("deadline_end_range", given["deadline_end_range"], 1)
        if "deadline_before" in given:
            found["deadline_before"] = starts("deadline_before", given["deadline_before"], 0)
    if "created" in given:
        first, _, last = (
            given["created"].partition(":") if parse_moment(given["created"]) is None else (given["created"], "", "")
        )
        found["created_from"] = starts("created", first, 0)
        found["created_before"] = starts("created", last or first, 1)
    errors.raise_if_any()
    return found
