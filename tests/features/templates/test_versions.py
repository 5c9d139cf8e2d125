"""Versions: frozen by the first launch, forked by the next edit, drafted where there are dual versions (engine 1.2)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handrail.features.templates import service, versions
from tests.features.builders import launched, made, template
from tests.features.templates import rows
from tests.support.server import Org

FIELD = {"label": "Boat", "field_type": "text", "required": False}


def stored(org: Org, checklist: dict[str, Any]) -> list[tuple[int, bool]]:
    async def body(tx: Any) -> list[Any]:
        return await tx.all(rows.versions, organization_id=org.organization_id, template_id=checklist["id"])

    return [(row[0], bool(row[1])) for row in org.server.write(body)]


def read(org: Org, checklist: dict[str, Any], query: str = "") -> dict[str, Any]:
    return made(org.http.get(f"/checklists/{checklist['id']}{query}"), 200)


class TestFreezing:
    def test_edits_happen_in_place_until_the_first_launch(self, org: Org) -> None:
        checklist = template(org)
        made(org.http.post(f"/checklists/{checklist['id']}/steps", json={"title": "Third"}))
        assert stored(org, checklist) == [(1, False)]
        launched(org, checklist)
        assert stored(org, checklist) == [(1, True)]
        assert read(org, checklist)["started_processes"] == 1
        made(org.http.post(f"/checklists/{checklist['id']}/steps", json={"title": "Fourth"}))
        made(org.http.post(f"/checklists/{checklist['id']}/steps", json={"title": "Fifth"}))
        assert stored(org, checklist) == [(1, True), (2, False)]
        assert read(org, checklist)["version"] == 2
        launched(org, checklist)
        launched(org, checklist)
        assert stored(org, checklist) == [(1, True), (2, True)]
        assert read(org, checklist)["started_processes"] == 3

    def test_processes_keep_what_they_were_launched_from(self, org: Org) -> None:
        checklist = template(org, prerun=[{**FIELD, "id": "boat"}], steps=[{"title": "One", "captures": [FIELD]}])
        (step,) = checklist["steps"]["data"]
        process = launched(org, checklist)
        made(org.http.put(f"/checklists/{checklist['id']}", json={"title": "Other", "prerun": []}), 200)
        org.http.delete(f"/checklists/{checklist['id']}/steps/{step['id']}/captures/{step['captures'][0]['id']}")
        versions.frozen_versions.clear()
        shown = made(org.http.get(f"/runs/{process['id']}?with=ko_form_fields,tasks.form_fields,tasks"), 200)
        assert shown["checklist_title"] == "Vendor intake"
        assert [field["label"] for field in shown["ko_form_fields"]["data"]] == ["Boat"]
        assert read(org, checklist)["prerun"] == []

    def test_what_a_launch_reads_forks_too(self, org: Org) -> None:
        checklist = template(org)
        launched(org, checklist)
        path = f"/checklists/{checklist['id']}"
        made(org.http.put(path, json={"icon": "anchor", "starred": True}), 200)
        assert stored(org, checklist) == [(1, True)]
        made(org.http.put(path, json={"webhook": "https://yard.example/h"}), 200)
        assert stored(org, checklist) == [(1, True), (2, False)]

    def test_an_edit_that_changes_nothing_writes_no_version(self, org: Org) -> None:
        checklist = template(org)
        launched(org, checklist)
        path = f"/checklists/{checklist['id']}/steps/{checklist['steps']['data'][0]['id']}/reorder"
        made(org.http.put(path, json={"position": 1}), 200)
        assert stored(org, checklist) == [(1, True)]

    def test_a_refused_launch_freezes_nothing(self, org: Org) -> None:
        checklist = template(org, prerun=[{**FIELD, "required": True}])
        assert org.http.post("/runs", json={"checklist_id": checklist["id"]}).status_code == 422
        assert stored(org, checklist) == [(1, False)]
        made(org.http.put(f"/checklists/{checklist['id']}", json={"prerun": []}), 200)
        process = launched(org, checklist)
        assert made(org.http.get(f"/runs/{process['id']}?with=ko_form_fields"), 200)["ko_form_fields"]["data"] == []

    def test_edits_at_the_same_time_are_all_kept(self, org: Org) -> None:
        checklist = template(org, plain_steps=0)
        launched(org, checklist)

        def add(number: int) -> int:
            with org.client() as http:
                path = f"/checklists/{checklist['id']}/steps"
                return http.post(path, json={"title": f"Step {number}"}).status_code

        def launch(_: int) -> int:
            with org.client() as http:
                return http.post("/runs", json={"checklist_id": checklist["id"]}).status_code

        with ThreadPoolExecutor(8) as pool:
            added = [pool.submit(add, number) for number in range(12)]
            started = [pool.submit(launch, number) for number in range(12)]
            assert {future.result() for future in (*added, *started)} == {201}
        shown = read(org, checklist, "?with=steps")
        assert sorted(step["title"] for step in shown["steps"]["data"]) == sorted(f"Step {n}" for n in range(12))
        assert shown["started_processes"] == 13
        assert shown["steps_count"] == 12


class TestFrozenVersionsInMemory:
    def test_only_committed_ones_are_kept(self, org: Org) -> None:
        checklist = template(org)
        key = (org.organization_id, checklist["id"], 1)

        class Halt(Exception):
            pass

        async def undone(tx: Any) -> None:
            found = await versions.load(tx, *key)
            assert found is not None
            await versions.freeze(tx, org.organization_id, found)
            again = await versions.load(tx, *key)
            assert again is not None
            assert again.frozen
            raise Halt

        with pytest.raises(Halt):
            org.server.write(undone)
        assert versions.frozen_versions.get(key) is None
        launched(org, checklist)
        kept = versions.frozen_versions.get(key)
        assert kept is not None
        assert [step.title for step in kept.definition.steps] == ["Step 1", "Step 2"]

    def test_those_used_last_are_kept(self) -> None:
        kept = versions.FrozenVersions(limit=2)
        template_version: Any = object()
        for number in (1, 2):
            kept.keep(("o", "t", number), template_version)
        assert kept.get(("o", "t", 1)) is template_version
        kept.keep(("o", "t", 3), template_version)
        assert kept.get(("o", "t", 2)) is None
        assert kept.get(("o", "t", 1)) is template_version

    def test_many_at_once(self, org: Org) -> None:
        first, second = template(org, title="A"), template(org, title="B")
        for checklist in (first, second):
            launched(org, checklist)
        versions.frozen_versions.clear()

        async def titles() -> list[str]:
            async with org.server.database.reader() as reader:
                wanted = [(first["id"], 1), (second["id"], 1), (second["id"], 7)]
                found = await service.frozen_templates(reader, org.organization_id, wanted)
                again = await service.frozen_templates(reader, org.organization_id, wanted)
                assert {one.id for one in again} == {one.id for one in found}
                return sorted(one.title for one in found)

        assert org.server.run(titles) == ["A", "B"]


class TestDualVersions:
    def test_a_new_template_is_a_draft_until_it_is_published(self, org: Org) -> None:
        checklist = template(org, dual_version_enabled=True)
        assert (checklist["dual_version_enabled"], checklist["is_published_state"]) == (True, False)
        refused = org.http.post("/runs", json={"checklist_id": checklist["id"]})
        assert refused.status_code == 422
        assert "ublish" in refused.json()["message"]
        published = made(org.http.put(f"/checklists/{checklist['id']}/publish"), 200)
        assert published["is_published_state"] is True
        assert len(launched(org, checklist)["tasks"]) == 2

    def test_edits_go_to_the_draft(self, org: Org) -> None:
        checklist = template(org, dual_version_enabled=True)
        path = f"/checklists/{checklist['id']}"
        live = made(org.http.put(f"{path}/publish"), 200)["version"]
        made(org.http.post(f"{path}/steps", json={"title": "Drafted"}))
        made(org.http.post(f"{path}/steps", json={"title": "Drafted too"}))
        draft = read(org, checklist, "?with=steps")
        assert draft["is_published_state"] is False
        assert len(draft["steps"]["data"]) == 4
        shown = read(org, checklist, f"?with=steps&version={live}")
        assert shown["is_published_state"] is True
        assert len(shown["steps"]["data"]) == 2
        assert len(launched(org, checklist)["tasks"]) == 2
        assert org.http.get(f"{path}?version=99").status_code == 404
        published = made(org.http.put(f"{path}/publish?with=steps"), 200)
        assert (published["is_published_state"], published["version"]) == (True, draft["version"])
        assert len(launched(org, checklist)["tasks"]) == 4
        assert made(org.http.put(f"{path}/publish"), 200)["version"] == draft["version"]

    def test_only_editors_see_the_draft(self, org: Org) -> None:
        reader = org.member()
        checklist = template(org, dual_version_enabled=True, prerun=[FIELD])
        path = f"/checklists/{checklist['id']}"
        made(org.http.put(f"{path}/publish"), 200)
        made(org.http.put(path, json={"prerun": []}), 200)
        assert read(org, checklist)["prerun"] == []
        shown = made(reader.http.get(path), 200)
        assert [field["label"] for field in shown["prerun"]] == ["Boat"]
        assert shown["is_published_state"] is True
        (listed,) = reader.http.get("/checklists").json()["data"]
        assert [field["label"] for field in listed["prerun"]] == ["Boat"]
        (own,) = org.http.get("/checklists").json()["data"]
        assert own["prerun"] == []

    def test_drafts_are_listed(self, org: Org) -> None:
        template(org, title="Plain")
        template(org, title="Draft", dual_version_enabled=True)
        assert [entry["title"] for entry in org.http.get("/checklists?status=draft").json()["data"]] == ["Draft"]

    def test_turning_them_off_makes_the_draft_live(self, org: Org) -> None:
        checklist = template(org, dual_version_enabled=True)
        path = f"/checklists/{checklist['id']}"
        after = made(org.http.put(path, json={"dual_version_enabled": False}), 200)
        assert (after["is_published_state"], after["dual_version_enabled"]) == (True, False)
        assert len(launched(org, checklist)["tasks"]) == 2

    def test_turning_them_on_keeps_the_live_version(self, org: Org) -> None:
        checklist = template(org)
        path = f"/checklists/{checklist['id']}"
        after = made(org.http.put(path, json={"dual_version_enabled": True}), 200)
        assert after["is_published_state"] is True
        made(org.http.post(f"{path}/steps", json={"title": "Third"}))
        assert read(org, checklist)["is_published_state"] is False
        assert len(launched(org, checklist)["tasks"]) == 2
