"""What engine 2.4 lets guests do beside their answers: bring in another guest, and correct the kick-off form."""

from typing import Any

import httpx
import pytest

from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.features.guests.codes import CANARY, MAIL, Guest, guest_of, oneoff, process_for
from tests.support.server import Org

OTHER = "eva@pilots.example"
NAME = {"label": "Vendor", "field_type": "text", "required": True}
PEOPLE = {"label": "Buyer", "field_type": "assignees_form", "required": False}


@pytest.fixture
def rui(org: Org) -> Guest:
    return guest_of(org, first_name="Rui", last_name="Falcao")


def bring(guest: Guest, task: dict[str, Any], email: str = OTHER) -> httpx.Response:
    return guest.http.post(f"/x/tasks/{task['id']}/guests", json={"email": email})


def owners(org: Org, task: dict[str, Any]) -> dict[str, Any]:
    return made(org.http.get(f"/tasks/{task['id']}"), 200)["owners"]


# engine 2.4: re-delegate to another guest e-mail


@pytest.mark.parametrize("single", [True, False])
def test_a_guest_brings_in_another_and_keeps_the_task(org: Org, rui: Guest, single: bool) -> None:
    task = oneoff(org, "Call us back", MAIL) if single else process_for(org, MAIL)["tasks"][0]
    answer = bring(rui, task, f" {OTHER.upper()} ")
    assert made(answer, 200)["owners"]["guests"] == [MAIL]
    assert OTHER not in answer.text
    found = owners(org, task)
    assert (found["users"], found["guests"]) == ([org.user_id], [MAIL, OTHER])
    eva = guest_of(org, OTHER)
    assert eva.tasks() == [task["title"]]
    guest = made(org.http.get(f"/guests/{MAIL}"), 200)
    told = [line for line in lines(org) if line.verb == "owners-updated" and line.subject_id == task["id"]]
    assert [line.actor_id for line in told] == [str(guest["id"])]
    log: Any = made(org.http.get("/x/audit?event=guest_introduced"), 200)
    assert [(entry["actor_id"], entry["detail"]["guest"]) for entry in log] == [(None, guest["id"])]
    # once more changes nothing, and a guest who is known is no invitation
    made(bring(rui, task), 200)
    made(bring(eva, task, MAIL), 200)
    assert owners(org, task) == found
    assert len(made(org.http.get("/x/audit?event=guest_introduced"), 200)) == 1


def test_within_what_the_task_allows(org: Org, rui: Guest) -> None:
    full = oneoff(org, "Full", MAIL, max_assignable=2)
    closed = oneoff(org, "Closed", MAIL)
    open_task = oneoff(org, "Open", MAIL)
    done = oneoff(org, "Done", MAIL)
    made(rui.complete(done), 200)
    member = org.member()
    out = guest_of(org, "out@pilots.example")
    made(org.http.delete(f"/guests/{out.email}/disable"), 200)
    assert list(bring(rui, full).json()["errors"]) == ["email"]
    for wrong in (member.email, "out@pilots.example", "nobody", "", "a@b@c"):
        refused = bring(rui, open_task, wrong)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["email"]), wrong
    # whether somebody works here is not told apart from whether somebody may come
    texts = [bring(rui, open_task, one).json()["errors"]["email"][0] for one in (member.email, out.email)]
    assert texts[0].replace(member.email, "x") == texts[1].replace(out.email, "x")
    assert bring(rui, done).status_code == 422
    checklist = template(
        org, steps=[{"title": "One", "guests": [MAIL], "assignees": [org.user_id], "can_complete_only_assignees": True}]
    )
    mine = launched(org, checklist)["tasks"][0]
    made(bring(rui, mine), 200)
    strange = oneoff(org, f"{CANARY} of Eva", OTHER)
    assert bring(rui, strange).status_code == 404
    assert owners(org, closed)["guests"] == [MAIL]


def test_not_where_the_step_takes_no_guests(org: Org, rui: Guest) -> None:
    group = made(org.http.post("/groups", json={"name": "Pilots", "members": [org.user_id], "guests": [MAIL]}))
    checklist = template(org, steps=[{"title": "One", "groups": [group["id"]], "allow_guest_owners": False}])
    task = launched(org, checklist)["tasks"][0]
    refused = bring(rui, task)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["email"])
    blocked = process_for(org, MAIL)
    made(org.http.post(f"/runs/{blocked['id']}/problem", json={"content": "Stop"}))
    assert bring(rui, blocked["tasks"][0]).status_code == 422


def test_new_guests_count_for_the_hour(org: Org, rui: Guest) -> None:
    task = oneoff(org, "Call us back", MAIL)
    for number in range(29):
        made(org.http.post("/guests", json={"email": f"g{number}@pilots.example"}))
    refused = bring(rui, task)
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert owners(org, task)["guests"] == [MAIL]
    made(bring(rui, task, "g3@pilots.example"), 200)


def test_members_do_it_for_a_guest_light_ones_only_so(org: Org, rui: Guest) -> None:
    light = org.member("light")
    task = oneoff(org, "Call us back", MAIL)
    path = f"/guests/{MAIL}/x/tasks/{task['id']}/guests"
    assert light.http.post(path, json={"email": OTHER}).status_code == 404
    made(org.http.put(f"/tasks/{task['id']}", json={"owners": {"users": [org.user_id, light.user_id]}}), 200)
    changed = {"owners": {"guests": [MAIL, OTHER]}}
    assert light.http.put(f"/tasks/{task['id']}", json=changed).status_code == 403
    assert made(light.http.post(path, json={"email": OTHER}), 200)["owners"]["guests"] == [MAIL, OTHER]
    assert made(org.http.post(path, json={"email": "zoe@pilots.example"}), 200)["owners"]["guests"][2:]


