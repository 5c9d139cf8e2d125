"""Rules that ask for overdue tasks hear of each once, at its time (engine 6.6, 13)."""

from typing import Any

from handrail.features.timers import store
from tests.features.builders import launched, made, template
from tests.features.timers.clockwork import DAY, HOUR, YEAR, Clockwork, by_title, due, moment
from tests.support.server import Org


def escalating(org: Org, *more: dict[str, Any]) -> dict[str, Any]:
    """A template whose second step shows when the first, due after two hours, is overdue."""
    condition = {"conditionable_type": "Step", "conditionable_id": "ask", "operation": "overdue", "statement": None}
    show = {"action_type": "visibility", "action_verb": "show", "target_step_id": "escalate"}
    rule = {"automated_alias": "Escalate", "conditions": [condition], "then_actions": [show]}
    steps = [{"id": "ask", "title": "Ask", "deadline": due(2)}, {"id": "escalate", "title": "Escalate"}, *more]
    return template(org, steps=steps, automated_actions=[rule])


def status(org: Org, clockwork: Clockwork, process: dict[str, Any]) -> str:
    return clockwork.task(org, by_title(process)["Escalate"])["status"]


def test_told_after_the_deadline_and_once(org: Org, clockwork: Clockwork) -> None:
    process = launched(org, escalating(org))
    at = moment(by_title(process)["Ask"]["deadline"])
    assert not clockwork.is_anything_due(at, store.overdue)
    assert clockwork.tell_rules(at) == 0
    assert clockwork.is_anything_due(at + 1, store.overdue)
    assert clockwork.tell_rules(at + 1) == 1
    assert status(org, clockwork, process) == "not-started"
    assert not clockwork.is_anything_due(at + YEAR, store.overdue)
    assert clockwork.tell_rules(at + YEAR) == 0
    # the one it was about is still to be done
    assert clockwork.task(org, by_title(process)["Ask"])["status"] == "not-started"


def test_nothing_to_tell_of_what_was_done_moved_or_stands_still(org: Org, clockwork: Clockwork) -> None:
    checklist = escalating(org)
    done, moved, blocked, archived, late = (launched(org, checklist) for _ in range(5))
    at = moment(by_title(late)["Ask"]["deadline"]) + HOUR
    path = f"/runs/{done['id']}/completed-tasks"
    made(org.client().post(path, json={"task_id": by_title(done)["Ask"]["id"]}), 200)
    ask = by_title(moved)["Ask"]
    made(org.client().put(f"/runs/{moved['id']}/tasks/{ask['id']}", json={"deadline": "2031-01-01 00:00:00"}), 200)
    clockwork.raise_issue(org, blocked)
    made(org.client().delete(f"/runs/{archived['id']}"), 200)
    assert clockwork.tell_rules(at) == 1
    assert status(org, clockwork, late) == "not-started"
    assert {status(org, clockwork, process) for process in (done, moved, blocked, archived)} == {"auto-skipped"}
    # each at its own time: the issue is resolved, the new deadline passes, the process comes back, the task again
    clockwork.resolve_issue(org, blocked)
    assert clockwork.tell_rules(at) == 1
    made(org.client().put(f"/runs/{archived['id']}/activate"), 200)
    assert clockwork.tell_rules(at) == 1
    made(org.client().delete(f"{path}/{by_title(done)['Ask']['id']}"), 200)
    assert clockwork.tell_rules(at) == 1
    assert clockwork.tell_rules(moment("2031-01-01T00:00:00Z")) == 0
    assert clockwork.tell_rules(moment("2031-01-01T00:00:00Z") + 1) == 1
    assert {status(org, clockwork, process) for process in (done, moved, blocked, archived)} == {"not-started"}


def test_templates_without_such_rules_are_never_looked_at(org: Org, clockwork: Clockwork) -> None:
    launched(org, template(org))
    assert not clockwork.is_anything_due(clockwork.now() + DAY * 365, store.overdue)
