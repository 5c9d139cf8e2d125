"""Tags: made, listed, changed, deleted, by whom."""

from typing import Any

import pytest

from handrail.ports.database import Transaction
from handrail.schema.statement import Statement
from handrail.schema.tables import tags
from handrail.schema.words import insert_all
from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.support.server import Org, Person

KEYS = {"id", "title", "color", "type", "auto_generated", "items", "created_at", "deleted_at"}
UNKNOWN = "0" * 32
insert_tag = Statement[None](insert_all(tags))


def tag(person: Person, title: str = "urgent", **body: Any) -> dict[str, Any]:
    return made(person.http.post("/tags", json={"title": title, **body}))


def machine_made(org: Org, title: str) -> None:
    async def body(tx: Transaction) -> None:
        await tx.run(
            insert_tag,
            organization_id=org.organization_id,
            id=f"{abs(hash(title)):032x}"[:32],
            title=title,
            color=None,
            auto_generated=True,
            created_at=1,
        )

    org.server.write(body)


def titles(person: Person, query: str = "") -> list[str]:
    answer = person.http.get(f"/tags{query}")
    assert answer.status_code == 200, answer.text
    return [found["title"] for found in answer.json()["data"]]


def wrong(person: Person, method: str, path: str, **body: Any) -> set[str]:
    answer = person.http.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"])


def test_made_read_and_listed(org: Org) -> None:
    found = tag(org, color="#B3541e", id=UNKNOWN)
    assert found.keys() == KEYS
    assert (found["title"], found["color"], found["type"]) == ("urgent", "#B3541e", "private")
    assert (found["auto_generated"], found["items"], found["deleted_at"]) == (False, 0, None)
    assert made(org.http.get(f"/tags/{found['id']}"), 200) == found
    assert org.http.get("/tags").json()["data"] == [found]
    assert tag(org, "plain")["color"] is None


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, {"title"}),
        ({"title": "  "}, {"title"}),
        ({"title": None}, {"title"}),
        ({"title": "x" * 31}, {"title"}),
        ({"title": "a", "color": "red"}, {"color"}),
        ({"title": "a", "color": "#12345"}, {"color"}),
        ({"title": "a", "color": "#12345g"}, {"color"}),
        ({"title": "a", "color": "#1234567"}, {"color"}),
        ({"title": 7, "color": 7}, {"title", "color"}),
    ],
)
def test_bad_bodies_are_refused(org: Org, body: dict[str, Any], paths: set[str]) -> None:
    assert wrong(org, "POST", "/tags", **body) == paths
    found = tag(org)
    if body:
        assert wrong(org, "PUT", f"/tags/{found['id']}", **body) == paths
    assert titles(org) == ["urgent"]


def test_titles_are_unique_in_one_organization(two_orgs: tuple[Org, Org]) -> None:
    org, elsewhere = two_orgs
    first = tag(org)
    tag(elsewhere)
    assert wrong(org, "POST", "/tags", title="urgent") == {"title"}
    second = tag(org, "x" * 30)
    assert wrong(org, "PUT", f"/tags/{second['id']}", title="urgent") == {"title"}
    assert made(org.http.put(f"/tags/{first['id']}", json={"title": "urgent"}), 200) == first


def test_changed_in_part(org: Org) -> None:
    at = f"/tags/{tag(org, color='#102030')['id']}"
    assert made(org.http.put(at, json={"color": "#405060"}), 200)["title"] == "urgent"
    changed = made(org.http.put(at, json={"title": "late"}), 200)
    assert (changed["title"], changed["color"]) == ("late", "#405060")
    assert made(org.http.put(at, json={"color": None}), 200)["color"] is None
    assert made(org.http.put(at), 200)["title"] == "late"


def test_list_is_searched_sorted_and_paged(org: Org) -> None:
    for title in ("beta", "Alpha", "g%mma"):
        tag(org, title)
    assert titles(org) == ["beta", "Alpha", "g%mma"]
    assert titles(org, "?sort=title") == titles(org, "?sort_by=name") == ["Alpha", "beta", "g%mma"]
    assert titles(org, "?sort=-title") == ["g%mma", "beta", "Alpha"]
    assert titles(org, "?sort=nonsense&status=active") == titles(org)
    assert titles(org, "?q=ALP") == ["Alpha"]
    assert titles(org, "?q=%25") == ["g%mma"]
    assert titles(org, "?limit=1") == ["beta"]
    page = org.http.get("/tags?per_page=2&page=2&without_pagination=true").json()
    assert [found["title"] for found in page["data"]] == ["g%mma"]
    assert page["meta"]["pagination"]["total"] == 3


def test_machine_made_tags_are_left_out_unless_all_are_wanted(org: Org) -> None:
    tag(org, "hand-made")
    tag(org, "step: by hand")
    tag(org, "first step:")
    machine_made(org, "from:mail")
    machine_made(org, "Task:7")
    machine_made(org, "other")
    assert sorted(titles(org)) == ["first step:", "hand-made", "other"]
    assert len(titles(org, "?all=true")) == 6
    assert sorted(titles(org, "?all=True")) == sorted(titles(org, "?all=1")) == sorted(titles(org))
    assert titles(org, "?auto_generated=true") == ["other"]
    assert sorted(titles(org, "?auto_generated=true&all=true")) == ["Task:7", "from:mail", "other"]
    assert sorted(titles(org, "?auto_generated=false")) == ["first step:", "hand-made"]
    assert org.http.get("/tags").json()["meta"]["pagination"]["total"] == 3


