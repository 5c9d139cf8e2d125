"""Problems and resolutions: wire 2.20, engine 8, decisions 46, 51 and 68."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.features.builders import made, template
from tests.features.feed import lines
from tests.features.threads.test_comments import errors, of_task, oneoff, say, threads
from tests.support.server import Org, Person


def report(person: Person, at: str, content: str = "Broken") -> dict[str, Any]:
    return made(person.http.post(f"{at}/problem", json={"content": content}))


def resolve(person: Person, at: str, problem: dict[str, Any], **body: Any) -> dict[str, Any]:
    return made(person.http.post(f"{at}/resolved-threads", json={"thread_id": problem["id"], **body}))


def status(org: Person, process: dict[str, Any]) -> tuple[str, bool]:
    shown = made(org.http.get(f"/runs/{process['id']}"), 200)
    return shown["status"], shown["has_open_issue"]


@pytest.mark.parametrize("call", ["problem", "comment"])
def test_worked_example_of_section_8(org: Org, call: str) -> None:
    at, process, task = of_task(org)
    completing = f"/runs/{process['id']}/completed-tasks"
    made(org.http.post(completing, json={"task_id": task["id"]}), 200)
    problem = report(org, at) if call == "problem" else say(org, at, "Broken", label="problem")
    assert (problem["label"], problem["resolve_id"]) == ("problem", None)
    shown = made(org.http.get(at), 200)
    assert (shown["status"], shown["problem"], shown["status_label"]) == ("in-progress", True, "hasproblem")
    assert status(org, process) == ("problem", False)
    assert org.http.post(completing, json={"task_id": task["id"]}).status_code == 422
    resolution = resolve(org, at, problem, content="<p>Mended</p>")
    assert (resolution["label"], resolution["content"]) == ("resolve", "<p>Mended</p>")
    (kept, _) = threads(org, at)
    assert kept["resolve_id"] == resolution["id"]
    shown = made(org.http.get(f"{at}?with=issues,comments"), 200)
    assert ([one["id"] for one in shown["issues"]["data"]], shown["comments"]["data"]) == ([problem["id"]], [])
    assert (shown["problem"], status(org, process)) == (False, ("active", False))
    made(org.http.post(completing, json={"task_id": task["id"]}), 200)
    verbs = [line.verb for line in lines(org) if line.subject_type == "Thread"]
    assert verbs == ["issue-reported", "issue-resolved"]


def test_the_last_of_several_issues_frees_the_task(org: Org) -> None:
    at, process, task = of_task(org)
    first, second = report(org, at, "One"), report(org, at, "Two")
    resolve(org, at, first)
    assert made(org.http.get(at), 200)["problem"] is True
    # resolving the same issue again does not resolve the other
    again = org.http.post(f"{at}/resolved-threads", json={"thread_id": first["id"]})
    assert errors(again) == {"thread_id"}
    assert made(org.http.get(at), 200)["problem"] is True
    assert resolve(org, at, second)["content"] == "Resolved"
    assert made(org.http.get(at), 200)["problem"] is False
    assert made(org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]}), 200)


def test_only_issues_of_the_very_record_are_resolved_there(org: Org) -> None:
    at, process, _ = of_task(org)
    other = f"/tasks/{process['tasks'][1]['id']}"
    run, checklist = f"/runs/{process['id']}", f"/checklists/{process['checklist_id']}"
    problem, comment = report(org, at), say(org, at, "Nothing")
    label = say(org, at, "Done", label="resolve")
    assert made(org.http.get(at), 200)["problem"] is True
    for place, thread in (
        (other, problem["id"]),
        (run, problem["id"]),
        (checklist, problem["id"]),
        (at, comment["id"]),
        (at, label["id"]),
        (at, "0" * 32),
        (at, "x"),
    ):
        assert errors(org.http.post(f"{place}/resolved-threads", json={"thread_id": thread})) == {"thread_id"}
    assert errors(org.http.post(f"{at}/resolved-threads", json={})) == {"thread_id"}
    blank = org.http.post(f"{at}/resolved-threads", json={"thread_id": problem["id"], "content": "<p></p>"})
    assert errors(blank) == {"content"}
    assert made(org.http.get(at), 200)["problem"] is True


def test_deleting_an_open_issue_frees_the_task_and_a_resolution_stays(org: Org) -> None:
    at, process, _ = of_task(org)
    first, second = report(org, at, "One"), report(org, at, "Two")
    resolution = resolve(org, at, first)
    assert org.http.delete(f"{at}/comment/{resolution['id']}").status_code == 422
    assert org.http.delete(f"{at}/comment/{first['id']}").status_code == 204
    assert made(org.http.get(at), 200)["problem"] is True
    assert org.http.delete(f"{at}/comment/{second['id']}").status_code == 204
    assert made(org.http.get(at), 200)["problem"] is False
    assert status(org, process) == ("active", False)
    assert org.http.delete(f"{at}/comment/{resolution['id']}").status_code == 204


def test_an_issue_of_the_process_stops_everything_in_it(org: Org) -> None:
    at, process, task = of_task(org)
    run = f"/runs/{process['id']}"
    problem = report(org, run)
    assert problem["subject"] == {"id": process["id"], "type": "Run"}
    assert status(org, process) == ("issue", True)
    refused = [
        org.http.post(f"{run}/completed-tasks", json={"task_id": task["id"]}),
        org.http.put(at, json={"title": "Other"}),
        org.http.post(f"{at}/problem", json={"content": "x"}),
    ]
    assert [answer.status_code for answer in refused] == [422, 422, 422]
    # the refused issue left no thread
    assert threads(org, at) == []
    say(org, at, "Still here")
    resolve(org, run, problem)
    assert status(org, process) == ("active", False)
    made(org.http.post(f"{run}/completed-tasks", json={"task_id": task["id"]}), 200)
    assert [one["label"] for one in threads(org, run)] == ["problem", "resolve"]


def test_issues_of_templates_block_nothing(org: Org) -> None:
    checklist = template(org)
    at = f"/checklists/{checklist['id']}"
    problem = report(org, at)
    made(org.http.post("/runs", json={"checklist_id": checklist["id"]}))
    resolution = resolve(org, at, problem, state="open")
    assert [one["resolve_id"] for one in threads(org, at)] == [resolution["id"], None]


def test_issues_of_one_off_tasks(org: Org) -> None:
    task = oneoff(org, org.user_id)
    at = f"/tasks/{task['id']}"
    made(org.http.post("/completed-tasks", json={"task_id": task["id"]}), 200)
    problem = report(org, at)
    shown = made(org.http.get(at), 200)
    assert (shown["status"], shown["problem"]) == ("in-progress", True)
    assert org.http.post("/completed-tasks", json={"task_id": task["id"]}).status_code == 422
    resolve(org, at, problem)
    made(org.http.post("/completed-tasks", json={"task_id": task["id"]}), 200)


def test_a_rule_reopens_when_an_issue_reopens(org: Org) -> None:
    at, process, task = of_task(org)
    second = process["tasks"][1]
    rule = {
        "automated_alias": "Check again",
        "conditions": [
            {
                "conditionable_id": task["step_id"],
                "conditionable_type": "Step",
                "operation": "reopened",
                "statement": "any_time",
                "logic": "and",
            }
        ],
        "then_actions": [{"action_type": "visibility", "action_verb": "hide", "target_step_id": second["step_id"]}],
    }
    made(org.http.post(f"/checklists/{process['checklist_id']}/automated-actions", json=rule))
    at, process, task = _launched_again(org, process)
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]}), 200)
    report(org, at)
    hidden = made(org.http.get(f"/tasks/{process['tasks'][1]['id']}"), 200)
    assert hidden["status"] == "auto-skipped"


def _launched_again(org: Org, process: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    run = made(org.http.post("/runs?with=tasks", json={"checklist_id": process["checklist_id"]}))
    run["tasks"] = run["tasks"]["data"]
    return f"/tasks/{run['tasks'][0]['id']}", run, run["tasks"][0]


def test_two_resolutions_at_once_resolve_one_issue(org: Org) -> None:
    at, _, _ = of_task(org)
    first = report(org, at, "One")
    report(org, at, "Two")
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda _: org.client().post(f"{at}/resolved-threads", json={"thread_id": first["id"]}).status_code,
                range(4),
            )
        )
    assert sorted(answers) == [201, 422, 422, 422]
    assert made(org.http.get(at), 200)["problem"] is True
    assert sum(one["label"] == "resolve" for one in threads(org, at)) == 1
