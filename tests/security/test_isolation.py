"""Two organizations with mirrored data: nothing that one may send reaches into the other, and nothing of it shows."""

import re
from typing import Any

import httpx
import pytest

from handrail.http.endpoint import Endpoint
from handrail.main import endpoints
from tests.security.mirror import BODIES, SILENT, Mirror, mirror
from tests.support.server import TestServer

PARAMETER = re.compile(r"\{(\w+)\}")
REFUSED = {400, 401, 403, 404, 405, 409, 422}
OURS, THEIRS = "Aldebaran", "Betelgeuse"

ROUTES = [endpoint for endpoint in endpoints() if endpoint.action is not None]
WITH_IDS = [route for route in ROUTES if set(PARAMETER.findall(route.path)) - {"org"}]
WITHOUT_IDS = [route for route in ROUTES if not set(PARAMETER.findall(route.path)) - {"org"} and route.method == "GET"]
NAMING_RECORDS = [route for route in ROUTES if (route.method, route.path) in BODIES]


def named(route: Endpoint) -> str:
    return f"{route.method} {route.path.removeprefix('/organizations/{org}')}"


@pytest.fixture(scope="module")
def us(server: TestServer) -> Mirror:
    return mirror(server, OURS)


@pytest.fixture(scope="module")
def them(server: TestServer) -> Mirror:
    return mirror(server, THEIRS)


def address(route: Endpoint, ids: dict[str, str]) -> str:
    """The route's path with these ids; one-off routes want a one-off task."""
    if route.path.startswith(("/organizations/{org}/tasks/", "/organizations/{org}/completed-tasks/")):
        ids = {**ids, "task": ids["oneoff"]}
    return "/api" + PARAMETER.sub(lambda match: ids[match[1]], route.path)


def ask(us: Mirror, route: Endpoint, ids: dict[str, str], body_ids: dict[str, str]) -> httpx.Response:
    """Call the route as our administrator."""
    client = us.org.server.client(us.org.token)
    make = BODIES.get((route.method, route.path))
    if make is None:
        return client.request(route.method, address(route, ids))
    return client.request(route.method, address(route, ids), json=make(body_ids))


def assert_shows_nothing(answer: httpx.Response, them: Mirror, *, sent: tuple[str, ...] = ()) -> None:
    text = answer.text
    shown = [secret for secret in them.secrets if secret in text and secret not in sent]
    assert shown == [], f"{answer.request.method} {answer.request.url}: {text[:600]}"


def assert_refused(answer: httpx.Response, them: Mirror, *, silently: bool = False) -> None:
    assert answer.status_code in REFUSED or (silently and answer.status_code == 204 and not answer.content), (
        f"{answer.status_code} {answer.text[:600]}"
    )
    assert_shows_nothing(answer, them, sent=tuple(them.ids.values()) if answer.status_code == 422 else ())


def test_there_is_an_id_of_every_kind(us: Mirror, them: Mirror) -> None:
    kinds = {name for route in ROUTES for name in PARAMETER.findall(route.path)}
    assert kinds <= set(them.ids), "tell the mirror how to make one of these"
    assert not set(us.ids.values()) & set(them.ids.values())
    declared = {(route.method, route.path) for route in ROUTES}
    assert set(BODIES) <= declared, "a body for a route that does not exist"


def test_the_mirror_itself_works(us: Mirror) -> None:
    """Guards the other tests: what they expect to be refused is refused for whose it is, and for nothing else."""
    for route in WITH_IDS:
        if route.method == "GET":
            answer = ask(us, route, us.ids, us.ids)
            assert answer.status_code == 200, f"{named(route)}: {answer.text}"


@pytest.mark.parametrize("route", [route for route in ROUTES if "{org}" in route.path], ids=named)
def test_their_organization_is_closed_to_us(us: Mirror, them: Mirror, route: Endpoint) -> None:
    before = them.rows()
    assert_refused(ask(us, route, them.ids, them.ids), them)
    assert them.rows() == before


@pytest.mark.parametrize("route", WITH_IDS, ids=named)
def test_their_ids_mean_nothing_in_our_organization(us: Mirror, them: Mirror, route: Endpoint) -> None:
    names = [name for name in PARAMETER.findall(route.path) if name != "org"]
    before = them.rows()
    ours = us.rows()
    whole = {**them.ids, "org": us.ids["org"]}
    assert_refused(ask(us, route, whole, us.ids), them, silently=(route.method, route.path) in SILENT)
    if len(names) > 1:
        for name in names:
            foreign = {**us.ids, name: them.ids[name]}
            if name == "task":
                foreign["oneoff"] = them.ids["oneoff"]
            assert_refused(ask(us, route, foreign, us.ids), them)
    assert them.rows() == before
    assert us.rows() == ours, "a refused request changed something"


@pytest.mark.parametrize("route", NAMING_RECORDS, ids=named)
def test_their_ids_in_a_body_bring_nothing_of_theirs(server: TestServer, them: Mirror, route: Endpoint) -> None:
    us = mirror(server, OURS)
    before = them.rows()
    answer = ask(us, route, us.ids, them.ids)
    assert answer.status_code in REFUSED | {200, 201, 204}, answer.text
    assert_shows_nothing(answer, them, sent=tuple(them.ids.values()) if answer.status_code == 422 else ())
    assert them.rows() == before
    # what was taken is not kept either
    kept = str(us.rows())
    referring = [name for name, text in them.ids.items() if len(text) == 32 and text in kept]
    assert referring == [], f"{answer.status_code}: our rows refer to their {referring}"
    assert THEIRS not in kept
    assert f"u:{them.ids['user']}'" not in kept


