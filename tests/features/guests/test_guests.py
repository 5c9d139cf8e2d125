"""Guests: invited, read, changed, disabled and deleted, by whom, and who may know of them."""

from typing import Any

import pytest

from tests.features.builders import made
from tests.support.server import Org, Person

KEYS = {
    "id",
    "email",
    "first_name",
    "last_name",
    "last_accessed_at",
    "last_known_ip",
    "last_known_country",
    "created_at",
    "deleted_at",
    "disabled_at",
    "link",
    "details",
}
_DETAILS = """
first_name last_name status phone_1 phone_2 timezone image_url contact_url company_url opportunity_url company_name
opportunity_name external_sync_source external_date_creation daily_digest cadence_days associated_members last_city
last_country
last_accessed_at disabled_at disabled_by reactivated_at reactivated_by
"""
DETAILS = set(_DETAILS.split())
MAIL = "rui@pilots.example"


def guest(person: Person, email: str = MAIL, **body: Any) -> dict[str, Any]:
    return made(person.http.post("/guests", json={"email": email, **body}))


def code_of(shown: dict[str, Any]) -> str:
    parts = shown["link"].split("/")
    return parts[parts.index("guest") + 1]


def wrong(person: Person, method: str, path: str, **body: Any) -> set[str]:
    answer = person.http.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"])


def mails(person: Person, query: str = "") -> list[str]:
    answer = person.http.get(f"/guests{query}")
    assert answer.status_code == 200, answer.text
    return [found["email"] for found in answer.json()["data"]]


def oneoff(person: Person, title: str, **owners: Any) -> dict[str, Any]:
    body = {"title": title, "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners}
    return made(person.http.post("/tasks", json=body))


def test_invited_and_read_by_address_and_code(org: Org) -> None:
    found = guest(
        org,
        " Rui@Pilots.example ",
        first_name="Rui",
        last_name="Falcão",
        phone="+351 1",
        phone_2="2",
        company_name="Pilot Services",
        company_url="https://pilots.example",
        timezone="Europe/Lisbon",
        external_sync_source="salesforce",
        external_date_creation="2026-01-02 03:04:05",
        status="customer",
        nonsense=1,
    )
    assert found.keys() == KEYS
    details = found["details"]
    assert details.keys() == DETAILS
    assert (found["email"], found["first_name"], found["last_name"]) == (MAIL, "Rui", "Falcão")
    assert (details["phone_1"], details["phone_2"], details["status"]) == ("+351 1", "2", "customer")
    assert (details["company_name"], details["company_url"]) == ("Pilot Services", "https://pilots.example")
    assert (details["external_sync_source"], details["external_date_creation"]) == ("salesforce", "2026-01-02 03:04:05")
    assert details["associated_members"] == []
    assert found["deleted_at"] is found["disabled_at"] is details["disabled_at"] is details["cadence_days"] is None
    assert isinstance(found["id"], int)
    assert found["link"].startswith(f"{org.server.url}/{org.organization_id}/guest/")
    for name in (MAIL, "RUI@pilots.example", "rui%40pilots.example", code_of(found)):
        assert made(org.http.get(f"/guests/{name}"), 200) == found


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, {"email"}),
        ({"email": "nobody"}, {"email"}),
        ({"email": None}, {"email"}),
        ({"email": f"{'x' * 250}@pilots.example"}, {"email"}),
        ({"email": MAIL, "first_name": "x" * 201, "phone_1": "x" * 21}, {"first_name", "phone_1"}),
        ({"email": MAIL, "company_url": "pilots", "contact_url": "ftp://x.example"}, {"company_url", "contact_url"}),
        ({"email": MAIL, "timezone": "Mars/Olympus"}, {"timezone"}),
        ({"email": MAIL, "external_sync_source": "other"}, {"external_sync_source"}),
        ({"email": MAIL, "external_date_creation": "soon"}, {"external_date_creation"}),
        ({"email": MAIL, "associated_members": [0, 10**30]}, {"associated_members.0", "associated_members.1"}),
        ({"email": "x", "timezone": "x", "image_url": "x"}, {"email", "timezone", "image_url"}),
    ],
)
def test_bad_bodies_are_refused_with_everything_that_is_wrong(org: Org, body: dict[str, Any], paths: set[str]) -> None:
    assert wrong(org, "POST", "/guests", **body) == paths
    assert mails(org) == []


