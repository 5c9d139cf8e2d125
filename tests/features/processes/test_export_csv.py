"""The CSV export of a process: wire 2.29, engine 11.5, decision 64."""

import csv
import re
import tracemalloc
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from handrail.features.processes import sheet_rows
from handrail.features.processes.sheet_rows import COLUMNS
from handrail.features.threads import paging
from handrail.features.threads.recording import About, write
from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction
from tests.features.builders import launched, made, template
from tests.features.guests.codes import guest_of
from tests.features.processes.test_rules import does, on, rule
from tests.features.templates.test_permissions import permit
from tests.features.threads.test_comments import say
from tests.features.threads.test_issues import report, resolve
from tests.support.server import Org, Person

GOLDEN = Path(__file__).with_name("export.csv")
MAIL = "rui@pilots.example"
TIMES = (
    *("process_last_modified", "process_completed_at", "assigned_or_shown_on", "due_by", "completed_on"),
    "last_modified",
)
OPTIONS = [{"id": 1, "text": "Harbour"}, {"id": 2, "text": "Open sea"}, {"id": 3, "text": 'Canal, "inner"'}]
# one of each type, with an answer
FIELDS: list[tuple[dict[str, Any], Any]] = [
    ({"label": "Vessel", "field_type": "text"}, "Águia, the second"),
    ({"label": "Remarks", "field_type": "textarea"}, 'Two lines\nand "quotes"'),
    ({"label": "Waters", "field_type": "radio", "options": OPTIONS}, "Open sea"),
    ({"label": "Route", "field_type": "dropdown", "options": OPTIONS}, {"id": 3, "text": 'Canal, "inner"'}),
    (
        {"label": "Checks", "field_type": "multiselect", "options": OPTIONS},
        [{"id": 1, "text": "Harbour", "selected": True}, {"id": 2, "text": "Open sea", "selected": True}],
    ),
    ({"label": "Sailed", "field_type": "date"}, "2027-03-02"),
    ({"label": "Arrived", "field_type": "date", "collect_time": True}, "2027-03-04T09:30:00+02:00"),
    ({"label": "Agent", "field_type": "email"}, "agent@pilots.example"),
    (
        {"label": "Papers", "field_type": "file"},
        [{"id": "f1", "filename": "licence.pdf", "url": "https://a.example/1"}],
    ),
    (
        {"label": "Cargo", "field_type": "table", "columns": [{"id": 1, "label": "What"}, {"id": 2, "label": "Tons"}]},
        [["Grain", 12], ["=Timber", None]],
    ),
]


def export(person: Person, process: dict[str, Any], query: str = "?format=csv") -> httpx.Response:
    return person.http.get(f"/runs/{process['id']}/export{query}")


def rows(person: Person, process: dict[str, Any]) -> list[dict[str, str]]:
    answer = export(person, process)
    assert answer.status_code == 200, answer.text
    found = list(csv.DictReader(StringIO(answer.content.decode("utf-8"), newline="")))
    assert all(None not in row and None not in row.values() for row in found)
    return found


def of_type(found: list[dict[str, str]], kind: str) -> list[dict[str, str]]:
    return [row for row in found if row["type"] == kind]


