"""Public kick-off forms and the library: wire 2.24, engine 3.3 and 3.5, decision 15."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from handrail.adapters.limits_memory import MemoryLimiter
from handrail.features.public import quota
from handrail.kernel.clock import FixedClock
from handrail.kernel.errors import TooMany
from tests.features.builders import made, template
from tests.features.feed import lines
from tests.support.server import Org, Person

NAME = {"id": "n", "label": "Vendor name", "field_type": "text", "required": True}
CONTACT = {
    "id": "c",
    "label": "Contact",
    "field_type": "assignees_form",
    "required": False,
    "settings": {"default_to_guest": True},
}
REGION = {
    "id": "r",
    "label": "Region",
    "field_type": "dropdown",
    "required": False,
    "options": [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}],
}


def opened(org: Person, **body: Any) -> dict[str, Any]:
    given = {"prerun": [NAME, REGION, CONTACT], "is_public_kickoff": True, "kickoff_title": "Become a vendor", **body}
    return template(org, **given)


@pytest.fixture
def visitor(org: Org) -> Iterator[httpx.Client]:
    """Somebody without a token."""
    with httpx.Client(base_url=f"{org.server.url}/api") as client:
        yield client


def at(org: Person, checklist: dict[str, Any]) -> str:
    return f"/organizations/{org.organization_id}/public/checklists/{checklist['alias']}"


def test_a_form_shows_itself_and_nothing_else(org: Org, visitor: httpx.Client) -> None:
    checklist = opened(org, summary="For our eyes", guidance="Ask Ann")
    shown = made(visitor.get(at(org, checklist)), 200)
    assert set(shown) == {
        "alias", "title", "type", "kickoff_title", "kickoff_description", "prerun", "custom_fields",
    }  # fmt: skip
    assert (shown["title"], shown["kickoff_title"]) == ("Vendor intake", "Become a vendor")
    assert [field["label"] for field in shown["prerun"]] == ["Vendor name", "Region", "Contact"]
    assert shown["prerun"][2]["settings"] == {"default_to_guest": True}
    by_id = visitor.get(at(org, {"alias": checklist["id"]}))
    assert by_id.json()["data"] == shown


def test_only_while_it_is_open(org: Org, visitor: httpx.Client) -> None:
    closed = template(org, prerun=[NAME])
    unknown = visitor.get(at(org, {"alias": "no-such-form-123456"}))
    answer = visitor.get(at(org, closed))
    assert (answer.status_code, answer.json()["message"]) == (404, unknown.json()["message"])
    assert unknown.status_code == 404
    checklist = opened(org)
    assert (
        visitor.post(
            f"/organizations/{'0' * 32}/public/checklists/{checklist['alias']}/runs", json={"email": "a@x.example"}
        ).status_code
        == 404
    )
    made(org.client().put(f"/checklists/{checklist['id']}", json={"is_public_kickoff": False}), 200)
    assert visitor.get(at(org, checklist)).status_code == 404
    assert visitor.post(f"{at(org, checklist)}/runs", json={"email": "a@x.example"}).status_code == 404


def test_a_submission_launches_for_the_member_who_shares(org: Org, visitor: httpx.Client) -> None:
    ann = org.member()
    checklist = opened(org, kickoff_sharing_user_id=ann.user_id)
    name, region, contact = checklist["prerun"]
    body = {
        "email": "Rui@Pilots.example",
        "name": "From the web",
        "prerun": {name["id"]: "Atlantic"},
        "ko_fields": [{region["alias"]: "EU"}],
    }
    run = made(visitor.post(f"{at(org, checklist)}/runs", json=body))
    assert set(run) == {"id", "name", "status", "checklist_title", "created_at"}
    process = made(org.client().get(f"/runs/{run['id']}?with=tasks"), 200)
    assert process["started_by"] == process["owner_id"] == ann.user_id
    assert process["name"] == "From the web"
    assert process["prerun"] == {
        name["id"]: "Atlantic",
        region["id"]: {"id": 2, "text": "EU"},
        contact["id"]: {"users": [], "guests": ["rui@pilots.example"], "groups": []},
    }
    assert process["prerun_submitted_by"] is None
    first, second = process["tasks"]["data"]
    assert first["owners"]["guests"] == ["rui@pilots.example"]
    assert second["owners"]["guests"] == []
    assert made(org.client().get("/guests/rui@pilots.example"), 200)["email"] == "rui@pilots.example"
    assert "Launched process: From the web" in [line.description for line in lines(org)]


def test_what_is_missing_or_wrong_is_named(org: Org, visitor: httpx.Client) -> None:
    checklist = opened(org)
    name, _, contact = (field["id"] for field in checklist["prerun"])
    answer = visitor.post(f"{at(org, checklist)}/runs", json={"email": "nobody"})
    assert list(answer.json()["errors"]) == ["email"]
    answer = visitor.post(f"{at(org, checklist)}/runs", json={"email": "a@x.example"})
    assert answer.json()["errors"] == {f"prerun.{name}": ["Vendor name is required"]}
    wrong = {"email": "a@x.example", "ko_fields": {checklist["prerun"][1]["alias"]: "Mars"}}
    answer = visitor.post(f"{at(org, checklist)}/runs", json=wrong)
    assert list(answer.json()["errors"]) == [f"ko_fields.{checklist['prerun'][1]['alias']}"]
    members = {"email": "a@x.example", "prerun": {name: "A", contact: {"users": [org.user_id]}}}
    strangers = {"email": "a@x.example", "prerun": {name: "A", contact: {"users": [987654]}}}
    one, other = (visitor.post(f"{at(org, checklist)}/runs", json=body) for body in (members, strangers))
    assert one.status_code == 422
    assert one.json() == other.json()
    assert org.client().get("/runs").json()["data"] == []


def test_an_address_of_a_member_is_taken_like_any_other(org: Org, visitor: httpx.Client) -> None:
    checklist = opened(org)
    name = checklist["prerun"][0]["id"]
    answers = [
        visitor.post(f"{at(org, checklist)}/runs", json={"email": email, "prerun": {name: "A"}})
        for email in (org.email, "stranger@x.example")
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert set(answers[0].json()["data"]) == set(answers[1].json()["data"])
    assert org.client().get(f"/guests/{org.email}").status_code == 404


def test_when_the_sharing_member_leaves_the_owner_takes_over(org: Org, visitor: httpx.Client) -> None:
    ann = org.member()
    checklist = opened(org, kickoff_sharing_user_id=ann.user_id)
    assert org.client().delete(f"/users/{ann.user_id}").status_code in (200, 204)
    body = {"email": "a@x.example", "prerun": {checklist["prerun"][0]["id"]: "A"}}
    run = made(visitor.post(f"{at(org, checklist)}/runs", json=body))
    assert made(org.client().get(f"/runs/{run['id']}"), 200)["started_by"] == org.user_id


def test_an_address_submits_so_often_and_no_oftener(org: Org) -> None:
    checklist = opened(org)
    body = {"email": "a@x.example", "prerun": {checklist["prerun"][0]["id"]: "A"}}
    with (
        org.server.beside(public_launches_per_address=2) as url,
        httpx.Client(base_url=f"{url}/api") as visitor,
    ):
        answers = [visitor.post(f"{at(org, checklist)}/runs", json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert int(answers[2].headers["retry-after"]) > 0
    assert len(org.client().get("/runs").json()["data"]) == 2


def test_a_form_is_submitted_so_often_from_anywhere() -> None:
    limiter = MemoryLimiter(FixedClock(0))

    async def work() -> None:
        for number in range(3):
            await quota.take_launch(limiter, "o", "form", f"10.0.0.{number}", per_address=0, per_form=3)
        with pytest.raises(TooMany, match="Too many"):
            await quota.take_launch(limiter, "o", "form", "10.0.0.9", per_address=0, per_form=3)
        await quota.take_launch(limiter, "o", "other", "10.0.0.9", per_address=0, per_form=3)

    asyncio.run(work())


def test_the_library_has_what_is_public(org: Org, visitor: httpx.Client) -> None:
    one = template(org, title="Open", is_public=True, industry_tags=["Shipping"], topic_tags=["Ports"])
    other = template(org, title="Other", is_public=True, is_featured=True)
    hidden = template(org, title="Secret")
    listed = visitor.get("/public/checklists?per_page=100").json()["data"]
    ids = [entry["id"] for entry in listed]
    assert ids.index(other["id"]) < ids.index(one["id"])
    assert hidden["id"] not in ids
    found = visitor.get("/public/checklists?industry_tag=shipping&topic_tag=ports&per_page=100").json()
    assert one["id"] in [entry["id"] for entry in found["data"]]
    assert other["id"] not in [entry["id"] for entry in found["data"]]
    assert visitor.get("/public/checklists?type=document").json()["meta"]["pagination"]["total"] == 0
    assert org.client().delete(f"/checklists/{one['id']}").status_code == 200
    ids = [entry["id"] for entry in visitor.get("/public/checklists?per_page=100").json()["data"]]
    assert one["id"] not in ids


def test_whoever_submits_is_a_guest_also_without_a_task(org: Org, visitor: httpx.Client) -> None:
    checklist = opened(org, prerun=[NAME])
    body = {"email": "Leo@Pilots.example", "prerun": {checklist["prerun"][0]["id"]: "A"}}
    made(visitor.post(f"{at(org, checklist)}/runs", json=body))
    made(visitor.post(f"{at(org, checklist)}/runs", json=body))
    assert made(org.client().get("/guests/leo@pilots.example"), 200)["email"] == "leo@pilots.example"
