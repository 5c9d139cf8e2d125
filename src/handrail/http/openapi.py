"""The OpenAPI 3.1 document, made of the declared endpoints and the structs of the wire.

Schemas come from the structs (types, limits, descriptions); an `EXAMPLE` beside a struct gives every field its example.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from handrail import __version__
from handrail.http.conditions import revised
from handrail.http.endpoint import Endpoint
from handrail.http.envelope import Pagination
from handrail.http.openapi_oauth import AUTHORIZE, SCHEME
from handrail.http.parameters import (
    ETAG,
    HEADERS,
    IF_MATCH,
    IF_NONE_MATCH,
    ONCE,
    PAGING,
    PATH,
    REPEATED,
    including,
)
from handrail.kernel.permission import ALWAYS, MATRIX, Cell

REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")
ALWAYS_POSSIBLE = (401, 429, 503)
ERRORS: Mapping[int, tuple[str, dict[str, Any]]] = {
    400: (
        "Against a rule of the business, or not readable.",
        {"error": True, "message": "The body is not valid JSON."},
    ),
    401: ("No valid token, or the client header is missing.", {"error": True, "message": "Unauthenticated."}),
    403: (
        "Not allowed for this person.",
        {"error": True, "message": "Access denied: this action needs the role admin; yours is standard."},
    ),
    404: (
        "No such record, or none that the caller may know of.",
        {"error": True, "message": "Resource not found", "code": "RESOURCE_NOT_FOUND"},
    ),
    405: (
        "The path has other methods.",
        {"error": True, "message": "This path answers PUT.", "code": "METHOD_NOT_ALLOWED"},
    ),
    409: ("In conflict with what is stored.", {"error": True, "message": "Somebody else has changed it meanwhile."}),
    412: (
        "It has changed since it was read; nothing was applied.",
        {"error": True, "message": "This has changed since you read it.", "code": "PRECONDITION_FAILED"},
    ),
    413: ("The body is too large.", {"error": True, "message": "The body is too large.", "code": "BODY_TOO_LARGE"}),
    422: (
        "A field is wrong, or the record's state forbids it. `errors` maps each field's path to what is wrong.",
        {
            "error": True,
            "message": "The given data was invalid.",
            "errors": {"title": ["The title field is required."]},
        },
    ),
    429: (
        "The organization's quota is used up; nothing was applied.",
        {
            "error": True,
            "message": "Rate limit of 100 requests per minute exceeded for this organization.",
            "code": "RATE_LIMIT_EXCEEDED",
        },
    ),
    503: (
        "The store cannot be used just now; nothing was applied. `Retry-After` says in how many seconds to try again.",
        {"error": True, "message": "The store cannot be used just now; please try again.", "code": "UNAVAILABLE"},
    ),
}
ABOUT = (
    "Templates, processes and tasks of an organization. Every call carries `Authorization: Bearer <token>` and "
    "`X-Tallyfy-Client: <name of your program>`. The same API is served under `/api` and at the root of the host."
)

BY_CODE = (
    "A guest needs no token and no `X-Tallyfy-Client`: the code that ends their link, in the place of the address, is "
    "the key, for what is assigned to them. Whoever sends a token acts as its owner."
)


def encoded(endpoints: Sequence[Endpoint]) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document(endpoints))


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The document as plain data."""
    kinds = list(_kinds(endpoints))
    schemas, components = msgspec.json.schema_components([*kinds, Pagination], ref_template=REF)
    by_kind = dict(zip([*kinds, Pagination], schemas, strict=True))
    for kind in list(_structs([*kinds, Pagination])):
        _give_examples(kind, components)
    components["Error"] = _error_schema()
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, by_kind)
    paths["/oauth/authorize"] = {"get": AUTHORIZE}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Handrail",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api"}, {"url": "/"}],
        "security": [{"token": []}, {"oauth": []}],
        "tags": [{"name": name} for name in dict.fromkeys(endpoint.tag for endpoint in endpoints)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "oauth": SCHEME},
            "responses": {str(status): _error_response(status) for status in ERRORS},
            "headers": {
                name: {"description": text, "schema": {"type": kind}} for name, kind, text in (*HEADERS, ETAG, REPEATED)
            },
        },
    }


def _kinds(endpoints: Iterable[Endpoint]) -> Iterable[Any]:
    seen: set[Any] = set()
    for endpoint in endpoints:
        for kind in (endpoint.body, endpoint.query, endpoint.returns):
            if kind is not None and kind not in seen:
                seen.add(kind)
                yield kind


def _structs(kinds: Iterable[Any]) -> Iterable[Any]:
    modules = {sys.modules[kind.__module__] for kind in kinds if hasattr(kind, "__module__")}
    for module in modules:
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                yield kind


def _give_examples(kind: type[msgspec.Struct], components: dict[str, Any]) -> None:
    example = getattr(sys.modules[kind.__module__], "EXAMPLES", {}).get(kind.__name__)
    schema = components.get(kind.__name__)
    if example is None or schema is None:
        return
    schema["examples"] = [example]
    for name, about in schema.get("properties", {}).items():
        if name in example:
            about.setdefault("examples", [example[name]])