def test_counts(org: Org) -> None:
    found = tag(org)
    checklist, archived = template(org), template(org)
    for one in (checklist, archived):
        body = {"subject_id": one["id"], "subject_type": "Checklist", "tag_id": found["id"], "tag_type": "private"}
        made(org.http.post("/checklists/tags", json=body))
    made_runs = [launched(org, checklist, tags=[found["id"]]) for _ in range(3)]
    org.http.delete(f"/runs/{made_runs[0]['id']}")
    org.http.delete(f"/checklists/{archived['id']}")
    shown = made(org.http.get(f"/tags/{found['id']}?with=statistics"), 200)
    assert shown["items"] == 5
    assert shown["statistics"] == {
        "data": {"active_template": 1, "archived_template": 1, "active_process": 2, "archived_process": 1}
    }
    org.http.delete(f"/checklists/{archived['id']}/delete")
    assert made(org.http.get(f"/tags/{found['id']}"), 200)["items"] == 4
    empty = tag(org, "empty")
    listed = {entry["id"]: entry for entry in org.http.get("/tags?with=statistics").json()["data"]}
    assert set(listed[empty["id"]]["statistics"]["data"].values()) == {0}


def test_list_costs_the_same_for_many(org: Org) -> None:
    tag(org)
    query = "/tags?with=statistics&per_page=50"
    org.http.get(query)
    with org.server.count_statements() as few:
        org.http.get(query)
    for number in range(7):
        tag(org, f"tag {number}")
    with org.server.count_statements() as many:
        assert len(org.http.get(query).json()["data"]) == 8
    assert len(many) == len(few)


def test_deleted_and_gone_from_everything(org: Org) -> None:
    found, other = tag(org), tag(org, "other")
    both = [found["id"], other["id"]]
    checklist = template(org, steps=[{"title": "Step", "tags": both}])
    run = launched(org, checklist, tags=both)
    answer = org.http.delete(f"/tags/{found['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert org.http.get(f"/tags/{found['id']}").status_code == 404
    assert org.http.put(f"/tags/{found['id']}", json={"title": "x"}).status_code == 404
    shown = made(org.http.get(f"/runs/{run['id']}?with=tags"), 200)
    assert [entry["tag_id"] for entry in shown["tags"]["data"]] == [other["id"]]
    step = made(org.http.get(f"/checklists/{checklist['id']}?with=steps"), 200)["steps"]["data"][0]
    assert step["tags"] == [other["id"]]
    at = f"/checklists/{checklist['id']}/steps/{step['id']}"
    made(org.http.put(at, json={"title": "Again", "tags": step["tags"]}), 200)
    task = made(org.http.get(f"/tasks/{launched(org, checklist)['tasks'][0]['id']}?with=tags"), 200)
    assert [entry["tag_id"] for entry in task["tags"]["data"]] == [other["id"]]


@pytest.mark.parametrize("text", [UNKNOWN, "x", "1"])
def test_deleting_what_is_not_there_is_no_error(org: Org, text: str) -> None:
    assert org.http.delete(f"/tags/{text}").status_code == 204
    assert org.http.get(f"/tags/{text}").status_code == 404


def test_who_may_do_what(org: Org) -> None:
    standard, light = org.member(), org.member("light")
    found = tag(standard)
    made(standard.http.put(f"/tags/{found['id']}", json={"color": "#102030"}), 200)
    assert titles(light) == ["urgent"]
    assert light.http.get(f"/tags/{found['id']}").status_code == 200
    assert light.http.post("/tags", json={"title": "x"}).status_code == 403
    assert light.http.put(f"/tags/{found['id']}", json={"title": "x"}).status_code == 403
    assert light.http.delete(f"/tags/{found['id']}").status_code == 403
    assert standard.http.delete(f"/tags/{found['id']}").status_code == 204


def test_tags_of_other_organizations_do_not_exist(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    found = tag(other)
    assert one.http.get(f"/tags/{found['id']}").status_code == 404
    assert one.http.put(f"/tags/{found['id']}", json={"title": "x"}).status_code == 404
    assert one.http.delete(f"/tags/{found['id']}").status_code == 204
    assert titles(other) == ["urgent"]


def test_feed(org: Org) -> None:
    found = tag(org)
    run = launched(org, template(org))
    body = {"subject_id": run["id"], "subject_type": "Run", "tag_id": found["id"], "tag_type": "private"}
    association = made(org.http.post("/checklists/tags", json=body))
    org.http.delete(f"/checklists/tags/{association['id']}")
    made(org.http.put(f"/tags/{found['id']}", json={"title": "late"}), 200)
    org.http.delete(f"/tags/{found['id']}")
    told = [(line.verb, line.subject_type, line.description) for line in lines(org)]
    assert ("created", "Tag", "Made the tag urgent") in told
    assert told[-4:] == [
        ("linked", "Run", f"Tagged {run['name']} with urgent"),
        ("unlinked", "Run", f"Took the tag urgent off {run['name']}"),
        ("updated", "Tag", "Changed the tag late"),
        ("deleted", "Tag", "Deleted the tag late"),
    ]
