"""Kick-off fields whose defaults speak of other answers, and the guidance of fields (engine 4.4, 4.5)."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.features.processes.test_rules import complete, does, on, rule
from tests.support.server import Org

CLIENT = {"label": "Client", "alias": "client-name", "field_type": "text", "required": False}
SUBJECT = {
    "label": "Subject",
    "alias": "subject",
    "field_type": "text",
    "required": True,
    "guidance": "<p>About {{client-name}}, in {{TEMPLATE_NAME}}</p>",
    "default_value_enabled": True,
    "default_value": "Offer for {{client-name}}",
}
ANSWER = {
    "label": "Answer",
    "alias": "answer",
    "field_type": "text",
    "required": False,
    "guidance": (
        '<p>Ask <a href="https://x.example/find?q={{client-name}}&amp;all=1">here</a> in {{current-task-id}}</p>'
    ),
}
STEPS = [{"title": "Write {{subject}}", "captures": [ANSWER]}]


def begun(org: Org, name: str = "R&D", **more: Any) -> tuple[dict[str, Any], str, str]:
    checklist = template(org, prerun=[CLIENT, SUBJECT], steps=STEPS, **more)
    client, subject = (field["id"] for field in checklist["prerun"])
    return launched(org, checklist, prerun={client: name}), client, subject


def test_22_a_default_of_the_kick_off_form_lives_until_it_is_edited(org: Org) -> None:
    process, client, subject = begun(org)
    assert process["prerun"] == {client: "R&D", subject: "Offer for R&D"}
    path = f"/runs/{process['id']}"
    changed = made(org.http.put(path, json={"prerun": {client: "{{subject}}"}}), 200)
    # decision 26: nothing is filled in twice
    assert changed["prerun"][subject] == "Offer for {{subject}}"
    made(org.http.put(path, json={"prerun": {client: "Ann"}}), 200)
    read = made(org.http.get(f"{path}?with=ko_form_fields"), 200)
    assert read["prerun"][subject] == "Offer for Ann"
    assert [field["value"] for field in read["ko_form_fields"]["data"]] == ["Ann", "Offer for Ann"]
    (listed,) = org.http.get("/runs").json()["data"]
    assert listed["prerun"][subject] == "Offer for Ann"
    fields = made(org.http.get(f"{path}/form-fields"), 200)
    assert fields["ko_form_fields"][1]["field_value"] == "Offer for Ann"
    exported = made(org.http.post(f"{path}/export"), 200)
    assert exported["run"]["prerun"][subject] == exported["ko_form_fields"][1]["value"] == "Offer for Ann"
    task = made(org.http.get(f"/tasks/{process['tasks'][0]['id']}?with=ko-form-fields,run"), 200)
    shown = next(task[name] for name in ("ko_form_fields", "ko-form-fields") if name in task)
    assert shown["data"][1]["value"] == "Offer for Ann"
    assert task["run"]["data"]["prerun"][subject] == "Offer for Ann"
    made(org.http.put(path, json={"prerun": {subject: "By {{client-name}}"}}), 200)
    made(org.http.put(path, json={"prerun": {client: "Bob"}}), 200)
    assert made(org.http.get(path), 200)["prerun"][subject] == "By {{client-name}}"


def test_the_guidance_of_fields_is_filled_in_where_a_process_is_read(org: Org) -> None:
    process, client, subject = begun(org, "A & B?")
    path, first = f"/runs/{process['id']}", process["tasks"][0]["id"]
    below = "<p>About A &amp; B?, in Vendor intake</p>"
    read = made(org.http.get(f"{path}?with=ko_form_fields,form_fields"), 200)
    assert read["ko_form_fields"]["data"][1]["guidance"] == below
    (answer,) = read["form_fields"]["data"]
    assert 'href="https://x.example/find?q=A%20%26%20B%3F&amp;all=1"' in answer["guidance"]
    assert f"in {first}" in answer["guidance"]
    assert answer["step_title"] == "Write Offer for A & B?"
    task = made(org.http.get(f"/tasks/{first}?with=form_fields,ko-form-fields"), 200)
    assert task["form_fields"]["data"][0]["guidance"] == answer["guidance"]
    fields = made(org.http.get(f"{path}/form-fields"), 200)
    assert fields["ko_form_fields"][1]["guidance"] == below
    # an answer is text, whatever it looks like
    made(org.http.put(path, json={"prerun": {client: "<b>{{subject}}</b>"}}), 200)
    again = made(org.http.get(f"{path}?with=ko_form_fields"), 200)["ko_form_fields"]["data"][1]
    assert again["guidance"] == "<p>About &lt;b&gt;{{subject}}&lt;/b&gt;, in Vendor intake</p>"
    # the template keeps what its author wrote
    written = made(org.http.get(f"/checklists/{process['checklist_id']}"), 200)["prerun"][1]
    assert (written["id"], written["guidance"]) == (subject, SUBJECT["guidance"])


def test_nothing_is_read_for_forms_that_say_nothing(org: Org) -> None:
    plain = template(org, prerun=[CLIENT], steps=[{"title": "A"}])
    process = launched(org, plain, prerun={plain["prerun"][0]["id"]: "Ann"})
    speaking, _, _ = begun(org)
    counts: list[int] = []
    for one in (process, speaking):
        made(org.http.get("/me"), 200)
        org.http.get(f"/runs/{one['id']}")
        with org.server.count_statements() as statements:
            made(org.http.get(f"/runs/{one['id']}"), 200)
        counts.append(len(statements))
    assert counts[0] < counts[1]


def test_names_are_made_of_what_a_default_reads_as(org: Org) -> None:
    naming = {"auto_naming": True, "default_process_name_format": "{{subject}}!", "allow_launcher_change_name": False}
    process, _, _ = begun(org, **naming)
    assert process["name"] == "Offer for R&D!"


@pytest.mark.parametrize(("name", "shown"), [("Ann", True), ("Bob", False)])
def test_rules_read_a_default_as_it_reads_then(org: Org, name: str, shown: bool) -> None:
    steps: list[dict[str, Any]] = [
        {"id": "ask", "title": "Ask"},
        {"id": "extra", "title": "Extra"},
    ]
    form = [CLIENT | {"id": "client"}, SUBJECT | {"id": "subject"}]
    says = rule("For Ann", on("Prerun", "subject", "contains", "for ann"), does("visibility", "show", "extra"))
    checklist = template(org, prerun=form, steps=steps, automated_actions=[says])
    client = checklist["prerun"][0]["id"]
    process = launched(org, checklist, prerun={client: name})
    extra = process["tasks"][1]
    assert (extra["status"] == "not-started") is shown
    if not shown:
        # whoever changes what the default speaks of changes the default
        answer = made(org.http.put(f"/runs/{process['id']}", json={"prerun": {client: "Ann"}}), 200)
        assert [task["id"] for task in answer["tasks_changed_by_rules"]["data"]] == [extra["id"]]
        told = made(org.http.get(f"/x/tasks/{extra['id']}/explain"), 200)
        assert told["visibility"]["rules"][0]["conditions"][0]["current"] == "Offer for Ann"


def test_a_date_by_default_of_another_date_stays_a_date(org: Org) -> None:
    form = [
        {"id": "start", "label": "Start", "alias": "start", "field_type": "date", "required": True},
        {
            "id": "due",
            "label": "Due",
            "alias": "due",
            "field_type": "date",
            "required": False,
            "default_value_enabled": True,
            "default_value": "{{start}}",
        },
    ]
    moves = rule(
        "Due then",
        on("Prerun", "due", "is_not_empty"),
        does(
            "deadline",
            "deadline",
            "pay",
            deadline={"value": 2, "unit": "days", "option": "from"},
            actionable_type="Prerun",
            actionable_id="due",
        ),
    )
    checklist = template(org, prerun=form, steps=[{"id": "pay", "title": "Pay"}], automated_actions=[moves])
    start, due = (field["id"] for field in checklist["prerun"])
    process = launched(org, checklist, prerun={start: "2031-03-03T10:00:00.000Z"})
    assert process["prerun"][due] == "2031-03-03T10:00:00.000Z"
    assert process["tasks"][0]["deadline"] == "2031-03-05T10:00:00.000Z"
    put = made(org.http.put(f"/runs/{process['id']}", json={"prerun": {start: "2031-04-03T10:00:00.000Z"}}), 200)
    assert put["tasks_changed_by_rules"]["data"][0]["deadline"] == "2031-04-05T10:00:00.000Z"


def test_what_a_task_launches_gets_what_a_default_reads_as(org: Org) -> None:
    parcel = template(org, title="Parcel", prerun=[CLIENT | {"alias": "to"}], steps=[{"title": "Ship"}])
    to = parcel["prerun"][0]["id"]
    following = {"id": parcel["id"], "tasks_within_process": False, "fields": {to: "{{subject}}"}}
    checklist = template(
        org, prerun=[CLIENT, SUBJECT], steps=[{"title": "Confirm", "bp_to_launch": following}, {"title": "B"}]
    )
    client = checklist["prerun"][0]["id"]
    process = launched(org, checklist, prerun={client: "Ann"})
    complete(org, process, "Confirm")
    (child,) = org.http.get(f"/x/runs/{process['id']}/children").json()["data"]
    assert child["prerun"] == {to: "Offer for Ann"}


def test_the_public_reads_what_a_default_reads_as(org: Org) -> None:
    process, _, subject = begun(org)
    made(org.http.put(f"/runs/{process['id']}", json={"is_public": True}), 200)
    answers = org.server.client(path="/api").get(f"/public/runs/{process['id']}/form-fields").json()["data"]
    assert next(one["value"] for one in answers if one["id"] == subject) == "Offer for R&D"
