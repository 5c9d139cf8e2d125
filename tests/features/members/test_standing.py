"""Roles, disabling, deleting: there is always an administrator, and history stays."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handrail.schema.statement import Statement
from handrail.schema.tables import members
from handrail.schema.words import own
from tests.features.members.test_directory import make_group
from tests.support.server import Org, Person, TestServer

bot_of = Statement[tuple[int]](
    members.select().with_only_columns(members.c.user_id).where(own(members), members.c.kind == "bot")
)


def changed(person: Person, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer = person.http.request(method, path, json=body or None)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def refused(person: Person, status: int, method: str, path: str, **body: Any) -> str:
    answer = person.http.request(method, path, json=body or None)
    assert answer.status_code == status, answer.text
    return answer.json()["message"]


def bot(org: Org) -> int:
    async def look() -> int:
        async with org.server.database.reader() as reader:
            return int(await reader.value(bot_of, organization_id=org.organization_id))

    return org.server.run(look)


def test_role_counts_from_the_next_request(org: Org) -> None:
    person = org.member()
    assert person.http.get("/me/tokens").status_code == 200
    assert changed(org, "PUT", f"/users/{person.user_id}/role", role="Light")["role"] == "light"
    assert person.http.get("/me/tokens").status_code == 403
    changed(org, "PUT", f"/users/{person.user_id}/role", role="admin")
    assert person.http.put("", json={"city": "Porto"}).status_code == 200


@pytest.mark.parametrize("body", [{}, {"role": "owner"}, {"role": None}, {"role": 7}])
def test_unknown_roles_are_refused(org: Org, body: dict[str, Any]) -> None:
    answer = org.http.put(f"/users/{org.member().user_id}/role", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"].keys() == {"role"}


@pytest.mark.parametrize("role", ["standard", "light"])
def test_only_administrators_manage_members(org: Org, role: str) -> None:
    person, other = org.member(role), org.member()
    for method, path in (
        ("PUT", "/role"),
        ("PUT", "/enable"),
        ("PUT", "/approve"),
        ("PUT", ""),
        ("DELETE", ""),
        ("DELETE", "/disable"),
        ("DELETE", "/delete"),
    ):
        assert person.http.request(method, f"/users/{other.user_id}{path}", json={"role": "light"}).status_code == 403
    assert person.http.post(f"/x/users/{other.user_id}/invitation").status_code == 403


def test_default_administrator_keeps_the_role(org: Org) -> None:
    org.member("admin")
    assert "default administrator" in refused(org, 400, "PUT", f"/users/{org.user_id}/role", role="light").lower()


def test_last_administrator_stays(org: Org) -> None:
    org.member()
    refused(org, 400, "DELETE", f"/users/{org.user_id}/disable")
    refused(org, 400, "DELETE", f"/users/{org.user_id}")
    refused(org, 422, "DELETE", f"/users/{org.user_id}/delete")
    assert org.http.get("/me").json()["data"]["role"] == "admin"


def test_mark_of_the_default_administrator_moves_when_they_leave(org: Org) -> None:
    second, third = org.member("admin"), org.member("admin")
    changed(second, "DELETE", f"/users/{org.user_id}/disable")
    marks = {user["id"]: user["is_default_admin"] for user in second.http.get("/users").json()["data"]}
    assert marks == {org.user_id: False, second.user_id: True, third.user_id: False}
    assert changed(second, "PUT", f"/users/{org.user_id}/enable")["is_default_admin"] is False


def test_another_default_administrator_can_be_chosen(org: Org) -> None:
    second, third = org.member("admin"), org.member()
    assert changed(org, "PUT", f"/users/{second.user_id}", is_default_admin=True)["is_default_admin"] is True
    assert org.http.get("/me").json()["data"]["is_default_admin"] is False
    changed(second, "PUT", f"/users/{org.user_id}/role", role="light")
    answer = second.http.put(f"/users/{third.user_id}", json={"is_default_admin": True})
    assert answer.status_code == 422
    # what was read can be sent back
    assert changed(second, "PUT", f"/users/{third.user_id}", is_default_admin=False)["is_default_admin"] is False
    assert second.http.put("/me", json={"is_default_admin": False}).json()["data"]["is_default_admin"] is True


def test_standard_member_cannot_make_themself_the_default_administrator(org: Org) -> None:
    person = org.member()
    assert person.http.put("/me", json={"is_default_admin": True}).status_code == 403


def test_bot_stays(org: Org) -> None:
    user_id = bot(org)
    for method, path in (("DELETE", ""), ("DELETE", "/disable"), ("DELETE", "/delete"), ("PUT", ""), ("PUT", "/role")):
        assert "bot" in refused(org, 400, method, f"/users/{user_id}{path}", role="light")
    person = org.member()
    answer = org.http.delete(f"/users/{person.user_id}?with_reassignment=true&to={user_id}")
    assert answer.status_code == 422


def test_disabled_member_is_out_at_once(org: Org) -> None:
    person = org.member()
    make_group(org, "Customs", f"u:{person.user_id}")
    user = changed(org, "DELETE", f"/users/{person.user_id}/disable")
    assert (user["status"], user["active"], user["disabled_by"]) == ("disabled", False, org.user_id)
    assert user["disabled_at"] is not None
    assert person.http.get("/me").status_code == 401
    assert org.http.get(f"/users/{person.user_id}?with=groups").json()["data"]["groups"] == {"data": []}
    again = changed(org, "DELETE", f"/users/{person.user_id}/disable")
    assert again["disabled_at"] == user["disabled_at"]


def test_enabled_member_is_back_without_the_old_tokens(org: Org) -> None:
    person = org.member()
    changed(org, "DELETE", f"/users/{person.user_id}/disable")
    user = changed(org, "PUT", f"/users/{person.user_id}/enable")
    assert (user["status"], user["disabled_at"], user["disabled_by"]) == ("active", None, None)
    assert (user["reactivated_by"], user["reactivated_at"] is not None) == (org.user_id, True)
    assert person.http.get("/me").status_code == 401
    again = changed(org, "PUT", f"/users/{person.user_id}/enable")
    assert again["reactivated_at"] == user["reactivated_at"]


def test_approval_is_noted_once(org: Org) -> None:
    person = org.member()
    before = org.http.get(f"/users/{person.user_id}").json()["data"]["approved_at"]
    assert changed(org, "PUT", f"/users/{person.user_id}/approve")["approved_at"] == before


def test_leaving_without_an_heir_only_disables(org: Org) -> None:
    person = org.member()
    assert changed(org, "DELETE", f"/users/{person.user_id}")["status"] == "disabled"


@pytest.mark.parametrize("to", ["", "&to=", "&to=abc", "&to=999999999"])
def test_heir_must_be_an_active_member(org: Org, to: str) -> None:
    person = org.member()
    answer = org.http.delete(f"/users/{person.user_id}?with_reassignment=true{to}")
    assert answer.status_code == 422
    assert answer.json()["errors"].keys() == {"to"}
    assert person.http.get("/me").status_code == 200


def test_heir_must_be_somebody_else_and_not_disabled(org: Org) -> None:
    person, gone = org.member(), org.member()
    changed(org, "DELETE", f"/users/{gone.user_id}/disable")
    for to in (person.user_id, gone.user_id):
        refused(org, 422, "DELETE", f"/users/{person.user_id}?with_reassignment=true&to={to}")


def test_templates_move_to_the_heir(org: Org) -> None:
    person, heir = org.member(), org.member()
    answer = person.http.post("/checklists", json={"title": "Vendor intake"})
    assert answer.status_code == 201, answer.text
    template_id = answer.json()["data"]["id"]
    user = changed(org, "DELETE", f"/users/{person.user_id}?with_reassignment=true&to={heir.user_id}")
    assert user["status"] == "disabled"
    assert org.http.get(f"/checklists/{template_id}").json()["data"]["owner_id"] == heir.user_id


def test_deleted_member_leaves_a_name_and_frees_the_address(org: Org) -> None:
    person = org.member(last_name="Costa")
    assert "disable" in refused(org, 422, "DELETE", f"/users/{person.user_id}/delete")
    changed(org, "DELETE", f"/users/{person.user_id}/disable")
    user = changed(org, "DELETE", f"/users/{person.user_id}/delete")
    assert user["last_name"] == "Costa(Deleted)"
    assert user["email"] == f"{person.email}.deleted.{person.user_id}"
    assert org.http.get(f"/users/{person.user_id}").status_code == 404
    assert person.user_id not in {user["id"] for user in org.http.get("/users-list").json()["data"]}
    refused(org, 404, "DELETE", f"/users/{person.user_id}/delete")
    again = changed(org, "POST", "/users/invite", email=person.email, first_name="New", last_name="Person")
    assert again["id"] != person.user_id


def test_person_deleted_in_one_organization_lives_on_in_the_other(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    person = one.member(last_name="Costa")
    there = other.member(email=person.email)
    changed(one, "DELETE", f"/users/{person.user_id}/disable")
    assert changed(one, "DELETE", f"/users/{person.user_id}/delete")["last_name"] == "Costa(Deleted)"
    assert one.http.get(f"/users/{person.user_id}").status_code == 404
    mine = there.http.get("/me").json()["data"]
    assert (mine["last_name"], mine["email"], mine["status"]) == ("Costa", person.email, "active")
    back = changed(one, "POST", "/users/invite", email=person.email, first_name="Rui", last_name="Costa", role="light")
    assert (back["id"], back["status"], back["role"]) == (person.user_id, "invited", "light")


def test_two_administrators_cannot_remove_each_other(server: TestServer) -> None:
    for _ in range(8):
        org = server.found()
        other = org.member("admin")
        pair = ((org, other.user_id), (other, org.user_id))
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda one: one[0].http.delete(f"/users/{one[1]}/disable").status_code, pair))
        # the second is too late: signed out, no member any more, or refused
        assert done.count(200) == 1, done
        assert {code for code in done if code != 200} <= {400, 401, 404}
