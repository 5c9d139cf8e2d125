"""API5, broken function level authorization: what a role may never do is refused before anything is read.

The functions come from the permission matrix: wherever a role's cell is empty, every route of that row is called by
somebody of the role, with ids that exist and ids that do not, by every method that the route has, and on the ways
around that servers are known to leave open.
"""

import re

import httpx
import pytest

from handrail.http.endpoint import Endpoint
from handrail.kernel.permission import MATRIX, NEVER
from handrail.main import endpoints
from tests.features.guests.codes import guest_of, stranger
from tests.security.product.cast import Cast, cast
from tests.support.server import TestServer

PARAMETER = re.compile(r"\{(\w+)\}")
ROUTES = [route for route in endpoints() if route.action is not None]
CASES = [
    (role, method, route)
    for route in ROUTES
    for role in ("standard", "light")
    if route.action is not None and getattr(MATRIX[route.action], role) == NEVER
    for method in (route.method, *route.aliases)
]
ADMINISTRATION = [route for role, method, route in CASES if role == "standard" and method == route.method]


@pytest.fixture(scope="module")
def made(servers: object) -> Cast:
    server: TestServer = servers("sqlite")  # pyright: ignore[reportCallIssue]
    return cast(server)


def address(route: Endpoint, made: Cast) -> str:
    """The route's path with ids that nobody has."""
    unknown = {"org": made.org.organization_id, "user": "987654321", "guest": "nobody@quay.example"}
    numbers = dict.fromkeys(("application", "association", "relation"), "987654321")
    return PARAMETER.sub(lambda match: {**unknown, **numbers}.get(match[1], "0" * 32), route.path)


def case(value: object) -> str:
    return value.path.removeprefix("/organizations/{org}") if isinstance(value, Endpoint) else str(value)


def test_there_is_something_to_refuse() -> None:
    assert len(ADMINISTRATION) > 25
    assert len(CASES) > 120


@pytest.mark.parametrize(("role", "method", "route"), CASES, ids=case)
def test_role_that_may_never_is_refused_before_anything_is_read(
    made: Cast, role: str, method: str, route: Endpoint
) -> None:
    http = made.server.client(made.person(role).token, path="/api")
    path = address(route, made)
    with made.server.count_statements() as statements:
        answer = http.request(method, path)
    assert answer.status_code == 403, f"{role}: {answer.status_code} {answer.text[:200]}"
    # who calls may have to be read again
    about_who = [text for text in statements if not re.search(r"FROM (tokens|members|groups|group_people)\b", text)]
    assert about_who == []
    assert http.request(method, path, content=b"{ not json").status_code == 403


@pytest.mark.parametrize("route", ADMINISTRATION, ids=case)
def test_no_way_around(made: Cast, route: Endpoint) -> None:
    http = made.server.client(made.light.token, path="")
    path = address(route, made)
    for tried in (f"/api{path}", path, f"{path}/", f"/api{path}/", f"/api{path}?role=admin&_method={route.method}"):
        assert http.request(route.method, tried).status_code == 403, tried
    for tried in (
        f"/api/{path}",
        f"/api{path}//",
        f"/api/.{path}",
        f"/API{path}",
        f"/api{path}%2f",
        f"/api{path}.json",
    ):
        assert http.request(route.method, tried).status_code in (403, 404), tried
    for headers in (
        {"X-HTTP-Method-Override": route.method},
        {"X-Method-Override": route.method, "X-Original-URL": path, "X-Rewrite-URL": path},
        {"X-Forwarded-For": "127.0.0.1", "X-User-Role": "admin", "org": made.org.organization_id},
    ):
        assert http.request(route.method, f"/api{path}", headers=headers).status_code == 403
        assert http.get("/api/organizations/" + made.org.organization_id, headers=headers).status_code == 200


@pytest.mark.parametrize("route", ADMINISTRATION, ids=case)
def test_guests_reach_no_administration_by_any_name_of_theirs(made: Cast, route: Endpoint) -> None:
    guest = guest_of(made.org, f"eva.{made.org.organization_id[:8]}@quay.example")
    path = address(route, made).replace("nobody@quay.example", guest.code)
    http: httpx.Client = stranger(made.org)
    http.base_url = httpx.URL(f"{made.server.url}/api")
    assert http.request(route.method, path).status_code == 401
    assert http.request(route.method, path, headers={"Authorization": f"Bearer {guest.code}"}).status_code == 401


def test_nobody_makes_themselves_more_than_they_are(made: Cast) -> None:
    for person in (made.standard, made.light):
        for path in (f"/users/{person.user_id}/role", f"/users/{person.user_id}", "/me"):
            person.http.put(path, json={"role": "admin", "is_default_admin": True, "first_name": "E", "last_name": "N"})
        role = "standard" if person is made.standard else "light"
        assert made.org.http.get(f"/users/{person.user_id}").json()["data"]["role"].lower() == role


def test_who_may_invite_does_not_invite_administrators(made: Cast) -> None:
    assert made.org.http.put("", json={"allow_user_invite": True}).is_success
    body = {"email": "boss@pilots.example", "first_name": "B", "last_name": "O", "role": "admin"}
    answer = made.standard.http.post("/users/invite", json=body)
    assert answer.status_code in (403, 422), answer.text
