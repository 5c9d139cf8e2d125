"""What gives or takes rights is in the audit log, also where nobody thinks of it as that."""

from collections.abc import Callable
from typing import Any

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.builders import made
from tests.features.oauth.flow import Flow, registered
from tests.features.oauth.test_tokens import application, ask, own_token
from tests.support.browser import Browser
from tests.support.server import Org


def told(org: Org, act: Callable[[], Any]) -> list[dict[str, Any]]:
    """The entries that something adds, the first one first."""
    before = newest(org)
    act()
    entries = org.http.get("/x/audit", params={"per_page": 100}).json()["data"]
    assert made(org.http.get("/x/audit/verify"), 200)["intact"]
    return sorted((one for one in entries if one["position"] > before), key=lambda one: one["position"])


def newest(org: Org) -> int:
    return max((one["position"] for one in org.http.get("/x/audit").json()["data"]), default=0)


def events(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["event"] for entry in entries]


def test_who_is_in_a_group(org: Org) -> None:
    person = org.member("standard")
    group: dict[str, Any] = {}

    def make() -> None:
        group.update(made(org.http.post("/groups", json={"name": "Desk", "members": [org.user_id]})))

    def join() -> None:
        # any member may, where the organization lets them manage groups
        made(person.http.put(f"/groups/{group['id']}", json={"members": [org.user_id, person.user_id]}), 200)

    assert events(told(org, make)) == ["group_changed"]
    (joined,) = told(org, join)
    assert (joined["event"], joined["actor_id"], joined["subject_id"]) == ("group_changed", person.user_id, group["id"])
    assert f"u:{person.user_id}" in joined["detail"]["after"]
    assert f"u:{person.user_id}" not in joined["detail"]["before"]
    assert told(org, lambda: org.http.put(f"/groups/{group['id']}", json={"description": "Words"})) == []
    assert events(told(org, lambda: org.http.delete(f"/groups/{group['id']}"))) == ["group_changed"]


def test_who_is_the_default_administrator(org: Org) -> None:
    other = org.member("admin")
    body = {"is_default_admin": True, "first_name": "A", "last_name": "B", "timezone": "UTC"}
    (marked,) = told(org, lambda: made(org.http.put(f"/users/{other.user_id}", json=body), 200))
    assert (marked["event"], marked["subject_id"]) == ("default_admin_changed", str(other.user_id))
    found = told(org, lambda: made(org.http.delete(f"/users/{other.user_id}/disable"), 200))
    assert events(found) == ["default_admin_changed", "member_disabled"]
    assert found[0]["detail"]["after"] == org.user_id


def test_tokens_of_applications(org: Org) -> None:
    app = application(org)
    token: list[str] = []
    (got,) = told(org, lambda: token.append(own_token(org, app)))
    assert (got["event"], got["application_id"], got["subject_type"]) == ("token_created", app["id"], "Application")
    who = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    http = org.server.client(path="/api")
    (ended,) = told(org, lambda: http.post("/oauth/revoke", data={**who, "token": token[0]}))
    assert (ended["event"], ended["subject_type"]) == ("token_revoked", "Application")
    assert told(org, lambda: http.post("/oauth/revoke", data={**who, "token": token[0]})) == []


def test_tokens_of_the_code_flow(org: Org) -> None:
    mina = with_password(org.member("standard"))
    flow = Flow(org.server, registered(org))
    code = flow.code(mina)
    answers: list[dict[str, Any]] = []
    (got,) = told(org, lambda: answers.append(flow.token(code).json()))
    assert (got["event"], got["subject_id"]) == ("token_created", str(mina.user_id))
    assert got["detail"] == {"grant": "authorization_code"}
    (misused,) = told(org, lambda: flow.token(code))
    assert (misused["event"], misused["subject_id"]) == ("token_revoked", str(mina.user_id))
    assert "twice" in misused["message"]
    answer = flow.token(flow.code(mina)).json()
    who = {"client_id": flow.application["client_id"], "client_secret": flow.application["client_secret"]}
    http = org.server.client(path="/api")
    (ended,) = told(org, lambda: http.post("/oauth/revoke", data={**who, "token": answer["refresh_token"]}))
    assert (ended["event"], ended["subject_id"]) == ("token_revoked", str(mina.user_id))


def test_nothing_is_told_of_tokens_that_were_refused(org: Org) -> None:
    app = application(org)
    wrong = {**app, "client_secret": "hrc_wrong"}
    assert told(org, lambda: ask(org, wrong, grant_type="client_credentials")) == []
    mina = with_password(org.member("standard"))
    assert events(told(org, lambda: Browser(org.server.url).sign_in(mina.email, PASSWORD))) == ["login_succeeded"]
