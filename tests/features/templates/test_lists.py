"""The list of templates: filters, sorts, pages, includes (wire CHK-1)."""

from typing import Any

from handrail.features.tags import service as tags
from handrail.kernel.ids import new_id
from tests.features.builders import launched, made, template
from tests.features.templates import contract, rows
from tests.support.server import Org

NOWHERE = "0" * 32
# what one official program deletes from every entry of the list, and stops when one is missing
NEEDED = (
    *("id", "owner_id", "created_by", "alias", "steps_count", "industry_tags", "topic_tags", "folder_id"),
    *("kickoff_title", "kickoff_description", "started_processes", "created_at", "last_updated", "archived_at"),
)


def titles(org: Org, query: str = "") -> list[str]:
    answer = org.http.get(f"/checklists{query}")
    assert answer.status_code == 200, answer.text
    return [entry["title"] for entry in answer.json()["data"]]


def test_entries_have_every_key(org: Org) -> None:
    template(org, prerun=[{"label": "Boat", "field_type": "text", "required": False}])
    answer = org.http.get("/checklists").json()
    (entry,) = answer["data"]
    assert contract.broken(entry, contract.TEMPLATE) == []
    assert [key for key in NEEDED if key not in entry] == []
    assert contract.broken(entry["prerun"][0], contract.KICKOFF_FIELD) == []
    assert answer["meta"]["pagination"]["total"] == 1


def test_an_empty_list(org: Org) -> None:
    answer = org.http.get("/checklists").json()
    assert answer["data"] == []
    assert answer["meta"]["pagination"]["total"] == 0


def test_pages(org: Org) -> None:
    for number in range(12):
        template(org, title=f"T{number:02}", plain_steps=0)
    first = org.http.get("/checklists?sort=title").json()
    assert len(first["data"]) == 10
    second = org.http.get(first["meta"]["pagination"]["links"]["next"]).json()
    assert [entry["title"] for entry in second["data"]] == ["T10", "T11"]
    assert titles(org, "?sort=-title&limit=2&page=2") == ["T09", "T08"]
    assert len(titles(org, "?per_page=1000")) == 12
    assert len(titles(org, "?per_page=nonsense&page=-1")) == 10


def test_sorts(org: Org) -> None:
    first = template(org, title="beta")
    template(org, title="Alpha")
    last = template(org, title="Gamma")
    made(org.http.put(f"/checklists/{first['id']}", json={"icon": "x"}), 200)
    assert titles(org) == ["beta", "Gamma", "Alpha"]
    assert titles(org, "?sort=title") == titles(org, "?sort_by=name") == ["Alpha", "beta", "Gamma"]
    assert titles(org, "?sort=-title") == ["Gamma", "beta", "Alpha"]
    assert titles(org, "?sort=created_at") == ["beta", "Alpha", "Gamma"]
    assert titles(org, "?sort=-updated_at") == ["beta", "Gamma", "Alpha"]
    assert titles(org, "?sort=problems") == titles(org)
    made(org.http.put(f"/checklists/{last['id']}", json={"is_pinned": True}), 200)
    made(org.http.put(f"/checklists/{first['id']}", json={"icon": "y"}), 200)
    assert titles(org) == ["Gamma", "beta", "Alpha"]


def test_filters(org: Org) -> None:
    helper = org.member()
    template(org, title="Vendor 100% intake", starred=True)
    template(org, title="Übergabe", type="form", owner_id=helper.user_id, plain_steps=0)
    gone = template(org, title="Gone")
    label = template(org, title="Finishing")
    org.http.delete(f"/checklists/{gone['id']}")
    org.http.put(f"/x/checklists/{label['id']}/status", json={"status": "finishing"})
    everything = {"Vendor 100% intake", "Übergabe", "Finishing"}
    for query, wanted in (
        ("?q=VENDOR", {"Vendor 100% intake"}),
        ("?q=100%25", {"Vendor 100% intake"}),
        ("?q=%25", {"Vendor 100% intake"}),
        ("?q=_", set[str]()),
        ("?q=üBER", {"Übergabe"}),
        ("?type=form", {"Übergabe"}),
        ("?type=poem", everything),
        ("?starred=true", {"Vendor 100% intake"}),
        ("?starred=0", {"Übergabe", "Finishing"}),
        (f"?owner_id={helper.user_id}", {"Übergabe"}),
        ("?owner_id=x", everything),
        ("?archived=only", {"Gone"}),
        ("?archived=true", {*everything, "Gone"}),
        ("?archived=1", {*everything, "Gone"}),
        ("?archived=false", everything),
        ("?status=archived", {"Gone"}),
        ("?status=finishing", {"Finishing"}),
        ("?status=active", everything - {"Finishing"}),
        ("?status=started", everything - {"Finishing"}),
        ("?status=draft", set[str]()),
        ("?status=issue", everything),
        (f"?folder={NOWHERE}", set[str]()),
        (f"?folder_id={NOWHERE},{NOWHERE}", set[str]()),
        ("?entire_folder_tree=1&version=2", everything),
        ("?q=in&type=procedure&starred=true", {"Vendor 100% intake"}),
    ):
        answer = org.http.get(f"/checklists{query}").json()
        assert {entry["title"] for entry in answer["data"]} == wanted, query
        assert answer["meta"]["pagination"]["total"] == len(wanted), query


