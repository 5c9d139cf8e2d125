"""What other features ask of templates: briefs, people, the hidden template, handing over to somebody else."""

import asyncio
from typing import Any

from handrail.features.templates import creating, service
from handrail.kernel.actor import Actor
from tests.features.builders import launched, made, template
from tests.features.templates.rows import group_of
from tests.support.server import Org


def actor(org: Org) -> Actor:
    return Actor(organization_id=org.organization_id, user_id=org.user_id, role="admin")


def test_briefs_and_titles_are_those_of_the_organization(two_orgs: tuple[Org, Org]) -> None:
    here, there = two_orgs
    mine, archived, foreign = template(here, title="Mine"), template(here, title="Old"), template(there)
    here.http.delete(f"/checklists/{archived['id']}")
    ids = [mine["id"], archived["id"], foreign["id"], "0" * 32]

    async def ask() -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        async with here.server.database.reader() as reader:
            return (
                await service.briefs(reader, here.organization_id, ids),
                await service.titles(reader, here.organization_id, ids),
                await service.briefs(reader, here.organization_id, []),
            )

    briefs, titles, nothing = here.server.run(ask)
    assert set(briefs) == {mine["id"], archived["id"]}
    assert nothing == {}
    assert titles == {mine["id"]: "Mine", archived["id"]: "Old"}
    shared = {key: value for key, value in mine.items() if key in briefs[mine["id"]]}
    assert briefs[mine["id"]] == shared
    assert {"id", "title", "alias", "type", "owner_id", "status"} <= set(shared)


def test_the_hidden_template_shows_nowhere(org: Org) -> None:
    async def body(tx: Any) -> list[str]:
        return [(await service.system_template(tx, actor(org), 1)).id for _ in range(2)]

    first, second = org.server.write(body)
    assert first == second
    assert org.http.get("/checklists?archived=true").json()["meta"]["pagination"]["total"] == 0
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/export"), ("POST", "/clone")):
        assert org.http.request(method, f"/checklists/{first}{path}").status_code == 404
    assert org.http.post("/runs", json={"checklist_id": first}).status_code == 404


def test_the_hidden_template_is_made_once_by_many(org: Org) -> None:
    async def ask() -> str:
        async def body(tx: Any) -> str:
            return (await service.system_template(tx, actor(org), 1)).id

        return await org.server.database.write(body)

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(ask() for _ in range(6)))

    assert len(set(org.server.run(all_at_once))) == 1


def test_aliases_are_unique_in_an_organization(two_orgs: tuple[Org, Org]) -> None:
    here, there = two_orgs
    checklist = template(here, title="Slipway")
    same_end = f"{'0' * 26}{checklist['id'][-6:]}"

    async def alias_in(tx: Any, organization_id: str) -> str:
        return await creating.free_alias(tx, organization_id, "Slipway", same_end)

    taken = here.server.write(lambda tx: alias_in(tx, here.organization_id))
    assert taken.startswith("slipway-")
    assert taken != checklist["alias"]
    assert there.server.write(lambda tx: alias_in(tx, there.organization_id)) == checklist["alias"]


