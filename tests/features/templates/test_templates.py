"""Templates themselves: create, read, change, archive, restore, delete, duplicate (wire 2.7)."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.features.templates import contract, rows
from tests.support.server import Org

NOWHERE = "0" * 32
KICKOFF = [
    {"label": "Boat", "field_type": "text", "required": True},
    {
        "label": "Side",
        "field_type": "radio",
        "required": False,
        "options": [{"id": 1, "text": "A"}, {"id": 2, "text": "B"}],
    },
]


def put(org: Org, checklist: dict[str, Any], **body: Any) -> dict[str, Any]:
    return made(org.http.put(f"/checklists/{checklist['id']}", json=body), 200)


def read(org: Org, checklist: dict[str, Any], query: str = "") -> dict[str, Any]:
    return made(org.http.get(f"/checklists/{checklist['id']}{query}"), 200)


class TestCreate:
    def test_answers_with_every_key_that_clients_rely_on(self, org: Org) -> None:
        answer = template(org, prerun=KICKOFF)
        assert contract.broken(answer, contract.TEMPLATE) == []
        assert contract.broken(answer["prerun"][0], contract.KICKOFF_FIELD) == []
        assert answer["prerun"][0]["checklist_id"] == answer["id"]
        assert answer["organization_id"] == org.organization_id
        assert answer["created_by"] == answer["owner_id"] == answer["last_updated_by"] == org.user_id
        assert answer["steps_count"] == 2
        assert answer["started_processes"] == 0
        assert answer["status"] == "active"
        assert answer["archived_at"] is None
        assert answer["is_published_state"] is True
        assert read(org, answer, "?with=steps") == answer

    def test_needs_a_title_and_nothing_else(self, org: Org) -> None:
        for body in ({}, {"title": ""}, {"title": "   "}, {"title": None}, {"title": 7}):
            answer = org.http.post("/checklists", json=body)
            assert answer.status_code == 422
            assert "title" in answer.json()["errors"]
        alone = made(org.http.post("/checklists", json={"title": "Alone"}))
        assert (alone["type"], alone["prerun"], alone["steps_count"]) == ("procedure", [], 0)

    def test_names_everything_that_is_wrong_at_once(self, org: Org) -> None:
        body = {
            "title": "t" * 251,
            "type": "poem",
            "summary": "s" * 2001,
            "webhook": "ftp://yard.example",
            "explanation_video": "nowhere",
            "owner_id": "somebody",
            "default_process_name_format": "n" * 551,
            "prerun": [{"label": "Side", "field_type": "radio", "required": True, "options": [{"id": 1, "text": 5}]}],
            "steps": [{"title": ""}],
        }
        answer = org.http.post("/checklists", json=body)
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) >= {
            "title",
            "type",
            "summary",
            "webhook",
            "explanation_video",
            "owner_id",
            "default_process_name_format",
            "prerun.0.options.0.text",
            "steps.0.title",
        }
        assert org.http.get("/checklists").json()["meta"]["pagination"]["total"] == 0

    def test_words_and_kinds_of_other_programs(self, org: Org) -> None:
        helper = org.member()
        answer = template(
            org,
            type="template",
            starred="true",
            is_featured=1,
            can_add_oot="0",
            owner_id=str(helper.user_id),
            users=[str(helper.user_id)],
            privacy="public",
            tags={"data": []},
            status="published",
            alias="mine",
        )
        assert (answer["type"], answer["starred"], answer["is_featured"]) == ("procedure", True, True)
        assert (answer["can_add_oot"], answer["owner_id"], answer["users"]) == (False, helper.user_id, [helper.user_id])
        assert answer["status"] == "active"
        assert answer["alias"] != "mine"

    def test_people_and_folders_of_elsewhere_are_dropped(self, org: Org) -> None:
        answer = template(
            org, owner_id=987654321, users=[987654321], groups=[NOWHERE], default_folder=NOWHERE, folder_id=NOWHERE
        )
        assert (answer["owner_id"], answer["users"], answer["groups"]) == (org.user_id, [], [])
        assert (answer["default_folder"], answer["folder_id"]) == (None, None)

    def test_html_is_sanitised_and_other_text_kept_as_sent(self, org: Org) -> None:
        answer = template(
            org,
            title="A <b>bold</b> & plain title",
            summary="<p onclick='x()'>Fine<script>alert(1)</script></p>",
            guidance="<p>Do it</p>",
            kickoff_description="1 < 2",
        )
        assert answer["title"] == "A <b>bold</b> & plain title"
        assert answer["summary"] == "<p>Fine</p>"
        assert answer["kickoff_description"] == "1 < 2"

    def test_numbers_run_in_each_organization(self, two_orgs: tuple[Org, Org]) -> None:
        for org in two_orgs:
            first, second = template(org), template(org)
            assert second["increment_id"] > first["increment_id"] > 0

    def test_with_unknown_keys_in_strict_mode(self, org: Org) -> None:
        answer = org.http.post("/checklists", json={"title": "T", "colour": 1}, headers={"X-Handrail-Strict": "1"})
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == ["colour"]


class TestChange:
    def test_absent_keys_stay(self, org: Org) -> None:
        before = template(
            org, summary="<p>Why</p>", webhook="https://yard.example/h", prerun=KICKOFF, can_add_oot=False
        )
        after = put(org, before, title="New name")
        assert after["title"] == "New name"
        changed = {key for key in before if key != "steps" and before[key] != after[key]}
        assert changed == {"title", "last_updated"}

    def test_empty_body_and_patch(self, org: Org) -> None:
        checklist = template(org)
        assert org.http.put(f"/checklists/{checklist['id']}").status_code == 200
        assert org.http.patch(f"/checklists/{checklist['id']}", json={"title": "By patch"}).status_code == 200
        assert read(org, checklist)["title"] == "By patch"

    def test_everything_that_was_read_may_be_sent_back(self, org: Org) -> None:
        helper = org.member()
        checklist = template(org, prerun=KICKOFF, users=[helper.user_id], settings={"reverse_rules_on_reopen": True})
        before = read(org, checklist, "?with=steps,stages,tags,folder,permissions")
        after = put(org, checklist, **before)
        assert {key for key in after if after[key] != before[key]} <= {"last_updated", "prerun"}
        for stored, sent in zip(after["prerun"], before["prerun"], strict=True):
            assert {**stored, "last_updated": None} == {**sent, "last_updated": None}

    def test_null_and_blank_clear_what_may_be_empty(self, org: Org) -> None:
        checklist = template(org, summary="s", webhook="https://yard.example/h", icon="anchor", kickoff_title="k")
        after = put(org, checklist, summary=None, webhook="", icon=None, kickoff_title="")
        assert [after[key] for key in ("summary", "webhook", "icon", "kickoff_title")] == [None] * 4
        answer = org.http.put(f"/checklists/{checklist['id']}", json={"title": " "})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["title"])

    def test_unknown_people_and_folders_are_refused(self, org: Org) -> None:
        checklist = template(org)
        body = {"owner_id": 987654321, "users": [org.user_id, 5_000_000], "groups": [NOWHERE], "folder_id": NOWHERE}
        answer = org.http.put(f"/checklists/{checklist['id']}", json=body)
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {"owner_id", "users.1", "groups.0", "folder_id"}

    def test_settings_of_our_own(self, org: Org) -> None:
        checklist = template(org)
        assert checklist["settings"] is None
        after = put(org, checklist, settings={"reverse_rules_on_reopen": "true", "other": 1})
        assert after["settings"] == {"reverse_rules_on_reopen": True}

    def test_label(self, org: Org) -> None:
        checklist = template(org)
        path = f"/x/checklists/{checklist['id']}/status"
        assert made(org.http.put(path, json={"status": "finishing"}), 200)["status"] == "finishing"
        assert made(org.http.put(path, json={"status": "started"}), 200)["status"] == "active"
        for wrong in ("archived", "", None, 3):
            assert org.http.put(path, json={"status": wrong}).status_code == 422
        assert read(org, checklist)["status"] == "active"


class TestKickoffForm:
    def test_the_list_is_the_whole_form(self, org: Org) -> None:
        checklist = template(org, prerun=KICKOFF)
        boat, side = checklist["prerun"]
        after = put(
            org,
            checklist,
            title=checklist["title"],
            prerun=[{**side, "label": "Which side"}, {"label": "Length", "field_type": "text", "required": False}],
        )["prerun"]
        assert [(field["label"], field["position"]) for field in after] == [("Which side", 1), ("Length", 2)]
        assert (after[0]["id"], after[0]["alias"]) == (side["id"], side["alias"])
        assert boat["id"] not in {field["id"] for field in after}

    def test_ids_of_elsewhere_make_new_fields(self, org: Org) -> None:
        checklist = template(org)
        (field,) = put(org, checklist, prerun=[{"id": NOWHERE, "label": "L", "field_type": "text", "required": False}])[
            "prerun"
        ]
        assert field["id"] != NOWHERE

    def test_positions_order_the_form(self, org: Org) -> None:
        checklist = template(org, prerun=KICKOFF)
        boat, side = checklist["prerun"]
        after = put(org, checklist, prerun=[{**boat, "position": 2}, {**side, "position": 1}])["prerun"]
        assert [field["id"] for field in after] == [side["id"], boat["id"]]

    def test_wrong_entries_are_named_and_nothing_is_stored(self, org: Org) -> None:
        checklist = template(org, prerun=KICKOFF)
        answer = org.http.put(
            f"/checklists/{checklist['id']}",
            json={"title": "Other", "prerun": [checklist["prerun"][0], {"label": "", "field_type": "number9"}]},
        )
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {"prerun.1.label", "prerun.1.field_type", "prerun.1.required"}
        assert read(org, checklist)["title"] == checklist["title"]
        assert org.http.put(f"/checklists/{checklist['id']}", json={"prerun": {"a": 1}}).status_code == 422

    def test_deleting_one_field(self, org: Org) -> None:
        checklist = template(org, prerun=KICKOFF)
        boat, side = checklist["prerun"]
        path = f"/checklists/{checklist['id']}/preruns/"
        answer = org.http.delete(path + boat["id"])
        assert (answer.status_code, answer.content) == (204, b"")
        assert [field["id"] for field in read(org, checklist)["prerun"]] == [side["id"]]
        assert org.http.delete(path + boat["id"]).status_code == 404

    def test_a_field_that_a_rule_uses_stays(self, org: Org) -> None:
        checklist = template(
            org,
            prerun=[{**KICKOFF[0], "id": "boat"}],
            steps=[{"id": "survey", "title": "Survey"}],
            automated_actions=[
                {
                    "automated_alias": "Only ferries",
                    "conditions": [
                        {
                            "conditionable_id": "boat",
                            "conditionable_type": "Prerun",
                            "operation": "contains",
                            "statement": "Ferry",
                        }
                    ],
                    "then_actions": [{"action_type": "visibility", "action_verb": "show", "target_step_id": "survey"}],
                }
            ],
        )
        (boat,) = checklist["prerun"]
        for answer in (
            org.http.delete(f"/checklists/{checklist['id']}/preruns/{boat['id']}"),
            org.http.put(f"/checklists/{checklist['id']}", json={"prerun": []}),
        ):
            assert answer.status_code == 422
            assert "Only ferries" in answer.json()["message"]
        assert [field["id"] for field in read(org, checklist)["prerun"]] == [boat["id"]]


class TestArchive:
    def test_archive_hides_restore_brings_back(self, org: Org) -> None:
        checklist = template(org)
        answer = org.http.delete(f"/checklists/{checklist['id']}")
        assert answer.status_code == 200
        assert answer.json()["deleted_references"] == []
        assert answer.json()["message"]
        assert org.http.get(f"/checklists/{checklist['id']}").status_code == 404
        assert org.http.get(f"/checklists/{checklist['id']}/steps").status_code == 404
        assert org.http.put(f"/checklists/{checklist['id']}", json={"title": "T"}).status_code == 404
        assert org.http.delete(f"/checklists/{checklist['id']}").status_code == 200
        (archived,) = org.http.get("/checklists?archived=only").json()["data"]
        assert archived["archived_at"] is not None
        restored = made(org.http.put(f"/checklists/{checklist['id']}/restore"), 200)
        assert restored["archived_at"] is None
        assert org.http.put(f"/checklists/{checklist['id']}/restore").status_code == 200
        assert read(org, checklist)["title"] == checklist["title"]

    def test_references_of_other_templates_are_removed_and_told(self, org: Org) -> None:
        target = template(org)
        other = template(org, title="Other")
        (step, _) = other["steps"]["data"]
        launch = {"id": target["id"], "tasks_within_process": False}
        path = f"/checklists/{other['id']}/steps/{step['id']}"
        changed = made(org.http.put(path, json={"bp_to_launch": launch}), 200)
        assert changed["bp_to_launch"] == {**launch, "default_name_format": None}
        process = launched(org, other)
        answer = org.http.delete(f"/checklists/{target['id']}").json()
        assert answer["deleted_references"] == [{"type": "Step", "title": step["title"], "id": step["id"]}]
        assert made(org.http.get(path), 200)["bp_to_launch"]["id"] is None
        assert org.http.get(f"/runs/{process['id']}").status_code == 200

    def test_deleting_for_good(self, org: Org) -> None:
        checklist = template(org)
        path = f"/checklists/{checklist['id']}"
        early = org.http.delete(f"{path}/delete")
        assert early.status_code == 422
        assert "rchive" in early.json()["message"]
        org.http.delete(path)
        answer = org.http.delete(f"{path}/delete")
        assert answer.status_code == 200
        assert answer.json()["deleted_references"] == []
        assert org.http.delete(f"{path}/delete").status_code == 404
        assert org.http.put(f"{path}/restore").status_code == 404
        assert org.http.get("/checklists?archived=true").json()["data"] == []

    def test_processes_outlive_their_template(self, org: Org) -> None:
        checklist = template(org, prerun=[{**KICKOFF[0], "id": "boat"}])
        (boat,) = checklist["prerun"]
        process = launched(org, checklist, prerun={boat["id"]: "Ondine"})
        org.http.delete(f"/checklists/{checklist['id']}")
        assert org.http.delete(f"/checklists/{checklist['id']}/delete").status_code == 200
        task = process["tasks"][0]
        shown = org.http.get(f"/runs/{process['id']}?with=tasks,ko_form_fields,checklist")
        assert shown.status_code == 200
        assert shown.json()["data"]["prerun"] == {boat["id"]: "Ondine"}
        done = org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]})
        assert done.status_code in (200, 201)
        assert org.http.get(f"/checklists/{checklist['id']}").status_code == 404
        assert org.http.post("/runs", json={"checklist_id": checklist["id"]}).status_code == 404


class TestDuplicate:
    def test_everything_is_copied_under_new_ids(self, org: Org) -> None:
        helper = org.member()
        source = template(
            org,
            prerun=[{"id": "boat", "alias": "boat", **KICKOFF[0]}],
            steps=[
                {
                    "id": "one",
                    "title": "One",
                    "assignees": [helper.user_id],
                    "captures": [{**KICKOFF[1], "id": "side"}],
                },
                {
                    "id": "two",
                    "title": "Two {{boat}}",
                    "deadline": {"value": 1, "unit": "days", "option": "from", "step": "one"},
                },
            ],
            default_process_name_format="Slip {{boat}}",
            users=[helper.user_id],
            webhook="https://yard.example/h",
            starred=True,
        )
        answer = org.http.post(f"/checklists/{source['id']}/clone?with=steps", json={"tenant": org.organization_id})
        copy = made(answer)
        assert copy["title"] == f"COPY OF - {source['title']}"
        assert (copy["webhook"], copy["users"], copy["starred"]) == (source["webhook"], [helper.user_id], False)
        one, two = copy["steps"]["data"]
        assert one["assignees"] == [helper.user_id]
        assert two["deadline"]["step"] == one["id"]
        alias = copy["prerun"][0]["alias"]
        assert two["title"] == f"Two {{{{{alias}}}}}"
        assert copy["default_process_name_format"] == f"Slip {{{{{alias}}}}}"
        ids = {part["id"] for part in (*source["steps"]["data"], *source["prerun"], source)}
        assert ids.isdisjoint(part["id"] for part in (*copy["steps"]["data"], *copy["prerun"], copy))
        assert read(org, source)["title"] == source["title"]

    @pytest.mark.parametrize("form", [True, False])
    def test_form_encoded_as_one_client_sends_it(self, org: Org, form: bool) -> None:
        source = template(org)
        body = {"tenant": org.organization_id, "title": "Second yard"}
        path = f"/checklists/{source['id']}/clone"
        answer = org.http.post(path, data=body) if form else org.http.post(path, json=body)
        assert made(answer)["title"] == "Second yard"
        assert made(org.http.post(path))["title"].startswith("COPY OF - ")

    def test_out_of_another_organization(self, two_orgs: tuple[Org, Org]) -> None:
        here, there = two_orgs
        stranger = there.member()
        source = template(there, steps=[{"title": "One", "assignees": [stranger.user_id]}], users=[stranger.user_id])
        path = f"/checklists/{source['id']}/clone?with=steps"
        body = {"tenant": there.organization_id}
        assert here.http.post(path, json=body).status_code == 404
        there.member(email=here.email)
        copy = made(here.http.post(path, json=body))
        assert copy["organization_id"] == here.organization_id
        assert copy["users"] == []
        assert copy["steps"]["data"][0]["assignees"] == []
        assert here.http.post(path, json={"tenant": "not an id"}).status_code == 404


def test_forms(org: Org) -> None:
    checklist = template(org, prerun=KICKOFF, steps=[{"title": "One", "captures": [KICKOFF[1]]}, {"title": "Two"}])
    answer = org.http.get(f"/checklists/{checklist['id']}/form-fields").json()["data"]
    assert (answer["id"], answer["title"]) == (checklist["id"], checklist["title"])
    assert [field["label"] for field in answer["ko_form_fields"]] == ["Boat", "Side"]
    (capture,) = answer["form_fields"]
    assert (capture["step_title"], capture["step_id"]) == ("One", checklist["steps"]["data"][0]["id"])
    keys = {"id", "step_id", "step_title", "alias", "label", "field_type", "required", "position", "options", "columns"}
    assert set(capture) == keys
    assert set(answer["ko_form_fields"][0]) == keys - {"step_id", "step_title"}


def test_deadlines_of_steps(org: Org) -> None:
    checklist = template(
        org,
        steps=[
            {"id": "a", "title": "A", "deadline": {"value": 1, "unit": "days", "option": "from", "step": "start_run"}},
            {"id": "b", "title": "B", "deadline": {"value": 2, "unit": "hours", "option": "from", "step": "a"}},
        ],
    )
    first, second = org.http.get(f"/checklists/{checklist['id']}/steps-deadlines").json()["data"]
    assert [first["step_id"], second["step_id"]] == [step["id"] for step in checklist["steps"]["data"]]
    assert first["deadline_time"] < second["deadline_time"]
    assert first["deadline_time"].endswith("Z")


def test_what_is_not_there(org: Org) -> None:
    for method, path in (
        ("GET", f"/checklists/{NOWHERE}"),
        ("GET", "/checklists/12"),
        ("PUT", f"/checklists/{NOWHERE}"),
        ("DELETE", f"/checklists/{NOWHERE}"),
        ("DELETE", f"/checklists/{NOWHERE}/delete"),
        ("PUT", f"/checklists/{NOWHERE}/restore"),
        ("POST", f"/checklists/{NOWHERE}/clone"),
        ("PUT", f"/checklists/{NOWHERE}/publish"),
        ("GET", f"/checklists/{NOWHERE}/form-fields"),
        ("GET", f"/checklists/{NOWHERE}/steps-deadlines"),
        ("GET", f"/checklists/{NOWHERE}/permissions"),
        ("GET", f"/checklists/{NOWHERE}/export"),
        ("GET", f"/checklists/{NOWHERE}/stages"),
        ("POST", f"/checklists/{NOWHERE}/steps"),
    ):
        answer = org.http.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_FOUND"), f"{method} {path}"


def test_the_feed_tells_every_change(org: Org) -> None:
    checklist = template(org)
    put(org, checklist, title="Renamed")
    org.http.delete(f"/checklists/{checklist['id']}")

    async def lines(tx: Any) -> list[Any]:
        return await tx.all(rows.activities, organization_id=org.organization_id, subject_id=checklist["id"])

    found = org.server.write(lines)
    assert [row[0] for row in found] == ["created", "updated", "archived"]
    assert {row[1] for row in found} == {"HandrailTests"}
    assert "Renamed" in found[1][2]
