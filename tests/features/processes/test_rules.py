"""Rules at work through the API: at launch, on completion, on answers, and what the answers to commands say of them."""

from typing import Any

import sqlalchemy as sa

from handrail.features.processes import aggregate
from handrail.ports.database import Transaction
from handrail.schema import tables
from handrail.schema.statement import Statement
from handrail.schema.words import own
from tests.features.builders import launched, made, template
from tests.support.server import Org

events = Statement[Any](
    sa.select(tables.events.c.type, tables.events.c.task_id, tables.events.c.data)
    .where(own(tables.events))
    .order_by(tables.events.c.created_at)
)
feed = Statement[Any](
    sa.select(tables.activities.c.verb, tables.activities.c.description)
    .where(own(tables.activities), tables.activities.c.description.like("Rule %"))
    .order_by(tables.activities.c.id)
)

KICKOFF = [
    {"id": "amount", "label": "Amount", "field_type": "text", "required": False},
    {"id": "reviewer", "label": "Reviewer", "field_type": "assignees_form", "required": False},
]
STEPS = [
    {"id": "draft", "title": "Draft"},
    {"id": "review", "title": "Review", "step_type": "approval"},
    {"id": "director", "title": "Director"},
    {"id": "pay", "title": "Pay"},
]


def on(kind: str, part: str, operation: str, statement: str | None = None) -> dict[str, Any]:
    return {"conditionable_type": kind, "conditionable_id": part, "operation": operation, "statement": statement}


def does(kind: str, verb: str, target: str, **more: Any) -> dict[str, Any]:
    return {"action_type": kind, "action_verb": verb, "target_step_id": target, **more}


def rule(name: str, condition: dict[str, Any], *actions: dict[str, Any]) -> dict[str, Any]:
    return {"automated_alias": name, "conditions": [condition], "then_actions": list(actions)}


RULES = [
    rule(
        "Director if big",
        on("Prerun", "amount", "greater_than", "10,000"),
        does("visibility", "show", "director"),
    ),
    rule("Back to draft", on("Step", "review", "rejected"), does("status", "reopen", "draft")),
    rule(
        "Who reviews",
        on("Prerun", "reviewer", "is_not_empty"),
        does("assignment", "assign_only", "review", actionable_type="Prerun", actionable_id="reviewer"),
    ),
    rule(
        "Tell the ERP",
        on("Step", "review", "approved"),
        does("webhook", "emit_webhook", "pay", webhook_url="https://erp.example/in", alias_name="erp"),
        does("deadline", "deadline", "pay", deadline={"value": 2, "unit": "days", "option": "from"}),
    ),
]


def prepared(org: Org) -> dict[str, Any]:
    return template(org, prerun=KICKOFF, steps=STEPS, automated_actions=RULES)


def fields(checklist: dict[str, Any]) -> dict[str, str]:
    return {field["label"].lower(): field["id"] for field in checklist["prerun"]}


def task(process: dict[str, Any], title: str) -> dict[str, Any]:
    return next(task for task in process["tasks"] if task["title"] == title)


def complete(org: Org, process: dict[str, Any], title: str, **body: Any) -> dict[str, Any]:
    body["task_id"] = task(process, title)["id"]
    return made(org.client().post(f"/runs/{process['id']}/completed-tasks", json=body), 200)


def changed(shown: dict[str, Any]) -> list[tuple[str, str]]:
    listed = shown["tasks_changed_by_rules"]
    return [(task["title"], task["status"]) for task in listed["data"]] if listed else []


def test_a_step_that_a_rule_shows_is_hidden_until_the_rule_holds(org: Org) -> None:
    checklist = prepared(org)
    amount = fields(checklist)["amount"]
    small = launched(org, checklist, prerun={amount: "9,999.50"})
    assert task(small, "Director")["status"] == "auto-skipped"
    assert small["progress"]["total"] == 3
    big = launched(org, checklist, prerun={amount: "10,000.01"})
    assert task(big, "Director")["status"] == "not-started"
    assert big["progress"]["total"] == 4
    edited = made(org.client().put(f"/runs/{small['id']}", json={"prerun": {amount: "20000"}}), 200)
    assert changed(edited) == [("Director", "not-started")]
    read = org.client().get(f"/runs/{small['id']}").json()["data"]
    assert read["progress"]["total"] == 4
    again = made(org.client().put(f"/runs/{small['id']}", json={"prerun": {amount: "5"}}), 200)
    assert again["tasks_changed_by_rules"] == {}


