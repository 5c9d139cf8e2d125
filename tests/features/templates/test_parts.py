"""Steps, form fields, stages and rules through the API (wire 2.8 to 2.12)."""

from typing import Any

from tests.features.builders import made, template
from tests.features.templates import contract
from tests.support.server import Org

NOWHERE = "0" * 32
FIELD = {"label": "Tax number", "field_type": "text", "required": True, "field_validation": ["alpha_num"]}


def steps_of(org: Org, checklist: dict[str, Any]) -> list[dict[str, Any]]:
    return org.http.get(f"/checklists/{checklist['id']}/steps?per_page=100").json()["data"]


def rule(step: str, target: str, **body: Any) -> dict[str, Any]:
    condition = {
        "conditionable_id": step,
        "conditionable_type": "Step",
        "operation": "completed",
        "statement": None,
    }
    action = {"action_type": "visibility", "action_verb": "show", "target_step_id": target}
    return {"automated_alias": "Show it", "conditions": [condition], "then_actions": [action], **body}


class TestSteps:
    def test_add_read_and_list(self, org: Org) -> None:
        helper = org.member()
        checklist = template(org, plain_steps=1)
        path = f"/checklists/{checklist['id']}/steps"
        body = {
            "title": "Collect documents",
            "checklist_id": checklist["id"],
            "summary": "<p>Ask<script>x</script></p>",
            "step_type": "approval",
            "position": 1,
            "assignees": [str(helper.user_id)],
            "guests": ["rui@pilots.example"],
            "deadline": {"value": "3", "unit": "day", "option": "from", "step": "start_run"},
            "start_date": {"value": 1, "unit": "days"},
            "max_assignable": 4,
            "everyone_must_complete": "true",
            "settings": {"hide_by_default": True},
            "alias": "mine",
            "roles": ["x"],
        }
        step = made(org.http.post(path, json=body))
        assert contract.broken(step, contract.STEP) == []
        assert step["position"] == 2
        assert (step["step_type"], step["summary"]) == ("approval", "<p>Ask</p>")
        assert (step["assignees"], step["guests"], step["groups"]) == ([helper.user_id], ["rui@pilots.example"], [])
        assert step["deadline"]["value"] == 3
        assert (step["max_assignable"], step["everyone_must_complete"]) == (4, True)
        assert step["settings"] == {"hide_by_default": True}
        assert step["roles"] == []
        assert step["alias"] != "mine"
        assert step["bp_to_launch"] == {"id": None, "default_name_format": None, "tasks_within_process": True}
        assert made(org.http.get(f"{path}/{step['id']}"), 200) == step
        assert [entry["position"] for entry in steps_of(org, checklist)] == [1, 2]
        assert made(org.http.get(f"/checklists/{checklist['id']}"), 200)["steps_count"] == 2

    def test_pages(self, org: Org) -> None:
        checklist = template(org, plain_steps=13)
        path = f"/checklists/{checklist['id']}/steps"
        first = org.http.get(path, params={"without_pagination": "true"}).json()
        assert len(first["data"]) == 10
        meta = first["meta"]["pagination"]
        assert (meta["total"], meta["total_pages"], meta["has_more_pages"]) == (13, 2, True)
        second = org.http.get(meta["links"]["next"]).json()
        assert [step["position"] for step in second["data"]] == [11, 12, 13]
        assert org.http.get(path, params={"page": 9}).json()["data"] == []

    def test_change_keeps_what_is_not_given(self, org: Org) -> None:
        helper = org.member()
        checklist = template(org, steps=[{"title": "One", "assignees": [helper.user_id], "guests": ["a@b.example"]}])
        (step,) = checklist["steps"]["data"]
        path = f"/checklists/{checklist['id']}/steps/{step['id']}"
        changed = made(org.http.put(path, json={"summary": "New"}), 200)
        assert {key for key in step if step[key] != changed[key]} == {"summary", "last_updated"}
        emptied = made(org.http.put(path, json={"assignees": []}), 200)
        assert (emptied["assignees"], emptied["guests"]) == ([], ["a@b.example"])
        echoed = made(org.http.put(path, json=emptied), 200)
        assert {**echoed, "last_updated": 0} == {**emptied, "last_updated": 0}

    def test_wrong_values_are_named(self, org: Org) -> None:
        checklist = template(org)
        body = {
            "title": "",
            "step_type": "poem",
            "assignees": [987654321],
            "groups": [NOWHERE],
            "guests": ["nobody"],
            "tags": [NOWHERE],
            "stage_id": NOWHERE,
            "deadline": {"value": 1, "unit": "days", "option": "before", "step": "start_run"},
            "bp_to_launch": {"id": NOWHERE},
            "webhook": "x",
            "top_secret": "perhaps",
        }
        answer = org.http.post(f"/checklists/{checklist['id']}/steps", json=body)
        assert answer.status_code == 422
        found = {path.split(".")[0] for path in answer.json()["errors"]}
        assert found == set(body)
        assert len(steps_of(org, checklist)) == 2

    def test_clone_goes_right_after(self, org: Org) -> None:
        checklist = template(org, steps=[{"title": "One", "captures": [FIELD]}, {"title": "Two"}])
        one = checklist["steps"]["data"][0]
        copy = made(org.http.post(f"/checklists/{checklist['id']}/steps/{one['id']}/clone"))
        assert (copy["title"], copy["position"]) == ("One - Copy", 2)
        assert copy["captures"][0]["id"] != one["captures"][0]["id"]
        assert [step["title"] for step in steps_of(org, checklist)] == ["One", "One - Copy", "Two"]

    def test_reorder(self, org: Org) -> None:
        checklist = template(org, plain_steps=3)
        last = checklist["steps"]["data"][2]
        path = f"/checklists/{checklist['id']}/steps/{last['id']}/reorder"
        assert made(org.http.put(path, json={"position": "1"}), 200)["position"] == 1
        assert [step["title"] for step in steps_of(org, checklist)] == ["Step 3", "Step 1", "Step 2"]
        assert made(org.http.put(path, json={"position": 99}), 200)["position"] == 3
        for wrong in ({}, {"position": 0}, {"position": "x"}, {"position": 10_000}):
            answer = org.http.put(path, json=wrong)
            assert (answer.status_code, list(answer.json()["errors"])) == (422, ["position"])

    def test_delete_unless_something_hangs_on_it(self, org: Org) -> None:
        checklist = template(
            org,
            steps=[
                {"id": "a", "title": "A"},
                {"id": "b", "title": "B", "deadline": {"value": 1, "unit": "days", "step": "a"}},
                {"id": "c", "title": "C"},
            ],
        )
        a, b, c = checklist["steps"]["data"]
        path = f"/checklists/{checklist['id']}"
        made(org.http.post(f"{path}/automated-actions", json=rule(b["id"], c["id"])))
        anchored = org.http.delete(f"{path}/steps/{a['id']}")
        assert anchored.status_code == 422
        assert '"B"' in anchored.json()["message"]
        ruled = org.http.delete(f"{path}/steps/{c['id']}")
        assert ruled.status_code == 422
        assert "Show it" in ruled.json()["message"]
        free = made(org.http.post(f"{path}/steps", json={"title": "D"}))
        answer = org.http.delete(f"{path}/steps/{free['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert org.http.delete(f"{path}/steps/{free['id']}").status_code == 404
        assert len(steps_of(org, checklist)) == 3


class TestFields:
    def test_add_change_and_delete(self, org: Org) -> None:
        checklist = template(org, plain_steps=1)
        (step,) = checklist["steps"]["data"]
        path = f"/checklists/{checklist['id']}/steps/{step['id']}/captures"
        field = made(org.http.post(path, json=FIELD))
        assert contract.broken(field, contract.CAPTURE) == []
        assert (field["step_id"], field["position"], field["field_validation"]) == (step["id"], 1, ["alpha_num"])
        changed = made(
            org.http.put(f"{path}/{field['id']}", json={"label": "VAT number", "alias": "x", "id": NOWHERE}), 200
        )
        assert (changed["id"], changed["alias"], changed["label"]) == (field["id"], field["alias"], "VAT number")
        assert changed["required"] is True
        turned = made(
            org.http.put(f"{path}/{field['id']}", json={"field_type": "dropdown", "options": [{"id": 1, "text": "A"}]}),
            200,
        )
        assert (turned["field_type"], turned["field_validation"]) == ("dropdown", [])
        assert steps_of(org, checklist)[0]["captures"] == [turned]
        assert org.http.get(f"{path}/{field['id']}").status_code == 405
        answer = org.http.delete(f"{path}/{field['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert org.http.delete(f"{path}/{field['id']}").status_code == 404
        assert steps_of(org, checklist)[0]["captures"] == []

    def test_wrong_definitions_are_named(self, org: Org) -> None:
        checklist = template(org, plain_steps=1)
        (step,) = checklist["steps"]["data"]
        path = f"/checklists/{checklist['id']}/steps/{step['id']}/captures"
        for body, wrong in (
            ({"field_type": "text", "required": True}, "label"),
            ({"label": "L", "required": True}, "field_type"),
            ({"label": "L", "field_type": "text"}, "required"),
            ({"label": "L", "field_type": "radio", "required": True, "options": [{"id": 1, "text": "A"}]}, "options"),
            ({"label": "L", "field_type": "dropdown", "required": True, "options": []}, "options"),
            ({"label": "L", "field_type": "table", "required": True}, "columns"),
            ({**FIELD, "position": 0}, "position"),
            ({**FIELD, "field_validation": ["upper"]}, "field_validation.0"),
        ):
            answer = org.http.post(path, json=body)
            assert (answer.status_code, list(answer.json()["errors"])) == (422, [wrong]), body
        assert org.http.post(f"/checklists/{checklist['id']}/steps/{NOWHERE}/captures", json=FIELD).status_code == 404

    def test_order_within_a_step(self, org: Org) -> None:
        names = ["A", "B", "C"]
        checklist = template(org, steps=[{"title": "S", "captures": [{**FIELD, "label": name} for name in names]}])
        (step,) = checklist["steps"]["data"]
        path = f"/checklists/{checklist['id']}/steps/{step['id']}/captures"
        a, b, c = step["captures"]
        assert made(org.http.put(path, json={"capture_id": c["id"], "position": 1}), 200)["position"] == 1
        assert [field["label"] for field in steps_of(org, checklist)[0]["captures"]] == ["C", "A", "B"]
        assert made(org.http.put(f"{path}/{a['id']}", json={"position": 3}), 200)["position"] == 3
        assert [field["label"] for field in steps_of(org, checklist)[0]["captures"]] == ["C", "B", "A"]
        inserted = made(org.http.post(path, json={**FIELD, "label": "D", "position": 2}))
        assert inserted["position"] == 2
        for wrong, key in (({"position": 1}, "capture_id"), ({"capture_id": b["id"]}, "position")):
            answer = org.http.put(path, json=wrong)
            assert (answer.status_code, list(answer.json()["errors"])) == (422, [key])

    def test_move_to_another_step(self, org: Org) -> None:
        checklist = template(org, steps=[{"title": "A", "captures": [FIELD]}, {"title": "B", "captures": [FIELD]}])
        a, b = checklist["steps"]["data"]
        (field,) = a["captures"]
        path = f"/checklists/{checklist['id']}/steps/{a['id']}/captures/{field['id']}/move-out"
        for wrong in ({}, {"target_step_id": "x"}, {"target_step_id": NOWHERE}):
            answer = org.http.put(path, json=wrong)
            assert (answer.status_code, list(answer.json()["errors"])) == (422, ["target_step_id"])
        moved = made(org.http.put(path, json={"target_step_id": b["id"], "position": 1}), 200)
        assert (moved["step_id"], moved["position"], moved["id"]) == (b["id"], 1, field["id"])
        first, second = steps_of(org, checklist)
        assert first["captures"] == []
        assert [capture["id"] for capture in second["captures"]] == [field["id"], b["captures"][0]["id"]]


class TestStages:
    def test_add_order_rename_and_delete(self, org: Org) -> None:
        checklist = template(org, plain_steps=1)
        path = f"/checklists/{checklist['id']}/stages"
        late = made(org.http.post(path, json={"title": "Late"}))
        assert contract.broken(late, contract.STAGE) == []
        early = made(org.http.post(path, json={"title": "Early", "position": 1}))
        assert [early["position"], late["checklist_id"]] == [1, checklist["id"]]
        assert [stage["title"] for stage in org.http.get(path).json()["data"]] == ["Early", "Late"]
        assert "meta" not in org.http.get(path).json()
        moved = made(org.http.put(f"{path}/{early['id']}", json={"position": 2}), 200)
        assert (moved["title"], moved["position"]) == ("Early", 2)
        assert made(org.http.put(f"{path}/{early['id']}", json={"title": "First"}), 200)["title"] == "First"
        (step,) = checklist["steps"]["data"]
        step_path = f"/checklists/{checklist['id']}/steps/{step['id']}"
        assert made(org.http.put(step_path, json={"stage_id": late["id"]}), 200)["stage_id"] == late["id"]
        assert org.http.delete(f"{path}/{late['id']}").status_code == 204
        assert made(org.http.get(step_path), 200)["stage_id"] is None
        shown = made(org.http.get(f"/checklists/{checklist['id']}?with=stages"), 200)["stages"]["data"]
        assert [stage["title"] for stage in shown] == ["First"]

    def test_titles(self, org: Org) -> None:
        path = f"/checklists/{template(org)['id']}/stages"
        for wrong in ({}, {"title": ""}, {"title": "t" * 251}):
            assert list(org.http.post(path, json=wrong).json()["errors"]) == ["title"]
        assert org.http.put(f"{path}/{NOWHERE}", json={"title": "T"}).status_code == 404


class TestRules:
    def test_add_change_and_delete(self, org: Org) -> None:
        checklist = template(org, plain_steps=3)
        one, two, three = (step["id"] for step in checklist["steps"]["data"])
        path = f"/checklists/{checklist['id']}/automated-actions"
        stored = made(org.http.post(path, json=rule(one, two)))
        assert contract.broken(stored, contract.RULE) == []
        assert contract.broken(stored["conditions"][0], contract.CONDITION) == []
        assert "statement" in stored["conditions"][0]
        assert contract.broken(stored["then_actions"][0], contract.ACTION) == []
        assert stored["then_actions"][0]["assignees"] == {"users": [], "guests": [], "groups": []}
        renamed = made(org.http.put(f"{path}/{stored['id']}", json={"automated_alias": "Renamed"}), 200)
        assert renamed["automated_alias"] == "Renamed"
        assert [renamed["conditions"], renamed["then_actions"]] == [stored["conditions"], stored["then_actions"]]
        merged = {**stored, "then_actions": [{**stored["then_actions"][0], "target_step_id": three}]}
        replaced = made(org.http.put(f"{path}/{stored['id']}", json=merged), 200)
        assert [action["target_step_id"] for action in replaced["then_actions"]] == [three]
        shown = made(org.http.get(f"/checklists/{checklist['id']}"), 200)["automated_actions"]
        assert shown == [replaced]
        assert org.http.get(path).status_code == 405
        assert org.http.delete(f"{path}/{stored['id']}").status_code == 204
        assert org.http.delete(f"{path}/{stored['id']}").status_code == 404
        assert made(org.http.get(f"/checklists/{checklist['id']}"), 200)["automated_actions"] == []

    def test_rules_run_in_the_order_they_were_made(self, org: Org) -> None:
        checklist = template(org, plain_steps=2)
        one, two = (step["id"] for step in checklist["steps"]["data"])
        path = f"/checklists/{checklist['id']}/automated-actions"
        for name in ("First", "Second", "Third"):
            made(org.http.post(path, json=rule(one, two, automated_alias=name)))
        shown = made(org.http.get(f"/checklists/{checklist['id']}"), 200)["automated_actions"]
        assert [entry["automated_alias"] for entry in shown] == ["First", "Second", "Third"]

    def test_wrong_rules_are_named(self, org: Org) -> None:
        checklist = template(org, plain_steps=2)
        one, two = (step["id"] for step in checklist["steps"]["data"])
        path = f"/checklists/{checklist['id']}/automated-actions"
        verb = {"action_type": "visibility", "action_verb": "reopen", "target_step_id": two}
        people = {"action_type": "assignment", "action_verb": "assign", "target_step_id": two}
        strangers = {**people, "assignees": {"users": [987654321], "groups": [NOWHERE]}}
        hook = {"action_type": "webhook", "action_verb": "emit_webhook", "target_step_id": two}
        without = rule(one, two)
        del without["conditions"][0]["statement"]
        for body, wrong in (
            (rule(one, two, automated_alias=""), {"automated_alias"}),
            (rule(one, two, conditions=[]), {"conditions"}),
            (rule(one, two, then_actions=[]), {"then_actions"}),
            (rule(NOWHERE, two), {"conditions.0.conditionable_id"}),
            (rule(one, NOWHERE), {"then_actions.0.target_step_id"}),
            (without, {"conditions.0.statement"}),
            (rule(one, two, then_actions=[verb]), {"then_actions.0.action_verb"}),
            (rule(one, two, then_actions=[people]), {"then_actions.0.assignees"}),
            (rule(one, two, then_actions=[hook]), {"then_actions.0.webhook_url", "then_actions.0.alias_name"}),
        ):
            answer = org.http.post(path, json=body)
            assert (answer.status_code, set(answer.json()["errors"])) == (422, wrong), body
        answer = org.http.post(path, json=rule(one, two, then_actions=[strangers]))
        assert answer.status_code == 422
        verbs = org.http.post(path, json=rule(one, two, then_actions=[verb])).json()["errors"]
        assert "show" in verbs["then_actions.0.action_verb"][0]
        assert made(org.http.get(f"/checklists/{checklist['id']}"), 200)["automated_actions"] == []
