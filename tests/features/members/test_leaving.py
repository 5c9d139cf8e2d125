"""What a member who leaves hands over beside their tasks (engine 7.6, around 2.6)."""

from typing import Any

from tests.features.builders import launched, made, template
from tests.support.server import Org, Person


def leave(org: Org, person: Person, heir: Person) -> None:
    made(org.http.delete(f"/users/{person.user_id}?with_reassignment=true&to={heir.user_id}"), 200)


def test_engine_7_6_schedules_go_to_the_heir(org: Org) -> None:
    ann, bob = org.member(), org.member()
    checklist = template(org)
    body = {"checklist_id": checklist["id"], "rule": "FREQ=DAILY", "starts_at": "2031-01-01 09:00:00"}
    hers = made(ann.http.post("/x/schedules", json={**body, "title": "Hers"}))
    for_her = made(org.http.post("/x/schedules", json={**body, "title": "For her", "owner_id": ann.user_id}))
    other = made(org.http.post("/x/schedules", json={**body, "title": "Another"}))
    leave(org, ann, bob)
    listed: Any = made(org.http.get("/x/schedules"), 200)
    found = {one["id"]: (one["created_by"], one["owner_id"]) for one in listed}
    assert found[hers["id"]] == (bob.user_id, bob.user_id)
    assert found[for_her["id"]] == (org.user_id, bob.user_id)
    assert found[other["id"]] == (org.user_id, org.user_id)
    # and the heir may change what was hers
    made(bob.http.put(f"/x/schedules/{hers['id']}", json={"title": "His"}), 200)


def test_around_2_6_the_inviter_of_a_public_form_is_the_heir(org: Org) -> None:
    ann, bob = org.member(), org.member()
    shared = template(org, is_public_kickoff=True, kickoff_sharing_user_id=ann.user_id)
    other = template(org, is_public_kickoff=True, kickoff_sharing_user_id=org.user_id)
    leave(org, ann, bob)
    for checklist, expected in ((shared, bob), (other, org)):
        found = made(org.http.get(f"/checklists/{checklist['id']}"), 200)
        assert found["kickoff_sharing_user_id"] == expected.user_id


def test_engine_7_6_without_reassignment_everything_stays(org: Org) -> None:
    ann = org.member()
    checklist = template(org)
    body = {"checklist_id": checklist["id"], "rule": "FREQ=DAILY", "starts_at": "2031-01-01 09:00:00", "title": "Hers"}
    hers = made(ann.http.post("/x/schedules", json=body))
    made(org.http.delete(f"/users/{ann.user_id}/disable"), 200)
    assert made(org.http.get(f"/x/schedules/{hers['id']}"), 200)["owner_id"] == ann.user_id


def test_engine_7_6_who_has_left_is_none_of_a_processs_people_after_its_next_change(org: Org) -> None:
    ann, bob = org.member(), org.member()
    steps = [{"title": title, "assignees": [ann.user_id]} for title in ("One", "Two", "Three")]
    process = launched(org, template(org, steps=steps))
    assert ann.user_id in process["collaborators"]
    leave(org, ann, bob)
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": process["tasks"][0]["id"]}), 200)
    found = made(org.http.get(f"/runs/{process['id']}"), 200)
    assert sorted(found["collaborators"]) == sorted({org.user_id, bob.user_id})
