"""Export and import: what one server writes, another reads, and nothing changes on the way (wire CHK-2, CHK-13)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.features.builders import made, template
from tests.support.server import Org

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*/template.json"))
PARTS = ("prerun", "stages", "steps", "automated_actions")


def exported(org: Org, checklist: dict[str, Any]) -> dict[str, Any]:
    answer = org.http.get(f"/checklists/{checklist['id']}/export")
    assert answer.status_code == 200
    return answer.json()


def anonymous(document: Any) -> Any:
    """The document with every id replaced by the place it is used first, so that two exports can be compared."""
    names: dict[str, str] = {}

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("id"), str):
                names.setdefault(value["id"], f"id {len(names)}")
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(document)
    text = json.dumps(document, sort_keys=True)
    for old, new in names.items():
        text = text.replace(old, new)
    return json.loads(text)


@pytest.mark.parametrize("file", EXAMPLES, ids=[file.parent.name for file in EXAMPLES])
def test_every_example_survives_the_round_trip(org: Org, file: Path) -> None:
    document = json.loads(file.read_text())
    checklist = made(org.http.post("/checklists?with=steps,stages", json=document))
    assert checklist["steps_count"] == len(document["steps"]) > 0
    assert [stage["title"] for stage in checklist["stages"]["data"]] == [one["title"] for one in document["stages"]]
    assert [rule["automated_alias"] for rule in checklist["automated_actions"]] == [
        rule["automated_alias"] for rule in document["automated_actions"]
    ]
    assert [field["alias"] for field in checklist["prerun"]] == [field["alias"] for field in document["prerun"]]
    first = exported(org, checklist)
    again = made(org.http.post("/checklists", json=first))
    second = exported(org, again)
    assert anonymous(second) == anonymous(first)
    assert {part["id"] for part in first["steps"]}.isdisjoint(part["id"] for part in second["steps"])
    for key, value in document.items():
        if key not in PARTS:
            assert first[key] == value, key


def test_both_methods_give_the_same_file(org: Org) -> None:
    checklist = template(org, title="Slipway / booking")
    by_get = org.http.get(f"/checklists/{checklist['id']}/export")
    by_post = org.http.post(f"/checklists/{checklist['id']}/export")
    assert by_get.json() == by_post.json()
    assert by_get.headers["content-disposition"] == f'attachment; filename="{checklist["alias"]}.json"'


def test_a_whole_template_as_it_is_read_can_be_posted_elsewhere(two_orgs: tuple[Org, Org]) -> None:
    here, there = two_orgs
    helper = here.member()
    source = template(
        here,
        prerun=[{"id": "boat", "label": "Boat", "field_type": "text", "required": True}],
        steps=[
            {"id": "one", "title": "One", "assignees": [helper.user_id], "guests": ["rui@pilots.example"]},
            {"id": "two", "title": "Two", "deadline": {"value": 1, "unit": "days", "step": "one"}},
        ],
        automated_actions=[
            {
                "automated_alias": "Assign",
                "conditions": [
                    {
                        "conditionable_id": "boat",
                        "conditionable_type": "Prerun",
                        "operation": "is_empty",
                        "statement": None,
                    }
                ],
                "then_actions": [
                    {
                        "action_type": "assignment",
                        "action_verb": "assign",
                        "target_step_id": "two",
                        "assignees": {"users": [helper.user_id], "guests": ["rui@pilots.example"], "groups": []},
                    }
                ],
            }
        ],
        users=[helper.user_id],
    )
    whole = made(here.http.get(f"/checklists/{source['id']}?with=steps,stages,tags,folder"), 200)
    copy = made(there.http.post("/checklists?with=steps", json=whole))
    assert copy["users"] == []
    one, two = copy["steps"]["data"]
    assert (one["assignees"], one["guests"]) == ([], ["rui@pilots.example"])
    assert two["deadline"]["step"] == one["id"]
    (rule,) = copy["automated_actions"]
    assert rule["conditions"][0]["conditionable_id"] == copy["prerun"][0]["id"]
    assert rule["then_actions"][0]["target_step_id"] == two["id"]
    assert rule["then_actions"][0]["assignees"] == {"users": [], "guests": ["rui@pilots.example"], "groups": []}
    assert copy["id"] != source["id"]


def test_a_broken_file_is_refused_as_a_whole(org: Org) -> None:
    document = json.loads(EXAMPLES[0].read_text())
    document["steps"][1]["captures"] = [{"label": "", "field_type": "text", "required": True}]
    document["automated_actions"][0]["then_actions"][0]["target_step_id"] = "nowhere"
    answer = org.http.post("/checklists", json=document)
    assert answer.status_code == 422
    assert "steps.1.captures.0.label" in answer.json()["errors"]
    assert org.http.get("/checklists").json()["data"] == []
