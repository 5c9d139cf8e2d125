"""Requests made up from the OpenAPI document, and from nothing at all: no failure of ours, and answers as promised.

What comes back is held against the document: its status codes, content types and schemas. Afterwards the store must
not contradict itself, and what the server keeps in memory must be what is stored.
"""

import os
import re
from collections.abc import Iterator
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.reliability.remembered import misremembered
from tests.reliability.rows import Rows
from tests.reliability.schemas import DOCUMENT
from tests.reliability.wholeness import contradictions
from tests.security.mirror import BODIES, Mirror, mirror
from tests.support.server import TestServer

# requests for each operation; more of them, and different ones each time, in a long run
TRIES = int(os.environ.get("HANDRAIL_TEST_TRIES", "0"))
PARAMETER = re.compile(r"\{(\w+)\}")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if method != "parameters"
]
CHECKS: list[Any] = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def tries(count: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=TRIES or count,
        derandomize=not TRIES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server of its own, whose store is looked at in the end."""
    with TestServer.on_sqlite(tmp_path_factory.mktemp("fuzzed")) as server:
        yield server
        assert contradictions(Rows.of(server.settings)) == []
        assert misremembered(server) == []


@pytest.fixture(scope="module")
def shared_world(fuzzed: TestServer) -> Mirror:
    return mirror(fuzzed, "Rigel")


@pytest.fixture
def world(request: pytest.FixtureRequest, fuzzed: TestServer, shared_world: Mirror) -> Mirror:
    """One of everything; anew for operations that may use it up."""
    method, _ = request.node.callspec.params["operation"]
    return shared_world if method == "GET" else mirror(fuzzed, "Regulus")


def known_ids(path: str, world: Mirror) -> dict[str, str]:
    ids = dict(world.ids)
    if path.startswith(("/organizations/{org}/tasks/", "/organizations/{org}/completed-tasks")):
        ids["task"] = ids["oneoff"]
    return {name: ids[name] for name in PARAMETER.findall(path) if name in ids}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation[0]} {operation[1]}")
def test_requests_out_of_the_document(operation: tuple[str, str], world: Mirror) -> None:
    method, path = operation
    server = world.org.server
    ids = known_ids(path, world)
    headers = {"Authorization": f"Bearer {world.org.token}", "X-Tallyfy-Client": "fuzz"}

    base = BODIES.get((method, path), lambda _: None)(world.ids)

    @hypothesis.given(case=SCHEMA[path][method].as_strategy(), known=st.integers(0, 7), mixed=st.integers(0, 2))
    @tries(8)
    def attempt(case: Any, known: int, mixed: int) -> None:
        # mostly records that exist; what does not is made up by the generator
        if known:
            case.path_parameters = {**(case.path_parameters or {}), **ids}
        else:
            case.path_parameters = {**(case.path_parameters or {}), "org": ids.get("org", "0" * 32)}
        if base is not None and mixed:
            # a body that fits, alone or with what was made up beside it
            made_up = case.body if mixed == 2 and isinstance(case.body, dict) else {}
            case.body = {**made_up, **base}
            case.media_type = "application/json"
        case.headers = {}
        answer = case.call(base_url=f"{server.url}/api", headers=headers, timeout=60)
        assert answer.status_code < 500, f"{case.as_curl_command()}\n{answer.text}"
        case.validate_response(answer, checks=CHECKS)

    attempt()


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["", "0" * 32, "2031-05-06", "true", "\u0000", "\ud7ff", "x" * 5000]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
# what no JSON library writes, but somebody may send
ODD = [
    b"",
    b"\xff\xfe{}",
    b'{"a": NaN}',
    b'{"title": Infinity}',
    b'{"title": -Infinity, "title": 1e999}',
    b'{"position": 1e400}',
    b'{"title": "\\ud800"}',
    b'{"title": "\\udc00\\ud800"}',
    b'{"title": "a", "title": {"title": ["b"]}}',
    b'{"title": "a"} {"title": "b"}',
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"taskdata":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    b'{"owner_id": ' + b"9" * 5_000 + b"}",
    b'{"owner_id": -0, "position": 1E2, "name": "\\u0000"}',
    b'{"' + b"k" * 100_000 + b'": 1}',
    b'{"title": "' + b"\\u00e9" * 50_000 + b'"}',
    b'{"a": "\xed\xa0\x80"}',
    b'{"a": 01}',
    b"{'a': 1}",
    b'{"a": 1,}',
    b"\xef\xbb\xbf{}",
    b"null",
    b'"text"',
    b"[[[[]]]]",
]


def names_of(operation: tuple[str, str]) -> list[str]:
    """The keys that the body of an operation has."""
    content = DOCUMENT["paths"][operation[1]][operation[0].lower()]["requestBody"]["content"]
    schema = content["application/json"]["schema"]
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return sorted(DOCUMENT["components"]["schemas"].get(name, schema).get("properties", {})) or ["key"]


WITH_BODY = [pair for pair in OPERATIONS if "requestBody" in DOCUMENT["paths"][pair[1]][pair[0].lower()]]


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: f"{operation[0]} {operation[1]}")
def test_bodies_out_of_nothing(operation: tuple[str, str], world: Mirror) -> None:
    method, path = operation
    client = world.org.server.client(world.org.token, path="/api")
    address = path.format(**known_ids(path, world))
    names = names_of(operation)

    def send(body: bytes) -> None:
        answer = client.request(method, address, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, f"{method} {address} {body[:500]!r}: {answer.text}"
        # OAuth has words of its own for what is wrong
        assert answer.status_code < 300 or answer.json()["error"] is True or "error_description" in answer.json()

    for body in ODD:
        send(body)

    @hypothesis.given(values=st.dictionaries(st.sampled_from(names) | st.text(max_size=5), VALUES, max_size=6))
    @tries(15)
    def shaped(values: dict[str, Any]) -> None:
        send(json_of(values))

    @hypothesis.given(body=st.binary(max_size=200))
    @tries(5)
    def shapeless(body: bytes) -> None:
        send(body)

    shaped()
    shapeless()


def json_of(value: Any) -> bytes:
    """JSON as the standard library writes it: with lone surrogates and numbers of any length."""
    import json

    return json.dumps(value).encode()


@pytest.mark.parametrize("content", [b'{"title": "' + b"x" * 10_000_000 + b'"}', b"[" * 10_000_000])
def test_ten_megabytes_are_refused_everywhere(fuzzed: TestServer, shared_world: Mirror, content: bytes) -> None:
    client = fuzzed.client(shared_world.org.token, path="/api")
    for method, path in WITH_BODY[::6]:
        answer = client.request(method, path.format(**known_ids(path, shared_world)), content=content)
        assert answer.status_code == 413
        assert answer.json()["code"] == "BODY_TOO_LARGE"
