"""Groups: made, read, changed and deleted, by whom, and with whom in them."""

from typing import Any

import pytest

from tests.features.builders import made
from tests.support.server import Org, Person

KEYS = {
    "id",
    "name",
    "description",
    "logo",
    "members",
    "guests",
    "created_at",
    "last_updated",
    "updated_at",
    "deleted_at",
}
UNKNOWN = "0" * 32


def group(person: Person, name: str = "Harbour desk", **body: Any) -> dict[str, Any]:
    return made(person.http.post("/groups", json={"name": name, **body}))


def wrong(person: Person, method: str, path: str, **body: Any) -> set[str]:
    answer = person.http.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"])


def names(person: Person, query: str = "") -> list[str]:
    answer = person.http.get(f"/groups{query}")
    assert answer.status_code == 200, answer.text
    return [found["name"] for found in answer.json()["data"]]


def test_made_read_and_listed(org: Org) -> None:
    one, two = org.member(), org.member("light")
    found = group(
        org,
        description="Meets the pilots",
        members=[two.user_id, str(one.user_id), one.user_id],
        guests=["Rui@Pilots.example", "ana@pilots.example"],
    )
    assert found.keys() == KEYS
    assert found["members"] == [one.user_id, two.user_id]
    assert found["guests"] == ["ana@pilots.example", "rui@pilots.example"]
    assert (found["name"], found["description"], found["logo"]) == ("Harbour desk", "Meets the pilots", None)
    assert found["updated_at"] == found["last_updated"] == found["created_at"]
    assert org.http.get(f"/groups/{found['id']}").json()["data"] == found
    assert org.http.get("/groups").json()["data"] == [found]
    assert two.http.get(f"/groups/{found['id']}").json()["data"] == found


def test_new_addresses_become_guests_whose_tasks_can_be_listed(org: Org) -> None:
    found = group(org, guests=["rui@pilots.example"])
    checklist = made(org.http.post("/checklists", json={"title": "T", "type": "procedure", "steps": [{"title": "S"}]}))
    step = org.http.get(f"/checklists/{checklist['id']}/steps").json()["data"][0]["id"]
    body = {"checklist_id": checklist["id"], "tasks": {step: {"owners": {"guests": ["rui@pilots.example"]}}}}
    run = made(org.http.post("/runs?with=tasks", json=body))
    links = run["tasks"]["data"][0]["owners"]["taskUrls"]
    assert len(links) == 1
    assert f"/{org.organization_id}/guest/" in links[0]
    assert found["guests"] == ["rui@pilots.example"]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, {"name"}),
        ({"name": "  "}, {"name"}),
        ({"name": None}, {"name"}),
        ({"name": "x" * 201}, {"name"}),
        ({"name": "A", "description": None}, {"description"}),
        ({"name": "A", "members": [0, -1, 10**30, 999_999_999]}, {f"members.{n}" for n in (0, 1, 2, 3)}),
        ({"name": "A", "members": ["one"]}, {"members.0"}),
        ({"name": "A", "members": None}, {"members"}),
        ({"name": "A", "guests": ["nobody", ""]}, {"guests.0", "guests.1"}),
        ({"name": " ", "guests": ["x"], "members": [0]}, {"name", "guests.0", "members.0"}),
    ],
)
def test_bad_bodies_are_refused_with_everything_that_is_wrong(org: Org, body: dict[str, Any], paths: set[str]) -> None:
    assert wrong(org, "POST", "/groups", **body) == paths
    assert names(org) == []


def test_names_are_unique_in_one_organization(two_orgs: tuple[Org, Org]) -> None:
    org, elsewhere = two_orgs
    first = group(org, "Customs")
    group(elsewhere, "Customs")
    assert wrong(org, "POST", "/groups", name="Customs") == {"name"}
    assert group(org, " Customs")["name"] == " Customs"
    second = group(org, "Berths")
    assert wrong(org, "PUT", f"/groups/{second['id']}", name="Customs") == {"name"}
    assert made(org.http.put(f"/groups/{first['id']}", json={"name": "Customs"}), 200)["name"] == "Customs"


def test_members_must_be_active_and_no_bot(org: Org) -> None:
    gone = org.member()
    org.http.delete(f"/users/{gone.user_id}/disable")
    invited = org.http.post(
        "/users/invite", json={"email": f"i.{org.organization_id}@pilots.example", "first_name": "I", "last_name": "N"}
    ).json()["data"]["id"]
    assert wrong(org, "POST", "/groups", name="A", members=[gone.user_id]) == {"members.0"}
    assert group(org, members=[invited])["members"] == [invited]


def test_members_are_not_guests(org: Org) -> None:
    assert wrong(org, "POST", "/groups", name="A", guests=[org.email.upper()]) == {"guests.0"}


def test_lists_that_are_given_replace_and_others_stay(org: Org) -> None:
    one, two = org.member(), org.member()
    found = group(org, description="D", members=[one.user_id], guests=["rui@pilots.example"])
    at = f"/groups/{found['id']}"
    changed = made(org.http.put(at, json={"members": [two.user_id]}), 200)
    assert (changed["members"], changed["guests"]) == ([two.user_id], ["rui@pilots.example"])
    changed = made(org.http.put(at, json={"guests": [], "id": UNKNOWN, "logo": "x"}), 200)
    assert (changed["members"], changed["guests"], changed["description"]) == ([two.user_id], [], "D")
    changed = made(org.http.patch(at, json={"name": "Other", "description": ""}), 200)
    assert (changed["name"], changed["description"], changed["members"]) == ("Other", "", [two.user_id])
    assert changed["updated_at"] > found["updated_at"]
    assert made(org.http.put(at), 200)["members"] == [two.user_id]
    assert made(org.http.put(at, json=changed), 200)["members"] == [two.user_id]


