"""Does an answer fit the definition of its field? A second, independent reading of the value shapes (wire section 3).

Every function returns the complaints as text; an empty list means that all is well.
"""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tests.examples.samples import Json

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
RELATIVE_DATE = re.compile(r"today([+-]\d+)?")
TEXT_LIMIT = 200
LONG_TEXT_LIMIT = 30_000

PATTERNS = {
    "numeric": NUMBER,
    "email": ADDRESS,
    "alpha": re.compile(r"[^\W\d_]+"),
    "alpha_num": re.compile(r"[^\W_]+"),
    "alpha_dash": re.compile(r"[\w-]+"),
}


def is_blank(value: Any) -> bool:
    """Whether the answer counts as not given when a required field is enforced."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return all(not entry.strip() for entry in value)
    if isinstance(value, list) and any("selected" in entry for entry in value):
        return not any(entry.get("selected") for entry in value)
    return not value


def validation_complaints(rules: list[str], text: str) -> list[str]:
    complaints: list[str] = []
    for rule in rules:
        name, _, argument = rule.partition(":")
        if name in ("min", "max"):
            measure = float(text) if "numeric" in rules and NUMBER.fullmatch(text) else float(len(text))
            fits = measure >= float(argument) if name == "min" else measure <= float(argument)
        elif name == "url":
            fits = urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).netloc)
        elif name in PATTERNS:
            fits = PATTERNS[name].fullmatch(text) is not None
        else:
            complaints.append(f"there is no validation {rule!r}")
            continue
        if not fits:
            complaints.append(f"{text!r} breaks {rule!r}")
    return complaints


def text_complaints(field: Json, value: Any) -> list[str]:
    if isinstance(value, (list, dict)) or value is None:
        return ["a short text is a scalar"]
    text = str(value)
    too_long = [f"longer than {TEXT_LIMIT} characters"] if len(text) > TEXT_LIMIT else []
    return too_long + validation_complaints(field.get("field_validation", []), text)


def textarea_complaints(field: Json, value: Any) -> list[str]:
    if not isinstance(value, str):
        return ["a long text is a string"]
    complaints = [f"longer than {LONG_TEXT_LIMIT} characters"] if len(value) > LONG_TEXT_LIMIT else []
    if not field.get("use_wysiwyg_editor") and re.search(r"</?\w+>", value):
        complaints.append("markup in a plain long text")
    return complaints


def email_complaints(field: Json, value: Any) -> list[str]:
    return [] if isinstance(value, str) and ADDRESS.fullmatch(value) else [f"{value!r} is no address"]


def date_complaints(field: Json, value: Any) -> list[str]:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return [f"{value!r} is no date"]
    has_time = len(value) > len("2026-01-31")
    if has_time != bool(field.get("collect_time")):
        return [f"{value!r} and collect_time disagree about the time of day"]
    return []


def radio_complaints(field: Json, value: Any) -> list[str]:
    return [] if value in [option["text"] for option in field["options"]] else [f"{value!r} is no option"]


def option_complaints(field: Json, entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return [f"{entry!r} is not an option object"]
    pairs = [(option["id"], option["text"]) for option in field["options"]]
    return [] if (entry.get("id"), entry.get("text")) in pairs else [f"{entry!r} is no option"]


def multiselect_complaints(field: Json, value: Any) -> list[str]:
    if not isinstance(value, list):
        return ["a checklist answer is a list"]
    complaints = [complaint for entry in value for complaint in option_complaints(field, entry)]
    if complaints:
        return complaints
    selected = {entry["id"] for entry in value if entry.get("selected") is True}
    if (field.get("settings") or {}).get("must_all_checked") and selected != {o["id"] for o in field["options"]}:
        return ["every option has to be ticked"]
    return []


def table_complaints(field: Json, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(cell, str) for cell in value):
        return ["a table is a flat list of texts"]
    if len(value) != len(field["columns"]):
        return [f"{len(value)} cells for {len(field['columns'])} columns"]
    return []


def assignees_complaints(field: Json, value: Any) -> list[str]:
    return [] if value == {} else ["sample files name no people"]


def file_complaints(field: Json, value: Any) -> list[str]:
    if not isinstance(value, list):
        return ["files are a list"]
    complaints: list[str] = []
    for entry in value:
        if not isinstance(entry, dict) or entry.get("source") != "url" or not entry.get("filename"):
            complaints.append(f"{entry!r} is not an outside link with a file name")
        else:
            complaints += validation_complaints(["url"], str(entry.get("url")))
    return complaints


CHECKS = {
    "text": text_complaints,
    "textarea": textarea_complaints,
    "email": email_complaints,
    "date": date_complaints,
    "radio": radio_complaints,
    "dropdown": option_complaints,
    "multiselect": multiselect_complaints,
    "table": table_complaints,
    "assignees_form": assignees_complaints,
    "file": file_complaints,
}


def value_complaints(field: Json, value: Any) -> list[str]:
    return [f"{field['id']}: {complaint}" for complaint in CHECKS[field["field_type"]](field, value)]


def form_complaints(fields: list[Json], answers: Json) -> list[str]:
    """Complaints about a whole form as it would be submitted: unknown fields, missing and ill-fitting answers."""
    known = {field["id"]: field for field in fields}
    complaints = [f"{unknown}: no such field in this form" for unknown in answers.keys() - known.keys()]
    for name, field in known.items():
        if is_blank(answers.get(name)):
            complaints += [f"{name}: required and not answered"] if field["required"] else []
        else:
            complaints += value_complaints(field, answers[name])
    return complaints


def default_complaints(field: Json) -> list[str]:
    """A default has the shape of a value; a date may be relative, and a text may hold variables."""
    default = field["default_value"]
    if field["field_type"] in ("table", "file", "assignees_form"):
        return [f"{field['id']}: this type has no default"]
    if isinstance(default, str) and (RELATIVE_DATE.fullmatch(default) or "{{" in default):
        fits = field["field_type"] == "date" or "{{" in default
        return [] if fits else [f"{field['id']}: only dates have relative defaults"]
    return value_complaints(field, default)
