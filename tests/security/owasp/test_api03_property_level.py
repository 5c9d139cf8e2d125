"""API3, broken object property level authorization: one writes what a body declares and reads what an answer declares.

Writing: every field of every answer that a body does not declare is sent along to every route that writes, with marks
that can be found again; none may be in any row afterwards, and no role, status or progress may have changed. Reading:
every real answer of every GET, with every include, is held to the OpenAPI document with all its objects closed.
"""

import copy
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from handrail.http.endpoint import Endpoint
from handrail.http.openapi import document
from handrail.kernel.ids import new_id
from handrail.main import endpoints
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.reliability.schemas import resolved
from tests.security.mirror import Mirror, mirror
from tests.security.test_bad_input import BODY_ROUTES, example
from tests.security.test_isolation import INCLUDES, address, named
from tests.support.server import TestServer

DOCUMENT = document(endpoints())
MARK = "massassignment"
MARK_ID = "dead" * 8
MARK_NUMBER = 987654321012
# how many there are of some kind, beside the pages of a list
COUNTS = ("overdue_tasks", "tasks_due_soon")
# by name, whatever a body declares beside them
PROTECTED = (
    "organization_id",
    "org_id",
    "account_id",
    "created_at",
    "created_by",
    "updated_at",
    "last_updated",
    "completed_at",
    "completer_id",
    "completer_guest",
    "starter_id",
    "started_by",
    "revision",
    "number",
    "password_hash",
    "token_hash",
    "secret_hash",
    "invited_by",
    "approved_at",
    "disabled_at",
    "last_login_at",
    "email_verified_at",
)


def fields_of_answers() -> dict[str, Any]:
    """Every property of an answer with its schema."""
    found: dict[str, Any] = {}
    for schema in DOCUMENT["components"]["schemas"].values():
        for name, inner in schema.get("properties", {}).items():
            found.setdefault(name, inner)
    return found


ANSWERED = fields_of_answers()


def mark(schema: dict[str, Any]) -> Any:
    """A value of the right type that can be found again."""
    for option in (schema, *schema.get("anyOf", ())):
        kind = resolved(option).get("type") if isinstance(option, dict) else None
        if kind == "integer" or kind == "number":
            return MARK_NUMBER
        if kind == "boolean":
            return True
        if kind == "array":
            return [MARK]
        if kind == "object":
            return {MARK: MARK}
    return MARK


def extras(route: Endpoint) -> dict[str, Any]:
    """What the route's body does not declare."""
    kind: Any = route.body
    schema = resolved({"$ref": f"#/components/schemas/{kind.__name__}"})
    declared = set(schema.get("properties", {}))
    found = {name: mark(inner) for name, inner in ANSWERED.items() if name not in declared}
    found |= dict.fromkeys((name for name in PROTECTED if name not in declared), MARK)
    for name in ("id", "user_id", "owner_id", "organization_id", "account_id"):
        if name in found:
            found[name] = MARK_ID if name in ("id", "organization_id") else MARK_NUMBER
    for name, value in (("role", "admin"), ("status", "completed"), ("is_default_admin", True), ("progress", MARK)):
        if name not in declared:
            found[name] = value
    return found


def standing(us: Mirror) -> dict[str, Any]:
    """What no body of another record's may touch: who people are, and how far work is."""
    rows = us.org.http.get("/users", params={"per_page": 100}).json()["data"]
    run = us.org.http.get(f"/runs/{us.ids['process']}").json()["data"]
    return {
        "members": {row["id"]: (row["role"], row["status"], row["is_default_admin"]) for row in rows},
        "process": (run["id"], run["organization_id"], run["created_at"], run["started_by"]),
    }


