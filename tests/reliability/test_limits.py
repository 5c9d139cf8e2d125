"""Every limit that the reference promises is kept: a value just beyond it is refused by name, and nothing is written.

The cases come out of the OpenAPI document, so that a new field with a limit is tried without being listed here.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.reliability.schemas import (
    ABSENT,
    Operation,
    Path,
    Place,
    at_limit,
    beyond,
    operations,
    places,
    put,
    resolved,
    valid,
    wrong,
)
from tests.security.mirror import BODIES, Mirror, mirror
from tests.support.server import TestServer

PARAMETER = re.compile(r"\{(\w+)\}")
OPERATIONS = operations()
# what is taken and not looked at, and so has no wrong values
NOT_READ = {
    r"steps_\w+: position": "steps are appended, and moved by a route of their own (wire 2.8)",
    r".*\bconditions\.0\.position|.*\bthen_actions\.0\.position": "the order of the list counts",
    r"templates_create_template: prerun\.0\.position": "a new form is as it is listed where positions make no sense",
    r".*then_actions\.0\.(actionable_id|actionable_type|alias_name)": "answered, never asked for",
    r".*\b(prerun\.0|options\.0|columns\.0)\.id|form_fields_\w+: id": "an id that is not known means a new one",
    r"templates_create_template: automated_actions\.0\..*": "read like the rules of the routes of rules, tried there",
}
# which type of field makes a key of it matter
TYPE_FOR = {"options": "dropdown", "columns": "table", "collect_time": "date", "use_wysiwyg_editor": "textarea"}


@pytest.fixture(scope="module")
def world(servers: Any) -> Iterator[Mirror]:
    """An organization with one of everything; the checks do not depend on the database."""
    server: TestServer = servers("sqlite")
    yield mirror(server, "Capella")


def address(operation: Operation, world: Mirror) -> str:
    ids = dict(world.ids)
    if operation.path.startswith(("/organizations/{org}/tasks/", "/organizations/{org}/completed-tasks")):
        ids["task"] = ids["oneoff"]
    return "/api" + PARAMETER.sub(lambda match: ids.get(match[1], "0" * 32), operation.path)


def base(operation: Operation, world: Mirror) -> dict[str, Any]:
    """A body that would be taken."""
    known = BODIES.get((operation.method, operation.path))
    return known(world.ids) if known is not None else valid({**resolved(operation.schema), "examples": []})


def around(operation: Operation, place: Place, body: dict[str, Any], world: Mirror) -> dict[str, Any]:
    """The body as it has to be for the place to matter."""
    body = copy.deepcopy(body)
    words = [part for part in place.path if isinstance(part, str)]
    kind = next((TYPE_FOR[word] for word in words if word in TYPE_FOR), "text")
    field = {"label": "Answer", "field_type": kind, "required": False}
    if kind == "dropdown":
        field["options"] = [{"id": 1, "text": "One"}, {"id": 2, "text": "Two"}]
    if kind == "table":
        field["columns"] = [{"id": 1, "label": "One"}]
    if operation.name in ("form_fields_add_field", "form_fields_change_field"):
        return field
    if words[0] == "prerun" and operation.name.startswith("templates_"):
        body["prerun"] = [field]
    if "then_actions" in words:
        step = world.ids["other_step"]
        if "deadline" in words:
            body["then_actions"] = [
                {
                    "action_type": "deadline",
                    "action_verb": "deadline",
                    "target_step_id": step,
                    "deadline": {"value": 1, "unit": "days", "option": "from", "step": "start_run"},
                }
            ]
        elif "assignees" in words:
            people = {"users": [world.member.user_id]}
            body["then_actions"] = [
                {"action_type": "assignment", "action_verb": "assign", "target_step_id": step, "assignees": people}
            ]
        elif "webhook_url" in words:
            body["then_actions"] = [
                {"action_type": "webhook", "action_verb": "emit_webhook", "webhook_url": "https://hooks.example/a"}
            ]
    return body


def read_places(operation: Operation) -> Iterator[Place]:
    """The places that are looked at."""
    for place in places(operation.schema):
        if not any(re.fullmatch(pattern, f"{operation.name}: {place.name}") for pattern in NOT_READ):
            yield place


def at(body: Any, path: Path) -> Any:
    for part in path:
        try:
            body = body[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return body


def refused(answer: httpx.Response, path: Path) -> bool:
    """Whether the value at a place was refused by its name: with 422, or as OAuth says it (wire 0.9)."""
    status = 400 if isinstance(answer.json().get("error"), str) else 422
    return answer.status_code == status and names(answer, path)


def names(answer: httpx.Response, path: Path) -> bool:
    """Whether a refusal names the place, or what it is in or what is in it."""
    place = ".".join(map(str, path))
    for key in answer.json().get("errors", {}):
        pattern = ".".join("*" if part == "key" else str(part) for part in path)
        if key in (place, pattern) or key.startswith((f"{place}.", f"{pattern}.")):
            return True
    return False


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_values_beyond_a_limit_are_refused_by_name(operation: Operation, world: Mirror) -> None:
    client = world.org.server.client(world.org.token)
    body, path = base(operation, world), address(operation, world)
    before = world.rows()
    wanting: list[str] = []
    for place in read_places(operation):
        given = around(operation, place, body, world)
        for limit, value in beyond(place, at(given, place.path)):
            answer = client.request(operation.method, path, json=put(given, operation.schema, place.path, value))
            if not refused(answer, place.path):
                wanting.append(f"{place.name} beyond {limit}: {answer.status_code} {answer.text[:300]}")
    assert wanting == [], "\n".join(wanting)
    assert world.rows() == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_values_of_a_wrong_type_are_refused_by_name(operation: Operation, world: Mirror) -> None:
    client = world.org.server.client(world.org.token)
    body, path = base(operation, world), address(operation, world)
    before = world.rows()
    wanting: list[str] = []
    for place in read_places(operation):
        given = around(operation, place, body, world)
        for value in wrong(place):
            answer = client.request(operation.method, path, json=put(given, operation.schema, place.path, value))
            if not refused(answer, place.path):
                wanting.append(f"{place.name} = {value!r}: {answer.status_code} {answer.text[:300]}")
    assert wanting == [], "\n".join(wanting)
    assert world.rows() == before


# texts that are more than texts: an address, a zone, a secret, a date, a word of a list, the id of a record
FORMATS = {
    "redirect_uris",
    "kickoff_sharing_user_id",
    "company_url",
    "contact_url",
    "image_url",
    "opportunity_url",
    "external_sync_source",
    "external_date_creation",
    "subject_type",
    "thread_id",
    "actions",
    "rule",
    "tag_type",
    "subject_id",
    "tag_id",
    "parent_id",
    "folder_id",
    "default_folder",
    "email",
    "timezone",
    "webhook",
    "explanation_video",
    "org_logo",
    "home_bg",
    "public_cover",
    "slug",
    "icon",
    "token",
    "code",
    "password",
    "password_confirmation",
    "new_password",
    "new_password_confirmation",
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_values_at_a_limit_are_taken(operation: Operation, servers: Any) -> None:
    world = mirror(servers("sqlite"), "Deneb")
    client = world.org.server.client(world.org.token)
    body, path = base(operation, world), address(operation, world)
    wanting: list[str] = []
    for place in read_places(operation):
        if FORMATS.intersection(map(str, place.path)):
            continue
        given = around(operation, place, body, world)
        for limit, value in at_limit(place):
            answer = client.request(operation.method, path, json=put(given, operation.schema, place.path, value))
            if answer.status_code >= 500 or (answer.status_code == 422 and names(answer, place.path)):
                wanting.append(f"{place.name} at {limit}: {answer.status_code} {answer.text[:300]}")
    assert wanting == [], "\n".join(wanting)


class Case(NamedTuple):
    """A limit that no schema can say: where it is written, what is sent, and the name under which it is refused."""

    section: str
    method: str
    path: str
    body: Any
    name: str


RUN, TASK, ONEOFF = "/runs/{process}", "/runs/{process}/tasks/{task}", "/tasks/{oneoff}"
EXAMPLE = {"title": "Errand", "task_type": "task", "deadline": "2031-05-04 12:00:00", "owners": {"users": ["{user}"]}}
FIELD = {"label": "Answer", "field_type": "text", "required": False}
INVITED = {"email": "b@pilots.example", "first_name": "A", "last_name": "B"}
FIELDS = "/checklists/{template}/steps/{step}/captures"
STEPS = "/checklists/{template}/steps"
CASES = [
    Case("wire 2.2", "PUT", "/me", {"first_name": "https://a.example"}, "first_name"),
    Case("wire 2.2", "PUT", "/me", {"timezone": "Middle/Earth"}, "timezone"),
    Case("wire 2.2", "PUT", "/me", {"date_format": "yyyy"}, "date_format"),
    Case(
        "wire 2.3",
        "POST",
        "/users/invite",
        {"email": "a@b", "first_name": "A", "last_name": "B", "role": "light"},
        "email",
    ),
    Case(
        "wire 2.3",
        "POST",
        "/users/invite",
        {"email": "a@pilots.example", "first_name": "A", "last_name": "www.b.example", "role": "light"},
        "last_name",
    ),
    Case(
        "wire 2.3",
        "POST",
        "/users/invite",
        {"email": "a@pilots.example", "first_name": "A", "last_name": "B", "role": "owner"},
        "role",
    ),
    Case("wire 2.3", "PUT", "/users/{user}/role", {"role": "king"}, "role"),
    Case("wire 2.1", "PUT", "", {"timezone": "Mars/Olympus"}, "timezone"),
    Case("wire 2.1", "PUT", "", {"default_deadline": {"type": "fortnights", "value": 1}}, "default_deadline"),
    Case("wire 2.7", "PUT", "/checklists/{template}", {"title": "   "}, "title"),
    Case("wire 2.7", "PUT", "/checklists/{template}", {"webhook": "ftp://a.example"}, "webhook"),
    Case("wire 2.7", "PUT", "/checklists/{template}", {"prerun": [{**FIELD, "label": " "}]}, "prerun.0.label"),
    Case("wire 2.7", "PUT", "/checklists/{template}", {"prerun": {"0": FIELD}}, "prerun"),
    Case("wire 2.8", "POST", STEPS, {"title": " "}, "title"),
    Case("wire 2.8", "POST", STEPS, {"title": "A", "webhook": "javascript:alert(1)"}, "webhook"),
    Case("wire 2.8", "POST", STEPS, {"title": "A", "guests": ["nobody"]}, "guests"),
    Case("wire 2.8", "POST", STEPS, {"title": "A", "assignees": [2**40]}, "assignees"),
    Case("wire 2.8", "POST", STEPS, {"title": "A", "stage_id": "f" * 32}, "stage_id"),
    Case("wire 2.8", "POST", STEPS, {"title": "A", "deadline": {"value": 1, "unit": "eons"}}, "deadline.unit"),
    Case(
        "wire 2.9", "POST", FIELDS, {**FIELD, "field_type": "radio", "options": [{"id": 1, "text": "One"}]}, "options"
    ),
    Case("wire 2.9", "POST", FIELDS, {**FIELD, "field_type": "dropdown", "options": []}, "options"),
    Case(
        "wire 2.9",
        "POST",
        FIELDS,
        {**FIELD, "field_type": "dropdown", "options": [{"id": 1, "text": "A"}, {"id": 1, "text": "B"}]},
        "options",
    ),
    Case("wire 2.9", "POST", FIELDS, {**FIELD, "field_validation": ["max:many"]}, "field_validation"),
    Case("wire 2.9", "POST", FIELDS, {**FIELD, "field_type": "hologram"}, "field_type"),
    Case("wire 2.9", "POST", FIELDS, {"label": "No required key", "field_type": "text"}, "required"),
    Case("wire 2.15", "POST", "/runs", {"checklist_id": "{template}", "prerun": ["a"]}, "prerun"),
    Case(
        "wire 2.15", "POST", "/runs", {"checklist_id": "{template}", "prerun": {"{field}": "x" * 256}}, "prerun.{field}"
    ),
    Case("wire 2.15", "POST", "/runs", {"checklist_id": "{template}", "users": [2**40]}, "users"),
    Case("wire 2.15", "POST", "/runs", {"checklist_id": "{template}", "parent_id": "f" * 32}, "parent_id"),
    Case("wire 2.15", "POST", "/runs", {"checklist_id": "{template}", "tags": ["f" * 32]}, "tags"),
    Case("wire 2.15", "PUT", RUN, {"owner_id": 2**40}, "owner_id"),
    Case("wire 2.15", "PUT", RUN, {"prerun": {"{field}": ["a"]}}, "prerun.{field}"),
    Case("wire 2.16", "PUT", TASK, {"title": "   "}, "title"),
    Case("wire 2.16", "PUT", TASK, {"name": "x" * 601}, "title"),
    Case("wire 2.16", "PUT", TASK, {"deadline": "tomorrow"}, "deadline"),
    Case("wire 2.16", "PUT", TASK, {"deadline": "2031-02-30 10:00:00"}, "deadline"),
    Case("wire 2.16", "PUT", TASK, {"started_at": "99999-01-01"}, "started_at"),
    Case("wire 2.16", "PUT", TASK, {"webhook": "gopher://a.example"}, "webhook"),
    Case("wire 2.16", "PUT", TASK, {"task_type": "errand"}, "task_type"),
    Case("wire 2.16", "PUT", TASK, {"taskdata": ["a"]}, "taskdata"),
    Case("wire 2.16", "PUT", TASK, {"taskdata": {"{capture}": "x" * 256}}, "taskdata.{capture}"),
    Case("wire 2.16", "PUT", TASK, {"taskdata": {"{capture}": {"value": "wrapped"}}}, "taskdata.{capture}"),
    Case("wire 2.16", "PUT", TASK, {"owners": {"users": list(range(1, 1002))}}, "owners.users"),
    Case("wire 2.16", "PUT", TASK, {"owners": {"users": [2**40]}}, "owners"),
    Case("wire 2.16", "PUT", TASK, {"owners": {"guests": ["nobody"]}}, "owners"),
    Case("wire 2.16", "PUT", TASK, {"owners": {"groups": ["f" * 32]}}, "owners"),
    Case("wire 2.17", "POST", "/tasks", {**EXAMPLE, "title": " "}, "title"),
    Case("wire 2.17", "POST", "/tasks", {**EXAMPLE, "owners": {}}, "owners"),
    Case("wire 2.17", "POST", "/tasks", {**EXAMPLE, "deadline": None}, "deadline"),
    Case("wire 2.17", "POST", "/tasks", {**EXAMPLE, "task_type": None}, "task_type"),
    Case(
        "wire 2.17",
        "POST",
        "/tasks",
        {**EXAMPLE, "form_fields": [{"label": "x" * 601, "field_type": "text"}]},
        "form_fields.0.label",
    ),
    Case(
        "wire 2.17",
        "POST",
        "/tasks",
        {**EXAMPLE, "form_fields": [{"label": "A", "field_type": "x", "required": True}]},
        "form_fields.0.field_type",
    ),
    Case("wire 2.17", "PUT", ONEOFF, {"title": "x" * 601}, "title"),
    Case("wire 2.18", "POST", f"{RUN}/completed-tasks", {"task_id": "{task}", "taskdata": ["a"]}, "taskdata"),
    Case(
        "wire 2.18",
        "POST",
        f"{RUN}/completed-tasks",
        {"task_id": "{task}", "taskdata": {"{capture}": "x" * 256}},
        "taskdata.{capture}",
    ),
    Case("wire 2.18", "POST", f"{RUN}/completed-tasks", {"task_id": "{task}", "override_user": 2**40}, "override_user"),
    # null and nothing, where something is needed
    Case("wire 2.1", "PUT", "", {"name": None}, "name"),
    Case("wire 2.1", "PUT", "", {"name": ""}, "name"),
    Case("wire 2.1", "PUT", "", {"default_deadline": []}, "default_deadline.type"),
    Case("wire 2.2", "PUT", "/me", {"first_name": None}, "first_name"),
    Case("wire 2.3", "POST", "/users/invite", {**INVITED, "email": None}, "email"),
    Case("wire 2.3", "POST", "/users/invite", {**INVITED, "first_name": ""}, "first_name"),
    Case("wire 2.3", "PUT", "/users/{user}/role", {"role": None}, "role"),
    Case("wire 2.7", "POST", "/checklists", {"type": "procedure"}, "title"),
    Case("wire 2.7", "PUT", "/checklists/{template}", {"title": None}, "title"),
    Case("wire 2.7", "PUT", "/checklists/{template}", {"prerun": [{**FIELD, "label": None}]}, "prerun.0.label"),
    Case("wire 2.8", "POST", STEPS, {"title": None}, "title"),
    Case("wire 2.8", "POST", STEPS, {"title": "A", "deadline": {"value": 1, "unit": None}}, "deadline.unit"),
    Case("wire 2.8", "POST", STEPS, {"title": "A", "start_date": {"value": 1, "unit": "eons"}}, "start_date.unit"),
    Case("wire 2.8", "PUT", f"{STEPS}/{{step}}/reorder", {"position": None}, "position"),
    Case("wire 2.9", "POST", FIELDS, {**FIELD, "field_type": None}, "field_type"),
    Case("wire 2.9", "POST", FIELDS, {**FIELD, "required": None}, "required"),
    Case("wire 2.12", "POST", "/checklists/{template}/stages", {"title": ""}, "title"),
    Case("wire 2.15", "POST", "/runs", {"checklist_id": None}, "checklist_id"),
    Case("wire 2.15", "PUT", RUN, {"name": None}, "name"),
    Case("wire 2.15", "PUT", RUN, {"name": "  "}, "name"),
    Case("wire 2.17", "POST", "/tasks", {**EXAMPLE, "title": None}, "title"),
    Case("wire 2.17", "POST", "/tasks", {**EXAMPLE, "owners": []}, "owners"),
    Case("wire 2.17", "POST", "/tasks", {**EXAMPLE, "run_id": "f" * 32}, "run_id"),
    Case("wire 2.17", "POST", "/tasks", {**EXAMPLE, "tags": ["f" * 32]}, "tags"),
    Case("wire 2.17", "PUT", ONEOFF, {"deadline": None}, "deadline"),
    Case("wire 2.18", "POST", f"{RUN}/completed-tasks", {"task_id": None}, "task_id"),
    Case("wire 2.19", "PUT", "/form-field/value", {"id": None, "form_value": "x"}, "id"),
    Case("wire 2.19", "POST", "/tasks/{task}/captures", {"id": "{capture}", "value": ["a"]}, "value"),
]


def filled(value: Any, ids: dict[str, str]) -> Any:
    """The value with names in braces replaced by ids."""
    if isinstance(value, str):
        whole = PARAMETER.fullmatch(value)
        if whole and whole[1] == "user":
            return int(ids["user"])
        return PARAMETER.sub(lambda match: ids[match[1]], value)
    if isinstance(value, dict):
        return {filled(key, ids): filled(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.section} {case.method} {case.path} {case.name}")
def test_limits_beyond_the_schema(case: Case, world: Mirror) -> None:
    before = world.rows()
    answer = world.org.http.request(case.method, filled(case.path, world.ids), json=filled(case.body, world.ids))
    assert answer.status_code == 422, answer.text
    name = filled(case.name, world.ids)
    assert any(key == name or key.startswith(f"{name}.") for key in answer.json()["errors"]), answer.text
    assert world.rows() == before