def _operation(endpoint: Endpoint, by_kind: Mapping[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": _parameters(endpoint, by_kind),
        "responses": _responses(endpoint, by_kind),
    }
    text = [endpoint.description, _who(endpoint.action), BY_CODE if endpoint.by_code else ""]
    operation["description"] = "\n\n".join(part for part in text if part)
    if endpoint.action is None:
        operation["security"] = []
    if endpoint.by_code:
        operation["security"] = [{"token": []}, {}]
    if endpoint.body is not None:
        content = {"application/json": {"schema": by_kind[endpoint.body]}}
        if endpoint.form:
            content["application/x-www-form-urlencoded"] = {"schema": by_kind[endpoint.body]}
        for media_type, key in endpoint.texts:
            content[media_type] = {"schema": {"type": "string", "description": f"The same as `{key}` in a JSON body."}}
        operation["requestBody"] = {"required": False, "content": content}
    return operation


def _who(action: str | None) -> str:
    if action is None:
        return "Open to everybody."
    row = MATRIX[action]
    cells: list[tuple[str, Cell]] = [("admin", row.admin), ("standard", row.standard), ("light", row.light)]
    words: list[str] = []
    for role, cell in cells:
        if cell == ALWAYS:
            words.append(f"{role}: yes")
        else:
            words.append(f"{role}: {'with ' + ' or '.join(sorted(cell)) if cell else 'no'}")
    return "Who may: " + "; ".join(words) + "."


def _parameters(endpoint: Endpoint, by_kind: Mapping[Any, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in _PARAMETER.findall(endpoint.path):
        schema, text = PATH[name]
        found.append({"name": name, "in": "path", "required": True, "description": text, "schema": schema})
    if endpoint.action is not None:
        found.append(
            {
                "name": "X-Tallyfy-Client",
                "in": "header",
                "required": not endpoint.by_code,
                "description": "The name of your program; any text that is not empty.",
                "schema": {"type": "string", "examples": ["APIClient"]},
            }
        )
    if endpoint.once:
        found.append(ONCE)
    if _is_conditional(endpoint):
        found.append(IF_MATCH)
    if endpoint.is_validated:
        found.append(IF_NONE_MATCH)
    if endpoint.includes:
        found.append(including(endpoint.includes))
    if endpoint.shape == "collection":
        found += PAGING
    if endpoint.query is not None:
        for field in msgspec.structs.fields(endpoint.query):
            (schema,), _ = msgspec.json.schema_components([field.type], ref_template=REF)
            text = schema.pop("description", "")
            found.append({"name": field.encode_name, "in": "query", "description": text, "schema": schema})
    return found


def _is_conditional(endpoint: Endpoint) -> bool:
    return endpoint.once and endpoint.action is not None and revised(endpoint.path) is not None


def _headers(endpoint: Endpoint) -> dict[str, Any]:
    found = [*HEADERS]
    if endpoint.is_validated:
        found.append(ETAG)
    if endpoint.once:
        found.append(REPEATED)
    return {name: {"$ref": f"#/components/headers/{name}"} for name, _, _ in found}


def _responses(endpoint: Endpoint, by_kind: Mapping[Any, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {
        "description": "Done." if endpoint.shape == "empty" else "The result.",
        "headers": _headers(endpoint),
    }
    schema: dict[str, Any] = by_kind[endpoint.returns] if endpoint.returns is not None else {}
    if endpoint.shape == "item":
        schema = {"type": "object", "required": ["data"], "properties": {"data": schema}}
    elif endpoint.shape in ("collection", "list"):
        schema = {"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": schema}}}
        if endpoint.shape == "collection":
            meta = {"type": "object", "properties": {"pagination": by_kind[Pagination]}}
            schema["properties"]["meta"] = meta
    if endpoint.shape in ("bytes", "stream"):
        good["content"] = {endpoint.media_type: {"schema": {"type": "string", "format": "binary"}}}
    elif endpoint.shape != "empty":
        good["content"] = {endpoint.media_type: {"schema": schema}}
    statuses = set(endpoint.errors)
    if endpoint.action is not None:
        statuses.update(ALWAYS_POSSIBLE)
    if "{" in endpoint.path:
        statuses.add(404)
    if endpoint.body is not None:
        statuses.update((400, 413, 422) if endpoint.misfit is None else (400, 413))
    if endpoint.query is not None or endpoint.includes or endpoint.shape == "collection":
        # of a query string that cannot be read
        statuses.add(422)
    if endpoint.action is not None and MATRIX[endpoint.action].light != ALWAYS:
        statuses.add(403)
    if endpoint.once:
        statuses.update((409, 422))
    if _is_conditional(endpoint):
        statuses.add(412)
    unchanged = {"304": {"description": "It is what the client knows."}} if endpoint.is_validated else {}
    return {
        str(endpoint.status): good,
        **unchanged,
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)},
    }


def _error_response(status: int) -> dict[str, Any]:
    text, example = ERRORS[status]
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}}
    return {"description": text, "content": content}


def _error_schema() -> dict[str, Any]:
    return {
        "title": "Error",
        "type": "object",
        "examples": [ERRORS[422][1]],
        "required": ["error", "message"],
        "properties": {
            "error": {
                "type": ["boolean", "string"],
                "description": "true; of the calls under /oauth a word of RFC 6749, such as `invalid_grant`.",
                "examples": [True],
            },
            "error_description": {"type": "string", "description": "Of the calls under /oauth: as `message`."},
            "message": {"type": "string", "description": "What is wrong and what to do, for people."},
            "code": {"type": "string", "description": "For programs.", "examples": ["RESOURCE_NOT_FOUND"]},
            "errors": {
                "type": "object",
                "description": "The path of each wrong field with what is wrong with it.",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "examples": [{"title": ["The title field is required."]}],
            },
        },
    }
