"""The event of a rule's webhook carries its whole body (decision 49), and commands without one read nothing for it."""

from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.engine.webhook_body import addressed
from handrail.features.people.codes import opened
from handrail.kernel.ids import is_guest_code
from handrail.ports.database import Transaction
from handrail.schema import tables
from handrail.schema.statement import Statement
from handrail.schema.words import own
from tests.features.builders import launched, made, template
from tests.features.guests.codes import guest_of
from tests.features.processes.test_rules import complete, does, on, rule, task
from tests.support.server import Org

events = Statement[Any](
    sa.select(tables.events.c.task_id, tables.events.c.data)
    .where(own(tables.events), tables.events.c.type == "rule.webhook")
    .order_by(tables.events.c.id)
)
KICKOFF = [
    {"id": "vendor", "label": "Vendor", "field_type": "text", "required": False},
    {"id": "start", "label": "Start", "field_type": "date", "required": False},
]
STEPS: list[dict[str, Any]] = [
    {
        "id": "collect",
        "title": "Collect",
        "captures": [{"id": "tax", "label": "Tax number", "field_type": "text", "required": False}],
    },
    {"id": "approve", "title": "Approve", "step_type": "approval"},
    {"id": "pay", "title": "Pay", "summary": "<p>To the bank.</p>"},
]
ERP = {"webhook_url": "https://erp.example/in", "alias_name": "erp"}
SENDS = rule(
    "Tell the ERP",
    on("Step", "approve", "approved"),
    does("webhook", "emit_webhook", "collect", **ERP),
    does("visibility", "show", "pay"),
)


def sent(org: Org) -> list[tuple[str, dict[str, Any]]]:
    """Events with their data; bodies as they leave the house, for in the store the codes of guests are sealed."""

    async def read(tx: Transaction) -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        for kind, text in await tx.all(events, organization_id=org.organization_id):
            data = msgspec.json.decode(text)
            if "body" in data:
                for one in data["body"]["guest-links"].values():
                    assert not is_guest_code(one["link_for_guest"].rpartition("/")[2])
                data["body"] = addressed(data["body"], "", partial(opened, tx.sealer))
            found.append((kind, data))
        return found

    return org.server.write(read)


def person(org: Org, user_id: int) -> dict[str, Any]:
    found = made(org.client().get(f"/users/{user_id}"), 200)
    return {"id": user_id, "email": found["email"], "full_name": found["full_name"]}


def test_decision_49_the_event_carries_the_body_with_what_the_rules_have_done(org: Org) -> None:
    guest = guest_of(org, "rui@pilots.example")
    tag = made(org.client().post("/tags", json={"title": "urgent", "color": "#b3541e"}))
    helper = org.member()
    checklist = template(org, prerun=KICKOFF, steps=STEPS, automated_actions=[SENDS], summary="<p>Carriers.</p>")
    vendor, start = checklist["prerun"]
    collect, approve, pay = checklist["steps"]["data"]
    (tax,) = collect["captures"]
    owners = {"users": [helper.user_id], "guests": [guest.email], "groups": []}
    process = launched(
        org,
        checklist,
        name="Intake 1",
        tags=[tag["id"]],
        prerun={vendor["id"]: "Atlantic", start["id"]: "2027-03-09"},
        tasks={collect["id"]: {"owners": owners}},
    )
    complete(org, process, "Collect", taskdata={tax["id"]: "PT1"})
    complete(org, process, "Approve", is_approved=True)
    ((task_id, data),) = sent(org)
    ids = {title: task(process, title)["id"] for title in ("Collect", "Approve", "Pay")}
    shown = {title: made(org.client().get(f"/tasks/{ids[title]}"), 200) for title in ids}
    me = person(org, org.user_id)

    def seconds(moment: str | None) -> str | None:
        return None if moment is None else f"{moment[:19]}Z"

    capture = {tax["id"]: {"alias": tax["alias"], "label": "Tax number", "value": "PT1"}}
    assert task_id == ids["Collect"]
    assert (data["url"], data["alias"], data["alias_name"]) == ("https://erp.example/in", "Tell the ERP", "erp")
    run = made(org.client().get(f"/runs/{process['id']}"), 200)
    assert data["body"] == {
        "this_task": {
            "id": ids["Collect"],
            "title": "Collect",
            "alias": collect["alias"],
            "status": "completed",
            "summary": None,
            "deadline": seconds(shown["Collect"]["deadline"]),
            "position": 1,
            "completed_at": seconds(shown["Collect"]["completed_at"]),
            "completed_by": me,
            "captures": capture,
            "owners": {"users": [person(org, helper.user_id)], "guests": [guest.email]},
            "assets": [],
        },
        "launcher": me,
        "completer": me,
        "process-tasks": {
            collect["alias"]: ids["Collect"],
            approve["alias"]: ids["Approve"],
            pay["alias"]: ids["Pay"],
        },
        "form-fields": {
            vendor["alias"]: "Atlantic",
            start["alias"]: "2027-03-09T00:00:00Z",
            tax["alias"]: "PT1",
        },
        "template": {
            "id": checklist["id"],
            "title": "Vendor intake",
            "alias": checklist["alias"],
            "summary": "<p>Carriers.</p>",
        },
        "process": {
            "id": process["id"],
            "organization_id": org.organization_id,
            "name": "Intake 1",
            "summary": None,
            "status": "active",
            # the rule has shown what comes next
            "progress": {"complete": 2, "total": 3, "percent": 67},
            "created_at": seconds(run["created_at"]),
            "ClientURL": f"/tracker/{process['id']}",
            "prerun": {vendor["id"]: "Atlantic", start["id"]: "2027-03-09T00:00:00Z"},
            "process_forms": {collect["id"]: capture},
            "tags": [{"id": tag["id"], "name": "urgent", "color": "#b3541e"}],
        },
        "guest-links": {
            guest.email: {"link_for_guest": f"/guest-all-task/{org.organization_id}/{guest.code}"},
        },
        "next_task": {
            "id": ids["Pay"],
            "title": "Pay",
            "alias": pay["alias"],
            "status": "not-started",
            "summary": "<p>To the bank.</p>",
            "deadline": seconds(shown["Pay"]["deadline"]),
            "position": 3,
            "captures": {},
            "owners": {"users": [me], "guests": []},
        },
        "automation": {"id": data["rule"], "alias": "Tell the ERP", "alias_name": "erp"},
    }


