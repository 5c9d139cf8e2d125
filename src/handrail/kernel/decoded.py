"""Decoded JSON of unknown shape: typed ways to look into it."""

from typing import Any, cast

JsonObject = dict[str, Any]


def as_object(value: Any) -> JsonObject | None:
    """The value as an object, or None when it is something else."""
    return cast(JsonObject, value) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any] | None:
    """The value as a list, or None when it is something else."""
    return cast(list[Any], value) if isinstance(value, list) else None
