"""Reading members: one, lists, includes, and what each role may see."""

from typing import Any

import pytest

from handrail.ports.database import Transaction
from handrail.schema.statement import Statement
from handrail.schema.tables import group_people, groups
from handrail.schema.words import insert_all
from tests.support.server import Org, Person, TestServer

_KEYS = """
id email username first_name last_name full_name profile_pic resize_profile_pic locale active is_active complete
is_suspended support_user is_default_admin type role status created_at last_updated updated_at last_login_at
last_accessed_at activated_at approved_at invited_by disabled_at disabled_by reactivated_at reactivated_by phone
job_title job_description team timezone UTC_offset date_format country_id last_known_ip last_known_country
"""
KEYS = _KEYS.split()
LISTED = {"id", "email", "username", "first_name", "last_name", "full_name", "profile_pic", "status"}

insert_group = Statement[None](insert_all(groups, "organization_id", "id", "name", "created_at", "updated_at"))
insert_person = Statement[None](insert_all(group_people))


def make_group(org: Org, name: str, *principals: str) -> str:
    group_id = f"{abs(hash(name)):032x}"[:32]

    async def body(tx: Transaction) -> None:
        await tx.run(
            insert_group, organization_id=org.organization_id, id=group_id, name=name, created_at=1, updated_at=1
        )
        for principal in principals:
            await tx.run(insert_person, organization_id=org.organization_id, group_id=group_id, principal=principal)

    org.server.write(body)
    return group_id


