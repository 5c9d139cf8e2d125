"""API1, broken object level authorization: an id is not a permission.

Here every record belongs to one organization and may be asked for by whoever the permission matrix names. The whole
product of routes, roles and relations is in `tests/security/test_product.py`, what lists show in `test_lists.py`, and
one organization against another in `test_isolation.py`. These tests hold what they leave open: that access ends at the
moment at which its reason ends, and that ids cannot be guessed.
"""

from itertools import pairwise

import httpx
import pytest

from tests.features.builders import launched, made, template
from tests.features.guests.codes import guest_of, oneoff
from tests.security.product.cast import cast
from tests.security.product.records import FAMILIES
from tests.support.server import Org, TestServer


def closed(answer: httpx.Response) -> bool:
    return answer.status_code in (401, 403, 404)


def test_ids_are_random_and_do_not_follow_each_other(org: Org) -> None:
    ids = [made(org.http.post("/tags", json={"title": f"t{n}", "color": "#102030"}))["id"] for n in range(20)]
    assert all(len(text) == 32 for text in ids)
    # what two that were made one after the other have in common is the moment at most
    for one, other in pairwise(ids):
        differing = sum(a != b for a, b in zip(one[12:], other[12:], strict=True))
        assert differing >= 10
    assert len({text[12:] for text in ids}) == 20


def test_access_by_grant_ends_with_the_grant(org: Org) -> None:
    person = org.member("standard")
    found = template(org)
    at = f"/checklists/{found['id']}"
    entry = [{"type": "user", "id": person.user_id}]
    lists = {"READ": entry, "EDIT": [], "LAUNCH": [], "DUPLICATE": [], "PROCESS_READ": []}
    made(org.http.put(f"{at}/permissions", json={"permissions": lists}), 200)
    assert person.http.get(at).status_code == 200
    made(org.http.put(f"{at}/permissions", json={"permissions": {**lists, "READ": []}}), 200)
    assert person.http.get(at).status_code == 404


def test_access_by_group_ends_with_the_membership(org: Org) -> None:
    person = org.member("light")
    group = made(org.http.post("/groups", json={"name": "Desk", "members": [person.user_id]}))
    owners = {"users": [], "guests": [], "groups": [group["id"]]}
    body = {"title": "Meet", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners}
    task = made(org.http.post("/tasks", json=body))
    assert person.http.get(f"/tasks/{task['id']}").status_code == 200
    made(org.http.put(f"/groups/{group['id']}", json={"members": [org.user_id]}), 200)
    assert person.http.get(f"/tasks/{task['id']}").status_code == 404


def test_access_by_assignment_ends_with_the_assignment(org: Org) -> None:
    person = org.member("light")
    process = launched(org, template(org, steps=[{"title": "Sign", "assignees": [person.user_id]}]))
    at = f"/runs/{process['id']}/tasks/{process['tasks'][0]['id']}"
    assert person.http.get(at).status_code == 200
    assert person.http.get(f"/runs/{process['id']}").status_code == 200
    made(org.http.put(at, json={"owners": {"users": [org.user_id], "guests": [], "groups": []}}), 200)
    assert person.http.get(at).status_code == 404
    assert person.http.get(f"/runs/{process['id']}").status_code == 404


def test_demoted_member_loses_the_role_at_once(org: Org) -> None:
    person = org.member("admin")
    assert person.http.get("/x/audit").status_code == 200
    made(org.http.put(f"/users/{person.user_id}/role", json={"role": "light"}), 200)
    assert person.http.get("/x/audit").status_code == 403


@pytest.mark.parametrize("how", ["disable", ""])
def test_former_member_is_out_at_once_and_for_good(org: Org, how: str) -> None:
    person = org.member("standard")
    task = oneoff(org, "Call", owners={"users": [org.user_id, person.user_id], "guests": [], "groups": []})
    assert person.http.get(f"/tasks/{task['id']}").status_code == 200
    assert org.http.delete(f"/users/{person.user_id}/{how}".rstrip("/"), params={"to": org.user_id}).is_success
    assert person.http.get(f"/tasks/{task['id']}").status_code == 401
    # whoever comes back does not bring old tokens along
    if how == "disable":
        assert org.http.put(f"/users/{person.user_id}/enable").is_success
        assert person.http.get("/me").status_code == 401


def test_link_of_a_guest_ends_with_a_new_one_with_the_guest_and_with_the_task(org: Org) -> None:
    guest = guest_of(org, "eva@pilots.example")
    task = oneoff(org, "Call us", "eva@pilots.example")
    assert guest.get(f"/tasks/{task['id']}").status_code == 200
    made(
        org.http.put(f"/tasks/{task['id']}", json={"owners": {"users": [org.user_id], "guests": [], "groups": []}}), 200
    )
    assert guest.get(f"/tasks/{task['id']}").status_code == 404
    assert org.http.post("/x/guests/eva@pilots.example/link").is_success
    assert guest.get().status_code == 404


def test_records_of_nobody_look_like_records_of_others(server: TestServer) -> None:
    """An answer does not tell whether what one may not see exists."""
    made_ = cast(server)
    for family, path in (
        ("template", "/checklists/{template}"),
        ("process", "/runs/{process}"),
        ("oneoff", "/tasks/{task}"),
        ("guest", "/guests/{guest}"),
    ):
        ids = FAMILIES[family].make(made_, made_.light, "none").ids
        name = path.split("{")[1].rstrip("}")
        real = made_.light.http.get(path.format(**ids))
        unreal = made_.light.http.get(path.format(**{name: "nobody@quay.example" if name == "guest" else "0" * 32}))
        assert (real.status_code, real.json()) == (unreal.status_code, unreal.json()) and closed(real)