def test_member_cannot_be_a_guest(org: Org) -> None:
    person = org.member()
    assert wrong(org, "POST", "/guests", email=person.email.upper()) == {"email"}


def test_guest_who_is_here_already_comes_back_with_blanks_filled(org: Org) -> None:
    first = guest(org, first_name="Rui", phone_1="1")
    again = guest(org, first_name="Other", last_name="Falcao", company_name="Pilots")
    assert (again["id"], again["link"], again["first_name"], again["last_name"]) == (
        first["id"],
        first["link"],
        "Rui",
        "Falcao",
    )
    assert (again["details"]["phone_1"], again["details"]["company_name"]) == ("1", "Pilots")
    assert mails(org) == [MAIL]


def test_guest_of_an_assignment_is_the_same_guest(org: Org) -> None:
    task = oneoff(org, "Errand", guests=["Rui@pilots.example"])
    found = made(org.http.get(f"/guests/{MAIL}"), 200)
    assert found["link"] == task["owners"]["taskUrls"][0]
    assert guest(org, first_name="Rui")["id"] == found["id"]


def test_organizations_do_not_share_what_they_know_of_a_guest(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    here, there = guest(one, first_name="Rui", phone_1="1"), guest(other)
    assert there["first_name"] is there["details"]["phone_1"] is None
    assert code_of(here) != code_of(there)
    assert one.http.get(f"/guests/{code_of(there)}").status_code == 404
    made(other.http.delete(f"/guests/{MAIL}"), 200)
    assert mails(one) == [MAIL]


def test_changed(org: Org) -> None:
    person = org.member()
    before = guest(org, first_name="Rui", last_name="Falcao", phone_1="1", company_url="https://a.example")
    at = f"/guests/{MAIL}"
    changed = made(org.http.put(at, json={"phone": "2", "company_url": None, "email": "other@pilots.example"}), 200)
    assert (changed["email"], changed["details"]["phone_1"], changed["details"]["company_url"]) == (MAIL, "2", None)
    assert (changed["first_name"], changed["link"]) == ("Rui", before["link"])
    body = {"email": MAIL, "associated_members": [str(person.user_id), org.user_id, org.user_id]}
    assert made(org.http.put(at, json=body), 200)["details"]["associated_members"] == [person.user_id, org.user_id]
    assert made(org.http.put(at, json={"associated_members": []}), 200)["details"]["associated_members"] == []
    assert made(org.http.put(at), 200)["last_name"] == "Falcao"
    assert made(org.http.put(at, json={"last_name": ""}), 200)["last_name"] is None
    assert wrong(org, "PUT", at, associated_members=[999_999_999]) == {"associated_members.0"}
    assert wrong(org, "PUT", at, first_name=["x"]) == {"first_name"}
    assert org.http.put("/guests/nobody@pilots.example", json={"first_name": "x"}).status_code == 404


def test_everything_read_can_be_sent_back(org: Org) -> None:
    found = guest(org, first_name="Rui", timezone="Europe/Lisbon", company_url="https://pilots.example")
    body = {**found, **found["details"]}
    assert made(org.http.put(f"/guests/{MAIL}", json={**body, "status": None}), 200) == found


def test_list_is_searched_sorted_and_paged(org: Org) -> None:
    for name, first in (("b@quay.example", "Zoe"), ("a@pilots.example", "åsa"), ("c%x@pilots.example", None)):
        guest(org, name, first_name=first)
    assert mails(org) == ["b@quay.example", "a@pilots.example", "c%x@pilots.example"]
    assert mails(org, "?sort=-created_at") == mails(org)[::-1]
    assert mails(org, "?sort_by=email") == ["a@pilots.example", "b@quay.example", "c%x@pilots.example"]
    assert mails(org, "?sort=first_name")[:2] == ["b@quay.example", "a@pilots.example"]
    assert mails(org, "?sort=first_name")[2] == mails(org, "?sort=-first_name")[2] == "c%x@pilots.example"
    assert mails(org, "?sort=nonsense") == mails(org)
    assert mails(org, "?q=PILOTS&sort=email") == ["a@pilots.example", "c%x@pilots.example"]
    assert mails(org, "?q=c%25") == ["c%x@pilots.example"]
    page = org.http.get("/guests?per_page=2&page=2&sort=email").json()
    assert [found["email"] for found in page["data"]] == ["c%x@pilots.example"]
    assert page["meta"]["pagination"]["total"] == 3
    assert org.http.get("/guests").json()["meta"]["pagination"]["per_page"] == 999
    assert org.http.get("/guests?without_pagination=true").json().keys() == {"data"}


@pytest.mark.parametrize("word", ["email", "name", "last_name", "updated_at", "last_accessed_at"])
def test_every_sort_word_works(org: Org, word: str) -> None:
    guest(org, "a@pilots.example")
    guest(org, "b@pilots.example")
    assert sorted(mails(org, f"?sort={word}")) == sorted(mails(org, f"?sort=-{word}"))


def test_short_list(org: Org) -> None:
    shown = guest(org, first_name="Rui")
    guest(org, "ana@pilots.example")
    made(org.http.delete("/guests/ana@pilots.example/disable"), 200)
    answer = org.http.get("/guests-list").json()
    assert answer.keys() == {"data"}
    assert [found["email"] for found in answer["data"]] == ["ana@pilots.example", MAIL]
    assert answer["data"][1] == {
        "id": shown["id"],
        "email": MAIL,
        "first_name": "Rui",
        "last_name": None,
        "link": shown["link"],
        "details": {"disabled_at": None},
    }
    assert answer["data"][0]["details"]["disabled_at"] is not None


def test_disabled_and_enabled(org: Org) -> None:
    found = guest(org)
    disabled = made(org.http.delete(f"/guests/{MAIL}/disable"), 200)
    assert disabled["disabled_at"] == disabled["details"]["disabled_at"]
    assert (disabled["details"]["disabled_by"], disabled["details"]["status"]) == (org.user_id, "disabled")
    again = made(org.http.delete(f"/guests/{code_of(found)}/disable"), 200)
    assert again["disabled_at"] == disabled["disabled_at"]
    body = {"title": "E", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": {"guests": [MAIL]}}
    assert wrong(org, "POST", "/tasks", **{**body, "owners": {"users": [org.user_id], "guests": [MAIL]}}) == {"owners"}
    enabled = made(org.http.put(f"/guests/{MAIL}/enable"), 200)
    assert enabled["disabled_at"] is enabled["details"]["disabled_by"] is None
    assert enabled["details"]["reactivated_by"] == org.user_id
    assert enabled["details"]["reactivated_at"] is not None
    assert made(org.http.put(f"/guests/{MAIL}/enable"), 200) == enabled
    made(org.http.post("/tasks", json=body))


def test_not_disabled_while_there_is_something_to_do(org: Org) -> None:
    single = oneoff(org, "Alone", guests=[MAIL])
    team = made(org.http.post("/groups", json={"name": "Desk", "guests": [MAIL]}))["id"]
    shared = oneoff(org, "Together", users=[org.user_id], groups=[team])
    for expected, task in ((2, single), (1, shared)):
        answer = org.http.delete(f"/guests/{MAIL}/disable")
        assert answer.status_code == 422, answer.text
        assert f"{expected} open tasks" in answer.json()["message"]
        made(org.http.post("/completed-tasks", json={"task_id": task["id"]}), 200)
    made(org.http.delete(f"/guests/{MAIL}/disable"), 200)


def test_new_link_kills_the_old_one(org: Org) -> None:
    before = guest(org)
    task = oneoff(org, "Errand", guests=[MAIL])
    after = made(org.http.post(f"/x/guests/{MAIL}/link"), 200)
    assert code_of(after) != code_of(before)
    assert org.http.get(f"/guests/{code_of(before)}").status_code == 404
    assert made(org.http.get(f"/guests/{code_of(after)}"), 200)["id"] == before["id"]
    assert made(org.http.get(f"/tasks/{task['id']}"), 200)["owners"]["taskUrls"] == [after["link"]]


def test_deleted(org: Org) -> None:
    before = guest(org, first_name="Rui", phone_1="1")
    deleted = made(org.http.delete(f"/guests/{MAIL}"), 200)
    assert (deleted["id"], deleted["deleted_at"] is not None) == (before["id"], True)
    for name in (MAIL, code_of(before), code_of(deleted)):
        assert org.http.get(f"/guests/{name}").status_code == 404
    for method, path in (("DELETE", ""), ("DELETE", "/disable"), ("PUT", "/enable"), ("PUT", "")):
        assert org.http.request(method, f"/guests/{MAIL}{path}").status_code == 404
    assert mails(org) == []
    assert org.http.get("/guests-list").json() == {"data": []}
    anew = guest(org)
    assert code_of(anew) not in (code_of(before), code_of(deleted))
    assert anew["first_name"] is anew["details"]["phone_1"] is anew["deleted_at"] is None


def test_deleted_guest_can_be_assigned_again(org: Org) -> None:
    guest(org, first_name="Rui")
    made(org.http.delete(f"/guests/{MAIL}"), 200)
    task = oneoff(org, "Errand", guests=[MAIL])
    assert len(task["owners"]["taskUrls"]) == 1
    assert made(org.http.get(f"/guests/{MAIL}"), 200)["first_name"] is None


def test_deletion_takes_a_guest_off_unfinished_work(org: Org) -> None:
    one = org.member()
    team = made(org.http.post("/groups", json={"name": "Desk", "guests": [MAIL], "members": [one.user_id]}))["id"]
    body = {
        "title": "T",
        "type": "procedure",
        "steps": [
            {"title": "Done", "guests": [MAIL], "assignees": [one.user_id]},
            {"title": "Alone", "guests": [MAIL]},
            {"title": "Signed", "guests": [MAIL], "assignees": [one.user_id], "everyone_must_complete": True},
            {"title": "By group", "groups": [team], "everyone_must_complete": True},
        ],
    }
    checklist = made(org.http.post("/checklists", json=body))
    run = made(org.http.post("/runs?with=tasks", json={"checklist_id": checklist["id"]}))
    ids = [task["id"] for task in run["tasks"]["data"]]
    at = f"/runs/{run['id']}"
    for index in (0, 2, 3):
        made(one.http.post(f"{at}/completed-tasks", json={"task_id": ids[index]}), 200)
    made(org.http.delete(f"/guests/{MAIL}"), 200)
    tasks = [made(org.http.get(f"{at}/tasks/{task_id}"), 200) for task_id in ids]
    assert [task["status"] for task in tasks] == ["completed", "not-started", "completed", "completed"]
    assert [task["owners"]["guests"] for task in tasks] == [[MAIL], [], [], []]
    assert tasks[1]["owners"]["users"] == [org.user_id]
    assert tasks[3]["completer_id"] == one.user_id
    assert made(org.http.get(f"/groups/{team}"), 200)["guests"] == []
    steps = made(org.http.get(f"/checklists/{checklist['id']}?with=steps"), 200)["steps"]["data"]
    assert [step["guests"] for step in steps] == [[], [], [], []]


def test_tasks_by_address_and_code(org: Org) -> None:
    shown = guest(org)
    team = made(org.http.post("/groups", json={"name": "Desk", "guests": [MAIL]}))["id"]
    oneoff(org, "One", guests=[MAIL])
    done = oneoff(org, "Two", users=[org.user_id], groups=[team])
    oneoff(org, "Three", users=[org.user_id])
    made(org.http.post("/completed-tasks", json={"task_id": done["id"]}), 200)
    for name in (MAIL, code_of(shown)):
        answer = org.http.get(f"/guests/{name}/tasks?sort_by=newest&status=all&with=run,tags,threads_count").json()
        assert [task["title"] for task in answer["data"]] == ["Two", "One"]
        assert (answer["meta"]["overdue_tasks"], answer["meta"]["tasks_due_soon"]) == (0, 0)
    assert [task["title"] for task in org.http.get(f"/guests/{MAIL}/tasks?status=active").json()["data"]] == ["One"]
    assert org.http.get("/guests/nobody@pilots.example/tasks").status_code == 404


def test_tasks_of_a_guest_are_those_the_reader_sees(org: Org) -> None:
    person = org.member()
    oneoff(org, "Theirs", guests=[MAIL])
    oneoff(person, "Mine", guests=[MAIL])
    assert [task["title"] for task in person.http.get(f"/guests/{MAIL}/tasks").json()["data"]] == ["Mine"]


def test_figures(org: Org) -> None:
    guest(org)
    team = made(org.http.post("/groups", json={"name": "Desk", "guests": [MAIL]}))["id"]
    oneoff(org, "Direct", guests=[MAIL])
    oneoff(org, "Both", users=[org.user_id], guests=[MAIL], groups=[team])
    oneoff(org, "Through the group", users=[org.user_id], groups=[team])
    assert "stats" not in made(org.http.get(f"/guests/{MAIL}"), 200)
    figures = made(org.http.get(f"/guests/{MAIL}?with=stats"), 200)["stats"]
    assert figures == {
        "assigned_tasks": 3,
        "tasks_completed": 0,
        "last_task_completed_at": None,
        "one_off_tasks_completed": 0,
        "last_one_off_task_completed_at": None,
    }
    assert org.http.get("/guests?with=stats").json()["data"][0]["stats"] == figures


def test_list_costs_the_same_for_many(org: Org) -> None:
    guest(org, "g0@pilots.example")
    org.http.get("/guests?with=stats")
    with org.server.count_statements() as few:
        org.http.get("/guests?with=stats")
    for number in range(1, 8):
        oneoff(org, "T", guests=[f"g{number}@pilots.example"])
    org.http.get("/guests?with=stats")
    with org.server.count_statements() as many:
        assert len(org.http.get("/guests?with=stats").json()["data"]) == 8
    assert len(many) == len(few)


def test_light_members_know_the_guests_they_work_with(org: Org) -> None:
    light = org.member("light")
    guest(org)
    guest(org, "ana@pilots.example")
    guest(org, "eva@pilots.example")
    assert mails(light) == []
    assert light.http.get(f"/guests/{MAIL}").status_code == 404
    assert light.http.get(f"/guests/{MAIL}/tasks").status_code == 404
    oneoff(org, "Direct", users=[light.user_id], guests=[MAIL])
    team = made(org.http.post("/groups", json={"name": "Out", "guests": ["ana@pilots.example"]}))["id"]
    ours = made(org.http.post("/groups", json={"name": "Us", "members": [light.user_id]}))["id"]
    oneoff(org, "Groups", groups=[ours, team])
    assert mails(light) == [MAIL, "ana@pilots.example"]
    assert [found["email"] for found in light.http.get("/guests-list").json()["data"]] == ["ana@pilots.example", MAIL]
    assert light.http.get("/guests?per_page=1").json()["meta"]["pagination"]["total"] == 2
    assert light.http.get(f"/guests/{MAIL}").status_code == 200
    assert light.http.get("/guests/eva@pilots.example").status_code == 404
    assert len(light.http.get(f"/guests/{MAIL}/tasks").json()["data"]) == 1


def test_light_members_do_not_get_the_links_of_guests(org: Org) -> None:
    """Whoever has the link is the guest, on tasks too that the light member may not see."""
    light = org.member("light")
    code = guest(org)["link"].rpartition("/")[2]
    task = oneoff(org, "Direct", users=[light.user_id], guests=[MAIL])
    paths = (f"/guests/{MAIL}", "/guests", "/guests-list", f"/tasks/{task['id']}", f"/guests/{MAIL}/tasks", "/me/tasks")
    for path in paths:
        answer = light.http.get(path)
        assert answer.status_code == 200
        assert code not in answer.text, path
    assert code in org.http.get(f"/tasks/{task['id']}").text


def test_who_may_do_what(org: Org) -> None:
    guest(org)
    standard, light = org.member(), org.member("light")
    guest(standard, "ana@pilots.example")
    made(standard.http.put(f"/guests/{MAIL}", json={"first_name": "Rui"}), 200)
    assert light.http.post("/guests", json={"email": "x@pilots.example"}).status_code == 403
    assert light.http.put(f"/guests/{MAIL}", json={"first_name": "X"}).status_code == 403
    for person in (standard, light):
        for method, path in (("DELETE", ""), ("DELETE", "/disable"), ("PUT", "/enable"), ("POST", "/to/member")):
            assert person.http.request(method, f"/guests/{MAIL}{path}").status_code == 403
        assert person.http.post(f"/x/guests/{MAIL}/link").status_code == 403
        assert person.http.put(f"/users/{light.user_id}/to/guest").status_code == 403


@pytest.mark.parametrize("text", ["nobody@pilots.example", "x", "1", "%20", "0" * 40, "%25", "_" * 40])
def test_unknown_guests_are_not_found(org: Org, text: str) -> None:
    guest(org)
    assert org.http.get(f"/guests/{text}").status_code == 404