class TestHandingOver:
    def test_everything_a_member_has_goes_to_another(self, org: Org) -> None:
        leaver, heir = org.member(), org.member()
        checklist = template(
            org,
            owner_id=leaver.user_id,
            users=[leaver.user_id],
            steps=[
                {"id": "a", "title": "A", "assignees": [leaver.user_id, heir.user_id]},
                {"id": "b", "title": "B", "assignees": [leaver.user_id]},
            ],
            automated_actions=[
                {
                    "automated_alias": "Assign",
                    "conditions": [
                        {
                            "conditionable_id": "a",
                            "conditionable_type": "Step",
                            "operation": "completed",
                            "statement": None,
                        }
                    ],
                    "then_actions": [
                        {
                            "action_type": "assignment",
                            "action_verb": "assign",
                            "target_step_id": "b",
                            "assignees": {"users": [leaver.user_id], "guests": [], "groups": []},
                        }
                    ],
                }
            ],
        )
        entry = {"type": "user", "id": leaver.user_id}
        path = f"/checklists/{checklist['id']}"
        lists = {"EDIT": [entry], "READ": [entry, {"type": "user", "id": heir.user_id}]}
        made(org.http.put(f"{path}/permissions", json={"permissions": lists}), 200)
        process = launched(org, checklist)
        untouched = template(org, title="Untouched")

        async def body(tx: Any) -> list[str]:
            return await service.reassign(tx, org.organization_id, leaver.user_id, heir.user_id, 1_900_000_000_000)

        assert org.server.write(body) == [checklist["id"]]
        after = made(org.http.get(f"{path}?with=steps"), 200)
        assert (after["owner_id"], after["users"]) == (heir.user_id, [heir.user_id])
        assert [step["assignees"] for step in after["steps"]["data"]] == [[heir.user_id], [heir.user_id]]
        assert after["automated_actions"][0]["then_actions"][0]["assignees"]["users"] == [heir.user_id]
        shown = made(org.http.get(f"{path}/permissions"), 200)["permissions"]
        assert shown["EDIT"] == shown["READ"] == [{"type": "user", "id": heir.user_id}]
        assert after["version"] == checklist["version"] + 1
        assert len(made(org.http.get(f"/runs/{process['id']}?with=tasks"), 200)["tasks"]["data"]) == 2
        assert made(org.http.get(f"/checklists/{untouched['id']}"), 200)["last_updated"] == untouched["last_updated"]
        assert org.server.write(body) == []

    def test_drafts_and_live_versions_alike(self, org: Org) -> None:
        leaver, heir = org.member(), org.member()
        steps = [{"title": "A", "assignees": [leaver.user_id]}]
        checklist = template(org, dual_version_enabled=True, steps=steps)
        path = f"/checklists/{checklist['id']}"
        made(org.http.put(f"{path}/publish"), 200)
        launched(org, checklist)
        made(org.http.post(f"{path}/steps", json={"title": "B", "assignees": [leaver.user_id]}))

        async def body(tx: Any) -> list[str]:
            return await service.reassign(tx, org.organization_id, leaver.user_id, heir.user_id, 1_900_000_000_000)

        assert org.server.write(body) == [checklist["id"]]
        assert [task["owners"]["users"] for task in launched(org, checklist)["tasks"]] == [[heir.user_id]]
        draft = made(org.http.get(f"{path}?with=steps"), 200)
        assert draft["is_published_state"] is False
        assert [step["assignees"] for step in draft["steps"]["data"]] == [[heir.user_id], [heir.user_id]]
        made(org.http.put(f"{path}/publish"), 200)
        assert len(launched(org, checklist)["tasks"]) == 2


def test_a_group_that_is_gone_is_forgotten(org: Org) -> None:
    member = org.member("light")
    group_id, other_id = group_of(org, member), group_of(org, member)
    entries = [{"type": "group", "id": one} for one in (group_id, other_id)]
    checklist = template(org, groups=[group_id], steps=[{"title": "A", "groups": [group_id, other_id]}])
    path = f"/checklists/{checklist['id']}"
    made(org.http.put(f"{path}/permissions", json={"permissions": {"EDIT": entries}}), 200)

    async def body(tx: Any) -> list[str]:
        return await service.forget_group(tx, org.organization_id, group_id, 1_900_000_000_000)

    assert org.server.write(body) == [checklist["id"]]
    after = made(org.http.get(f"{path}?with=steps,permissions"), 200)
    assert after["groups"] == []
    assert after["steps"]["data"][0]["groups"] == [other_id]
    assert after["permissions"]["data"]["EDIT"] == entries[1:]
    assert {"type": "group", "id": group_id} not in after["permissions"]["data"]["READ"]
    assert org.server.write(body) == []
