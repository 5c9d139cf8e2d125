"""The audit log (around 9): what is in it, and that it shows when it was tampered with."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from handrail.features.audit.chain import BEGINNING, broken_at, hash_of
from handrail.features.audit.store import AuditRow
from handrail.schema.statement import Statement
from handrail.schema.tables import audit_entries
from handrail.schema.words import own
from tests.features.builders import made, template
from tests.features.oauth.test_tokens import PASSWORD, application, ask, first_party, signing_in
from tests.support.server import Org, Person


def entries(person: Person, query: str = "") -> list[dict[str, Any]]:
    """The oldest first, without that they are looked at."""
    found: Any = made(person.http.get(f"/x/audit?per_page=100{query}"), 200)
    return [entry for entry in found[::-1] if entry["event"] != "system_log_viewed"]


def events(person: Person, query: str = "") -> list[str]:
    return [entry["event"] for entry in entries(person, query)]


def check(person: Person) -> dict[str, Any]:
    return made(person.http.get("/x/audit/verify"), 200)


def test_members_roles_and_settings(org: Org) -> None:
    before = len(entries(org))
    person = org.member("light")
    made(org.http.put(f"/users/{person.user_id}/role", json={"role": "standard"}), 200)
    made(org.http.delete(f"/users/{person.user_id}/disable"), 200)
    made(org.http.put(f"/users/{person.user_id}/enable"), 200)
    made(org.http.put("", json={"timezone": "Asia/Kolkata"}), 200)
    checklist = template(org)
    grants = {"permissions": {"LAUNCH": [{"type": "user", "id": person.user_id}]}}
    made(org.http.put(f"/checklists/{checklist['id']}/permissions", json=grants), 200)
    found = entries(org)[before:]
    assert [entry["event"] for entry in found] == [
        "role_changed",
        "member_disabled",
        "member_enabled",
        "settings_changed",
        "permission_changed",
    ]
    role, _, _, settings, permission = found
    assert role["detail"] == {"before": "light", "after": "standard"}
    assert (role["actor_id"], role["subject_type"], role["subject_id"]) == (org.user_id, "User", str(person.user_id))
    assert role["address"] and role["client"] and role["token_id"] and role["request_id"]
    assert settings["detail"] == {"changed": ["timezone"]}
    assert permission["detail"] == {"after": {"LAUNCH": [f"u:{person.user_id}"]}}


def test_guests(org: Org) -> None:
    before = len(entries(org))
    first = made(org.http.post("/guests", json={"email": "rui@pilots.example"}))
    code = first["link"].rpartition("/")[2]
    made(org.http.put(f"/guests/{code}", json={"phone_1": "+351 910 000 222", "first_name": "Rui"}), 200)
    made(org.http.put("/guests/rui@pilots.example", json={"first_name": "Rui"}), 200)
    second = made(org.http.post("/x/guests/rui@pilots.example/link"), 200)["link"].rpartition("/")[2]
    made(org.http.delete("/guests/rui@pilots.example/disable"), 200)
    made(org.http.put("/guests/rui@pilots.example/enable"), 200)
    made(org.http.post("/guests/rui@pilots.example/to/member"), 200)
    person = org.member()
    made(org.http.put(f"/users/{person.user_id}/to/guest"), 200)
    made(org.http.delete(f"/guests/{person.email}"), 200)
    found = [entry for entry in entries(org)[before:] if entry["subject_type"] == "Guest"]
    assert [entry["event"] for entry in found] == [
        "guest_changed",
        "guest_link_reset",
        "guest_disabled",
        "guest_enabled",
        "guest_to_member",
        "member_to_guest",
        "guest_deleted",
    ]
    assert found[0]["detail"] == {"changed": ["first_name", "phone_1"]}
    assert found[1]["subject_id"] == str(first["id"])
    assert found[5]["detail"] == {"member": person.user_id}
    told = json.dumps(found)
    assert not [secret for secret in (code, second, "+351") if secret in told]
    assert check(org)["intact"] is True


def test_tokens_and_applications_without_their_secrets(org: Org) -> None:
    before = len(entries(org))
    token = made(org.http.post("/me/tokens", json={"name": "night run", "scopes": ["tasks:read"]}))
    assert org.http.delete(f"/me/tokens/{token['id']}").status_code == 204
    app = application(org)
    second = made(org.http.post(f"/x/applications/{app['id']}/secrets"))
    assert org.http.delete(f"/x/applications/{app['id']}").status_code == 204
    found = entries(org)[before:]
    assert [entry["event"] for entry in found] == [
        "token_created",
        "token_revoked",
        "oauth_app_created",
        "oauth_app_changed",
        "oauth_app_deleted",
    ]
    assert found[0]["detail"]["scopes"] == "tasks:read"
    told = json.dumps(found)
    for secret in (token["access_token"], app["client_secret"], second["client_secret"]):
        assert secret not in told


def test_sign_ins(org: Org) -> None:
    app, person = first_party(org), signing_in(org)
    with org.server.beside(password_grant="on") as url:
        login = {"grant_type": "password", "username": person.email}
        told = ask(org, app, url=url, **login, password=PASSWORD).json()
        assert ask(org, app, url=url, **login, password="wrong").status_code == 400
        assert (
            ask(org, app, url=url, grant_type="password", username="nobody@x.example", password="x").status_code == 400
        )
        stranger = {**app, "client_secret": "wrong"}
        assert ask(org, stranger, url=url, **login, password="wrong").status_code == 401
        again = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
        assert ask(org, app, **again).status_code == 200
        assert ask(org, app, **again).status_code == 400
    org.server.carry_out("accounts.errand")
    came, ended, failed = entries(org)[-3:]
    assert (came["event"], came["actor_id"], came["application_id"]) == ("login_succeeded", person.user_id, app["id"])
    assert (failed["event"], failed["subject_id"]) == ("login_failed", str(person.user_id))
    assert (ended["event"], ended["subject_id"]) == ("token_revoked", str(person.user_id))
    assert "twice" in ended["message"]


def test_filters(org: Org) -> None:
    person = org.member("light")
    for role in ("standard", "light"):
        made(org.http.put(f"/users/{person.user_id}/role", json={"role": role}), 200)
    made(org.http.put("", json={"timezone": "Asia/Kolkata"}), 200)
    assert events(org, "&event=role_changed") == ["role_changed"] * 2
    assert events(org, f"&subject_type=User&subject_id={person.user_id}") == ["role_changed"] * 2
    assert events(org, f"&actor_id={person.user_id}") == []
    assert events(org, "&until=2020-01-01") == []
    assert events(org, "&since=2020-01-01") == events(org)
    for query in ("actor_id=x", "since=soon", "until=soon"):
        assert org.http.get(f"/x/audit?{query}").status_code == 422


def test_whoever_opens_the_log_stands_in_it(org: Org) -> None:
    """With what they looked for; once, however many pages they turn."""
    for query in ("event=role_changed", "page=2", "until=soon"):
        org.http.get(f"/x/audit?{query}")
    found: Any = made(org.http.get("/x/audit?event=system_log_viewed"), 200)
    assert [(entry["actor_id"], entry["detail"]) for entry in found] == [(org.user_id, {"event": "role_changed"})]
    again: Any = made(org.http.get("/x/audit?event=system_log_viewed"), 200)
    assert len(again) == 2


def test_for_administrators_alone(org: Org) -> None:
    member = org.member("standard")
    for path in ("/x/audit", "/x/audit/export", "/x/audit/verify"):
        assert member.http.get(path).status_code == 403


def test_export_is_whole_and_told(org: Org) -> None:
    made(org.http.put("", json={"timezone": "Asia/Kolkata"}), 200)
    answer = org.http.get("/x/audit/export")
    assert answer.headers["content-type"].startswith("application/jsonl")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line for line in lines if line["event"] != "system_log_viewed"] == entries(org)
    assert (lines[-1]["event"], lines[-1]["actor_id"]) == ("audit_exported", org.user_id)


def test_chain_holds_with_many_writers(org: Org) -> None:
    before = check(org)["entries"]

    def make(number: int) -> int:
        body = {"name": f"token {number}", "scopes": ["tasks:read"]}
        return org.client().post("/me/tokens", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(make, range(24))) == {201}
    told = check(org)
    assert (told["intact"], told["first_broken"], told["entries"]) == (True, None, before + 24)
    assert [entry["position"] for entry in entries(org)] == list(range(1, before + 25))


_change = Statement[None](sa.update(audit_entries).where(own(audit_entries)).values(message="Nothing happened"))
_remove = Statement[None](sa.delete(audit_entries).where(own(audit_entries)))


@pytest.mark.parametrize("statement", [_change, _remove], ids=["update", "delete"])
def test_the_store_refuses_changes(org: Org, statement: Statement[None]) -> None:
    made(org.http.put("", json={"timezone": "Asia/Kolkata"}), 200)
    with pytest.raises(Exception, match="only added to"):
        org.server.write(lambda tx: tx.run(statement, organization_id=org.organization_id))
    assert check(org)["intact"] is True


# the chain


def chain(messages: list[str]) -> list[AuditRow]:
    found: list[AuditRow] = []
    previous = BEGINNING
    for position, message in enumerate(messages, 1):
        row = AuditRow(
            *("o", position, position, "event", message, 1, None, None, None, None, "r", None, None, "{}"),
            previous=previous,
            hash="",
        )
        row = msgspec.structs.replace(row, hash=hash_of(row))
        previous = row.hash
        found.append(row)
    return found


@given(st.lists(st.text(), min_size=2, max_size=8), st.data())
def test_whatever_is_tampered_with_shows(messages: list[str], data: st.DataObject) -> None:
    rows = chain(messages)
    assert broken_at(rows, 0, BEGINNING) is None
    place = data.draw(st.integers(0, len(rows) - 1))
    kind = data.draw(st.sampled_from(["change", "rehash", "remove", "swap"]))
    if kind == "remove":
        # the end can be cut off: whoever keeps the last hash sees it
        place = data.draw(st.integers(0, len(rows) - 2))
        tampered = rows[:place] + rows[place + 1 :]
    elif kind == "swap":
        place = data.draw(st.integers(0, len(rows) - 2))
        tampered = [*rows[:place], rows[place + 1], rows[place], *rows[place + 2 :]]
    else:
        changed = msgspec.structs.replace(rows[place], message=rows[place].message + "!")
        if kind == "rehash":
            changed = msgspec.structs.replace(changed, hash=hash_of(changed))
            if place == len(rows) - 1:
                assert changed.hash != rows[-1].hash
                return
        tampered = [*rows[:place], changed, *rows[place + 1 :]]
    assert broken_at(tampered, 0, BEGINNING) is not None
