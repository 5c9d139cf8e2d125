"""A belief goes into the change of the row that it is about, and into no other."""

import pytest

from handrail.adapters.sqlite_belief import believing
from handrail.features.processes import store

LOOK = store.revision_locked.compiled("sqlite").text
CHANGE = store.update(("name", "revision")).compiled("sqlite").text


def test_the_change_of_a_process_says_which_revision_it_is_of() -> None:
    assert believing(CHANGE, LOOK) == f"{CHANGE} AND processes.revision = ?"


@pytest.mark.parametrize(
    "change",
    [
        store.delete.compiled("sqlite").text,
        "UPDATE processes SET name=? WHERE processes.organization_id = ?",
        "UPDATE tasks SET title=? WHERE processes.organization_id = ? AND processes.id = ?",
        f"{CHANGE} RETURNING processes.revision",
        f"{CHANGE} OR 1",
    ],
)
def test_any_other_change_is_looked_at_before(change: str) -> None:
    assert believing(change, LOOK) is None


def test_what_is_no_plain_question_is_asked_by_itself() -> None:
    assert believing(CHANGE, "SELECT count(*) FROM processes") is None
