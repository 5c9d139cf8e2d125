"""Whatever is sent to whichever route, the answer is never a failure of ours, and it always says what is wrong."""

import os
import random
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from handrail.http.endpoint import Endpoint
from handrail.main import endpoints
from tests.security.mirror import BODIES, SILENT, Mirror, mirror
from tests.security.test_isolation import address, named
from tests.support.server import TestServer

# how many of the possible bodies and queries are tried on each route; more of them in a long run
TRIES = int(os.environ.get("HANDRAIL_TEST_TRIES", "120"))

HOSTILE: list[Any] = [
    None,
    "",
    " ",
    "x" * 70_000,
    "\U0001f6a2\u202e<script>alert(1)</script>{{7*7}}%00%s'\"; DROP TABLE tasks; --",
    "\ud7ff\uffff\u0001",
    "null",
    "2027-02-31",
    "0000-00-00 00:00:00",
    "9999-12-31T23:59:59.999Z",
    "-1",
    -1,
    0,
    1,
    2**31,
    2**53,
    2**63,
    -(2**63) - 1,
    10**40,
    1e308,
    -0.5,
    True,
    False,
    [],
    [None],
    [[]],
    [{}],
    ["x", 1, None, {}],
    list(range(3000)),
    {},
    {"": None},
    {"id": None},
    {"users": [None, "x", -1, 2**70], "guests": [1, "nobody"], "groups": [{}]},
    {"value": 10**30, "unit": "years", "option": "sideways", "step": "x"},
    {"data": {"data": {"data": []}}},
    "0" * 32,
    ["0" * 32, "0" * 32],
]

BODY_ROUTES = [route for route in endpoints() if route.body is not None]
READ_ROUTES = [route for route in endpoints() if route.method == "GET"]
KEYS = [
    "page",
    "per_page",
    "limit",
    "q",
    "sort",
    "sort_by",
    "sort_direction",
    "with",
    "status",
    "type",
    "owners",
    "groups",
    "guests",
    "checklist_id",
    "blueprint_id",
    "folder",
    "folder_id",
    "tag",
    "tag_ids",
    "untagged",
    "starred",
    "task_status",
    "archived",
    "form_fields_values",
    "without_pagination",
    "unassigned",
    "deadline_start_range",
    "deadline_end_range",
    "deadline_on",
    "deadline_before",
    "deadline_after",
    "currentTask",
    "replace_page",
    "assignee",
    "roles",
    "created",
    "is_oneoff",
    "custom_field_key",
    "custom_field_value",
    "version",
    "entire_folder_tree",
    "owner_id",
    "to",
    "with_reassignment",
    "pagination",
]
HOSTILE_TEXTS = [
    "",
    "0",
    "-1",
    "1e9",
    "9" * 30,
    "null",
    "[]",
    "true",
    "all",
    "'; --",
    "%",
    "_",
    "\\",
    "\\%",
    "ﬀİß",
    "x" * 4000,
    "2027-02-31",
    "2027-02-01:2026-01-01",
    "0001-01-01",
    "99999-01-01",
    ",,,",
    "1,2,x,,99999999999999999999",
    "-",
    "--created_at",
    "-created_at,name",
    "0" * 32,
    ",".join(["0" * 32] * 50),
    ".".join(["run"] * 60),
]


def example(route: Endpoint, ours: Mirror) -> dict[str, Any]:
    """A body that the route would take, as far as one is known."""
    make = BODIES.get((route.method, route.path))
    kind: Any = route.body
    found = getattr(sys.modules[kind.__module__], "EXAMPLES", {}).get(kind.__name__, {})
    body = {**found, **(make(ours.ids) if make else {})}
    for field in msgspec.structs.fields(kind):
        body.setdefault(field.encode_name, None)
    return body


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something can be put: every key and every entry, at every depth."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def changed(body: Any, path: tuple[Any, ...], hostile: Any) -> Any:
    if not path:
        return hostile
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[path[0]] = changed(copy[path[0]], path[1:], hostile)
    return copy


def assert_well_refused(answer: httpx.Response, sent: Any) -> None:
    told = f"{answer.request.method} {answer.request.url} {str(sent)[:500]}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, told
    if answer.status_code >= 400:
        said = answer.json()
        assert isinstance(said["message"], str), told
        assert said["message"], told
        assert not any(word in answer.text for word in ("Traceback", "SQLSTATE", "sqlite3", "asyncpg", ".py")), told
        if answer.status_code == 422 and "errors" in said:
            assert said["errors"], told
            assert all(isinstance(text, str) for texts in said["errors"].values() for text in texts), told


@pytest.mark.parametrize("route", BODY_ROUTES, ids=named)
def test_hostile_bodies_are_refused_or_taken(server: TestServer, route: Endpoint) -> None:
    ours = mirror(server, "Canopus")
    client = server.client(ours.org.token)
    whole = example(route, ours)
    tries = [(path, hostile) for path in places(whole) for hostile in HOSTILE]
    slow = "password" in route.path or "accept-invite" in route.path
    chance = random.Random(zlib.crc32(named(route).encode()))
    for path, hostile in chance.sample(tries, min(len(tries), 12 if slow else TRIES)):
        body = changed(whole, path, hostile)
        # alone as well: the rest of the body may be refused before this is looked at
        lone = {path[0]: body[path[0]]}
        for sent in (body, lone):
            assert_well_refused(client.request(route.method, address(route, ours.ids), json=sent), sent)


@pytest.mark.parametrize("route", READ_ROUTES, ids=named)
def test_hostile_queries_are_refused_or_ignored(server: TestServer, route: Endpoint) -> None:
    ours = mirror(server, "Canopus")
    client = server.client(ours.org.token)
    chance = random.Random(zlib.crc32(named(route).encode()))
    tries = [(key, text) for key in KEYS for text in HOSTILE_TEXTS]
    for key, text in chance.sample(tries, min(len(tries), TRIES)):
        other, more = chance.choice(tries)
        query = {key: text, other: more}
        assert_well_refused(client.get(address(route, ours.ids), params=query), query)


@pytest.mark.parametrize("route", [route for route in endpoints() if "{" in route.path], ids=named)
def test_hostile_paths_are_unknown_records(server: TestServer, route: Endpoint) -> None:
    ours = mirror(server, "Canopus")
    client = server.client(ours.org.token)
    texts = ["x", "0", "-1", "9" * 17, "9" * 400, "%00", "%ff", "G" * 32, "0" * 32, "1.0", "ü", "{x}"]
    for name in ours.ids:
        if f"{{{name}}}" not in route.path:
            continue
        for text in texts:
            answer = client.request(route.method, address(route, {**ours.ids, "oneoff": text, name: text}))
            assert_well_refused(answer, text)
            silent = (route.method, route.path) in SILENT and answer.status_code == 204
            assert silent or answer.status_code in (400, 401, 403, 404, 405, 422), answer.text
