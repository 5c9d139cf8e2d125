"""A kick-off form as inputs of a page: what each field shows, and what was typed as answers.

Files and tables cannot be given here; a form that requires one of them says so and cannot be sent.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

import msgspec

from handrail.engine.definition import Field
from handrail.engine.typed import answers_by_alias, one_object
from handrail.engine.variables import Texts, has_live_default
from handrail.kernel.clock import iso, parse_day, parse_moment
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.errors import Errors
from handrail.kernel.html import strip_tags
from handrail.kernel.worktime import local, zone_named

NOT_HERE = {
    "file": "A file cannot be sent with this page.",
    "table": "A table cannot be filled in on this page.",
}
_LOCAL = "%Y-%m-%dT%H:%M"


class Choice(msgspec.Struct, frozen=True):
    """One option: the name of its box where each has one, its value, its words."""

    name: str
    value: str
    text: str


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the form. `kind` is what the page draws; `closed` is why it draws none."""

    path: str
    name: str
    kind: str
    label: str
    required: bool
    hints: list[str]
    choices: list[Choice]
    longest: int = 255
    prefix: str = ""
    suffix: str = ""
    closed: str = ""


def input_of(field: Field, zone: str) -> Input:
    """How a field looks."""
    name, kind = f"f-{field.id}", field.field_type
    hints = [strip_tags(field.guidance)] if field.guidance and strip_tags(field.guidance) else []
    if kind == "date" and field.collect_time:
        hints.append(f"Date and time on the clocks of {zone}.")
    if kind == "assignees_form":
        hints.append("E-mail addresses, with commas between them.")
        if field.setting("default_to_guest"):
            hints.append("Left empty, it is your own address.")
    closed = NOT_HERE.get(kind, "")
    if not closed and field.setting("read_only"):
        closed = "This is filled in by whoever shares the form."
    boxes = kind == "multiselect"
    return Input(
        path=f"prerun.{field.id}",
        name=name,
        kind="datetime" if kind == "date" and field.collect_time else kind,
        label=field.label,
        required=field.required and not closed,
        hints=hints,
        choices=[
            Choice(f"{name}-{option['id']}" if boxes else name, str(option["id"]), str(option["text"]))
            for option in field.options
        ],
        longest=30_000 if kind == "textarea" else 255,
        prefix=field.prefix or "",
        suffix=field.suffix or "",
        closed=closed,
    )


def impossible(fields: tuple[Field, ...]) -> list[str]:
    """Why the form cannot be sent from a page, if so: the fields that are required and cannot be given here."""
    return [f"{field.label}: {NOT_HERE[field.field_type]}" for field in fields if _bars(field)]


def _bars(field: Field) -> bool:
    return field.required and field.field_type in NOT_HERE


def typed_at_first(fields: tuple[Field, ...], ko_fields: str, texts: Texts) -> dict[str, str]:
    """What the inputs hold before anybody types: the defaults as they read now, and over them the answers that a link
    carries.

    What a link says that is no answer of the form is left out.
    """
    try:
        given = msgspec.json.decode(ko_fields) if ko_fields else None
    except (msgspec.DecodeError, RecursionError):
        given = None
    errors = Errors()
    values = dict(texts.answers(fields, texts.process.kickoff, None))
    values |= answers_by_alias(fields, one_object(given, errors), {}, path="ko_fields", errors=errors)
    typed: dict[str, str] = {}
    for field in fields:
        typed |= _typed(field, values.get(field.id), texts.zone)
    return typed


def _typed(field: Field, value: Any, zone: str) -> dict[str, str]:
    """A value as the inputs of its field hold it."""
    name, kind = f"f-{field.id}", field.field_type
    if kind == "multiselect":
        chosen = [entry for entry in map(as_object, as_list(value) or []) if entry is not None]
        return {f"{name}-{entry.get('id')}": "on" for entry in chosen if entry.get("selected")}
    if kind == "dropdown":
        option = as_object(value)
        return {} if option is None else {name: str(option.get("id"))}
    if kind == "radio":
        option = next((option for option in field.options if option["text"] == value), None)
        return {} if option is None else {name: str(option["id"])}
    if kind == "assignees_form":
        guests = as_list((as_object(value) or {}).get("guests")) or []
        return {name: ", ".join(guest for guest in guests if isinstance(guest, str))}
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return {}
    text = str(value)
    if kind == "date":
        day, moment = parse_day(text), parse_moment(text)
        if field.collect_time:
            return {} if moment is None else {name: f"{local(moment, zone):{_LOCAL}}"}
        found = day or (None if moment is None else local(moment, zone).date())
        return {} if found is None else {name: found.isoformat()}
    return {name: strip_tags(text) if kind == "textarea" and field.use_wysiwyg_editor else text}


def answers_of(fields: tuple[Field, ...], typed: Mapping[str, str], texts: Texts) -> dict[str, Any]:
    """The answers that were typed, by field id. Whether they fit is checked with the launch.

    A default with variables that nobody has touched is no answer: it goes on to say what the others say (decision 22).
    """
    first = typed_at_first(fields, "", texts)
    return {
        field.id: _answer(field, typed, texts.zone)
        for field in fields
        if field.field_type not in NOT_HERE
        and not field.setting("read_only")
        and not (has_live_default(field) and _is_untouched(f"f-{field.id}", typed, first))
    }


def _is_untouched(name: str, typed: Mapping[str, str], first: Mapping[str, str]) -> bool:
    # a browser sends other line ends than it was given
    return typed.get(name, "").replace("\r\n", "\n").strip() == first.get(name, "").strip()


def _answer(field: Field, typed: Mapping[str, str], zone: str) -> Any:
    name, kind = f"f-{field.id}", field.field_type
    if kind == "multiselect":
        chosen = [option for option in field.options if f"{name}-{option['id']}" in typed]
        return [{"id": option["id"], "text": option["text"], "selected": True} for option in chosen]
    text = typed.get(name, "")
    if not text.strip():
        return None
    if kind in ("dropdown", "radio"):
        option = next((option for option in field.options if str(option["id"]) == text), None)
        if option is None:
            return text
        return option["text"] if kind == "radio" else {"id": option["id"], "text": option["text"]}
    if kind == "assignees_form":
        guests = [part.strip() for part in text.replace("\n", ",").replace(";", ",").split(",")]
        return {"users": [], "guests": [guest for guest in guests if guest], "groups": []}
    if kind == "date" and field.collect_time:
        return _moment(text, zone)
    if kind == "textarea":
        text = text.replace("\r\n", "\n")
        return escape(text).replace("\n", "<br>") if field.use_wysiwyg_editor else text
    return text.strip()


def _moment(text: str, zone: str) -> str:
    """A local date and time as the moment it is; what is none stays, to be refused with the launch."""
    try:
        there = datetime.strptime(text[:16], _LOCAL).replace(tzinfo=zone_named(zone))
        return iso(int(there.timestamp()) * 1000)
    except (ValueError, OverflowError):
        return text
