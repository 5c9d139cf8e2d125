"""Variables in titles and descriptions, filled in for whoever reads them (engine 4.5)."""

from typing import Any

from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.support.server import Org

SERVICES = {
    "label": "Services",
    "alias": "services",
    "field_type": "multiselect",
    "required": False,
    "options": [{"id": 1, "text": "Audit"}, {"id": 2, "text": "Tax"}],
}
CLIENT = {"label": "Client", "alias": "client-name", "field_type": "text", "required": True}
QUOTES = {
    "label": "Quotes",
    "alias": "quotes",
    "field_type": "table",
    "required": False,
    "columns": [{"id": 1, "label": "Who"}, {"id": 2, "label": "<b>How much</b>"}],
}


def started(org: Org, title: str, summary: str, **answers: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A process whose first task has these texts, and the ids of its fields by alias."""
    steps = [{"title": title, "summary": summary}, {"title": "Ask", "captures": [QUOTES]}]
    checklist = template(org, title="Tax & more", prerun=[CLIENT, SERVICES], steps=steps)
    ids = {field["alias"]: field["id"] for field in checklist["prerun"]}
    ids["quotes"] = checklist["steps"]["data"][1]["captures"][0]["id"]
    given = {ids[alias]: value for alias, value in answers.items()}
    return launched(org, checklist, prerun=given, name="Run <1>"), ids


def test_worked_example(org: Org) -> None:
    services = [{"id": 1, "text": "Audit", "selected": True}, {"id": 2, "text": "Tax"}]
    process, _ = started(
        org,
        "Call {{client-name}} re {{ services }}",
        "<p>Call {{client-name}}</p>",
        **{"client-name": "R&D Ltd", "services": services},
    )
    first = process["tasks"][0]
    assert first["title"] == first["name"] == "Call R&D Ltd re Audit"
    assert first["original_title"] == "Call {{client-name}} re {{ services }}"
    whole = made(org.client().get(f"/tasks/{first['id']}"), 200)
    assert whole["summary"] == "<p>Call R&amp;D Ltd</p>"
    assert whole["original_summary"] == "<p>Call {{client-name}}</p>"


def test_a_changed_answer_shows_everywhere_at_once(org: Org) -> None:
    process, ids = started(org, "Call {{client-name}}", "", **{"client-name": "Nordwind"})
    for name in ("Südwind", "{{client-name}}"):
        body = {"prerun": {ids["client-name"]: name}}
        made(org.client().put(f"/runs/{process['id']}", json=body), 200)
        for path in ("/me/tasks", "/tasks", f"/runs/{process['id']}/tasks"):
            titles = {task["title"] for task in org.client().get(path).json()["data"]}
            assert f"Call {name}" in titles, path


def test_unknown_names_stay_and_empty_fields_read_as_nothing(org: Org) -> None:
    process, _ = started(org, "{{nobody-knows}}[{{services}}]", "", **{"client-name": "x"})
    assert process["tasks"][0]["title"] == "{{nobody-knows}}[]"


def test_what_is_built_in(org: Org) -> None:
    text = "{{TEMPLATE_NAME}} {{PROCESS_NAME}} {{current-task-id}} {{current-process-id}}"
    process, _ = started(org, text, f"<p>{text}</p>", **{"client-name": "x"})
    first = process["tasks"][0]
    assert first["title"] == f"Tax & more Run <1> {first['id']} {process['id']}"
    whole = made(org.client().get(f"/tasks/{first['id']}"), 200)
    assert whole["summary"] == f"<p>Tax &amp; more Run &lt;1&gt; {first['id']} {process['id']}</p>"


def test_answers_of_tasks_and_tables(org: Org) -> None:
    process, ids = started(org, "Quotes: {{quotes}}", "<div>{{quotes}}</div>", **{"client-name": "x"})
    first, second = process["tasks"]
    path = f"/runs/{process['id']}/tasks/{second['id']}"
    made(org.client().put(path, json={"taskdata": {ids["quotes"]: ["Nord & Süd", "<i>12</i>"]}}), 200)
    whole = made(org.client().get(f"/tasks/{first['id']}"), 200)
    assert whole["title"] == "Quotes: "
    assert "<td>Nord &amp; Süd</td><td>&lt;i&gt;12&lt;/i&gt;</td>" in whole["summary"]
    assert "<b>How much" not in whole["summary"]


def test_an_answer_cannot_become_a_link_that_runs(org: Org) -> None:
    process, _ = started(
        org, "Open", '<p><a href="{{client-name}}">here</a></p>', **{"client-name": "javascript:alert(1)"}
    )
    whole = made(org.client().get(f"/tasks/{process['tasks'][0]['id']}"), 200)
    assert "javascript" not in whole["summary"]


def test_the_answer_to_a_command_is_filled_in_too(org: Org) -> None:
    process, _ = started(org, "Call {{client-name}}", "", **{"client-name": "Nordwind"})
    path = f"/runs/{process['id']}/completed-tasks"
    done = made(org.client().post(path, json={"task_id": process["tasks"][0]["id"]}), 200)
    assert done["title"] == "Call Nordwind"


def test_the_feed_tells_titles_as_they_read_when_it_was_written(org: Org) -> None:
    process, ids = started(org, "Call {{client-name}} {{nobody}}", "", **{"client-name": "Nordwind"})
    task = process["tasks"][0]["id"]
    at, heir = f"/runs/{process['id']}", org.member()
    tag = made(org.http.post("/tags", json={"title": "Tax"}))["id"]
    made(org.http.post(f"/tasks/{task}/comment", json={"content": "Well"}))
    body = {"tag_id": tag, "tag_type": "private", "subject_type": "Task", "subject_id": task}
    made(org.http.post("/checklists/tags", json=body))
    made(org.http.put(f"{at}/tasks/{task}", json={"owners": {"users": [heir.user_id]}}), 200)
    made(org.http.delete(f"/users/{heir.user_id}?with_reassignment=true&to={org.user_id}"), 200)
    made(org.http.put(at, json={"prerun": {ids["client-name"]: "Südwind"}}), 200)
    done = {"task_id": task, "comment": "There"}
    made(org.http.post(f"{at}/completed-tasks", json=done), 200)
    told = [line.description for line in lines(org) if "{{" in line.description or "wind" in line.description]
    assert told == [
        "Commented on: Call Nordwind {{nobody}}",
        "Tagged Call Nordwind {{nobody}} with Tax",
        "Changed the owners of task: Call Nordwind {{nobody}}",
        "Reassigned task: Call Nordwind {{nobody}}",
        "Completed task: Call Südwind {{nobody}}",
        "Commented on: Call Südwind {{nobody}}",
    ]


def test_the_feed_names_a_task_that_is_deleted(org: Org) -> None:
    process, _ = started(org, "Call", "", **{"client-name": "Nordwind"})
    body = {
        "title": "Send {{client-name}} home",
        "task_type": "task",
        "deadline": "2031-05-06",
        "run_id": process["id"],
    }
    task = made(org.http.post("/tasks", json={**body, "owners": {"users": [org.user_id]}}))["id"]
    assert org.http.delete(f"/tasks/{task}").status_code == 204
    assert org.http.delete(f"/tasks/{task}/delete").status_code == 204
    assert lines(org)[-1].description == "Deleted task: Send Nordwind home"


def test_the_guidance_of_a_one_off_task_in_a_process_is_filled_in(org: Org) -> None:
    process, ids = started(org, "Call", "", **{"client-name": "R&D"})
    asked = {"label": "When", "field_type": "text", "required": False, "guidance": "<p>Ask {{client-name}}</p>"}
    body = {"title": "Visit", "task_type": "task", "deadline": "2031-05-06", "run_id": process["id"]}
    given = {**body, "owners": {"users": [org.user_id]}, "form_fields": [asked]}
    task = made(org.http.post("/tasks", json=given))["id"]
    at = f"/runs/{process['id']}"
    for name, read in (("R&D", "R&amp;D"), ("Ann", "Ann")):
        made(org.http.put(at, json={"prerun": {ids["client-name"]: name}}), 200)
        expected = f"<p>Ask {read}</p>"
        (one,) = made(org.http.get(f"/tasks/{task}?with=form_fields"), 200)["form_fields"]["data"]
        listed = org.http.get(f"{at}/tasks?with=form_fields").json()["data"]
        nested = made(org.http.get(f"{at}?with=tasks.form_fields"), 200)["tasks"]["data"]
        whole = made(org.http.get(f"{at}/form-fields"), 200)["form_fields"]
        answers = [field for field in whole if field["task_id"] == task]
        forms = [field for found in (listed, nested) for one in found for field in one["form_fields"]["data"]]
        guided = [field["guidance"] for field in (one, *forms, *answers) if field["guidance"]]
        assert guided == [expected] * 4
