"""The kick-off form of a running process (engine 3.3, 4.4)."""

import msgspec
import pytest

from handrail.engine.complete import Complete, complete
from handrail.engine.kickoff import complete_kickoff, reopen_kickoff, save_kickoff
from handrail.kernel.errors import Impossible, Invalid
from tests.engine.builders import ADMIN, ANN, BEN, NOON, context, field, kinds, started, step, template

MADE = template(
    step("a"),
    kickoff=(field("name", required=True), field("note"), field("fixed", settings={"read_only": True})),
)
LATER = context(MADE, now=NOON + 1)
PROCESS = started(MADE, kickoff={"name": "Ada"})


def test_reopening_and_submitting_again() -> None:
    done = complete(LATER, PROCESS, Complete(task_id=PROCESS.tasks[0].id, doer=ANN)).process
    assert done.status == "complete"
    outcome = reopen_kickoff(LATER, done)
    assert kinds(outcome) == ["kickoff.reopened", "process.reopened"]
    opened = outcome.process
    assert (opened.status, opened.kickoff_completed_at, opened.kickoff_completed_by) == ("active", None, None)
    assert opened.kickoff == {"name": "Ada"}
    assert reopen_kickoff(LATER, opened).process is opened
    outcome = complete_kickoff(LATER, opened, BEN)
    assert kinds(outcome) == ["kickoff.completed", "process.completed"]
    assert (outcome.process.kickoff_completed_at, outcome.process.kickoff_completed_by) == (NOON + 1, 3)
    assert kinds(complete_kickoff(LATER, outcome.process, BEN)) == ["kickoff.completed"]


def test_without_a_form_there_is_nothing_to_reopen() -> None:
    made = template(step("a"))
    process = started(made)
    assert reopen_kickoff(context(made), process).process is process


def test_answers_are_merged() -> None:
    outcome = save_kickoff(LATER, PROCESS, {"note": "x", "unknown": 1}, ANN)
    assert outcome.process.kickoff == {"name": "Ada", "note": "x"}
    assert [(event.kind, event.data) for event in outcome.events] == [("process.updated", {"kickoff": ["note"]})]
    assert PROCESS.kickoff == {"name": "Ada"}
    same = save_kickoff(LATER, outcome.process, {"note": "x", "name": "Ada"}, ANN)
    assert (same.process is outcome.process, same.events) == (True, ())


def test_a_required_answer_stays_while_the_form_is_submitted() -> None:
    with pytest.raises(Invalid) as caught:
        save_kickoff(LATER, PROCESS, {"name": " ", "note": {}, "fixed": "mine"}, ANN)
    assert caught.value.errors["prerun.name"] == ["Name is required"]
    assert set(caught.value.errors) == {"prerun.name", "prerun.fixed"}
    opened = reopen_kickoff(LATER, PROCESS).process
    emptied = save_kickoff(LATER, opened, {"name": None}, ANN).process
    assert emptied.kickoff["name"] is None
    with pytest.raises(Invalid) as caught:
        complete_kickoff(LATER, emptied, ANN)
    assert caught.value.errors == {"prerun.name": ["Name is required"]}


def test_blocked_processes() -> None:
    for changes in ({"archived_at": NOON}, {"open_issues": 1}):
        process = msgspec.structs.replace(PROCESS, **changes)
        with pytest.raises(Impossible):
            save_kickoff(LATER, process, {"note": "x"}, ADMIN)
        with pytest.raises(Impossible):
            complete_kickoff(LATER, process, ADMIN)
        with pytest.raises(Impossible):
            reopen_kickoff(LATER, process)
