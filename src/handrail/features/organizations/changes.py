"""From what somebody wants changed of an organization to what is stored, with everything that is wrong named."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from handrail.features.organizations.document import DATE_FORMATS, WEEK, Document, Period, decoded, encoded, weekdays
from handrail.features.organizations.store import OrganizationRow
from handrail.features.organizations.wire import Day, OrganizationBody
from handrail.kernel.actor import ROLES
from handrail.kernel.addresses import is_web_address
from handrail.kernel.decoded import as_object
from handrail.kernel.errors import Errors
from handrail.kernel.html import sanitise
from handrail.kernel.ids import is_id
from handrail.kernel.worktime import UNITS, unit_named
from handrail.kernel.zones import is_zone

HTML = frozenset(
    {
        "homepage_snippet",
        "onboarding_snippet",
        "guest_onboarding_snippet",
        "light_role_error_snippet",
        "error_404_template",
        "welcome_description",
    }
)
PICTURES = ("org_logo", "home_bg")
SMALL_JSON = 20_000
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_DAY_NAMES = {name.lower(): name for name in WEEK}


def changed(row: OrganizationRow, body: OrganizationBody, errors: Errors) -> OrganizationRow:
    """The row with the changes of the body; what cannot be stored is noted in `errors` instead."""
    columns: dict[str, Any] = {}
    if body.name is not UNSET:
        columns["name"] = body.name.strip()
        if not columns["name"]:
            errors.add("name", "The name field is required.")
    if body.slug is not UNSET:
        columns["slug"] = body.slug
    if body.timezone is not UNSET:
        columns["timezone"] = body.timezone
        if not is_zone(body.timezone):
            errors.add("timezone", "The timezone must be the IANA name of a time zone, such as Europe/Lisbon.")
    if body.working_days is not UNSET:
        columns["working_days"] = None if body.working_days is None else _week(body.working_days, errors)
    if body.default_deadline is not UNSET:
        unit = unit_named(body.default_deadline.type)
        if unit is None:
            errors.add("default_deadline.type", f"The type must be one of {', '.join(UNITS)}.")
        columns["default_deadline_unit"] = unit
        columns["default_deadline_value"] = body.default_deadline.value
    columns["settings"] = encoded(_document(decoded(row.settings), body, errors))
    return msgspec.structs.replace(row, **columns)


def _document(stored: Document, body: OrganizationBody, errors: Errors) -> Document:
    given = {name: getattr(body, name) for name in Document.__struct_fields__}
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not UNSET}
    for name in HTML & values.keys():
        if values[name] is not None:
            values[name] = sanitise(values[name])
    for name in PICTURES:
        if values.get(name) and not is_web_address(values[name]):
            errors.add(name, "This must be an http or https address.")
    for name in ("cadence_days", "guest_cadence_days"):
        if name in values:
            values[name] = weekdays(name, values[name], errors)
    if "team_size" in values:
        values["team_size"] = tuple(values["team_size"])
    if "auto_archive_processes_after" in values:
        period = values["auto_archive_processes_after"]
        unit = unit_named(period.unit)
        if unit not in ("days", "weeks"):
            errors.add("auto_archive_processes_after.unit", "The unit must be days or weeks.")
        else:
            values["auto_archive_processes_after"] = Period(unit, period.value)
    if values.get("sso_default_role") is not None:
        values["sso_default_role"] = values["sso_default_role"].lower()
        if values["sso_default_role"] not in ROLES:
            errors.add("sso_default_role", f"The role must be one of {', '.join(ROLES)}.")
    if values.get("onboarding_template_id") is not None and not is_id(values["onboarding_template_id"]):
        errors.add("onboarding_template_id", "This must be the id of a template.")
    if "webhook_date_field_format" in values and values["webhook_date_field_format"] not in DATE_FORMATS:
        errors.add("webhook_date_field_format", f"The format must be one of: {'; '.join(DATE_FORMATS)}.")
    service = values.get("azure_cognitive_service")
    if service is not None and len(msgspec.json.encode(service)) > SMALL_JSON:
        errors.add("azure_cognitive_service", f"This must not be longer than {SMALL_JSON:,} characters.")
    return msgspec.structs.replace(stored, **values)


def _week(given: Mapping[str, Any], errors: Errors) -> str:
    """All seven days as they are stored (engine, decision 40)."""
    by_name: dict[str, Day] = {}
    for key, value in given.items():
        name = _DAY_NAMES.get(key.strip().lower())
        if name is None:
            errors.add(f"working_days.{key[:40]}", f"The days are {', '.join(WEEK)}.")
        else:
            by_name[name] = _day(value, f"working_days.{key}", errors)
    if not errors and not any(day.enabled for day in by_name.values()):
        errors.add("working_days", "At least one day must be enabled.")
    week = {name: by_name.get(name, Day(enabled=False)) for name in WEEK}
    return msgspec.json.encode(week).decode()


def _day(value: Any, path: str, errors: Errors) -> Day:
    off = Day(enabled=False)
    if isinstance(value, bool):
        return Day(enabled=value)
    day = as_object(value)
    if day is None:
        errors.add(path, "This must be an object with enabled, start and end.")
        return off
    enabled = day.get("enabled", True)
    if enabled in ("true", "false"):
        enabled = enabled == "true"
    if enabled not in (True, False):
        errors.add(f"{path}.enabled", "This must be true or false.")
        return off
    start, end = day.get("start"), day.get("end")
    if not enabled:
        return off
    if day.get("all_hours") is True or (start is None and end is None):
        return Day(enabled=True)
    minutes: list[int] = []
    for name, text in (("start", start), ("end", end)):
        found = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None or int(found[1]) * 60 + int(found[2]) > 24 * 60:
            errors.add(f"{path}.{name}", "This must be a time of the day such as 09:00; give both start and end.")
            return off
        minutes.append(int(found[1]) * 60 + int(found[2]))
    if minutes[1] == 0:  # midnight as an end is the end of the day
        minutes[1] = 24 * 60
    if minutes[0] >= minutes[1]:
        errors.add(f"{path}.end", "The end must be after the start.")
        return off
    return Day(enabled=True, start=_clock(minutes[0]), end=_clock(minutes[1]))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
