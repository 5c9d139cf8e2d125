"""Archiving and activating (engine 1.3, 9.2)."""

import pytest

from handrail.engine.complete import Complete, complete
from handrail.engine.edit_task import EditTask, edit_task
from handrail.engine.lifecycle import activate_process, archive_process
from handrail.kernel.errors import Impossible
from tests.engine.builders import ADMIN, NOON, context, kinds, started, step, template

MADE = template(step("a"), step("b"))
LATER = context(MADE, now=NOON + 5)
PROCESS = started(MADE)


def test_there_and_back() -> None:
    done = PROCESS
    for task in PROCESS.tasks:
        done = complete(LATER, done, Complete(task_id=task.id, doer=ADMIN)).process
    archived = archive_process(LATER, done)
    assert kinds(archived) == ["process.archived"]
    assert (archived.process.status, archived.process.archived_at, archived.process.completed_at) == (
        "archived",
        NOON + 5,
        NOON + 5,
    )
    assert archived.changed == ()
    assert archived.process.tasks_complete == 2
    back = activate_process(LATER, archived.process)
    # back as it was: not completed a second time
    assert (kinds(back), back.process.status, back.process.archived_at) == (["process.activated"], "complete", None)


def test_twice_changes_nothing() -> None:
    archived = archive_process(LATER, PROCESS).process
    assert archive_process(LATER, archived).process is archived
    assert activate_process(LATER, PROCESS).process is PROCESS


def test_no_changes_while_archived() -> None:
    archived = archive_process(LATER, PROCESS).process
    with pytest.raises(Impossible):
        edit_task(LATER, archived, EditTask(task_id=archived.tasks[0].id, doer=ADMIN, title="x"))