def test_completing_and_reopening_say_what_rules_changed(org: Org) -> None:
    process = launched(org, prepared(org))
    assert changed(complete(org, process, "Draft")) == []
    assert changed(complete(org, process, "Review", is_approved=False)) == [("Draft", "in-progress")]
    read = org.client().get(f"/tasks/{task(process, 'Draft')['id']}").json()["data"]
    assert (read["status"], read["completed_at"], read["completer_id"]) == ("in-progress", None, None)
    review = task(process, "Review")["id"]
    assert changed(made(org.client().delete(f"/runs/{process['id']}/completed-tasks/{review}"), 200)) == []
    before = task(process, "Pay")["deadline"]
    assert changed(complete(org, process, "Review", is_approved=True)) == [("Pay", "not-started")]
    read = org.client().get(f"/tasks/{task(process, 'Pay')['id']}").json()["data"]
    assert read["deadline"] > before


def test_people_of_a_rule_are_looked_up_and_invited(org: Org) -> None:
    checklist = prepared(org)
    helper = org.member()
    reviewer = fields(checklist)["reviewer"]
    first = launched(org, checklist, prerun={reviewer: {"users": [helper.user_id]}})
    assert task(first, "Review")["owners"]["users"] == [helper.user_id]
    guest = {"guests": ["new.guest@x.example"]}
    edited = made(org.client().put(f"/runs/{first['id']}", json={"prerun": {reviewer: guest}}), 200)
    (review,) = edited["tasks_changed_by_rules"]["data"]
    assert (review["owners"]["guests"], review["owners"]["users"]) == (["new.guest@x.example"], [org.user_id])
    assert len(review["owners"]["taskUrls"]) == 1
    # the same person once more, who is a guest by now
    second = launched(org, checklist, prerun={reviewer: guest})
    assert task(second, "Review")["owners"]["guests"] == ["new.guest@x.example"]


def test_what_rules_did_to_a_secret_task_stays_secret(org: Org) -> None:
    steps = [{**STEPS[0]}, {**STEPS[1], "top_secret": True}, *STEPS[2:]]
    hide = [rule("Hide", on("Step", "draft", "completed"), does("visibility", "hide", "review"))]
    helper = org.member()
    process = launched(org, template(org, steps=steps, automated_actions=hide), user_id=org.user_id)
    body = {"task_id": task(process, "Draft")["id"]}
    org.client().put(f"/tasks/{body['task_id']}", json={"owners": {"users": [org.user_id, helper.user_id]}})
    done = made(helper.client().post(f"/runs/{process['id']}/completed-tasks", json=body), 200)
    assert done["tasks_changed_by_rules"] == {}
    read = org.client().get(f"/tasks/{task(process, 'Review')['id']}").json()["data"]
    assert read["status"] == "auto-skipped"


def test_the_feed_names_the_rule_and_its_webhook_is_an_event(org: Org) -> None:
    process = launched(org, prepared(org))
    complete(org, process, "Draft")
    complete(org, process, "Review", is_approved=True)

    async def look(tx: Transaction) -> tuple[list[Any], list[Any]]:
        return (
            await tx.all(feed, organization_id=org.organization_id),
            await tx.all(events, organization_id=org.organization_id),
        )

    entries, facts = org.server.write(look)
    assert [tuple(entry) for entry in entries] == [
        ("updated", 'Rule "Tell the ERP" called the webhook for task: Pay'),
        ("updated", 'Rule "Tell the ERP" moved the deadline of task: Pay'),
    ]
    (sent,) = [fact for fact in facts if fact[0] == "rule.webhook"]
    assert sent[1] == task(process, "Pay")["id"]
    assert '"url":"https://erp.example/in"' in sent[2]
    review = task(process, "Review")["id"]
    made(org.client().delete(f"/runs/{process['id']}/completed-tasks/{review}"), 200)
    complete(org, process, "Review", is_approved=True)
    _, facts = org.server.write(look)
    assert len([fact for fact in facts if fact[0] == "rule.webhook"]) == 2


def test_what_is_remembered_of_rules_is_stored(org: Org) -> None:
    """A rule that has sent its webhook and still holds sends none when it is asked again, not even after a restart."""
    webhook = does("webhook", "emit_webhook", "draft", webhook_url="https://erp.example/in", alias_name="erp")
    tell = [rule("Tell", on("Prerun", "amount", "is_not_empty"), webhook)]
    checklist = template(org, prerun=KICKOFF, steps=STEPS, automated_actions=tell)
    amount = fields(checklist)["amount"]
    process = launched(org, checklist, prerun={amount: "1"})
    for answer, sent in (("2", 1), ("", 1), ("3", 2)):
        aggregate.kept.drop(org.organization_id, process["id"])
        made(org.client().put(f"/runs/{process['id']}", json={"prerun": {amount: answer}}), 200)
        facts = org.server.write(lambda tx: tx.all(events, organization_id=org.organization_id))
        assert len([fact for fact in facts if fact[0] == "rule.webhook"]) == sent