def users(person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = person.http.get(f"/users{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_me_has_every_key(org: Org) -> None:
    here = org.http.get("/me").json()["data"]
    assert set(KEYS) == here.keys()
    assert (here["id"], here["email"], here["role"], here["status"]) == (org.user_id, org.email, "admin", "active")
    assert here["is_default_admin"] is here["active"] is here["is_active"] is True
    assert here["UTC_offset"] == "+00:00"
    assert org.server.client(org.token).get("/me").json()["data"]["id"] == org.user_id


def test_everybody_is_listed_except_the_bot(org: Org) -> None:
    one, two = org.member(), org.member("light")
    org.http.post("/users/invite", json={"email": "new@pilots.example", "first_name": "N", "last_name": "W"})
    org.http.delete(f"/users/{two.user_id}/disable")
    answer = org.http.get("/users").json()
    found = {user["id"]: user["status"] for user in answer["data"]}
    assert found[org.user_id] == found[one.user_id] == "active"
    assert found[two.user_id] == "disabled"
    assert sorted(found.values()) == ["active", "active", "disabled", "invited"]
    assert answer["meta"]["pagination"]["per_page"] == 9999
    assert {user["type"] for user in answer["data"]} == {"standard"}
    assert all(set(KEYS) == user.keys() for user in answer["data"])


def test_list_is_paged_searched_and_sorted(org: Org) -> None:
    mira = org.member(first_name="Mira", last_name="Ångström")
    rui = org.member(first_name="Rui", last_name="Ångelo", email=f"rui.{org.organization_id}@quay.example")
    assert [user["id"] for user in users(org, "?q=ÅNG&sort=first_name")] == [mira.user_id, rui.user_id]
    assert [user["id"] for user in users(org, "?q=ång&sort=-first_name")] == [rui.user_id, mira.user_id]
    assert [user["id"] for user in users(org, "?q=rui%20%C3%A5ng")] == [rui.user_id]
    assert [user["id"] for user in users(org, "?q=quay.example")] == [rui.user_id]
    assert users(org, "?q=%25") == users(org, "?q=_%25") == []
    assert [user["id"] for user in users(org, "?sort=-id")] == [rui.user_id, mira.user_id, org.user_id]
    assert [user["id"] for user in users(org, "?sort=nonsense")] == [org.user_id, mira.user_id, rui.user_id]
    page = org.http.get("/users?per_page=2&page=2&sort=id").json()
    assert [user["id"] for user in page["data"]] == [rui.user_id]
    assert (page["meta"]["pagination"]["total"], page["meta"]["pagination"]["total_pages"]) == (3, 2)
    assert len(users(org, "?limit=1")) == 1


@pytest.mark.parametrize(
    "word", ["email", "username", "name", "full_name", "role", "status", "created_at", "updated_at", "last_login_at"]
)
def test_every_sort_word_works(org: Org, word: str) -> None:
    people = {org.user_id, org.member().user_id}
    assert {user["id"] for user in users(org, f"?sort={word}")} == people
    assert {user["id"] for user in users(org, f"?sort=-{word}")} == people


def test_short_list(org: Org) -> None:
    person = org.member(first_name="Abel", last_name="First")
    answer = org.http.get("/users-list").json()
    assert answer.keys() == {"data"}
    assert all(user.keys() == LISTED for user in answer["data"])
    assert answer["data"][0] == {
        "id": person.user_id,
        "email": person.email,
        "username": person.email.partition("@")[0],
        "first_name": "Abel",
        "last_name": "First",
        "full_name": "Abel First",
        "profile_pic": None,
        "status": "active",
    }


def test_includes_are_wrapped_and_only_on_demand(org: Org) -> None:
    person = org.member()
    group_id = make_group(org, "Customs", f"u:{person.user_id}", f"u:{org.user_id}", "g:rui@quay.example")
    make_group(org, "Others", f"u:{org.user_id}")
    found = org.http.get(
        f"/users/{person.user_id}?with=groups,stats,organizations,preferences,auth_methods,country,assets,"
        "member_watchers,guest_watchers,nonsense"
    ).json()["data"]
    assert found["groups"]["data"] == [
        {
            "id": group_id,
            "name": "Customs",
            "logo": None,
            "members": [org.user_id, person.user_id],
            "guests": ["rui@quay.example"],
        }
    ]
    assert found["stats"]["data"]["tasks_completed"] == 0
    assert [place["id"] for place in found["organizations"]["data"]] == [org.organization_id]
    assert found["preferences"] == found["auth_methods"] == {"data": []}
    assert found["country"] == {"data": None}
    assert found["assets"] == found["member_watchers"] == found["guest_watchers"] == {"data": []}
    assert "nonsense" not in found
    listed = {user["id"]: user for user in users(org, "?with=groups")}
    assert len(listed[org.user_id]["groups"]["data"]) == 2
    assert "stats" not in listed[org.user_id]


def test_preferences_that_were_chosen_are_included(org: Org) -> None:
    org.http.put("/me", json={"step_preferences": True})
    found = org.http.get("/me?with=preferences").json()["data"]["preferences"]["data"]
    assert [(entry["slug"], entry["value"]) for entry in found] == [("step_preferences", "true")]


def test_list_costs_the_same_for_many(org: Org) -> None:
    query = "/users?with=groups,stats,organizations,preferences,auth_methods,country"
    org.http.get(query)
    with org.server.count_statements() as few:
        org.http.get(query)
    for _ in range(8):
        org.member()
    org.http.get(query)
    with org.server.count_statements() as many:
        assert len(org.http.get(query).json()["data"]) == 9
    assert len(many) <= len(few) + 1  # the total is counted again


def test_standard_members_do_not_see_where_others_signed_in_from(org: Org) -> None:
    person = org.member()
    org.http.put("/me", json={"country_id": 174, "phone": "+351"})
    org.http.get("/me")
    whole = org.http.get(f"/users/{org.user_id}?with=auth_methods").json()["data"]
    assert (whole["country_id"], whole["last_known_ip"]) == (174, "127.0.0.1")
    seen = person.http.get(f"/users/{org.user_id}?with=auth_methods,preferences").json()["data"]
    assert seen["country_id"] is seen["last_known_ip"] is seen["last_login_at"] is None
    assert "auth_methods" not in seen
    assert "preferences" not in seen
    assert (seen["email"], seen["phone"]) == (org.email, "+351")


def test_light_members_see_names(org: Org) -> None:
    person = org.member("light")
    make_group(org, "Customs", f"u:{org.user_id}")
    org.http.put("/me", json={"phone": "+351", "job_title": "Lead"})
    seen = {user["id"]: user for user in users(person, "?with=groups,stats,organizations")}
    boss = seen[org.user_id]
    assert boss["full_name"].startswith("Ada")
    assert [boss[key] for key in ("email", "phone", "job_title", "last_known_ip", "last_accessed_at")] == [None] * 5
    assert boss["groups"] == {"data": []}
    assert "stats" not in boss
    assert seen[person.user_id]["email"] == person.email
    assert users(person, "?q=pilots.example") == []
    emails = {user["id"]: user["email"] for user in person.http.get("/users-list").json()["data"]}
    assert emails == {org.user_id: None, person.user_id: person.email}


def test_light_members_read_only_themselves(org: Org) -> None:
    person = org.member("light")
    assert person.http.get(f"/users/{person.user_id}").status_code == 200
    assert person.http.get(f"/users/{org.user_id}").status_code == 403


@pytest.mark.parametrize("text", ["0", "999999999", "abc", "-1", "1.5", "9" * 30])
def test_unknown_members_are_not_found(org: Org, text: str) -> None:
    assert org.http.get(f"/users/{text}").status_code == 404


def test_members_of_other_organizations_do_not_exist(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    for method, path in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("PUT", "/role"),
        ("PUT", "/enable"),
        ("PUT", "/approve"),
        ("DELETE", "/disable"),
        ("DELETE", "/delete"),
    ):
        answer = one.http.request(method, f"/users/{other.user_id}{path}", json={"role": "light"})
        assert answer.status_code == 404, (method, path, answer.text)
    assert other.http.get("/me").json()["data"]["status"] == "active"
    assert other.user_id not in {user["id"] for user in users(one)}


def test_of_others_only_the_shared_organization_is_included(server: TestServer) -> None:
    one, other = server.found(), server.found()
    person = one.member()
    other.member(email=person.email)
    theirs = one.http.get(f"/users/{person.user_id}?with=organizations").json()["data"]["organizations"]["data"]
    assert [place["id"] for place in theirs] == [one.organization_id]
    mine = person.http.get("/me?with=organizations").json()["data"]["organizations"]["data"]
    assert {place["id"] for place in mine} == {one.organization_id, other.organization_id}