def test_includes(org: Org) -> None:
    checklist = template(org)
    stage = made(org.http.post(f"/checklists/{checklist['id']}/stages", json={"title": "First"}))
    process = launched(org, checklist)
    names = "steps,stages,tags,folder,permissions,linked_tasks,assets,member-watchers,guest_watchers,runs,statistics"
    for answer in (
        org.http.get(f"/checklists?with={names},nonsense").json()["data"][0],
        org.http.get(f"/checklists/{checklist['id']}?with={names},nonsense").json()["data"],
    ):
        assert [step["title"] for step in answer["steps"]["data"]] == ["Step 1", "Step 2"]
        assert contract.broken(answer["steps"]["data"][0], contract.STEP) == []
        assert answer["stages"]["data"] == [stage]
        assert answer["folder"] == {"data": None}
        assert set(answer["permissions"]["data"]) == {"EDIT", "READ", "LAUNCH", "DUPLICATE", "PROCESS_READ"}
        assert [run["id"] for run in answer["runs"]["data"]] == [process["id"]]
        assert answer["statistics"]["data"] == {"started_processes": 1, "processes": {"active": 1}}
        for name in ("tags", "linked_tasks", "assets", "member_watchers", "guest_watchers"):
            assert answer[name] == {"data": []}
        assert "nonsense" not in answer
    plain = org.http.get("/checklists?with=prerun,automated_actions").json()["data"][0]
    assert not {"steps", "tags", "folder", "permissions"} & set(plain)


def test_tags(org: Org) -> None:
    checklist = template(org, title="Tagged")
    template(org, title="Plain")

    async def put_on(tx: Any) -> str:
        return await tag_on(tx, org, checklist["id"])

    tag_id = org.server.write(put_on)
    assert titles(org, f"?tag={tag_id}") == ["Tagged"]
    assert titles(org, f"?tag={NOWHERE},{tag_id}") == ["Tagged"]
    assert titles(org, f"?tag={NOWHERE}") == []
    (found,) = org.http.get(f"/checklists/{checklist['id']}?with=tags").json()["data"]["tags"]["data"]
    assert (found["tag_id"], found["subject_id"], found["subject_type"]) == (tag_id, checklist["id"], "Checklist")
    assert titles(org, f"?tag={NOWHERE},{found['title']}") == ["Tagged"]
    assert isinstance(found["id"], int)


async def tag_on(tx: Any, org: Org, checklist_id: str) -> str:
    """A new tag on a template; its id."""
    tag_id = new_id()
    await tx.run(
        rows.insert_tag, organization_id=org.organization_id, id=tag_id, title="urgent", color=None, created_at=1
    )
    await tags.put_on(tx, org.organization_id, "Checklist", [checklist_id], [tag_id], 1)
    return tag_id


def test_statements_do_not_grow_with_the_page(org: Org) -> None:
    helper = org.member()
    names = "steps,stages,tags,folder,permissions,runs,statistics"
    for number in range(3):
        launched(org, template(org, title=f"T{number}"))
    counts: list[int] = []
    for _ in range(2):
        helper.http.get("/checklists")
        with org.server.count_statements() as statements:
            assert len(helper.http.get(f"/checklists?per_page=50&with={names}").json()["data"]) >= 3
        counts.append(len(statements))
        for number in range(9):
            template(org, title=f"More {number}")
    assert counts[0] <= 10
    assert counts[1] <= counts[0] + 1
