"""Form fields from what a client gave: the rules of engine 4.1 and wire 2.9, the same for step and kick-off fields."""

import re
from collections.abc import Collection, Mapping
from typing import Any, get_args

from msgspec.structs import replace

from handrail.engine import limits
from handrail.engine.defaults import check_default
from handrail.engine.definition import CHOICE_TYPES, Field, FieldType
from handrail.engine.given import Given
from handrail.kernel.errors import Errors
from handrail.kernel.ids import MAX_INTEGER_ID, new_id
from handrail.kernel.words import slug

FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)
SIMPLE_VALIDATIONS = ("numeric", "email", "url", "alpha", "alpha_num", "alpha_dash")
SETTINGS = ("read_only", "must_all_checked", "default_to_guest")
# names that some clients use: the type meant, and the validation or switch that goes with it (wire 3)
OTHER_NAMES: dict[str, FieldType] = {
    "number": "text",
    "url": "text",
    "checkbox": "multiselect",
    "datetime": "date",
    "time": "date",
    "select": "dropdown",
}
_VALIDATION_OF = {"number": "numeric", "url": "url"}
_BOUND = re.compile(r"(min|max):(-?\d{1,15}(?:\.\d{1,15})?)")
_OPTION_EXTRAS = ("value", "required", "selected", "description")


def field_from(
    data: Mapping[str, Any],
    *,
    current: Field | None,
    path: str,
    errors: Errors,
    now: int,
    taken_aliases: Collection[str],
) -> Field | None:
    """A new field, or `current` with what was given merged over it; None when something is wrong.

    The merged field is checked as a whole. Its id and alias never change; unknown keys are ignored, `position` is for
    the caller. `taken_aliases` are all aliases of the template.
    """
    found = Errors()
    given = Given(data, path, found)
    label = given.needed_text("label", current and current.label, limits.LABEL)
    told_type, field_type = _field_type(given, current)
    if "required" not in given and current is None:
        given.refuse("required", "The required key must be present, as true or false.")
    elif given.data.get("required", True) is None:
        given.refuse("required", "The required key must be true or false.")
    field_id = current.id if current else new_id()
    field = Field(
        id=field_id,
        alias=current.alias if current else unique_alias(label, field_id, taken_aliases),
        label=label,
        field_type=field_type,
        required=given.flag("required", bool(current and current.required)),
        guidance=given.html("guidance", current and current.guidance, limits.GUIDANCE),
        options=_options(given, current, told_type, field_type, label),
        columns=_columns(given, current, field_type),
        field_validation=_validations(given, current, told_type, field_type),
        default_value=given.plain("default_value", current and current.default_value),
        default_value_enabled=given.flag("default_value_enabled", bool(current and current.default_value_enabled)),
        collect_time=field_type == "date"
        and (told_type in ("datetime", "time") or given.flag("collect_time", bool(current and current.collect_time))),
        use_wysiwyg_editor=field_type == "textarea"
        and given.flag("use_wysiwyg_editor", bool(current and current.use_wysiwyg_editor)),
        prefix=given.text("prefix", current and current.prefix, limits.AFFIX),
        suffix=given.text("suffix", current and current.suffix, limits.AFFIX),
        settings=_settings(given, current),
        list=given.plain("list", current and current.list),
        custom_fields=current.custom_fields if current else None,
        created_at=current.created_at if current else now,
        updated_at=now,
    )
    field = _with_default(field, given, current)
    for where, texts in found.found.items():
        for text in texts:
            errors.add(where, text)
    return None if found else field


def unique_alias(text: str, record_id: str, taken: Collection[str]) -> str:
    """A slug of the text and the end of the id, with more of the id in the rare case that it is taken (wire 0.3)."""
    alias = slug(text, record_id)
    while alias in taken:
        alias = f"{slug(text, '')}-{new_id()[-12:]}"
    return alias


def _field_type(given: Given, current: Field | None) -> tuple[str, FieldType]:
    """The type as the client named it, and the one it means."""
    if "field_type" not in given and current is not None:
        return current.field_type, current.field_type
    told = given.data.get("field_type")
    if isinstance(told, str):
        if told in FIELD_TYPES:
            return told, told
        if told in OTHER_NAMES:
            return told, OTHER_NAMES[told]
    given.refuse_word("field_type", FIELD_TYPES)
    return "text", "text"


