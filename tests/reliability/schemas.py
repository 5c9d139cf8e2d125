"""Request bodies out of the OpenAPI document: every place in them, with a valid value and values that are not."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handrail.http.openapi import document
from handrail.main import endpoints

ABSENT: Any = object()
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Operation:
    """One operation that takes a JSON body."""

    method: str
    path: str
    name: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A place in a body, and the schema of what may be there; `optional` schemas are unions, given one by one."""

    path: Path
    schema: dict[str, Any]
    kinds: frozenset[str]

    @property
    def name(self) -> str:
        """How errors name the place."""
        return ".".join(str(part) for part in self.path)


DOCUMENT = document(endpoints())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def operations() -> list[Operation]:
    """Every operation with a JSON body."""
    found: list[Operation] = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                found.append(Operation(method.upper(), path, operation["operationId"], schema))
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where it is only a reference; with what stands beside the reference."""
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**SCHEMAS[schema["$ref"].rsplit("/", 1)[-1]], **beside} if "$ref" in schema else schema


def options(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """What a value may be: the branches of a union, or the schema alone; one for each of several types."""
    schema = resolved(schema)
    if "anyOf" in schema:
        return [inner for branch in schema["anyOf"] for inner in options(branch)]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{**schema, "type": kind} for kind in kinds]
    return [schema]


def kinds(schema: dict[str, Any]) -> frozenset[str]:
    """The JSON types that a value may have; empty when anything goes."""
    found = [option.get("type") for option in options(schema)]
    return frozenset() if None in found and not _is_const(schema) else frozenset(str(kind) for kind in found)


def _is_const(schema: dict[str, Any]) -> bool:
    return "enum" in schema


def places(schema: dict[str, Any], path: Path = (), seen: frozenset[str] = frozenset()) -> Iterator[Place]:
    """Every place in the bodies of a schema, the outer ones first; inside of lists the first entry."""
    name = schema.get("$ref", "")
    if name and name in seen:
        return
    seen |= {name}
    if path:
        yield Place(path, schema, kinds(schema))
    for option in options(schema):
        for key, inner in option.get("properties", {}).items():
            yield from places(inner, (*path, key), seen)
        if isinstance(option.get("items"), dict):
            yield from places(option["items"], (*path, 0), seen)
        if isinstance(option.get("additionalProperties"), dict):
            yield from places(option["additionalProperties"], (*path, "key"), seen)


def valid(schema: dict[str, Any]) -> Any:
    """Some value that fits."""
    for option in (resolved(schema), *options(schema)):
        if option.get("examples"):
            return copy.deepcopy(option["examples"][0])
    option = options(schema)[0]
    if "enum" in option:
        return option["enum"][0]
    kind = option.get("type")
    if kind == "object":
        return {key: valid(option["properties"][key]) for key in option.get("required", ())}
    if kind == "array":
        return [valid(option.get("items", {}))] if option.get("minItems") else []
    if kind == "integer":
        return option.get("minimum", 1)
    if "pattern" in option:
        return "0" * 32
    return {"string": "text", "boolean": True, "number": 1.5}.get(kind or "")


def put(body: Any, schema: dict[str, Any], path: Path, value: Any) -> Any:
    """A copy of the body with the value at the path; what has to be around it is made where it is missing."""
    body = copy.deepcopy(body)
    node = body
    for index, part in enumerate(path):
        inner = _inner(schema, part)
        if index == len(path) - 1:
            _set(node, part, value)
            break
        following = path[index + 1]
        # what is there may be the other one of two shapes
        if not isinstance(_get(node, part), list if isinstance(following, int) else dict):
            made = valid(inner)
            if not isinstance(made, list if isinstance(following, int) else dict):
                made = [] if isinstance(following, int) else {}
            _set(node, part, made)
        node = _get(node, part)
        if isinstance(path[index + 1], int) and not node:
            node.append(valid(_inner(inner, 0)))
        schema = inner
    return body


def _inner(schema: dict[str, Any], part: str | int) -> dict[str, Any]:
    for option in options(schema):
        if isinstance(part, int) and isinstance(option.get("items"), dict):
            return option["items"]
        if part in option.get("properties", {}):
            return option["properties"][part]
        if isinstance(option.get("additionalProperties"), dict) and not isinstance(part, int):
            return option["additionalProperties"]
    return {}


def _get(node: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return node[part] if part < len(node) else ABSENT
    return node.get(part, ABSENT)


def _set(node: Any, part: str | int, value: Any) -> None:
    if isinstance(part, int) and part >= len(node):
        node.append(value)
    else:
        node[part] = value


def beyond(place: Place, current: Any) -> Iterator[tuple[str, Any]]:
    """Values just beyond each limit of a place, with the limit's name. `current` is what is there, if anything."""
    for option in options(place.schema):
        if "maxLength" in option:
            pattern = option.get("pattern", "")
            yield "maxLength", ("a" if pattern else "x") * (option["maxLength"] + 1)
        if option.get("minLength"):
            yield "minLength", ""
        if "maximum" in option:
            yield "maximum", option["maximum"] + 1
        if "minimum" in option:
            yield "minimum", option["minimum"] - 1
        if "pattern" in option and "maxLength" not in option:
            yield "pattern", "z" * 32
            yield "pattern", "0" * 31
        if "maxItems" in option:
            yield "maxItems", _repeated(option, current, option["maxItems"] + 1)
        if option.get("minItems"):
            yield "minItems", []
        if "enum" in option and option.get("type", "string") == "string":
            yield "enum", "no-such-word"


def _repeated(option: dict[str, Any], current: Any, count: int) -> list[Any]:
    entry = current[0] if isinstance(current, list) and current else valid(option.get("items", {}))
    if isinstance(entry, str) and len(entry) == 32:
        return [f"{number:032x}" for number in range(count)]
    if isinstance(entry, dict) and "id" in entry:
        return [
            {**entry, "id": number + 1 if isinstance(entry["id"], int) else f"{number:032x}"} for number in range(count)
        ]
    return [copy.deepcopy(entry) for _ in range(count)]


WRONG: dict[str, list[Any]] = {
    "string": [{"a": 1}, ["a"], True],
    "integer": [["a"], {"a": 1}, "many", 1.5],
    "number": [["a"], {"a": 1}, "many"],
    "boolean": [["a"], {"a": 1}, "perhaps", 7],
    "object": ["text", 7, True, ["a"]],
    "array": ["text", 7, True, {"a": 1}],
}


def wrong(place: Place) -> Iterator[Any]:
    """Values of types that do not belong at a place."""
    if not place.kinds:
        return
    tried: list[Any] = []
    for kind in sorted(place.kinds):
        for value in WRONG.get(kind, ()):
            if value not in tried and not any(_fits(value, allowed) for allowed in place.kinds):
                tried.append(value)
                yield value


def _fits(value: Any, kind: str) -> bool:
    """Whether a value is of a type, or is taken for one."""
    if kind == "string":
        return isinstance(value, str)
    if kind in ("integer", "number"):
        return isinstance(value, (int, float)) and not isinstance(value, bool) and (kind == "number" or value == 7)
    if kind == "boolean":
        return isinstance(value, bool)
    return isinstance(value, {"object": dict, "array": list}.get(kind, type(None)))


def at_limit(place: Place) -> Iterator[tuple[str, Any]]:
    """Values that just keep each limit of a place, with the limit's name."""
    for option in options(place.schema):
        if "maxLength" in option and "pattern" not in option:
            yield "maxLength", "x" * option["maxLength"]
        for name in ("maximum", "minimum"):
            if name in option:
                yield name, option[name]