@pytest.mark.parametrize("route", [route for route in BODY_ROUTES if route.action is not None], ids=named)
def test_what_a_body_does_not_declare_is_not_written(server: TestServer, route: Endpoint) -> None:
    us = mirror(server, "Canopus")
    client = server.client(us.org.token)
    key = (route.method, route.path.removeprefix("/organizations/{org}"))
    body = {name: value for name, value in example(route, us).items() if value is not None}
    if key in VALID:
        body = VALID[key](us)
    path = address(route, us.ids)
    if "/update-" in route.path:
        # one's own alone, with the password
        path = path.replace(f"/users/{us.ids['user']}/", f"/users/{us.org.user_id}/")
        with_password(us.org)
    if "{thread}" in route.path:
        path = path.replace(us.ids["oneoff"], us.ids["task"])
    before = standing(us)
    given = extras(route)
    assert len(given) > 100
    answer = client.request(route.method, path, json={**given, **body})
    # a body that is refused would prove nothing of what is dropped
    assert answer.is_success or key in REFUSED, f"{named(route)}: {answer.status_code} {answer.text[:500]}"
    if answer.is_success:
        assert MARK not in answer.text and MARK_ID not in answer.text, answer.text[:500]
    for sent in ({**given, **body}, {**{name: given[name] for name in PROTECTED if name in given}, **nested(body)}):
        answer = client.request(route.method, path, json=sent)
        assert answer.status_code < 500, answer.text
        if answer.is_success:
            assert MARK not in answer.text and MARK_ID not in answer.text, answer.text[:500]
    kept = {name: str(rows) for name, rows in us.rows().items()}
    found = {
        name: [word for word in (MARK, MARK_ID, str(MARK_NUMBER)) if word in text]
        for name, text in kept.items()
        if any(word in text for word in (MARK, MARK_ID, str(MARK_NUMBER)))
    }
    assert found == {}, f"{named(route)} stored what it does not declare"
    after = standing(us)
    assert after["process"] == before["process"]
    changed = {key for key, value in after["members"].items() if before["members"].get(key, value) != value}
    about_members = "/users/{user}" in route.path or "/guests/{guest}/to" in route.path
    assert not changed or about_members, f"{named(route)} changed who {changed} are"
    strict = client.request(route.method, path, json={**body, MARK: 1}, headers={"X-Handrail-Strict": "1"})
    assert strict.status_code in (400, 403, 404, 422)


def tried(us: Mirror) -> dict[str, Any]:
    return {"title": "Again", "run": {"actions": [{"step": f"{us.word} step 1"}]}}


# bodies that are taken, where the example of the reference speaks of records that are not here
VALID: dict[tuple[str, str], Callable[[Mirror], dict[str, Any]]] = {
    ("PUT", "/me/update-email"): lambda us: {"email": f"me.{new_id()[-12:]}@pilots.example", "password": PASSWORD},
    ("PUT", "/users/{user}/update-email"): lambda us: {
        "email": f"me.{new_id()[-12:]}@pilots.example",
        "password": PASSWORD,
    },
    ("PUT", "/me/update-password"): lambda us: {"password": PASSWORD, "new_password": "staple the next harbour"},
    ("PUT", "/users/{user}/update-password"): lambda us: {
        "password": PASSWORD,
        "new_password": "staple the next harbour",
    },
    ("POST", "/checklists"): lambda us: {"title": "Another"},
    ("PUT", "/x/checklists/{template}/status"): lambda us: {"status": "finishing"},
    ("POST", "/x/checklists/{template}/simulate"): lambda us: {"actions": []},
    ("POST", "/x/checklists/{template}/tests"): tried,
    ("PUT", "/x/checklists/{template}/tests/{test}"): tried,
    ("POST", "/runs"): lambda us: {"checklist_id": us.ids["template"], "name": "Mooring"},
    ("PUT", "/guests/{guest}/tasks/{task}"): lambda us: {"title": "Changed"},
    ("PUT", "/folders/{folder}"): lambda us: {"name": "Changed"},
}
# problems are open on the template alone, where the same body is tried; and no answer is stored that could be changed
REFUSED = {
    ("POST", "/tasks/{task}/resolved-threads"),
    ("POST", "/guests/{guest}/tasks/{task}/resolved-threads"),
    ("POST", "/runs/{process}/resolved-threads"),
    ("PUT", "/form-field/value"),
}