def voyage(org: Org) -> dict[str, Any]:
    """A process with everything that a row can be about."""
    mina = org.member(first_name="Mina", last_name="Castro")
    group = made(org.http.post("/groups", json={"name": "Pilots, all", "members": [mina.user_id]}))
    fields = [{"required": False, **field} for field, _ in FIELDS]
    picker = {"label": "Crew", "field_type": "assignees_form", "required": False}
    checklist = template(
        org,
        title="Pilotage",
        prerun=[{"label": "Port", "field_type": "text", "required": True}, picker],
        steps=[
            {"title": "Board the vessel", "assignees": [mina.user_id], "groups": [group["id"]], "guests": [MAIL]},
            {"title": "Log", "captures": [*fields, picker], "assignees": [mina.user_id]},
            {"title": "Tow", "captures": [fields[0]], "assignees": [org.user_id]},
        ],
    )
    first, log, tow = checklist["steps"]["data"]
    stage = made(org.http.post(f"/checklists/{checklist['id']}/stages", json={"title": "On the water"}))
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{log['id']}", json={"stage_id": stage["id"]}), 200)
    hide = rule("No tow", on("Step", log["id"], "completed"), does("visibility", "hide", tow["id"]))
    made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=hide))
    tag = made(org.http.post("/tags", json={"title": "urgent"}))
    port, crew = made(org.http.get(f"/checklists/{checklist['id']}"), 200)["prerun"]
    people = {"users": [mina.user_id], "guests": [MAIL], "groups": [group["id"]]}
    process = launched(
        org, checklist, name="Atlantic", prerun={port["id"]: "Porto", crew["id"]: people}, tags=[tag["id"]]
    )
    answers = [value for _, value in FIELDS]
    by_title = {task["title"]: task for task in process["tasks"]}
    captures = [field["id"] for field in log["captures"]]
    given = dict(zip(captures, [*answers, people], strict=True))
    task = by_title["Log"]
    at = f"/runs/{process['id']}"
    made(org.http.post(f"{at}/completed-tasks", json={"task_id": task["id"], "taskdata": given}), 200)
    boarding = by_title["Board the vessel"]
    guest_of(org, MAIL)
    say(org, f"/tasks/{boarding['id']}", f"<p>Ask <b>@[{mina.user_id}]</b> &amp; wait</p><p>at the pier</p>")
    issue = report(org, f"/tasks/{boarding['id']}", "No ladder")
    resolve(org, f"/tasks/{boarding['id']}", issue, content="Ladder found")
    report(org, f"/tasks/{boarding['id']}", "Fog")
    say(org, at, "=SUM(A1:A9)")
    process |= {"member": mina, "group": group, "checklist": checklist, "first": first}
    return process


def golden(text: str, org: Org, process: dict[str, Any]) -> str:
    """The file with names in the place of what differs from run to run."""
    text = text.replace(f"GROUP_{process['group']['id']}", "GROUP_{group}")
    known: dict[str, str] = {}
    text = re.sub(r"\b[0-9a-f]{32}\b", lambda match: known.setdefault(match[0], f"{{id {len(known) + 1}}}"), text)
    text = text.replace(made(org.http.get("/me"), 200)["full_name"], "{owner}")
    people = {str(org.user_id): "{owner id}", str(process["member"].user_id): "{mina id}"}
    found = list(csv.DictReader(StringIO(text, newline="")))
    for row in found:
        for name in ("process_owner_id", "assigned_user_id", "completed_by"):
            row[name] = people.get(row[name], row[name])
        for name in TIMES:
            row[name] = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", "{time}", row[name])
        row["process_task_alias"] = "{alias}" if row["process_task_alias"] else ""
    written = StringIO(newline="")
    writer = csv.DictWriter(written, COLUMNS)
    writer.writeheader()
    writer.writerows(found)
    return written.getvalue()


def test_decision_64_golden_file(org: Org) -> None:
    process = voyage(org)
    answer = export(org, process)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="process-{process["id"]}.csv"'
    assert answer.headers["x-request-id"] and "no-store" in answer.headers["cache-control"]
    assert answer.content.startswith(b"blueprint_id,") and answer.content.endswith(b"\r\n")
    assert b'"Two lines\nand ""quotes""",' in answer.content and b',"Canal, ""inner""",' in answer.content
    assert answer.content.count(b"\r\n") == len(rows(org, process)) + 1
    found = golden(answer.content.decode(), org, process)
    assert found == GOLDEN.read_bytes().decode()


def test_decision_64_which_columns_fill_on_which_row(org: Org) -> None:
    process = voyage(org)
    found = rows(org, process)
    assert tuple(found[0]) == COLUMNS
    places = {name: place for place, name in enumerate(COLUMNS)}
    always = (*COLUMNS[:13], "type", "has_form_fields")
    of_tasks = set(COLUMNS[places["process_task_id"] : places["process_task_data_id"]])
    of_tasks |= set(COLUMNS[places["milestone_id"] : places["no_of_form_fields"]])
    kickoff = {"kick_off_task_id", "kick_off_task_name"}
    data = {"process_task_data_id", "process_task_data_name"}
    comment = {"process_task_comment_id", "process_task_comment_name"}
    fields = set(COLUMNS[places["no_of_form_fields"] : places["issue_reported"]])
    comments = set(COLUMNS[places["issue_reported"] :])
    may = {
        "kick_off_task": kickoff | fields,
        "process_task": of_tasks,
        "process_task_data": of_tasks | data | fields,
        "process_task_comment": of_tasks | comment | comments,
    }
    assert {row["type"] for row in found} == set(may)
    for row in found:
        filled = {name for name, cell in row.items() if cell}
        assert filled <= may[row["type"]] | {*always}
        assert row["has_form_fields"] == "Yes"
        assert row["process_id"] == process["id"] and row["total_tasks_in_process"] == "3"
    assert all(row["completed_by"] for row in found if row["process_task_id"])