def _options(
    given: Given, current: Field | None, told_type: str, field_type: FieldType, label: str
) -> tuple[dict[str, Any], ...]:
    if field_type not in CHOICE_TYPES:
        return ()
    stored = current.options if current else ()
    options = _given_options(given) if "options" in given else stored
    if not options and told_type == "checkbox" and not given.data.get("options"):
        return ({"id": 1, "text": label},)
    least = 2 if field_type == "radio" else 1
    if len(options) < least and not given.is_wrong("options"):
        count = f"{least} option" if least == 1 else f"{least} options"
        given.refuse("options", f"A field of type {field_type} needs at least {count}, each with id and text.")
    return options


def _given_options(given: Given) -> tuple[dict[str, Any], ...]:
    options: list[dict[str, Any]] = []
    ids: set[int] = set()
    for item in given.objects("options", limits.OPTIONS):
        option: dict[str, Any] = {"id": _unique_id(item, ids)}
        option["text"] = item.needed_text("text", None, limits.OPTION_TEXT)
        for key in _OPTION_EXTRAS:
            if key in item:
                option[key] = item.plain(key, None)
        options.append(option)
    return tuple(options)


def _columns(given: Given, current: Field | None, field_type: FieldType) -> tuple[dict[str, Any], ...]:
    if field_type != "table":
        return ()
    if "columns" in given:
        ids: set[int] = set()
        columns = tuple(
            {"id": _unique_id(item, ids), "label": item.needed_text("label", None, limits.COLUMN_LABEL)}
            for item in given.objects("columns", limits.COLUMNS)
        )
    else:
        columns = current.columns if current else ()
    if not columns and not given.is_wrong("columns"):
        given.refuse("columns", "A table needs at least one column, each with id and label.")
    return columns


def _unique_id(item: Given, taken: set[int]) -> int:
    number = item.data.get("id")
    if type(number) is not int or not 0 <= number <= MAX_INTEGER_ID:
        item.refuse("id", "The id must be a whole number, 0 or more.")
        return 0
    if number in taken:
        item.refuse("id", f"The id {number} is used twice; each needs its own.")
    taken.add(number)
    return number


def _validations(given: Given, current: Field | None, told_type: str, field_type: FieldType) -> tuple[str, ...]:
    if field_type != "text":
        return ()
    if "field_validation" in given:
        rules = _given_validations(given)
    else:
        rules = list(current.field_validation) if current else []
    extra = _VALIDATION_OF.get(told_type)
    if extra is not None and extra not in rules:
        rules.append(extra)
    _check_bounds(given, rules)
    return tuple(rules)


def _given_validations(given: Given) -> list[str]:
    value = given.data["field_validation"]
    listed: list[Any] = (
        [*value.split("|")] if isinstance(value, str) else given.entries("field_validation", limits.VALIDATIONS)
    )
    if len(listed) > limits.VALIDATIONS:
        given.refuse("field_validation", f"A field takes at most {limits.VALIDATIONS} validations.")
        return []
    rules: list[str] = []
    for index, entry in enumerate(listed):
        rule = entry.strip() if isinstance(entry, str) else "no text"
        if rule in SIMPLE_VALIDATIONS or _BOUND.fullmatch(rule):
            rules.append(rule)
        elif rule:
            allowed = ", ".join((*SIMPLE_VALIDATIONS, "min:N", "max:N"))
            given.refuse(f"field_validation.{index}", f"A validation must be one of: {allowed}.")
    return list(dict.fromkeys(rules))


def _check_bounds(given: Given, rules: list[str]) -> None:
    bounds = [(found[1], found[2]) for rule in rules if (found := _BOUND.fullmatch(rule))]
    if "numeric" not in rules and any(not bound.isdigit() for _, bound in bounds):
        given.refuse(
            "field_validation", "A length in min:N or max:N must be a whole number, unless numeric is set too."
        )
    low = max((float(bound) for name, bound in bounds if name == "min"), default=None)
    high = min((float(bound) for name, bound in bounds if name == "max"), default=None)
    if low is not None and high is not None and low > high:
        given.refuse("field_validation", "The min is larger than the max, so that no text would fit.")


def _settings(given: Given, current: Field | None) -> dict[str, Any] | None:
    if "settings" not in given:
        return current.settings if current else None
    settings = given.object("settings")
    if settings is None:
        return None
    return {name: settings.flag(name, False) for name in SETTINGS if name in settings} or None


def _with_default(field: Field, given: Given, current: Field | None) -> Field:
    """The field with a default that fits; one that a change of type left behind is dropped."""
    if not field.default_value_enabled or given.is_wrong("default_value"):
        return field
    outgrown = current is not None and current.field_type != field.field_type and "default_value" not in given
    found = Errors() if outgrown else given.errors
    default = check_default(field, field.default_value, path=given.at("default_value"), errors=found)
    if outgrown and found:
        return replace(field, default_value=None, default_value_enabled=False)
    return replace(field, default_value=default)
