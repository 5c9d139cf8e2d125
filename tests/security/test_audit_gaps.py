"""What gives or takes rights is in the audit log, also where nobody thinks of it as that."""

from collections.abc import Callable
from typing import Any

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.builders import launched, made, template
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
    # looking is an entry, too
    entries = [one for one in entries if one["event"] != "system_log_viewed"]
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


def test_what_strangers_may_read_of_templates(org: Org) -> None:
    checklist = template(org, title="Vendors")
    path = f"/checklists/{checklist['id']}"

    def change(**body: bool) -> list[dict[str, Any]]:
        return told(org, lambda: made(org.http.put(path, json={"title": "Vendors", **body}), 200))

    (opened,) = change(is_public=True)
    assert (opened["event"], opened["subject_type"]) == ("blueprint_made_public", "Checklist")
    assert (opened["subject_id"], opened["actor_id"]) == (checklist["id"], org.user_id)
    assert change(is_public=True) == []
    assert events(change(is_public=False, is_public_kickoff=True)) == [
        "blueprint_made_private",
        "kickoff_form_made_public",
    ]
    made_open = told(org, lambda: template(org, is_public_kickoff=True))
    assert events(made_open) == ["kickoff_form_made_public"]


def test_what_strangers_may_read_of_processes(org: Org) -> None:
    checklist = template(org)
    process = launched(org, checklist)
    path = f"/runs/{process['id']}"
    (opened,) = told(org, lambda: made(org.http.put(path, json={"is_public": True}), 200))
    assert (opened["event"], opened["subject_id"]) == ("process_made_public", process["id"])
    assert told(org, lambda: made(org.http.put(path, json={"is_public": True, "name": "Other"}), 200)) == []
    assert events(told(org, lambda: org.http.put(path, json={"is_public": False}))) == ["process_made_private"]
    assert events(told(org, lambda: launched(org, checklist, is_public=True))) == ["process_made_public"]
    assert told(org, lambda: launched(org, checklist)) == []


def test_the_first_entry_is_of_the_founding(org: Org) -> None:
    first = org.http.get("/x/audit", params={"per_page": 100}).json()["data"][-1]
    assert (first["event"], first["actor_id"], first["position"]) == ("organization_founded", org.user_id, 1)
    mina = with_password(org.member("standard"))
    browser = Browser(org.server.url).sign_in(mina.email, PASSWORD)
    browser.open("/account/organizations/new").submit(organization="Second")
    assert browser.title == "Your account"


def test_tokens_of_a_browser(org: Org) -> None:
    mina = with_password(org.member("standard"))
    browser = Browser(org.server.url).sign_in(mina.email, PASSWORD)

    def ask_for_one() -> None:
        answer = browser.http.post("/auth/session-token", headers={"X-Tallyfy-Client": "web"})
        assert answer.status_code == 200, answer.text

    (got,) = told(org, ask_for_one)
    assert (got["event"], got["actor_id"], got["address"]) == ("token_created", mina.user_id, "127.0.0.1")