def test_answers_show_once_their_form_is_complete(org: Org) -> None:
    capture = {"label": "Vessel", "field_type": "text", "required": False}
    checklist = template(org, prerun=[{**capture, "label": "Port"}], steps=[{"title": "Log", "captures": [capture]}])
    process = launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "Porto"})
    (task,) = process["tasks"]
    field = checklist["steps"]["data"][0]["captures"][0]["id"]
    made(org.http.put(f"/runs/{process['id']}/tasks/{task['id']}", json={"taskdata": {field: "Águia"}}), 200)

    def answers() -> list[str]:
        return [row["answer_in_form_field"] for row in rows(org, process) if row["form_field_type"]]

    assert answers() == ["Porto", ""]
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]}), 200)
    assert answers() == ["Porto", "Águia"]
    assert rows(org, process)[1]["completed_by"] == str(org.user_id)
    made(org.http.delete(f"/runs/{process['id']}/complete-prerun"), 200)
    assert answers() == ["", "Águia"]


def test_hidden_tasks_are_in_it_and_were_not_assigned(org: Org) -> None:
    process = voyage(org)
    hidden = [row for row in rows(org, process) if row["process_task_status"] == "hidden"]
    assert {row["process_task_name"] for row in hidden} == {"Tow"}
    assert {row["assigned_or_shown_on"] for row in hidden} == {""}


def test_counts_of_comments_equal_a_recount(org: Org) -> None:
    comments = of_type(rows(org, voyage(org)), "process_task_comment")
    on_task = [row for row in comments if row["process_task_id"]]
    assert {row["total_comments"] for row in on_task} == {str(len(on_task))} == {"4"}
    for column in ("issue_reported", "issue_resolved"):
        count = sum(row[column] == "Yes" for row in on_task)
        assert {row[f"no_of_{column}"] for row in on_task} == {str(count)}
    (of_process,) = [row for row in comments if not row["process_task_id"]]
    assert (of_process["comment"], of_process["total_comments"]) == ("=SUM(A1:A9)", "1")


def test_formulas_are_escaped_where_the_organization_wants_it(org: Org) -> None:
    checklist = template(org, prerun=[{"label": "@Port", "field_type": "text", "required": False}], plain_steps=0)
    answers = ["=1+1", "+351", "-5", "@home", "\tindent", "Porto = home"]
    field = checklist["prerun"][0]["id"]
    processes = [launched(org, checklist, prerun={field: answer}) for answer in answers]

    def cells() -> list[str]:
        return [rows(org, process)[0]["answer_in_form_field"] for process in processes]

    assert made(org.http.get(""), 200)["escape_csv_formulas"] is False
    assert cells() == answers
    assert made(org.http.put("", json={"escape_csv_formulas": True}), 200)["escape_csv_formulas"] is True
    assert cells() == ["'=1+1", "'+351", "'-5", "'@home", "'\tindent", "Porto = home"]
    assert rows(org, processes[0])[0]["question_in_form_field"] == "'@Port"


def test_who_may(two_orgs: tuple[Org, Org]) -> None:
    org, other = two_orgs
    lead, light, outsider = org.member(), org.member("light"), org.member()
    checklist = template(org, steps=[{"title": "Log", "assignees": [lead.user_id, light.user_id]}])
    permit(org, checklist, PROCESS_READ=[])
    process = launched(org, checklist)
    assert rows(org, process) == rows(lead, process)
    assert export(light, process).status_code == 403
    assert export(outsider, process).status_code == 404
    answer = export(other, process)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert "content-disposition" not in answer.headers


def test_secret_tasks_are_left_out_for_others(org: Org) -> None:
    lead = org.member()
    steps = [{"title": "Open", "assignees": [lead.user_id]}, {"title": "Secret", "top_secret": True}]
    process = launched(org, template(org, steps=steps))
    task = process["tasks"][1]
    say(org, f"/tasks/{task['id']}", "Nobody may know")
    assert {row["process_task_name"] for row in rows(org, process)} == {"Open", "Secret"}
    answer = export(lead, process)
    assert b"Secret" not in answer.content and b"Nobody may know" not in answer.content