# engine 2.4, 2022-09: kick-off answers


def with_kickoff(org: Org, **step: Any) -> tuple[dict[str, Any], str, str]:
    given = {"title": "Send", "guests": [MAIL], "assignees": [org.user_id], **step}
    checklist = template(org, prerun=[NAME, PEOPLE], steps=[given, {"title": f"{CANARY} check"}])
    name, people = (field["id"] for field in checklist["prerun"])
    chosen = {"users": [org.user_id], "guests": [OTHER], "groups": []}
    return launched(org, checklist, prerun={name: "Atlantic", people: chosen}), name, people


def at(task: dict[str, Any]) -> str:
    return f"/x/tasks/{task['id']}/kickoff"


def test_a_guest_corrects_kickoff_answers(org: Org, rui: Guest) -> None:
    process, name, people = with_kickoff(org)
    task = process["tasks"][0]
    answer = rui.get(at(task))
    shown = made(answer, 200)
    assert (shown["run_id"], shown["prerun_status"], shown["prerun"]) == (process["id"], "complete", {name: "Atlantic"})
    assert [field["label"] for field in shown["ko_form_fields"]] == ["Vendor"]
    assert OTHER not in answer.text
    changed = made(rui.http.put(at(task), json={"prerun": {name: "Pacific", "0" * 32: "dropped"}}), 200)
    assert changed["prerun"] == {name: "Pacific"}
    stored = made(org.http.get(f"/runs/{process['id']}"), 200)["prerun"]
    assert (stored[name], stored[people]["users"]) == ("Pacific", [org.user_id])
    guest = made(org.http.get(f"/guests/{MAIL}"), 200)
    told = [line for line in lines(org) if line.subject_id == process["id"] and line.verb == "updated"]
    assert [line.actor_id for line in told] == [str(guest["id"])]


def test_kickoff_answers_of_guests_are_checked_as_a_members(org: Org, rui: Guest) -> None:
    process, name, people = with_kickoff(org)
    task = process["tasks"][0]
    for wrong in ({name: ""}, {name: ["x"]}, {people: {"guests": [MAIL]}}, {people: {"users": [org.user_id]}}):
        refused = rui.http.put(at(task), json={"prerun": wrong})
        (field,) = wrong
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [f"prerun.{field}"]), wrong
    assert rui.http.put(at(task), json={"prerun": [1]}).status_code == 422
    made(rui.http.put(at(task), json={}), 200)
    # in a later task they have nothing to do
    assert rui.get(at(process["tasks"][1])).status_code == 404
    assert rui.http.put(at(process["tasks"][1]), json={"prerun": {name: "x"}}).status_code == 404


def test_kickoff_answers_stay_where_nothing_may_change(org: Org, rui: Guest) -> None:
    process, name, _ = with_kickoff(org)
    task = process["tasks"][0]
    body = {"prerun": {name: "Pacific"}}
    issue = made(org.http.post(f"/runs/{process['id']}/problem", json={"content": "Stop"}))
    assert rui.http.put(at(task), json=body).status_code == 422
    solved = {"thread_id": issue["id"], "content": "Go on"}
    made(org.http.post(f"/runs/{process['id']}/resolved-threads", json=solved))
    made(rui.http.put(at(task), json=body), 200)
    made(org.http.delete(f"/runs/{process['id']}"), 200)
    assert rui.http.put(at(task), json=body).status_code == 422
    secret, field, _ = with_kickoff(org, top_secret=True)
    assert rui.get(at(secret["tasks"][0])).status_code == 403
    assert rui.http.put(at(secret["tasks"][0]), json={"prerun": {field: "x"}}).status_code == 403
    single = oneoff(org, "Call us back", MAIL)
    assert rui.get(at(single)).status_code == 422
    hidden, other, _ = with_kickoff(org)
    first = hidden["tasks"][0]
    made(org.http.post(f"/x/runs/{hidden['id']}/tasks/{first['id']}/visibility", json={"visible": False}), 200)
    assert rui.http.put(at(first), json={"prerun": {other: "x"}}).status_code == 404


def test_kickoff_answers_of_guests_are_followed_by_rules(org: Org, rui: Guest) -> None:
    steps = [{"title": "Send", "guests": [MAIL], "assignees": [org.user_id]}, {"title": "Check", "guests": [MAIL]}]
    checklist = template(org, prerun=[NAME], steps=steps)
    name = checklist["prerun"][0]["id"]
    condition = {
        "conditionable_id": name,
        "conditionable_type": "Prerun",
        "operation": "equals",
        "statement": "Big",
        "logic": "and",
    }
    action = {"action_type": "visibility", "action_verb": "show", "target_step_id": checklist["steps"]["data"][1]["id"]}
    rule = {"automated_alias": "Check big ones", "conditions": [condition], "then_actions": [action]}
    made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=rule))
    process = launched(org, checklist, prerun={name: "Small"})
    assert rui.tasks() == ["Send"]
    made(rui.http.put(at(process["tasks"][0]), json={"prerun": {name: "Big"}}), 200)
    assert sorted(rui.tasks()) == ["Check", "Send"]