def test_at_launch_and_in_the_format_of_the_organization(org: Org) -> None:
    made(org.client().put("", json={"webhook_date_field_format": "d/m/Y h:i A T", "timezone": "Asia/Tokyo"}), 200)
    tag = made(org.client().post("/tags", json={"title": "urgent", "color": "#b3541e"}))
    rules = [
        rule(
            "Tell",
            on("Prerun", "vendor", "is_not_empty"),
            does("webhook", "emit_webhook", "pay", **ERP),
            does(
                "assignment", "assign", "pay", assignees={"users": [], "guests": ["new@pilots.example"], "groups": []}
            ),
        )
    ]
    checklist = template(org, prerun=KICKOFF, steps=STEPS, automated_actions=rules)
    vendor, start = (field["id"] for field in checklist["prerun"])
    launched(org, checklist, tags=[tag["id"]], prerun={vendor: "Atlantic", start: "2027-03-09T20:00:00Z"})
    ((_, data),) = sent(org)
    body = data["body"]
    assert body["process"]["prerun"] == {vendor: "Atlantic", start: "10/03/2027 05:00 AM JST"}
    assert [one["id"] for one in body["process"]["tags"]] == [tag["id"]]
    # whom the same rule has made a guest
    code = guest_of(org, "new@pilots.example").code
    assert body["guest-links"]["new@pilots.example"]["link_for_guest"].endswith(f"/{code}")
    assert body["this_task"]["owners"]["guests"] == ["new@pilots.example"]


def test_answers_of_one_off_tasks_are_told_too(org: Org) -> None:
    checklist = template(org, prerun=KICKOFF, steps=STEPS, automated_actions=[SENDS])
    process = launched(org, checklist)
    added = made(
        org.client().post(
            "/tasks?with=form_fields",
            json={
                "title": "Call",
                "task_type": "task",
                "run_id": process["id"],
                "deadline": "2031-05-06 10:00:00",
                "owners": {"users": [org.user_id]},
                "form_fields": [{"label": "Note", "field_type": "text", "required": False}],
            },
        )
    )
    (note,) = added["form_fields"]["data"]
    made(org.client().put(f"/tasks/{added['id']}", json={"taskdata": {note["id"]: "hello"}}), 200)
    complete(org, process, "Approve", is_approved=True)
    ((_, data),) = sent(org)
    assert data["body"]["form-fields"] == {note["alias"]: "hello"}
    assert data["body"]["process-tasks"][added["id"]] == added["id"]


def test_a_completion_that_sends_nothing_reads_nothing_for_it(org: Org) -> None:
    counts: dict[str, int] = {}
    for name, rules in (("none", []), ("silent", [SENDS])):
        process = launched(org, template(org, prerun=KICKOFF, steps=STEPS, automated_actions=rules))
        first = task(process, "Collect")["id"]
        made(org.client().get(f"/tasks/{first}"), 200)
        with org.server.count_statements() as statements:
            complete(org, process, "Collect")
        counts[name] = len(statements)
    assert counts["silent"] == counts["none"]
    assert sent(org) == []
