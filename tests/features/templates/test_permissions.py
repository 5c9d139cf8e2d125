"""Who may do what with a template (engine 12, wire 2.33 no. 4, 5, 7), and that organizations do not know each other."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.features.templates.rows import group_of
from tests.support.server import Org, Person

ALL_STANDARD = [{"type": "role", "id": "standard"}]


def permit(org: Org, checklist: dict[str, Any], **lists: Any) -> dict[str, Any]:
    """Set lists of permissions; people become entries."""
    entries = {name: [*map(entry, listed)] if isinstance(listed, list) else listed for name, listed in lists.items()}
    answer = org.http.put(f"/checklists/{checklist['id']}/permissions", json={"permissions": entries})
    return made(answer, 200)["permissions"]


def entry(one: Any) -> Any:
    return {"type": "user", "id": one.user_id} if isinstance(one, Person) else one


def private(org: Org, checklist: dict[str, Any]) -> None:
    permit(org, checklist, EDIT=[], READ=[], LAUNCH=[], PROCESS_READ=[])


def status(person: Person, method: str, path: str, **body: Any) -> int:
    return person.http.request(method, path, json=body or None).status_code


class TestANewTemplate:
    def test_is_open_to_standard_members(self, org: Org) -> None:
        member, light = org.member(), org.member("light")
        checklist = template(org)
        path = f"/checklists/{checklist['id']}"
        shown = made(org.http.get(f"{path}/permissions"), 200)["permissions"]
        assert (shown["READ"], shown["LAUNCH"]) == (ALL_STANDARD, ALL_STANDARD)
        assert (shown["EDIT"], shown["DUPLICATE"]) == ([], None)
        assert ALL_STANDARD[0] in shown["PROCESS_READ"]
        assert status(member, "GET", path) == 200
        assert status(member, "GET", f"{path}/export") == 200
        assert status(member, "POST", "/runs", checklist_id=checklist["id"]) == 201
        assert status(member, "POST", f"{path}/clone") == 201
        assert status(member, "PUT", f"/x{path}/status", status="finishing") == 200
        assert status(light, "GET", path) == 404
        assert light.http.get("/checklists").json()["data"] == []
        assert status(light, "POST", "/runs", checklist_id=checklist["id"]) == 404

    def test_is_private_where_the_organization_says_so(self, org: Org) -> None:
        made(org.http.put("", json={"restrict_blueprint_permissions": True}), 200)
        member, other = org.member(), org.member()
        checklist = made(member.http.post("/checklists", json={"title": "Mine", "users": [other.user_id]}))
        hidden = made(member.http.post("/checklists", json={"title": "Hidden"}))
        assert status(other, "GET", f"/checklists/{checklist['id']}") == 200
        assert status(other, "GET", f"/checklists/{hidden['id']}") == 404
        assert [one["title"] for one in other.http.get("/checklists").json()["data"]] == ["Mine"]
        assert len(member.http.get("/checklists").json()["data"]) == 2
        assert len(org.http.get("/checklists").json()["data"]) == 2

    def test_light_members_make_none(self, org: Org) -> None:
        assert status(org.member("light"), "POST", "/checklists", title="T") == 403


class TestRoles:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PUT", ""),
            ("DELETE", ""),
            ("PUT", "/restore"),
            ("PUT", "/publish"),
            ("GET", "/permissions"),
            ("PUT", "/permissions"),
            ("POST", "/steps"),
            ("PUT", "/steps/{step}"),
            ("DELETE", "/steps/{step}"),
            ("POST", "/steps/{step}/clone"),
            ("PUT", "/steps/{step}/reorder"),
            ("POST", "/steps/{step}/captures"),
            ("PUT", "/steps/{step}/captures"),
            ("PUT", "/steps/{step}/captures/{none}"),
            ("DELETE", "/steps/{step}/captures/{none}"),
            ("PUT", "/steps/{step}/captures/{none}/move-out"),
            ("DELETE", "/preruns/{none}"),
            ("POST", "/stages"),
            ("PUT", "/stages/{none}"),
            ("DELETE", "/stages/{none}"),
            ("POST", "/automated-actions"),
            ("PUT", "/automated-actions/{none}"),
            ("DELETE", "/automated-actions/{none}"),
        ],
    )
    def test_readers_edit_nothing(self, org: Org, method: str, path: str) -> None:
        reader, light = org.member(), org.member("light")
        checklist = template(org)
        permit(org, checklist, READ="everyone")
        path = path.format(step=checklist["steps"]["data"][0]["id"], none="0" * 32)
        body = {"permissions": {}} if path == "/permissions" and method == "PUT" else None
        for person in (reader, light):
            answer = person.http.request(method, f"/checklists/{checklist['id']}{path}", json=body)
            assert answer.status_code == 403
        assert made(org.http.get(f"/checklists/{checklist['id']}?with=steps"), 200)["steps"] == checklist["steps"]

    def test_editors_edit_but_do_not_delete_or_pin(self, org: Org) -> None:
        editor = org.member()
        checklist = template(org)
        private(org, checklist)
        path = f"/checklists/{checklist['id']}"
        assert status(editor, "PUT", path, title="Mine now") == 404
        permit(org, checklist, EDIT=[editor])
        assert status(editor, "PUT", path, title="Mine now") == 200
        assert status(editor, "POST", f"{path}/steps", title="More") == 201
        assert status(editor, "GET", f"{path}/permissions") == 200
        assert status(editor, "PUT", path, is_pinned=False) == 200
        assert status(editor, "PUT", path, is_pinned=True) == 403
        assert status(editor, "POST", "/runs", checklist_id=checklist["id"]) == 403
        assert status(editor, "DELETE", path) == 200
        assert status(editor, "DELETE", f"{path}/delete") == 403
        assert status(editor, "PUT", f"{path}/restore") == 200

    def test_creator_and_owner(self, org: Org) -> None:
        creator, owner = org.member(), org.member()
        checklist = made(creator.http.post("/checklists", json={"title": "T", "owner_id": owner.user_id}))
        private(org, checklist)
        path = f"/checklists/{checklist['id']}"
        for person in (creator, owner):
            assert status(person, "GET", path) == 200
            assert status(person, "PUT", path, title="Changed") == 200
            assert status(person, "POST", "/runs", checklist_id=checklist["id"]) == 201
            assert len(person.http.get("/checklists").json()["data"]) == 1
        assert status(org.member(), "GET", path) == 404

    def test_seeing_without_launching(self, org: Org) -> None:
        reader = org.member()
        checklist = template(org)
        permit(org, checklist, LAUNCH=[])
        assert status(reader, "GET", f"/checklists/{checklist['id']}") == 200
        assert status(reader, "POST", "/runs", checklist_id=checklist["id"]) == 403

    def test_light_members_by_name_group_or_everyone(self, org: Org) -> None:
        named, grouped, anybody = org.member("light"), org.member("light"), org.member("light")
        group_id = group_of(org, grouped)
        checklist = template(org)
        permit(org, checklist, LAUNCH=[named, {"type": "group", "id": group_id}])
        path = f"/checklists/{checklist['id']}"
        for person in (named, grouped):
            assert status(person, "GET", path) == 200
            assert status(person, "POST", "/runs", checklist_id=checklist["id"]) == 201
            assert len(person.http.get("/checklists").json()["data"]) == 1
        assert status(anybody, "GET", path) == 404
        assert permit(org, checklist, READ="everyone")["READ"] == "everyone"
        assert status(anybody, "GET", path) == 200
        assert status(anybody, "POST", "/runs", checklist_id=checklist["id"]) == 403
        assert status(anybody, "POST", f"{path}/clone") == 403
        assert status(anybody, "PUT", f"/x{path}/status", status="finishing") == 403

    def test_edit_makes_no_light_member_a_reader(self, org: Org) -> None:
        light = org.member("light")
        checklist = template(org)
        permit(org, checklist, EDIT=[light])
        assert status(light, "GET", f"/checklists/{checklist['id']}") == 404
        assert light.http.get("/checklists").json()["data"] == []

    def test_a_view_of_processes_lists_no_template(self, org: Org) -> None:
        viewer = org.member()
        checklist = template(org)
        private(org, checklist)
        permit(org, checklist, PROCESS_READ=[viewer], DUPLICATE=[viewer])
        process = launched(org, checklist)
        assert status(viewer, "GET", f"/checklists/{checklist['id']}") == 404
        assert viewer.http.get("/checklists").json()["data"] == []
        assert status(viewer, "GET", f"/runs/{process['id']}") == 200


class TestLists:
    def test_only_given_lists_change(self, org: Org) -> None:
        member = org.member()
        group_id = group_of(org, member)
        checklist = template(org)
        before = made(org.http.get(f"/checklists/{checklist['id']}/permissions"), 200)["permissions"]
        after = permit(org, checklist, EDIT=[member, {"type": "group", "id": group_id}])
        assert {key for key in before if before[key] != after[key]} == {"EDIT"}
        assert {"type": "group", "id": group_id} in after["EDIT"]
        again = made(org.http.put(f"/checklists/{checklist['id']}/permissions", json={"permissions": after}), 200)[
            "permissions"
        ]
        assert again == after

    def test_duplicating(self, org: Org) -> None:
        member, other = org.member(), org.member()
        checklist = template(org)
        path = f"/checklists/{checklist['id']}/clone"
        assert permit(org, checklist, DUPLICATE=[member])["DUPLICATE"] == [entry(member)]
        assert [status(member, "POST", path), status(other, "POST", path)] == [201, 403]
        assert permit(org, checklist, DUPLICATE=[])["DUPLICATE"] == []
        assert [status(member, "POST", path), status(other, "POST", path)] == [403, 403]
        assert permit(org, checklist, DUPLICATE=None)["DUPLICATE"] is None
        assert status(other, "POST", path) == 201

    def test_a_copy_brings_its_permissions_along(self, org: Org) -> None:
        member = org.member()
        checklist = template(org)
        permit(org, checklist, READ=[member], LAUNCH=[], EDIT=[member])
        copy = made(org.http.post(f"/checklists/{checklist['id']}/clone"))
        shown = made(org.http.get(f"/checklists/{copy['id']}/permissions"), 200)["permissions"]
        assert (shown["READ"], shown["LAUNCH"], shown["EDIT"]) == ([entry(member)], [], [entry(member)])

    def test_wrong_lists_are_named(self, org: Org) -> None:
        checklist = template(org)
        path = f"/checklists/{checklist['id']}/permissions"
        for body, wrong in (
            ({}, "permissions"),
            ({"permissions": [5]}, "permissions"),
            ({"permissions": {"READ": "nobody"}}, "permissions.READ"),
            ({"permissions": {"READ": [{"type": "user", "id": 987654321}]}}, "permissions.READ.0"),
            ({"permissions": {"EDIT": [{"type": "group", "id": "0" * 32}]}}, "permissions.EDIT.0"),
            ({"permissions": {"EDIT": [{"type": "role", "id": "admin"}]}}, "permissions.EDIT.0"),
            ({"permissions": {"EDIT": [5]}}, "permissions.EDIT.0"),
        ):
            answer = org.http.put(path, json=body)
            assert (answer.status_code, list(answer.json()["errors"])) == (422, [wrong]), body

    def test_people_attached_to_a_template_see_and_launch_it(self, org: Org) -> None:
        light = org.member("light")
        group_id = group_of(org, light)
        checklist = template(org)
        path = f"/checklists/{checklist['id']}"
        attached = made(org.http.put(path, json={"users": [light.user_id], "groups": [group_id]}), 200)
        assert (attached["users"], attached["groups"]) == ([light.user_id], [group_id])
        assert status(light, "POST", "/runs", checklist_id=checklist["id"]) == 201
        made(org.http.put(path, json={"users": []}), 200)
        assert status(light, "GET", path) == 200
        made(org.http.put(path, json={"groups": []}), 200)
        assert status(light, "GET", path) == 404


class TestOrganizations:
    def test_do_not_know_each_other(self, two_orgs: tuple[Org, Org]) -> None:
        here, there = two_orgs
        checklist = template(there)
        step = checklist["steps"]["data"][0]
        path = f"/checklists/{checklist['id']}"
        for method, end in (
            ("GET", ""),
            ("PUT", ""),
            ("DELETE", ""),
            ("PUT", "/restore"),
            ("DELETE", "/delete"),
            ("POST", "/clone"),
            ("PUT", "/publish"),
            ("GET", "/export"),
            ("GET", "/steps"),
            ("POST", "/steps"),
            ("GET", f"/steps/{step['id']}"),
            ("PUT", f"/steps/{step['id']}"),
            ("DELETE", f"/steps/{step['id']}"),
            ("POST", f"/steps/{step['id']}/captures"),
            ("POST", "/stages"),
            ("POST", "/automated-actions"),
            ("GET", "/permissions"),
        ):
            assert here.http.request(method, path + end).status_code == 404, f"{method} {end}"
        assert here.http.get("/checklists").json()["data"] == []
        assert status(here, "POST", "/runs", checklist_id=checklist["id"]) == 404
        mine = template(here)
        body = {"title": "S", "assignees": [there.user_id], "bp_to_launch": {"id": checklist["id"]}}
        answer = here.http.post(f"/checklists/{mine['id']}/steps", json=body)
        assert {path.split(".")[0] for path in answer.json()["errors"]} == {"assignees", "bp_to_launch"}
        assert there.client().get(path).status_code == 200
