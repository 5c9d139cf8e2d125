"""What guests can do by the code of their link: the guest column of the permission matrix (around 2.7, 3.3, 3.4)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from handrail.features.tasks import for_guests, wire
from handrail.http.auth import WRONG_CODES_PER_HOUR
from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.features.guests.codes import CANARY, MAIL, Guest, guest_of, oneoff, process_for, stranger
from tests.support.server import Org, Person, TestServer

OTHER = "eva@pilots.example"
ASSIGNEES = {"label": "Who helps", "field_type": "assignees_form", "required": False}


@pytest.fixture
def rui(org: Org) -> Guest:
    return guest_of(org, first_name="Rui", last_name="Falcao")


# reading


def test_one_task_is_shown_as_members_see_it_and_without_anybody_else(org: Org, rui: Guest) -> None:
    eva = guest_of(org, OTHER)
    group = made(org.http.post("/groups", json={"name": f"{CANARY} desk", "members": [], "guests": [OTHER]}))
    process = process_for(
        org, MAIL, OTHER, groups=[group["id"]], webhook=f"https://{CANARY}.example/hook", summary="<p>By post</p>"
    )
    task = process["tasks"][0]
    tag = made(org.http.post("/tags", json={"title": f"{CANARY} tag", "color": "#102030"}))
    linking = {"subject_id": task["id"], "subject_type": "Task", "tag_id": tag["id"], "tag_type": "private"}
    assert org.http.post("/checklists/tags", json=linking).is_success
    answer = rui.get(f"/tasks/{task['id']}?with=tags,folders,run,form_fields,ko-form-fields,threads,activities")
    found = made(answer, 200)
    assert found["organization"]["data"]["id"] == org.organization_id
    assert (found["guest_email"], found["summary"]) == (MAIL, "<p>By post</p>")
    assert found["owners"] == {
        "users": [],
        "guests": [MAIL],
        "groups": [],
        "taskUrls": [f"{org.server.url}/{org.organization_id}/guest/{rui.code}"],
    }
    assert found["step"]["data"]["id"] == found["step_id"]
    assert (found["threads"], found["is_completable"], found["completed_at"]) == ({"data": []}, True, None)
    assert [field["label"] for field in found["form_fields"]["data"]] == ["Licence number"]
    assert found["run"]["data"]["name"] == "Atlantic Pilots"
    assert found["run"]["data"]["progress"] == {"complete": 0, "total": 1, "percent": 0}
    assert not found.keys() & {"tags", "folders", "ko-form-fields", "activities"}
    for secret in (CANARY, eva.code, OTHER, org.email, group["id"], tag["id"]):
        assert secret not in answer.text
    plain = rui.task(task)
    assert {"alias", "organization", "taskdata", "threads", "status", "is_completable", "deadline", "created_at",
            "last_updated", "completed_at", "step", "step_id", "guest_email"} <= plain.keys()  # fmt: skip
    member = made(org.http.get(f"/tasks/{task['id']}"), 200)
    assert set(member) <= set(plain)


def test_every_key_of_a_task_is_shown_to_guests_or_withheld_on_purpose() -> None:
    decided = {*for_guests.SHOWN, "original_title", "original_summary", "checklist_id", "linked_step_id", "owners",
               "blueprint_position", "starter_id", "completer_id", "completer_guest", "completer_guest_id",
               "has_deadline_dependent_child_tasks", "webhook", "stage_id", "send_chromeless", "custom_fields",
               "ko_form_fields", "tags", "assets", "folders", "roles", "activities", "member_watchers",
               "guest_watchers", "tasks_changed_by_rules"}  # fmt: skip
    assert decided == set(wire.Task.__struct_fields__)


def test_texts_are_filled_in(org: Org, rui: Guest) -> None:
    name = {"label": "Vendor", "field_type": "text", "required": False}
    checklist = template(org, prerun=[name], steps=[{"title": "Later"}])
    alias, field = checklist["prerun"][0]["alias"], checklist["prerun"][0]["id"]
    step = {"title": f"Greet {{{{{alias}}}}}", "summary": f"<p>{{{{{alias}}}}}</p>", "guests": [MAIL]}
    made(org.http.post(f"/checklists/{checklist['id']}/steps", json=step))
    process = launched(org, checklist, prerun={field: "Atlantic"})
    answer = rui.get(f"/tasks/{process['tasks'][1]['id']}")
    assert "{{" not in answer.text
    found = made(answer, 200)
    assert (found["title"], found["original_title"], found["summary"]) == (
        "Greet Atlantic",
        "Greet Atlantic",
        "<p>Atlantic</p>",
    )


def test_own_tasks_directly_and_through_a_group_and_nobody_elses(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL)
    single = oneoff(org, "Call us back", MAIL)
    group = made(org.http.post("/groups", json={"name": "Pilots", "members": [], "guests": [MAIL]}))
    grouped = made(
        org.http.post(
            "/tasks",
            json={
                "title": "Meet",
                "task_type": "task",
                "deadline": "2031-05-06 10:00:00",
                "owners": {"users": [], "guests": [], "groups": [group["id"]]},
            },
        )
    )
    theirs = oneoff(org, f"{CANARY} of Eva", OTHER)
    assert sorted(rui.tasks()) == ["Call us back", "Meet", "Send the licence"]
    answer = rui.get("/tasks?with=run,step,threads_count,tags,folders")
    assert CANARY not in answer.text and group["id"] not in answer.text
    assert {found["threads_count"] for found in answer.json()["data"]} == {0}
    assert rui.task(grouped)["owners"]["guests"] == [MAIL]
    assert made(rui.complete(grouped), 200)["status"] == "completed"
    assert made(rui.complete(single), 200)["completer_guest"] == MAIL
    for task in (theirs, process["tasks"][1]):
        for refused in (
            rui.get(f"/tasks/{task['id']}"),
            rui.complete(task),
            rui.fill(task, taskdata={}),
            rui.comment(task, "hello"),
        ):
            assert refused.status_code == 404, refused.text
            assert CANARY not in refused.text


def test_filters_tell_nothing_about_others(org: Org, rui: Guest) -> None:
    ann = org.member()
    task = oneoff(org, "Call us back", MAIL)
    tag = made(org.http.post("/tags", json={"title": "urgent", "color": "#102030"}))
    linking = {"subject_id": task["id"], "subject_type": "Task", "tag_id": tag["id"], "tag_type": "private"}
    assert org.http.post("/checklists/tags", json=linking).is_success
    for query in (f"owners={org.user_id}", f"owners={ann.user_id}", "tag=urgent", "tag=none", "groups=x", "guests=x",
                  "folder=x", "unassigned=true", "assignee=me"):  # fmt: skip
        assert rui.tasks(f"?{query}") == ["Call us back"], query
    assert rui.tasks("?status=completed") == []
    assert rui.tasks("?q=nothing") == []


def test_hidden_tasks_are_silent_and_secret_ones_are_their_peoples(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL, top_secret=True)
    task = process["tasks"][0]
    assert rui.task(task)["top_secret"] is True
    made(org.http.post(f"/x/runs/{process['id']}/tasks/{task['id']}/visibility", json={"visible": False}), 200)
    assert rui.tasks("?status=all") == []
    assert rui.get(f"/tasks/{task['id']}").status_code == 404
    assert rui.complete(task).status_code == 404


# working


def test_filling_in_and_completing_as_a_member_would(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL)
    task, field = process["tasks"][0], process["field"]
    assert made(rui.fill(task, taskdata={field: "L-1"}), 200)["taskdata"] == {field: "L-1"}
    done = made(rui.complete(task, taskdata={field: "L-2"}, comment="<p>Sent</p>"), 200)
    assert (done["status"], done["taskdata"], done["completer_guest"]) == ("completed", {field: "L-2"}, MAIL)
    assert done["tasks_changed_by_rules"] == {}
    assert [thread["content"] for thread in done["threads"]["data"]] == ["<p>Sent</p>"]
    member = made(org.http.get(f"/tasks/{task['id']}?with=threads"), 200)
    assert (member["completer_id"], member["completer_guest"]) == (None, MAIL)
    (thread,) = member["threads"]["data"]
    shown = made(org.http.get(f"/guests/{MAIL}"), 200)
    assert (thread["author_type"], thread["author_id"]) == ("guest", shown["id"])
    assert thread["author"]["full_name"] == "Rui Falcao"
    again = rui.complete(task, comment="<p>Sent</p>")
    assert made(again, 200)["status"] == "completed"
    assert len(made(org.http.get(f"/tasks/{task['id']}?with=threads"), 200)["threads"]["data"]) == 1
    strict = rui.http.post("/completed-tasks", json={"task_id": task["id"]}, headers={"X-Handrail-Strict": "1"})
    assert strict.status_code == 422
    told = [line for line in lines(org) if line.verb == "completed" and line.subject_id == task["id"]]
    assert [line.actor_id for line in told] == [str(shown["id"])]


def test_answers_are_checked_and_nothing_is_kept_of_a_wrong_request(org: Org, rui: Guest) -> None:
    required = {"label": "Number", "field_type": "text", "required": True}
    process = process_for(org, MAIL, captures=[required])
    task, field = process["tasks"][0], process["field"]
    answer = rui.complete(task, taskdata={field: ""})
    assert list(answer.json()["errors"]) == [f"taskdata.{field}"]
    assert rui.task(task)["taskdata"] in ({}, {field: None}, {field: ""})
    approval = process_for(org, MAIL, task_type="approval", step_type="approval")["tasks"][0]
    assert list(rui.complete(approval).json()["errors"]) == ["is_approved"]
    assert made(rui.complete(approval, is_approved=False), 200)["status_label"] == "rejected"


def test_a_guest_may_not(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL)
    task = process["tasks"][0]
    for change in (
        {"title": "Mine"},
        {"title": task["title"]},
        {"summary": "x"},
        {"deadline": "2032-01-01 10:00:00"},
        {"deadline": task["deadline"]},
        {"owners": {"users": []}},
        {"owners": {"guests": [MAIL, OTHER]}},
        {"top_secret": False},
        {"webhook": None},
        {"prevent_guest_comment": True},
        {"status": "not-started"},
        {"position": 2},
    ):
        assert rui.fill(task, **change).status_code == 403, change
    assert rui.complete(task, override_user=org.user_id).status_code == 403
    made(rui.complete(task), 200)
    assert rui.http.delete(f"/completed-tasks/{task['id']}").status_code in (401, 404, 405)
    assert rui.fill(task, taskdata={process["field"]: "x"}).status_code == 422
    member = made(org.http.get(f"/tasks/{task['id']}"), 200)
    assert (member["title"], member["status"]) == (task["title"], "completed")
    root = stranger(org)
    for path in ("/users", "/users-list", "/guests", "/groups", "/checklists", "/runs", f"/runs/{process['id']}",
                 "/tasks", f"/tasks/{task['id']}", "/tags", f"/guests/{rui.code}"):  # fmt: skip
        assert root.get(path).status_code == 401, path


def test_numbers_of_members_are_not_tried_out(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL, captures=[ASSIGNEES])
    task, field = process["tasks"][0], process["field"]
    known = rui.fill(task, taskdata={field: {"users": [org.user_id], "guests": [], "groups": []}})
    unknown = rui.fill(task, taskdata={field: {"users": [987654321], "guests": [], "groups": []}})
    assert (known.status_code, known.json()) == (422, unknown.json())
    assert made(rui.fill(task, taskdata={field: {"guests": [OTHER]}}), 200)["taskdata"][field]["guests"] == [OTHER]
    zero = rui.fill(task, taskdata={field: {"users": [0]}})
    assert zero.status_code == 422


def test_everyone_must_complete_counts_guests(org: Org, rui: Guest) -> None:
    eva = guest_of(org, OTHER)
    task = process_for(org, MAIL, OTHER, everyone_must_complete=True)["tasks"][0]
    signed = made(rui.complete(task), 200)
    assert (signed["status"], signed["completion_progress"]) == ("in-progress", 33)
    made(eva.complete(task), 200)
    done = made(org.http.post(f"/runs/{task['run_id']}/completed-tasks", json={"task_id": task["id"]}), 200)
    assert done["status"] == "completed"


def test_what_rules_change_is_told_of_own_tasks_alone(org: Org, rui: Guest) -> None:
    steps = [
        {"title": "Send", "guests": [MAIL]},
        {"title": "Meet", "guests": [MAIL]},
        {"title": f"{CANARY} check"},
    ]
    checklist = template(org, steps=steps)
    first, second, third = checklist["steps"]["data"]
    condition = {
        "conditionable_id": first["id"],
        "conditionable_type": "Step",
        "operation": "completed",
        "statement": "any_time",
        "logic": "and",
    }
    for target in (second, third):
        action = {"action_type": "visibility", "action_verb": "show", "target_step_id": target["id"]}
        body = {"automated_alias": f"Show {target['title']}", "conditions": [condition], "then_actions": [action]}
        made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=body))
    process = launched(org, checklist)
    assert rui.tasks() == ["Send"]
    answer = rui.complete(process["tasks"][0])
    changed = made(answer, 200)["tasks_changed_by_rules"]["data"]
    assert [task["title"] for task in changed] == ["Meet"]
    assert CANARY not in answer.text
    assert rui.tasks("?status=active") == ["Meet"]


def test_completed_by_guest_and_member_at_once_has_one_effect(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL)
    task = process["tasks"][0]
    body = {"task_id": task["id"]}

    def complete(number: int) -> int:
        if number % 2:
            return rui.complete(task).status_code
        return org.client().post(f"/runs/{process['id']}/completed-tasks", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(complete, range(8))) == {200}
    told = [line for line in lines(org) if line.verb == "completed" and line.subject_id == task["id"]]
    assert len(told) == 1
    found = made(org.http.get(f"/tasks/{task['id']}"), 200)
    assert (found["completer_id"] is None) == (found["completer_guest"] == MAIL)


# keys


def refusals(client: httpx.Client, at: str, task: str) -> list[httpx.Response]:
    return [
        client.get(f"{at}/tasks"),
        client.get(f"{at}/tasks/{task}"),
        client.put(f"{at}/tasks/{task}", json={"taskdata": {}}),
        client.post(f"{at}/completed-tasks", json={"task_id": task}),
        client.post(f"{at}/tasks/{task}/comment", json={"content": "x"}),
    ]


def test_codes_that_open_nothing_are_all_the_same(server: TestServer, org: Org, rui: Guest) -> None:
    task = oneoff(org, "Call us back", MAIL)
    there = server.found()
    strange = guest_of(there)
    reset = rui.code
    made(org.http.post(f"/x/guests/{MAIL}/link"), 200)
    eva = guest_of(org, OTHER)
    made(org.http.delete(f"/guests/{OTHER}/disable"), 200)
    gone = guest_of(org, "gone@pilots.example")
    made(org.http.delete("/guests/gone@pilots.example"), 200)
    client = stranger(org)
    expected = client.get(f"/guests/{'0' * 40}/tasks")
    assert expected.status_code == 404
    assert "x-ratelimit-limit" not in expected.headers
    for code in (reset, strange.code, eva.code, gone.code):
        for answer in refusals(client, f"/guests/{code}", task["id"]):
            assert (answer.status_code, answer.json()) == (404, expected.json())
    for answer in refusals(client, f"/guests/{MAIL}", task["id"]):
        assert answer.status_code == 401
    wrong = client.get(f"/guests/{reset}/tasks", headers={"Authorization": "Bearer nonsense"})
    assert wrong.status_code == 401
    made(org.http.put(f"/guests/{OTHER}/enable"), 200)
    assert eva.tasks() == []


def test_wrong_codes_are_limited_for_each_address(org: Org, rui: Guest) -> None:
    client = stranger(org)
    for number in range(WRONG_CODES_PER_HOUR):
        assert client.get(f"/guests/{number:040x}/tasks").status_code == 404
    refused = client.get(f"/guests/{'f' * 40}/tasks")
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    assert org.http.get(f"/guests/{MAIL}/tasks").status_code == 200


def test_a_guest_of_two_organizations_sees_the_one_of_the_code(server: TestServer, org: Org, rui: Guest) -> None:
    there = server.found()
    other = guest_of(there)
    here_task, there_task = oneoff(org, "Here", MAIL), oneoff(there, CANARY, MAIL)
    assert (rui.tasks(), other.tasks()) == (["Here"], [CANARY])
    assert rui.get(f"/tasks/{there_task['id']}").status_code == 404
    assert other.get(f"/tasks/{here_task['id']}").status_code == 404
    assert other.complete(here_task).status_code == 404
    assert made(org.http.get(f"/tasks/{here_task['id']}"), 200)["status"] != "completed"
    mixed = stranger(org).get(f"/guests/{other.code}/tasks")
    assert mixed.status_code == 404


def test_calls_of_guests_count_for_the_organization(org: Org, rui: Guest) -> None:
    task = oneoff(org, "Call us back", MAIL)
    with org.server.beside(rate_limit_per_minute=4, rate_limit_per_hour=100) as url:
        inside = guest_of(org, url=url)
        used = []
        for _ in range(3):
            answer = inside.get(f"/tasks/{task['id']}")
            used.append(answer.headers["x-ratelimit-used"])
        assert used == ["1", "2", "3"]
        assert org.client(url=url).get("/tasks").headers["x-ratelimit-used"] == "4"
        refused = inside.complete(task)
        assert (refused.status_code, refused.headers["x-ratelimit-remaining"]) == (429, "0")
    assert rui.task(task)["status"] != "completed"


def test_visits_are_remembered(org: Org, rui: Guest) -> None:
    assert made(org.http.get(f"/guests/{MAIL}"), 200)["last_accessed_at"] is None
    rui.tasks()
    seen = made(org.http.get(f"/guests/{MAIL}"), 200)
    assert seen["last_accessed_at"] is not None
    assert seen["last_known_ip"] == "127.0.0.1"


# a token instead


def test_with_a_token_its_owner_acts_on_tasks_of_the_guest(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL)
    task, other = process["tasks"][:2]
    light = org.member("light")
    for name in (MAIL, rui.code):
        shown = made(org.http.get(f"/guests/{name}/tasks/{task['id']}"), 200)
        assert shown["owners"]["users"] == [org.user_id]
        assert org.http.get(f"/guests/{name}/tasks/{other['id']}").status_code == 404
        assert light.http.get(f"/guests/{name}/tasks/{task['id']}").status_code == 404
    said = made(org.http.post(f"/guests/{MAIL}/tasks/{task['id']}/comment", json={"content": "Hello"}))
    assert (said["author_type"], said["author_id"]) == ("user", org.user_id)
    done = made(org.http.post(f"/guests/{MAIL}/completed-tasks", json={"task_id": task["id"]}), 200)
    assert (done["completer_id"], done["completer_guest"]) == (org.user_id, None)


# comments


def thread(person: Person, task: dict[str, Any], content: str, **body: Any) -> dict[str, Any]:
    return made(person.http.post(f"/tasks/{task['id']}/comment", json={"content": content, **body}))


def test_comments_are_hidden_unless_open_own_or_calling(org: Org, rui: Guest) -> None:
    eva = guest_of(org, OTHER)
    task = oneoff(org, "Call us back", MAIL, OTHER)
    thread(org, task, f"{CANARY} inside")
    thread(org, task, "for all", state="open")
    thread(org, task, f"folded <b>+{OTHER}</b>.", state="collapsed")
    thread(org, task, f"+{MAIL} please")
    mine = made(rui.comment(task, "by me"))
    assert (mine["author_type"], mine["state"]) == ("guest", "hide-for-guests")
    assert mine["author"]["full_name"] == "Rui Falcao"
    assert rui.comments(task) == ["for all", "folded <b>a guest</b>.", f"+{MAIL} please", "by me"]
    assert eva.comments(task) == ["for all", f"folded <b>+{OTHER}</b>."]
    made(rui.comment(task, "to all", state="open"))
    answer = eva.get(f"/tasks/{task['id']}?with=comments,threads_count")
    assert "Rui Falcao" in answer.text
    assert answer.json()["data"]["threads_count"] == 3
    for secret in (CANARY, MAIL, org.email):
        assert secret not in answer.text
    by_eva = made(eva.comment(task, "nameless", state="open"))
    assert by_eva["author"]["full_name"] == OTHER
    assert OTHER not in rui.get(f"/tasks/{task['id']}").text
    listed = made(org.http.get(f"/tasks/{task['id']}?with=threads"), 200)["threads"]["data"]
    assert len(listed) == 7
    assert {entry["author_type"] for entry in listed} == {"user", "guest"}


def test_prevent_guest_comment_closes_both_ways(org: Org, rui: Guest) -> None:
    task = process_for(org, MAIL, prevent_guest_comment=True)["tasks"][0]
    thread(org, task, f"{CANARY} for all", state="open")
    answer = rui.get(f"/tasks/{task['id']}?with=threads,comments,threads_count")
    assert CANARY not in answer.text
    assert answer.json()["data"]["threads_count"] == 0
    assert rui.comment(task, "x").status_code == 403
    assert rui.comment(task, "x", label="problem").status_code == 403
    assert rui.complete(task, comment="x").status_code == 403
    assert rui.task(task)["status"] != "completed"
    made(rui.complete(task), 200)


def test_a_guest_mentions_whom_they_know_of(org: Org, rui: Guest) -> None:
    ann = org.member(first_name="Ann", last_name=CANARY)
    task = oneoff(org, "Call us back", MAIL)
    assert CANARY not in rui.comment(task, f"@[{ann.user_id}] who are you?").text
    thread(org, task, "I am here", state="open")
    made(org.http.put(f"/tasks/{task['id']}", json={"owners": {"users": [org.user_id, ann.user_id]}}), 200)
    said = rui.comment(task, f"@[{org.user_id}] and @[{ann.user_id}]")
    assert "Ada Admin" in said.text and CANARY not in said.text
    assert CANARY not in rui.get(f"/tasks/{task['id']}").text


def test_a_problem_of_a_guest_blocks_and_reopens(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL)
    task = process["tasks"][0]
    made(rui.complete(task), 200)
    made(rui.comment(task, "The address is wrong", label="problem"))
    assert (rui.task(task)["problem"], rui.task(task)["status"]) == (True, "in-progress")
    assert rui.complete(task).status_code == 422


def resolved(guest: Guest, task: dict[str, Any], problem: dict[str, Any], **body: Any) -> httpx.Response:
    return guest.http.post(f"/tasks/{task['id']}/resolved-threads", json={"thread_id": problem["id"], **body})


def test_a_guest_reports_and_resolves_issues(org: Org, rui: Guest) -> None:
    task = process_for(org, MAIL)["tasks"][0]
    problem = made(rui.http.post(f"/tasks/{task['id']}/problem", json={"content": "The address is wrong"}))
    assert (problem["label"], problem["author_type"]) == ("problem", "guest")
    assert rui.complete(task).status_code == 422
    done = made(resolved(rui, task, problem, content="It is right after all"))
    assert (done["label"], done["author_type"]) == ("resolve", "guest")
    assert resolved(rui, task, problem).status_code == 422
    made(rui.complete(task), 200)
    # an administrator may, with the guest's address in the path
    at = f"/guests/{MAIL}/tasks/{task['id']}"
    again = made(org.http.post(f"{at}/problem", json={"content": "Look again", "state": "open"}))
    assert again["author_type"] == "user"
    made(resolved(rui, task, again))


def test_to_a_guest_a_hidden_issue_does_not_exist(org: Org, rui: Guest) -> None:
    task = oneoff(org, "Call us back", MAIL)
    hidden = made(org.http.post(f"/tasks/{task['id']}/problem", json={"content": CANARY}))
    unknown = resolved(rui, task, {"id": "f" * 32})
    assert resolved(rui, task, hidden).status_code == unknown.status_code == 422
    assert resolved(rui, task, hidden).json()["errors"] == unknown.json()["errors"]
    eva = guest_of(org, OTHER)
    assert resolved(eva, task, hidden).status_code == 404
    assert eva.http.post(f"/tasks/{task['id']}/problem", json={"content": "x"}).status_code == 404


def test_resolving_names_nobody_either(org: Org, rui: Guest) -> None:
    ann = org.member(first_name="Ann", last_name=CANARY)
    task = oneoff(org, "Call us back", MAIL)
    problem = made(rui.http.post(f"/tasks/{task['id']}/problem", json={"content": "who?"}))
    assert CANARY not in resolved(rui, task, problem, content=f"@[{ann.user_id}]").text
    said = made(rui.comment(task, "hello"))
    changed = rui.http.put(f"/tasks/{task['id']}/comment/{said['id']}", json={"content": f"@[{ann.user_id}]"})
    assert changed.status_code == 200
    assert CANARY not in changed.text + rui.get(f"/tasks/{task['id']}").text


def test_a_guest_changes_and_deletes_what_they_wrote(org: Org, rui: Guest) -> None:
    task = oneoff(org, "Call us back", MAIL, OTHER)
    mine, theirs = made(rui.comment(task, "by me")), thread(org, task, "for all", state="open")
    hidden = thread(org, task, CANARY)
    at = f"/tasks/{task['id']}/comment"
    assert made(rui.http.put(f"{at}/{mine['id']}", json={"content": "better"}), 200)["content"] == "better"
    assert rui.http.put(f"{at}/{theirs['id']}", json={"content": "x"}).status_code == 403
    assert rui.http.delete(f"{at}/{theirs['id']}").status_code == 403
    for unseen in (hidden["id"], "f" * 32):
        assert rui.http.put(f"{at}/{unseen}", json={"content": "x"}).status_code == 404
        assert rui.http.delete(f"{at}/{unseen}").status_code == 404
    assert guest_of(org, OTHER).http.delete(f"{at}/{mine['id']}").status_code == 404
    assert rui.http.delete(f"{at}/{mine['id']}").status_code == 204
    assert rui.comments(task) == ["for all"]


def test_where_guests_may_not_comment_they_change_nothing_either(org: Org, rui: Guest) -> None:
    task = process_for(org, MAIL)["tasks"][0]
    mine = made(rui.comment(task, "by me"))
    made(org.http.put(f"/tasks/{task['id']}", json={"prevent_guest_comment": True}), 200)
    at = f"/tasks/{task['id']}"
    assert rui.http.put(f"{at}/comment/{mine['id']}", json={"content": "x"}).status_code == 403
    assert rui.http.delete(f"{at}/comment/{mine['id']}").status_code == 403
    assert rui.http.post(f"{at}/problem", json={"content": "x"}).status_code == 403


def test_a_comment_of_a_guest_is_no_members_with_the_same_number(org: Org, rui: Guest) -> None:
    task = oneoff(org, "Call us back", MAIL)
    said = made(rui.comment(task, "by me", state="open"))
    person = org.member()
    path = f"/tasks/{task['id']}/comment/{said['id']}"
    made(org.http.put(f"/tasks/{task['id']}", json={"owners": {"users": [org.user_id, person.user_id]}}), 200)
    assert person.http.put(path, json={"content": "changed"}).status_code == 403
    assert made(org.http.put(path, json={"content": "by an administrator"}), 200)["author_type"] == "guest"


# one answer by its own id


def test_one_answer_is_given_by_its_own_id(org: Org, rui: Guest) -> None:
    process = process_for(org, MAIL)
    task = process["tasks"][0]
    field = made(rui.get(f"/tasks/{task['id']}?with=form_fields"), 200)["form_fields"]["data"][0]
    body = {"id": f"{task['id']}-{field['id']}", "form_value": "PT-4711"}
    given = made(rui.http.post("/form-field/value", json=body), 200)
    assert (given["id"], given["field_value"]) == (field["id"], "PT-4711")
    again = made(rui.http.post("/form-field/value", json={**body, "form_value": "PT-4712"}), 200)
    assert again["field_value"] == "PT-4712"
    # an administrator may, with the guest's address in the path
    changed = org.http.post(f"/guests/{MAIL}/form-field/value", json={**body, "form_value": "PT-4713"})
    assert made(changed, 200)["field_value"] == "PT-4713"
    assert rui.task(task)["taskdata"] == {field["id"]: "PT-4713"}
    wrong = rui.http.post("/form-field/value", json={**body, "form_value": [1]})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["form_value"])


def test_no_answer_of_somebody_else_is_given(org: Org, rui: Guest) -> None:
    guest_of(org, OTHER)
    process = process_for(org, OTHER)
    task = process["tasks"][0]
    fields = made(org.http.get(f"/tasks/{task['id']}?with=form_fields"), 200)["form_fields"]["data"]
    body = {"id": f"{task['id']}-{fields[0]['id']}", "form_value": "x"}
    assert rui.http.post("/form-field/value", json=body).status_code == 404
    assert org.http.post(f"/guests/{MAIL}/form-field/value", json=body).status_code == 404
    assert made(org.http.get(f"/tasks/{task['id']}"), 200)["taskdata"] == {}
    for wrong in ("", fields[0]["id"], f"{task['id']}-{task['id']}", "x" * 200):
        answer = rui.http.post("/form-field/value", json={"id": wrong, "form_value": "x"})
        assert answer.status_code in (404, 422), wrong