def nested(value: Any) -> Any:
    """The body with protected names in each of its objects, however deep."""
    if isinstance(value, dict):
        inner = {key: nested(entry) for key, entry in value.items()}
        # an object whose keys are ids takes no others
        if any(len(str(key)) == 32 for key in inner):
            return inner
        return {**dict.fromkeys((name for name in PROTECTED if name not in inner), MARK), **inner}
    if isinstance(value, list):
        return [nested(entry) for entry in value]
    return value


def closed_document() -> dict[str, Any]:
    """The document, in which an object with properties has no others."""
    found = copy.deepcopy(DOCUMENT)

    def close(schema: Any) -> None:
        if isinstance(schema, dict):
            if "properties" in schema and isinstance(schema["properties"], dict):
                schema.setdefault("additionalProperties", False)
            for inner in schema.values():
                close(inner)
        elif isinstance(schema, list):
            for inner in schema:
                close(inner)

    close(found["components"]["schemas"])
    close(found["paths"])
    for methods in found["paths"].values():
        for operation in methods.values():
            for told in operation["responses"].values():
                schema = told.get("content", {}).get("application/json", {}).get("schema", {})
                meta = schema.get("properties", {}).get("meta")
                if isinstance(meta, dict) and "properties" in meta:
                    meta["properties"] |= {name: {"type": "integer"} for name in COUNTS}
    return found


CLOSED = closed_document()
READS = [route for route in endpoints() if route.method == "GET" and route.action is not None]


def complaints(route: Endpoint, answer: Any) -> list[str]:
    responses = CLOSED["paths"][route.path][route.method.lower()]["responses"]
    content = responses[str(route.status)]["content"]["application/json"]
    schema = {**content["schema"], "components": CLOSED["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema)
    return sorted({f"{list(error.instance_path)}: {error.message[:200]}" for error in validator.iter_errors(answer)})


@pytest.fixture(scope="module")
def us(servers: object) -> Mirror:
    server: TestServer = servers("sqlite")  # pyright: ignore[reportCallIssue]
    return mirror(server, "Canopus")


@pytest.mark.parametrize("route", [route for route in READS if route.shape not in ("bytes", "stream")], ids=named)
@pytest.mark.parametrize("query", [{}, {"with": INCLUDES, "form_fields_values": "true"}], ids=["plain", "with"])
@pytest.mark.parametrize("role", ["admin", "standard"])
def test_answers_hold_what_is_declared(us: Mirror, route: Endpoint, query: dict[str, str], role: str) -> None:
    token = us.org.token if role == "admin" else us.member.token
    answer = us.org.server.client(token).get(address(route, us.ids), params=query)
    if role == "admin":
        assert answer.status_code == 200, answer.text
    if answer.status_code == 200:
        assert complaints(route, answer.json()) == []


# of the chain of the audit log, which is there to be compared
PUBLIC_HASHES = {"AuditCheck.last_hash", "AuditEntry.hash", "AuditEntry.previous_hash"}
SECRET_WORDS = ("password", "hash", "sealed", "secret_key", "totp", "token_hash", "recovery")


def test_no_answer_declares_a_secret() -> None:
    bodies = {route.body.__name__ for route in endpoints() if route.body is not None}
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if name in bodies:
            continue
        for field in schema.get("properties", {}):
            is_secret = any(word in field.lower() for word in SECRET_WORDS)
            assert not is_secret or f"{name}.{field}" in PUBLIC_HASHES, f"{name}.{field}"


@pytest.mark.parametrize("role", ["standard", "light"])
def test_addresses_of_colleagues_are_for_those_who_need_them(server: TestServer, role: str) -> None:
    us = mirror(server, "Canopus")
    person = us.org.member(role)
    other = us.org.member("standard")
    told = person.http.get("/users", params={"per_page": 100, "with": INCLUDES}).text
    assert "last_known_ip" not in told or '"last_known_ip":null' in told
    if role == "light":
        assert other.email not in told
        assert other.email not in person.http.get("/users-list").text