def test_refused_change_changes_nothing(org: Org) -> None:
    one = org.member()
    found = group(org, members=[one.user_id])
    at = f"/groups/{found['id']}"
    assert wrong(org, "PUT", at, name="New", members=[0], guests=["new@pilots.example"]) == {"members.0"}
    assert org.http.get(at).json()["data"] == found


def test_somebody_who_was_disabled_has_left(org: Org) -> None:
    one, two = org.member(), org.member()
    found = group(org, members=[one.user_id, two.user_id])
    org.http.delete(f"/users/{one.user_id}/disable")
    assert org.http.get(f"/groups/{found['id']}").json()["data"]["members"] == [two.user_id]


def test_list_is_searched_sorted_and_paged(org: Org) -> None:
    for name, description in (("Berths", "the quay"), ("anchors", "chains"), ("Customs", "100% papers")):
        group(org, name, description=description)
    assert names(org) == ["Berths", "anchors", "Customs"]
    assert names(org, "?sort_by=name") == names(org, "?sort=name") == ["anchors", "Berths", "Customs"]
    assert names(org, "?sort_by=name&sort=desc") == names(org, "?sort=-name") == ["Customs", "Berths", "anchors"]
    assert names(org, "?sort=desc") == ["Customs", "anchors", "Berths"]
    assert names(org, "?sort_by=nonsense&sort=asc") == ["Berths", "anchors", "Customs"]
    assert names(org, "?q=QUAY") == ["Berths"]
    assert names(org, "?q=0%25") == ["Customs"]
    assert names(org, "?q=_") == []
    made(org.http.put(f"/groups/{org.http.get('/groups?q=berths').json()['data'][0]['id']}", json={}), 200)
    assert names(org, "?sort_by=updated_at&sort=desc")[0] == "Berths"
    page = org.http.get("/groups?per_page=2&page=2").json()
    assert [entry["name"] for entry in page["data"]] == ["Customs"]
    assert page["meta"]["pagination"]["total"] == 3
    assert "meta" in org.http.get("/groups?without_pagination=true").json()


def test_includes(org: Org) -> None:
    one = org.member(first_name="Abel", last_name="First")
    found = group(org, members=[one.user_id])
    shown = org.http.get(f"/groups/{found['id']}?with=users,assets,guests").json()["data"]
    assert [(user["id"], user["full_name"]) for user in shown["users"]["data"]] == [(one.user_id, "Abel First")]
    assert shown["assets"] == {"data": []}
    assert shown["guests"] == []
    assert shown.keys() == KEYS | {"users", "assets"}


def test_list_costs_the_same_for_many(org: Org) -> None:
    people = [org.member().user_id for _ in range(3)]
    group(org, "First", members=people)
    query = "/groups?with=users,assets&per_page=50"
    org.http.get(query)
    with org.server.count_statements() as few:
        org.http.get(query)
    for number in range(7):
        group(org, f"Group {number}", members=people, guests=[f"g{number}@pilots.example"])
    org.http.get(query)
    with org.server.count_statements() as many:
        assert len(org.http.get(query).json()["data"]) == 8
    assert len(many) == len(few)


@pytest.mark.parametrize("role", ["standard", "light"])
def test_others_manage_groups_while_the_switch_is_on(org: Org, role: str) -> None:
    person = org.member(role)
    found = group(person, members=[person.user_id])
    made(person.http.put(f"/groups/{found['id']}", json={"name": "Renamed"}), 200)
    made(org.http.put("", json={"allow_manage_groups": False}), 200)
    for method, path in (("POST", ""), ("PUT", f"/{found['id']}"), ("DELETE", f"/{found['id']}")):
        answer = person.http.request(method, f"/groups{path}", json={"name": "X"})
        assert answer.status_code == 403, answer.text
    assert names(person) == ["Renamed"]
    assert person.http.get(f"/groups/{found['id']}").status_code == 200
    assert org.http.delete(f"/groups/{found['id']}").status_code == 204


def test_deleted_for_good(org: Org) -> None:
    one = org.member()
    found = group(org, members=[one.user_id])
    answer = org.http.delete(f"/groups/{found['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        assert org.http.request(method, f"/groups/{found['id']}", json={}).status_code == 404
    assert one.http.get("/me?with=groups").json()["data"]["groups"] == {"data": []}
    group(org)


def test_groups_of_other_organizations_do_not_exist(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    found = group(other, members=[other.user_id])
    for method in ("GET", "PUT", "DELETE"):
        assert one.http.request(method, f"/groups/{found['id']}", json={}).status_code == 404
    assert wrong(one, "POST", "/groups", name="A", members=[other.user_id]) == {"members.0"}
    assert names(one) == []
    assert names(other) == ["Harbour desk"]


@pytest.mark.parametrize("text", [UNKNOWN, "x", "1", "G" * 32])
def test_unknown_groups_are_not_found(org: Org, text: str) -> None:
    assert org.http.get(f"/groups/{text}").status_code == 404
