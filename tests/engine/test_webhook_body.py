"""The body of a webhook about a task (engine 10.1, wire 4.4), against a body written down once."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from handrail.engine.complete import Complete, complete
from handrail.engine.definition import Owners
from handrail.engine.state import Process
from handrail.engine.variables import Texts, names_of
from handrail.engine.webhook_body import (
    ISO_DATES,
    READABLE_DATES,
    Told,
    addressed,
    date_told,
    people_told,
    rule_body,
    task_body,
)
from tests.engine.builders import ANN, NOON, context, field, started, step, task_of, template

GOLDEN = Path(__file__).with_name("webhook_body.json")
REGION = field("region", "dropdown", options=({"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}))
MADE = template(
    step(
        "collect",
        title="Collect papers of {{vendor}}",
        summary="<p>For {{vendor}} by {{start}}.</p>",
        owners=Owners(users=(2, 3), guests=("rui@pilots.example",), groups=("b" * 32,)),
        fields=(
            field("tax"),
            field("licence", "file"),
            field("until", "date", collect_time=True),
            field("greeting", default_value_enabled=True, default_value="Dear {{vendor}}"),
            field("later"),
        ),
    ),
    step("secret", title="Hidden", hide_by_default=True),
    step("approve", title="Approve", step_type="approval", owners=Owners(users=(2,))),
    kickoff=(field("vendor"), REGION, field("start", "date"), field("nothing")),
)
FILES = [
    {"id": "a" * 32, "filename": "licence.pdf", "version": 1},
    {"url": "https://files.example/x.pdf", "filename": "x.pdf"},
]


def process() -> Process:
    """Of three tasks, the first completed."""
    around = context(MADE)
    begun = started(
        MADE,
        around,
        name="R&D intake",
        summary="<p>Soon.</p>",
        kickoff={"vendor": "R&D Ltd", "region": {"id": 2, "text": "EU"}, "start": "2027-03-09", "nothing": ""},
    )
    answers = {"tax": "PT1", "licence": FILES, "until": "2027-07-01 08:30:00"}
    done = Complete(task_id=task_of(begun, "collect").id, doer=ANN, values=answers)
    return complete(around, begun, done).process


def told(found: Process, **changes: Any) -> Told:
    people = {
        number: {"id": number, "email": f"{name.lower()}@harbor.example", "full_name": f"{name} Reis"}
        for number, name in ((2, "Ann"), (3, "Ben"))
    }
    texts = Texts(found, names_of(MADE.definition), "Europe/Lisbon")
    return replace(
        Told(
            organization_id="0" * 32,
            process=found,
            kickoff=MADE.definition.kickoff,
            steps={one.id: one for one in MADE.definition.steps},
            texts=texts,
            date_format=ISO_DATES,
            members=people,
            guests={"rui@pilots.example": "c0de"},
            called={"rui@pilots.example": "Rui Lima"},
            template={"id": MADE.id, "title": MADE.title, "alias": "vendor-ffffff", "summary": "<p>Carriers.</p>"},
            tags=[{"id": "e" * 32, "name": "urgent", "color": "#b3541e"}],
        ),
        **changes,
    )


def body(**changes: Any) -> dict[str, Any]:
    found = process()
    return task_body(told(found, **changes), task_of(found, "collect"))


def test_49_the_body_of_a_rule_is_that_of_a_task_and_names_the_rule() -> None:
    found = process()
    assert people_told(found) == {2, 3}
    given = rule_body(told(found), task_of(found, "collect"), rule_id="d" * 32, alias="Tell the ERP", alias_name="erp")
    assert given == json.loads(GOLDEN.read_text())


def test_dates_as_the_organization_wants_them() -> None:
    readable = body(date_format=READABLE_DATES)
    assert readable["process"]["prerun"]["start"] == "09/03/2027 12:00 AM WET"
    assert readable["form-fields"]["until"] == "01/07/2027 09:30 AM WEST"
    assert readable["this_task"]["captures"]["until"]["value"] == "01/07/2027 09:30 AM WEST"
    # moments of records are not answers
    assert readable["this_task"]["completed_at"] == "2027-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("text", "iso", "readable"),
    [
        ("2027-03-09", "2027-03-09T00:00:00Z", "09/03/2027 12:00 AM +08"),
        ("2027-03-09T15:00:00.000Z", "2027-03-09T15:00:00Z", "09/03/2027 11:00 PM +08"),
        ("2027-03-09T15:00:00+02:00", "2027-03-09T13:00:00Z", "09/03/2027 09:00 PM +08"),
        ("soon", "soon", "soon"),
        ("2027-13-09", "2027-13-09", "2027-13-09"),
    ],
)
def test_every_way_to_write_a_date(text: str, iso: str, readable: str) -> None:
    assert date_told(text, ISO_DATES, "Asia/Singapore") == iso
    assert date_told(text, READABLE_DATES, "Asia/Singapore") == readable


def test_the_next_task_is_the_first_open_one_by_position() -> None:
    found = process()
    assert task_body(told(found), found.tasks[0])["next_task"]["title"] == "Approve"
    done = complete(
        context(MADE, now=NOON + 1),
        found,
        Complete(task_id=task_of(found, "approve").id, doer=ANN, is_approved=True),
    ).process
    last = task_body(told(done), task_of(done, "approve"))
    assert last["next_task"] == []
    assert last["process"]["status"] == "complete"
    assert last["process"]["progress"] == {"complete": 2, "total": 2, "percent": 100}


def test_who_completed_it() -> None:
    found = process()
    by_guest = replace(task_of(found, "collect"), completer_id=None, completer_guest="rui@pilots.example")
    assert task_body(told(found), by_guest)["completer"] == {
        "id": None,
        "email": "rui@pilots.example",
        "full_name": "Rui Lima",
    }
    still_open = task_body(told(found), task_of(found, "approve"))
    assert still_open["completer"] is None
    assert still_open["this_task"]["completed_by"] is None
    assert still_open["this_task"]["completed_at"] is None


def test_one_off_tasks_go_by_their_id_and_archived_ones_are_left_out() -> None:
    found = process()
    oneoff = replace(
        task_of(found, "approve"), id="9" * 32, step_id=None, alias=None, values={"note": "hello"}, is_oneoff=True
    )
    gone = replace(oneoff, id="8" * 32, archived_at=NOON, values={"note": "gone"})
    found = replace(found, tasks=(*found.tasks, oneoff, gone))
    fields = {oneoff.id: (field("note"),), gone.id: (field("note"),)}
    given = task_body(told(found, fields=fields), found.tasks[0])
    assert given["process-tasks"][oneoff.id] == oneoff.id
    assert gone.id not in given["process-tasks"]
    assert given["form-fields"]["note"] == "hello"
    assert given["process"]["process_forms"][oneoff.id] == {
        "note": {"alias": "note", "label": "Note", "value": "hello"}
    }
    assert gone.id not in given["process"]["process_forms"]


def test_links_begin_with_the_address_of_the_server_when_the_body_leaves() -> None:
    before = body()
    after = addressed(before, "https://flow.example", str.upper)
    assert after["process"]["ClientURL"] == f"https://flow.example{before['process']['ClientURL']}"
    assert after["guest-links"]["rui@pilots.example"]["link_for_guest"] == (
        f"https://flow.example/guest-all-task/{'0' * 32}/C0DE"
    )
    assert [asset["public_link"] for asset in after["this_task"]["assets"]] == [
        f"https://flow.example/api/organizations/{'0' * 32}/file/{'a' * 32}/dl",
        "https://files.example/x.pdf",
    ]
