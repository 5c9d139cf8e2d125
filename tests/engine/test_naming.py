"""What processes are called (engine 3.4)."""

from typing import Any

import pytest

from handrail.engine.definition import Template
from handrail.engine.naming import name_after_completion, process_name
from handrail.engine.state import Organization
from tests.engine.builders import at, field, template

BERLIN = Organization(id="0" * 32, timezone="Europe/Berlin")
FIELDS = (
    field("full-name", required=True),
    field("team", "dropdown", required=True, options=({"id": 2, "text": "Ops"},)),
    field("when", "date"),
    field("tasks", "multiselect"),
    field("notes", "textarea", use_wysiwyg_editor=True),
    field("papers", "file"),
    field("who", "assignees_form"),
)
LATE_EVENING = at("2027-03-04 23:30")  # the fifth in Berlin


def named(name_format: str | None = None, given: str | None = None, *, change: bool = True, **kickoff: Any) -> str:
    made: Template = template(
        kickoff=FIELDS,
        auto_naming=name_format is not None,
        default_process_name_format=name_format,
        allow_launcher_change_name=change,
    )
    return process_name(made, BERLIN, given=given, kickoff=kickoff, now=LATE_EVENING, date_format="dd/mm/yyyy")


def test_3_4_worked_example() -> None:
    answers = {"full-name": "Ada Kay", "team": {"id": 2, "text": "Ops"}}
    assert named("New hire - {{full-name}} - {{team}}", **answers) == "New hire - Ada Kay - Ops"


def test_who_decides() -> None:
    assert named(given=" Mine ") == "Mine"
    assert named("{{DATE}}", given="Mine") == "Mine"
    assert named("{{DATE}}", given="Mine", change=False) == "05/03/2027"
    assert named("{{TEMPLATE_NAME}} {{DATE}}") == "Vendor intake 05/03/2027"
    assert named() == "Vendor intake - 2027-03-05"
    assert named(given="  ") == "Vendor intake - 2027-03-05"


def test_a_format_counts_only_with_automatic_naming() -> None:
    made = template(default_process_name_format="{{DATE}}")
    name = process_name(made, BERLIN, given=None, kickoff={}, now=LATE_EVENING)
    assert name == "Vendor intake - 2027-03-05"


@pytest.mark.parametrize(
    ("name_format", "kickoff", "expected"),
    [
        ("{{when}}", {"when": "2027-04-01"}, "01/04/2027"),
        ("{{when}}", {"when": "2027-04-01T23:00:00.000Z"}, "02/04/2027"),
        ("{{when}}", {"when": "soon"}, "soon"),
        ("{{tasks}}", {"tasks": [{"id": 1, "text": "A", "selected": True}, {"id": 2, "text": "B"}]}, "A"),
        ("n: {{notes}}", {"notes": "<p>one</p><p>R&amp;D</p>"}, "n: one R&D"),
        ("n: {{papers}}", {"papers": [{"filename": "a.pdf"}, {"id": "x"}]}, "n: a.pdf"),
        ("n: {{who}}", {"who": {"users": [1]}}, "n:"),
        ("n: {{full-name}}", {}, "n:"),
        ("{{full-name}}", {"full-name": 0}, "Vendor intake - 2027-03-05"),
        ("{{full-name}}", {"full-name": 12.5}, "12.5"),
        ("{{nobody}}", {}, "{{nobody}}"),
        ("<b>{{full-name}}</b>", {"full-name": "a < b"}, "a < b"),
        ("{{full-name}}", {"full-name": "{{DATE}}"}, "{{DATE}}"),
        ("x" * 600, {}, "x" * 550),
        # a value whose field has changed its type since
        ("{{team}}", {"team": "Ops"}, "Ops"),
        ("n: {{tasks}}", {"tasks": "none"}, "n:"),
    ],
)
def test_formats(name_format: str, kickoff: dict[str, Any], expected: str) -> None:
    assert named(name_format, **kickoff) == expected


def test_after_a_completion() -> None:
    for moment, expected in (
        ("2027-03-04 08:05", "Mar 4, 9:05am - Vendor intake"),
        ("2027-03-04 11:00", "Mar 4, 12:00pm - Vendor intake"),
        ("2027-03-04 23:30", "Mar 5, 12:30am - Vendor intake"),
    ):
        assert name_after_completion(template(), BERLIN, now=at(moment)) == expected


def test_long_titles_leave_room_for_the_date() -> None:
    made = Template(id="f", version=1, title="t" * 600, type="form", definition=template().definition)
    name = process_name(made, BERLIN, given=None, kickoff={}, now=LATE_EVENING)
    assert len(name) == 550
    assert name.endswith("t - 2027-03-05")