@pytest.mark.parametrize("query", ["?format=xlsx", "?format=json", "?format="])
def test_other_formats(org: Org, query: str) -> None:
    answer = export(org, launched(org, template(org)), query)
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"format"})


def test_csv_is_meant_without_a_format(org: Org) -> None:
    process = launched(org, template(org))
    assert export(org, process, "").content == export(org, process).content


def test_one_off_tasks_and_variables(org: Org) -> None:
    port = {"label": "Port", "field_type": "text", "required": True}
    checklist = template(org, prerun=[port], steps=[{"title": "Sail"}])
    alias = checklist["prerun"][0]["alias"]
    step = checklist["steps"]["data"][0]
    title = {"title": f"Sail to {{{{{alias}}}}}"}
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{step['id']}", json=title), 200)
    process = launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "Porto"})
    errand = {
        "title": "Errand",
        "task_type": "task",
        "run_id": process["id"],
        "deadline": "2031-05-06 10:00:00",
        "owners": {"users": [org.user_id]},
        "form_fields": [{"label": "What", "field_type": "text", "required": False}],
    }
    made(org.http.post("/tasks", json=errand))
    found = rows(org, process)
    assert [row["process_task_name"] for row in of_type(found, "process_task")] == ["Sail to Porto", "Errand"]
    (field,) = of_type(found, "process_task_data")
    assert (field["process_task_data_name"], field["question_in_form_field"]) == ("Errand", "What")
    assert field["due_by"] == "2031-05-06 10:00:00"


def test_thousands_of_comments_come_in_pages(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE", 4)
    process = launched(org, template(org, plain_steps=6))
    wanted: list[tuple[str, str]] = []
    for task, count in zip(process["tasks"], (0, 3, 9, 1, 1, 4), strict=True):
        for number in range(count):
            say(org, f"/tasks/{task['id']}", f"{task['title']}: {number}")
            wanted.append((task["id"], f"{task['title']}: {number}"))
    for number in range(9):
        say(org, f"/runs/{process['id']}", f"Process: {number}")
        wanted.append(("", f"Process: {number}"))
    found = rows(org, process)
    comments = of_type(found, "process_task_comment")
    assert [(row["process_task_id"], row["comment"]) for row in comments] == wanted
    # each task's rows stand together
    order = list(dict.fromkeys(row["process_task_id"] for row in found))
    assert order == [*(task["id"] for task in process["tasks"]), ""]


def test_memory_is_bounded_however_much_was_said(org: Org) -> None:
    count, text = 2_000, "Fog on the river. " * 1_000
    process = launched(org, template(org, plain_steps=1))
    (task,) = process["tasks"]
    about = About("Task", task["id"], task["title"], process["id"])
    actor = Actor(organization_id=org.organization_id, user_id=org.user_id, role="admin")

    async def body(tx: Transaction) -> None:
        for _ in range(100):
            await write(tx, actor, about, text, org.server.clock.now())

    for _ in range(count // 100):
        org.server.write(body)
    tracemalloc.start()
    try:
        size = 0
        with org.http.stream("GET", f"/runs/{process['id']}/export?format=csv") as answer:
            assert (answer.status_code, "content-length" in answer.headers) == (200, False)
            for piece in answer.iter_raw():
                size += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > count * 17_000
    # less than everything that was said, what the client has not read yet included: nobody holds it all
    assert peak < size * 0.8


def test_an_export_that_fails_is_no_whole_file(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    process = launched(org, template(org))
    with monkeypatch.context() as patch:
        patch.setattr(paging, "tallies", broken)
        answer = export(org, process)
        assert (answer.status_code, answer.json()["message"]) == (500, "Server error.")
        assert "content-disposition" not in answer.headers
    monkeypatch.setattr(sheet_rows, "task_rows", broken)
    with pytest.raises(httpx.RemoteProtocolError):
        export(org, process)


def broken(*_: object, **__: object) -> Any:
    raise RuntimeError("broken on purpose")


def test_few_statements(org: Org) -> None:
    process = voyage(org)

    def cost() -> list[str]:
        export(org, process)
        with org.server.count_statements() as statements:
            export(org, process)
        return list(statements)

    before = cost()
    assert len(before) <= 14, "\n".join(before)
    for number in range(20):
        say(org, f"/tasks/{process['tasks'][number % 3]['id']}", f"Number {number}")
    assert len(cost()) == len(before)