INCLUDES = (
    "steps,tags,folder,permissions,stages,linked_tasks,assets,runs,statistics,checklist,tasks,next_task,tasks_meta,"
    "ko_form_fields,form_fields,folders,run,step,threads,issues,comments,activities,summary,groups,stats,"
    "organizations,preferences,auth_methods,country,children,users,statistics,member_watchers,guest_watchers,subscription,run.checklist"
)


@pytest.mark.parametrize("route", WITHOUT_IDS, ids=named)
def test_lists_show_nothing_of_theirs_whatever_the_filter(us: Mirror, them: Mirror, route: Endpoint) -> None:
    ids = them.ids
    client = us.org.server.client(us.org.token)
    queries: list[dict[str, Any]] = [
        {},
        {"with": INCLUDES, "per_page": 100},
        {"q": THEIRS, "with": INCLUDES},
        {"owners": ids["user"], "user": ids["user"], "owner_id": ids["user"], "with": INCLUDES},
        {"groups": ids["group"], "with": INCLUDES},
        {"roles": ids["role"], "with": INCLUDES},
        {"checklist_id": ids["template"], "blueprint_id": ids["template"], "with": INCLUDES},
        {"tag": ids["tag"], "tag_ids": ids["tag"], "with": INCLUDES},
        {"folder": f"{ids['shelf']},{ids['folder']}", "entire_folder_tree": "1", "with": INCLUDES},
        {"status": "all", "archived": "true", "without_pagination": "true", "with": INCLUDES},
        {"currentTask": ids["task"]},
    ]
    for query in queries:
        # links to further pages repeat what was asked for
        answer = client.get(address(route, us.ids), params={"per_page": 100, **query})
        assert answer.status_code in REFUSED | {200}, answer.text
        assert_shows_nothing(answer, them)


@pytest.mark.parametrize("route", [route for route in WITH_IDS if route.method == "GET"], ids=named)
def test_records_show_nothing_of_theirs_with_every_include(us: Mirror, them: Mirror, route: Endpoint) -> None:
    client = us.org.server.client(us.org.token)
    answer = client.get(address(route, us.ids), params={"with": INCLUDES, "form_fields_values": "true", "version": "1"})
    assert answer.status_code == 200, answer.text
    assert_shows_nothing(answer, them)


BY_CODE = [route for route in ROUTES if route.by_code]


@pytest.mark.parametrize("route", BY_CODE, ids=named)
def test_code_of_a_guest_opens_their_own_tasks_of_their_own_organization(
    us: Mirror, them: Mirror, route: Endpoint
) -> None:
    client = us.org.server.client()
    # that a guest was here is written down now and then, whatever comes of it
    assert client.get(f"/api/organizations/{us.ids['org']}/guests/{us.ids['code']}/tasks").status_code == 200
    before, ours = them.rows(), us.rows()
    here = {**us.ids, "guest": us.ids["code"]}
    for ids in (
        {**them.ids, "guest": us.ids["code"]},
        {**here, "org": them.ids["org"]},
        {**us.ids, "guest": them.ids["code"]},
        {**here, "task": them.ids["task"]},
        {**here, "task": us.ids["oneoff"]},
    ):
        make = BODIES.get((route.method, route.path))
        url = "/api" + PARAMETER.sub(lambda match, ids=ids: ids[match[1]], route.path)
        answer = client.request(route.method, url, json=None if make is None else make(ids))
        # about the guest, and no task; nothing is asked to be changed
        about_them = (route.method == "GET" and "{task}" not in route.path) or route.path.endswith("/preferences")
        if about_them and ids["guest"] == us.ids["code"] and ids["org"] == us.ids["org"]:
            assert answer.status_code == 200
        else:
            assert answer.status_code == 404, answer.text
        assert_shows_nothing(answer, them)
    assert them.rows() == before
    assert us.rows() == ours or route.method == "GET", "a refused request changed something"


def test_one_sees_the_organizations_one_is_in(us: Mirror, them: Mirror) -> None:
    answer = us.org.server.client(us.org.token).get("/api/me/organizations")
    assert answer.status_code == 200
    assert [entry["id"] for entry in answer.json()["data"]] == [us.ids["org"]]
    assert_shows_nothing(answer, them)


def test_person_in_both_organizations_is_shown_by_each_as_if_there_were_one(server: TestServer) -> None:
    us, them = mirror(server, OURS), mirror(server, THEIRS)
    shared = us.org.member(email=f"shared.{us.ids['org']}@pilots.example")
    also = them.org.member(email=shared.email)
    assert also.user_id == shared.user_id
    includes = {"with": INCLUDES}
    for person in (us.org, us.member):
        for path in ("/users", f"/users/{shared.user_id}", "/users-list"):
            answer = person.http.get(path, params=includes)
            assert answer.status_code == 200
            assert_shows_nothing(answer, them)
    for path in ("/tasks", "/me/tasks", "/runs", "/checklists", f"/users/{shared.user_id}/tasks"):
        answer = shared.http.get(path, params=includes)
        assert answer.status_code == 200
        assert_shows_nothing(answer, them)
