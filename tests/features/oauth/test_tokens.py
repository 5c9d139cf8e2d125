"""The token endpoint: every grant, every refusal, and what the tokens may (wire 1)."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.features.members import store
from handrail.features.members.passwords import ANY
from handrail.features.organizations import service as organizations
from handrail.kernel.secrets import fingerprint
from tests.features.builders import launched, made, template
from tests.reliability.rows import Rows
from tests.support.server import Org, Person, TestServer

PASSWORD = "a long enough password"


@pytest.fixture
def willing(server: TestServer) -> Iterator[str]:
    """The address of a server that lets first-party applications ask for passwords."""
    with server.beside(password_grant="on") as url:
        yield url


def application(org: Org, **body: Any) -> dict[str, Any]:
    return made(org.http.post("/x/applications", json={"name": "Portal", **body}))


def first_party(org: Org) -> dict[str, Any]:
    return application(org, grants=["password", "refresh_token"], is_first_party=True)


def ask(org: Org, app: dict[str, Any], *, url: str | None = None, **fields: Any) -> httpx.Response:
    """One request of the token endpoint, as a form."""
    client = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    with httpx.Client(base_url=url or org.server.url) as http:
        return http.post("/oauth/token", data={**client, **fields})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()["error"]


def own_token(org: Org, app: dict[str, Any]) -> str:
    answer = ask(org, app, grant_type="client_credentials")
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def as_application(org: Org, token: str, who: str | None = None, **body: Any) -> httpx.Response:
    """Make a member, or get a token for one when an address is given."""
    path = f"/api/applications/{org.organization_id}/users" + ("" if who is None else f"/{who}/token")
    return org.server.client(token).post(path, json=body)


def signing_in(org: Org) -> Person:
    """A member who has a password."""
    person = org.member()
    stored = org.server.run(lambda: organizations.hashed(PASSWORD, ANY))
    org.server.write(
        lambda tx: tx.run(
            store.set_password, id=person.user_id, password_hash=stored, updated_at=org.server.clock.now()
        )
    )
    return person


# the application itself


@pytest.mark.parametrize("mount", ["", "/api"])
@pytest.mark.parametrize("way", ["form", "json", "basic"])
def test_client_credentials(org: Org, mount: str, way: str) -> None:
    app = application(org)
    client = {"client_id": str(app["client_id"]), "client_secret": app["client_secret"]}
    grant = {"grant_type": "client_credentials"}
    with httpx.Client(base_url=org.server.url + mount) as http:
        if way == "form":
            answer = http.post("/oauth/token", data={**grant, **client})
        elif way == "json":
            answer = http.post("/oauth/token", json={**grant, **client, "client_id": app["client_id"]})
        else:
            pair = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
            answer = http.post("/oauth/token", data=grant, headers={"Authorization": f"Basic {pair}"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 604_800)
    assert "refresh_token" not in told
    assert answer.headers["Cache-Control"] == "no-store"
    stored = Rows.of(org.server.settings).all("SELECT token_hash FROM application_tokens")
    assert (fingerprint(told["access_token"]),) in stored


def test_official_client_library(org: Org) -> None:
    app = application(org)
    client: Any = OAuth2Session(
        str(app["client_id"]), app["client_secret"], token_endpoint_auth_method="client_secret_post"
    )
    token = client.fetch_token(f"{org.server.url}/oauth/token", grant_type="client_credentials")
    assert token["token_type"] == "Bearer"
    assert as_application(org, token["access_token"], org.email).status_code == 200


def test_an_applications_token_opens_nothing_else(org: Org) -> None:
    token = own_token(org, application(org))
    assert org.client(token).get("/tasks").status_code == 401
    assert org.server.client(token).get("/api/me").status_code == 401


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"client_secret": ""}, (401, "invalid_client")),
        ({"client_id": "999999999"}, (401, "invalid_client")),
        ({"client_id": "portal"}, (401, "invalid_client")),
        ({"client_id": "9" * 40}, (401, "invalid_client")),
        ({"grant_type": "implicit"}, (400, "unsupported_grant_type")),
        ({"grant_type": ""}, (400, "invalid_request")),
        ({"grant_type": "password", "username": "a", "password": "b"}, (400, "unsupported_grant_type")),
        ({"grant_type": "refresh_token", "refresh_token": "hrr_x"}, (400, "unauthorized_client")),
    ],
)
def test_refusals(org: Org, fields: dict[str, str], expected: tuple[int, str]) -> None:
    app = application(org)
    assert refusal(ask(org, {**app, **fields}, **{"grant_type": "client_credentials", **fields})) == expected


def test_a_wrong_client_is_refused_in_the_words_of_the_contract(org: Org) -> None:
    text = "Client authentication failed"
    for fields in ({"client_secret": "wrong"}, {"client_id": "portal"}, {"client_id": "999999999"}):
        answer = ask(org, {**application(org), **fields}, grant_type="client_credentials")
        assert answer.json() == {"error": "invalid_client", "error_description": text, "message": text}


@pytest.mark.parametrize(
    "body", [b'{"grant_type": null}', b'{"client_secret": ["a"]}', b"{", b"[1]", b'{"scope": "' + b"x" * 2001 + b'"}']
)
@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
def test_bodies_that_do_not_fit_are_refused_in_the_words_of_oauth(org: Org, body: bytes, path: str) -> None:
    if path != "token":
        body = body.replace(b"grant_type", b"token").replace(b"scope", b"token_type_hint")
    answer = httpx.post(f"{org.server.url}/oauth/{path}", content=body, headers={"Content-Type": "application/json"})
    assert refusal(answer) == (400, "invalid_request")
    assert answer.json()["error_description"] == answer.json()["message"]


@pytest.mark.parametrize("scope", ["*", "read write"])
def test_the_scope_words_of_old_clients_are_echoed(org: Org, scope: str) -> None:
    assert ask(org, application(org), grant_type="client_credentials", scope=scope).json()["scope"] == scope
    narrow = application(org, scopes=["tasks:read"])
    assert ask(org, narrow, grant_type="client_credentials", scope=scope).json()["scope"] == "tasks:read"


def test_secrets_and_applications_that_have_ended(org: Org) -> None:
    app = application(org)
    token = own_token(org, app)
    second = made(org.http.post(f"/x/applications/{app['id']}/secrets"))
    org.http.delete(f"/x/applications/{app['id']}/secrets/{app['secrets'][0]['id']}")
    assert refusal(ask(org, app, grant_type="client_credentials")) == (401, "invalid_client")
    assert ask(org, second, grant_type="client_credentials").status_code == 200
    assert as_application(org, token, org.email).status_code == 200
    person = as_application(org, token, org.email).json()["access_token"]
    assert org.client(person).get("/tasks").status_code == 200
    org.http.delete(f"/x/applications/{app['id']}")
    assert as_application(org, token, org.email).status_code == 401
    assert org.client(person).get("/tasks").status_code == 401
    assert refusal(ask(org, second, grant_type="client_credentials")) == (401, "invalid_client")


# acting for people


def test_three_people_are_made_and_their_tasks_done_as_each_of_them(org: Org) -> None:
    token = own_token(org, application(org))
    people: list[dict[str, Any]] = []
    for number in range(3):
        email = f"crew{number}.{org.organization_id}@pilots.example"
        body = {"first_name": "Crew", "last_name": f"Number {number}", "email": email, "timezone": "Europe/Lisbon"}
        people.append(made(as_application(org, token, **body)))
        assert people[-1]["role"] == "standard"
    checklist = template(org, plain_steps=3)
    steps = [step["id"] for step in checklist["steps"]["data"]]
    owners = {step: {"owners": {"users": [person["id"]]}} for step, person in zip(steps, people, strict=True)}
    process = launched(org, checklist, tasks=owners)
    for person, task in zip(people, process["tasks"], strict=True):
        told = as_application(org, token, person["email"])
        assert (told.json()["token_type"], told.json()["expires_in"]) == ("Bearer", 7_776_000)
        http = org.client(told.json()["access_token"])
        assert [one["id"] for one in http.get("/me/tasks").json()["data"]] == [task["id"]]
        body = {"task_id": task["id"]}
        done = made(http.post(f"/runs/{process['id']}/completed-tasks", json=body), 200)
        assert done["completer_id"] == person["id"]
    assert made(org.http.get(f"/runs/{process['id']}"), 200)["status"] == "complete"
    # what was done names the person, and the token through which it can be told which application it was
    recorded = Rows.of(org.server.settings).all(
        "SELECT a.actor_id, t.application_id FROM activities a JOIN tokens t ON t.id = a.token_id "
        f"WHERE a.organization_id = '{org.organization_id}' AND a.verb = 'completed' AND a.subject_type = 'Task'"
    )
    assert sorted(int(row[0]) for row in recorded) == sorted(person["id"] for person in people)
    assert all(row[1] is not None for row in recorded)


def test_scopes_of_the_application_narrow_its_tokens(org: Org) -> None:
    token = own_token(org, application(org, scopes=["tasks:read"]))
    http = org.client(as_application(org, token, org.email).json()["access_token"])
    assert http.get("/tasks").status_code == 200
    assert http.get("/checklists").status_code == 403


def test_only_in_its_own_organization(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    token = own_token(one, application(one))
    body = {"first_name": "A", "last_name": "B", "email": f"x.{other.organization_id}@pilots.example"}
    assert as_application(other, token, **body).status_code == 403
    assert as_application(other, token, other.email).status_code == 403
    assert as_application(one, token, f"nobody.{one.organization_id}@pilots.example").status_code == 404
    assert as_application(one, token, other.email).status_code == 422
    taken = as_application(one, token, first_name="A", last_name="B", email=other.email)
    assert (taken.status_code, set(taken.json()["errors"])) == (422, {"email"})
    assert as_application(one, "hra_nonsense", **body).status_code == 401
    assert as_application(one, one.token, **body).status_code == 401


def test_wrong_people_are_refused_by_name(org: Org) -> None:
    token = own_token(org, application(org))
    good = {"first_name": "A", "last_name": "B", "email": f"y.{org.organization_id}@pilots.example"}
    for field, value in (("email", "no address"), ("first_name", ""), ("role", "king"), ("timezone", "Atlantis")):
        answer = as_application(org, token, **{**good, field: value})
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {field})
    assert org.http.get("/users?per_page=100").json()["meta"]["pagination"]["total"] == 1


# passwords and refreshing


def test_password_and_refresh(org: Org, willing: str) -> None:
    app, person = first_party(org), signing_in(org)
    login = {"grant_type": "password", "username": person.email.upper(), "password": PASSWORD}
    told = ask(org, app, url=willing, **login).json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 15_778_800)
    assert org.client(told["access_token"]).get("/me/tasks").status_code == 200
    assert refusal(ask(org, app, **login)) == (400, "unsupported_grant_type")
    again = ask(org, app, grant_type="refresh_token", refresh_token=told["refresh_token"]).json()
    assert again["refresh_token"] != told["refresh_token"]
    assert org.client(again["access_token"]).get("/me/tasks").status_code == 200
    assert org.client(told["access_token"]).get("/me/tasks").status_code == 401


def test_a_refresh_token_that_is_used_twice_ends_all_that_came_of_it(org: Org, willing: str) -> None:
    app, person = first_party(org), signing_in(org)
    told = ask(org, app, url=willing, grant_type="password", username=person.email, password=PASSWORD).json()
    again = ask(org, app, grant_type="refresh_token", refresh_token=told["refresh_token"]).json()
    # kept in memory by now, and over at once all the same
    assert org.client(again["access_token"]).get("/me/tasks").status_code == 200
    refused = ask(org, app, grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert refusal(refused) == (400, "invalid_grant")
    assert org.client(again["access_token"]).get("/me/tasks").status_code == 401
    refused = ask(org, app, grant_type="refresh_token", refresh_token=again["refresh_token"])
    assert refusal(refused) == (400, "invalid_grant")


def test_refresh_tokens_of_others_and_of_who_left(org: Org, willing: str) -> None:
    app, other, person = first_party(org), first_party(org), signing_in(org)
    told = ask(org, app, url=willing, grant_type="password", username=person.email, password=PASSWORD).json()
    refused = ask(org, other, grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert refusal(refused) == (400, "invalid_grant")
    assert org.client(told["access_token"]).get("/me/tasks").status_code == 200
    made(org.http.delete(f"/users/{person.user_id}/disable"), 200)
    refused = ask(org, app, grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert refusal(refused) == (400, "invalid_grant")


def test_wrong_passwords_are_refused_alike_and_counted(org: Org, willing: str) -> None:
    app, person = first_party(org), signing_in(org)
    texts = set[str]()
    for username in (person.email, f"nobody.{org.organization_id}@pilots.example"):
        answer = ask(org, app, url=willing, grant_type="password", username=username, password="wrong password")
        assert refusal(answer) == (400, "invalid_grant")
        texts.add(answer.text)
    assert len(texts) == 1
    for _ in range(9):
        ask(org, app, url=willing, grant_type="password", username=person.email, password="wrong password")
    answer = ask(org, app, url=willing, grant_type="password", username=person.email, password=PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_revoking(org: Org, willing: str) -> None:
    app, other, person = first_party(org), first_party(org), signing_in(org)
    login = {"grant_type": "password", "username": person.email, "password": PASSWORD}

    def revoke(who: dict[str, Any], token: str) -> int:
        client = {"client_id": who["client_id"], "client_secret": who["client_secret"]}
        with httpx.Client(base_url=org.server.url) as http:
            return http.post("/oauth/revoke", data={"token": token, **client}).status_code

    told = ask(org, app, url=willing, **login).json()
    assert revoke({**app, "client_secret": "wrong"}, told["access_token"]) == 401
    assert revoke(other, told["access_token"]) == 200
    assert org.client(told["access_token"]).get("/me/tasks").status_code == 200
    assert revoke(app, told["access_token"]) == 200
    assert org.client(told["access_token"]).get("/me/tasks").status_code == 401
    told = ask(org, app, url=willing, **login).json()
    assert revoke(app, told["refresh_token"]) == 200
    assert org.client(told["access_token"]).get("/me/tasks").status_code == 401
    assert revoke(app, "unknown") == 200


@pytest.mark.parametrize("which", ["one", "all", "disabled"])
def test_what_a_person_revokes_does_not_come_back(org: Org, willing: str, which: str) -> None:
    app, person = first_party(org), signing_in(org)
    login = {"grant_type": "password", "username": person.email, "password": PASSWORD}
    told, other = ask(org, app, url=willing, **login).json(), ask(org, app, url=willing, **login).json()
    if which == "one":
        http = org.client(told["access_token"])
        (token_id,) = (one["id"] for one in http.get("/me/tokens").json()["data"] if one["current"])
        assert http.delete(f"/me/tokens/{token_id}").status_code == 204
    elif which == "all":
        assert person.http.delete("/me/tokens").status_code == 200
    else:
        made(org.http.delete(f"/users/{person.user_id}/disable"), 200)
        made(org.http.put(f"/users/{person.user_id}/enable"), 200)
    assert org.client(told["access_token"]).get("/me/tasks").status_code == 401
    refused = ask(org, app, grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert refusal(refused) == (400, "invalid_grant")
    rest = ask(org, app, grant_type="refresh_token", refresh_token=other["refresh_token"])
    assert rest.status_code == (200 if which == "one" else 400)


def test_nothing_that_an_application_gets_outlives_it(org: Org) -> None:
    app = application(org)
    http = org.client(as_application(org, own_token(org, app), org.email).json()["access_token"])
    assert http.get("/x/applications").status_code == 200
    assert http.post("/me/tokens", json={"name": "mine", "scopes": ["*"]}).status_code == 403
    assert http.post("/x/applications", json={"name": "Heir"}).status_code == 403
    assert http.post(f"/x/applications/{app['id']}/secrets").status_code == 403
    assert org.http.post("/me/tokens", json={"name": "mine", "scopes": ["*"]}).status_code == 201


def test_an_applications_own_token_can_be_revoked_by_it_alone(org: Org) -> None:
    app, other = application(org), application(org)
    token = own_token(org, app)
    for who, left in ((other, 200), (app, 401)):
        client = {"client_id": who["client_id"], "client_secret": who["client_secret"]}
        with httpx.Client(base_url=org.server.url) as http:
            assert http.post("/oauth/revoke", data={"token": token, **client}).status_code == 200
        assert as_application(org, token, org.email).status_code == left


@pytest.mark.parametrize(
    ("asked", "given_scope"),
    [
        (None, "processes:read tasks:write"),
        ("*", "processes:read tasks:write"),
        ("read write", "processes:read tasks:write"),
        ("tasks:write", "tasks:write"),
        ("tasks:read", "tasks:read"),
        ("files:read", None),
        ("tasks:write files:read", None),
        ("processes:write", None),
        ("nonsense", None),
        ("admin", None),
    ],
)
def test_only_scopes_that_the_application_may_have(org: Org, asked: str | None, given_scope: str | None) -> None:
    app = application(org, scopes=["tasks:write", "processes:read"])
    answer = ask(org, app, grant_type="client_credentials", **({} if asked is None else {"scope": asked}))
    if given_scope is None:
        assert refusal(answer) == (400, "invalid_scope")
    else:
        assert (answer.status_code, answer.json()["scope"]) == (200, given_scope)


def test_a_refusal_of_the_client_says_how_to_say_who_one_is(org: Org) -> None:
    answer = ask(org, {**application(org), "client_secret": "wrong"}, grant_type="client_credentials")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


# never by chance

_worlds: dict[int, tuple[Org, dict[str, Any], str]] = {}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    change=st.sampled_from(["client_id", "client_secret", "refresh_token"]),
    place=st.integers(0, 60),
    letter=st.sampled_from("0aZ_é"),
)
def test_nothing_that_was_tampered_with_gives_a_token(server: TestServer, change: str, place: int, letter: str) -> None:
    if id(server) not in _worlds:
        org = server.found()
        app, person = first_party(org), signing_in(org)
        with server.beside(password_grant="on") as url:
            told = ask(org, app, url=url, grant_type="password", username=person.email, password=PASSWORD).json()
        _worlds[id(server)] = (org, app, told["refresh_token"])
    org, app, refresh = _worlds[id(server)]
    fields = {"client_id": str(app["client_id"]), "client_secret": app["client_secret"], "refresh_token": refresh}
    text = fields[change]
    place %= len(text)
    fields[change] = text[:place] + letter + text[place + 1 :]
    if fields[change] == text:
        return
    with httpx.Client(base_url=server.url) as http:
        answer = http.post("/oauth/token", data={"grant_type": "refresh_token", **fields})
    assert answer.status_code in (400, 401), answer.text
    assert "access_token" not in answer.text


def test_an_applications_own_calls_count_for_its_organization(org: Org) -> None:
    app = application(org)
    token = own_token(org, app)
    with org.server.beside(rate_limit_per_minute=3, rate_limit_per_hour=0) as url:
        path = f"/api/applications/{org.organization_id}/users/{org.email}/token"
        person, program = org.client(url=url), org.server.client(token, url=url)
        assert person.get("/me/tasks").headers["X-RateLimit-Remaining"] == "2"
        answer = program.post(path)
        assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, "1")
        refused = program.post(f"/api/applications/{org.organization_id}/users/nobody@pilots.example/token")
        assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (404, "0")
        for client, where in ((program, path), (person, "/me/tasks")):
            answer = client.request("POST" if client is program else "GET", where)
            assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMIT_EXCEEDED")
            assert answer.headers["X-RateLimit-Remaining"] == "0"
            assert 0 < int(answer.headers["Retry-After"]) <= 61


@pytest.mark.parametrize("name", ["grant_type", "scope", "refresh_token", "code", "redirect_uri", "code_verifier"])
@pytest.mark.parametrize("value", ["\u00ad", "\U000e7e9a", "a\nb", "\x7f", '"\\'])
def test_characters_that_no_parameter_has_are_refused(org: Org, name: str, value: str) -> None:
    new = made(org.http.post("/x/applications", json={"name": "Portal"}))
    given = {"grant_type": "client_credentials", "client_id": str(new["id"]), "client_secret": new["client_secret"]}
    answer = org.server.client().post("/oauth/token", data={**given, name: value})
    assert answer.status_code in (200, 400), answer.text
