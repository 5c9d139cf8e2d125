"""The full product of route, role and relation: what each route answers is what the permission matrix says.

Every route with a row of the matrix is asked by an administrator, a full and a light member, in every relation that
its kind of record knows, directly and through a group; by a guest with a code; by members of elsewhere, former members
and nobody; and with a token that was not made for it. Allowed means any answer but 401, 403 and 404: a body that is not
complete enough may be told so with 400, 409 or 422. Refused means 403 or 404, and that nothing has changed.

On PostgreSQL the relations alone are asked, where the store's own statements decide.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from handrail.http.endpoint import Endpoint
from handrail.kernel.permission import ALWAYS, MATRIX, NEVER
from handrail.main import endpoints
from tests.features.guests.codes import guest_of, stranger
from tests.security.product.cast import ROLES, Cast, asking, cast, client_of
from tests.security.product.questions import (
    Question,
    address,
    has_state,
    is_ending,
    may_say_invalid,
    prepare,
    questions,
)
from tests.security.product.records import FAMILIES, NONE, Made
from tests.support.server import TestServer

ROUTES = [endpoint for endpoint in endpoints() if endpoint.action is not None]
REFUSED = frozenset({403, 404})


def named(route: Endpoint) -> str:
    return f"{route.method} {route.path.removeprefix('/organizations/{org}')}"


def fitting(route: Endpoint) -> list[Question]:
    try:
        return questions(route)
    except LookupError:
        # told by the test below
        return []


EVERY = [question for route in ROUTES for question in fitting(route)]


def depends(question: Question) -> bool:
    return any(cell not in (ALWAYS, NEVER) for action in question.actions for cell in cells(action))


def cells(action: str) -> tuple[frozenset[str], ...]:
    row = MATRIX[action]
    return row.admin, row.standard, row.light


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_there_is_a_record_for_every_route(route: Endpoint) -> None:
    assert route.action in MATRIX, f"{named(route)}: the matrix does not name {route.action}"
    for question in questions(route):
        assert question.family == "nothing" or question.family in FAMILIES
        assert set(question.actions) <= set(MATRIX)


@pytest.mark.parametrize("action", MATRIX)
def test_there_is_a_record_for_every_relation_of_a_row(action: str) -> None:
    asked = [question for question in EVERY if action in question.actions]
    assert asked, f"no route asks for {action}: name the one that does in questions.BESIDES or INSTEAD"
    words = frozenset[str]().union(
        *(FAMILIES[question.family].words for question in asked if question.family in FAMILIES)
    )
    missing = frozenset[str]().union(*cells(action)) - words - ALWAYS
    assert not missing, (
        f"the row {action} asks for {sorted(missing)}: add a variant for it to one of the families "
        f"{sorted({question.family for question in asked})} in tests/security/product/records.py, "
        "or ask its routes with another family as well, in questions.ASKED"
    )


class Stage:
    """The organization on one server, and the records that refused requests share."""

    def __init__(self, server: TestServer) -> None:
        self.cast = cast(server)
        self._kept: dict[tuple[str, str, str, str], Made] = {}

    def record(self, question: Question, role: str, variant: str, *, fresh: bool) -> Made:
        """A record of this kind. One that is not fresh may have been asked about before, but was not changed."""
        if question.family == "nothing":
            return Made({}, frozenset())
        family = FAMILIES[question.family]
        key = (question.family, role, variant, named(question.route) if has_state(question.route) else "")
        if not fresh and key in self._kept:
            return self._kept[key]
        made = family.make(self.cast, self.cast.person(role), variant)
        prepare(self.cast, question, made)
        if not fresh and not question.family.endswith("ing"):
            self._kept[key] = made
        return made


STAGES: dict[str, Stage] = {}


@pytest.fixture
def stage(server: TestServer) -> Stage:
    found = STAGES.get(server.dialect)
    if found is None:
        found = STAGES[server.dialect] = Stage(server)
    return found


def variants(question: Question, role: str) -> tuple[str, ...]:
    if question.family == "nothing":
        return (NONE,)
    known = FAMILIES[question.family].variants
    if role != "admin" or question.own:
        return known
    # whatever they are to a record, one of each kind
    return tuple(variant for variant in known if variant.rpartition(":")[2] == NONE)


def ask(stage: Stage, question: Question, made: Made, client: httpx.Client) -> httpx.Response:
    body = None if question.body is None else question.body(stage.cast, made.ids)
    return asking(client, question.route.method, address(question, stage.cast, made), body)


def told(question: Question, who: str, answer: httpx.Response) -> str:
    return f"{question}: {who} got {answer.status_code} {answer.text[:300]}"


def assert_refused(question: Question, who: str, answer: httpx.Response, *also: int) -> None:
    accepted = REFUSED | set(also) | ({422} if may_say_invalid(question.route) else set())
    assert answer.status_code in accepted, told(question, who, answer)
    assert answer.json()["error"] is True


@pytest.mark.parametrize("question", EVERY, ids=str)
def test_members_may_what_the_matrix_says(stage: Stage, question: Question) -> None:
    if stage.cast.server.dialect == "postgresql" and not depends(question):
        return
    refused: list[tuple[str, str, Made]] = []
    allowed: list[tuple[str, str]] = []
    for role in ROLES:
        for variant in variants(question, role):
            made = stage.record(question, role, variant, fresh=False)
            if question.family in ("inviting", "grouping"):
                check_switch(stage, question, role, variant)
            elif question.allows(role, made.words):
                allowed.append((role, variant))
            else:
                refused.append((role, variant, made))
    before = stage.cast.mirror.rows() if refused else {}
    for role, variant, made in refused:
        assert_refused(question, f"{role}, {variant}", ask(stage, question, made, client_of(stage.cast.person(role))))
    if refused:
        assert_unchanged(stage, question, before)
    for role, variant in allowed:
        check_allowed(stage, question, role, variant)


def assert_unchanged(stage: Stage, question: Question, before: dict[str, Any]) -> None:
    after = stage.cast.mirror.rows()
    differing = [name for name, rows in after.items() if rows != before[name]]
    assert differing == [], f"{question}: a refused request changed {differing}"


def check_allowed(stage: Stage, question: Question, role: str, variant: str) -> None:
    made = stage.record(question, role, variant, fresh=question.route.method != "GET")
    person = stage.cast.person(role)
    if is_ending(question.route) and question.family == "nothing":
        person = stage.cast.fresh(role)
    elif is_ending(question.route) and role == "light":
        return
    answer = ask(stage, question, made, client_of(person))
    assert answer.status_code < 500, told(question, f"{role}, {variant}", answer)
    assert answer.status_code not in {401, 403, 404}, told(question, f"{role}, {variant}", answer)


def check_switch(stage: Stage, question: Question, role: str, variant: str) -> None:
    """A setting is the organization's: what it opens is asked for while it is as it is."""
    made = stage.record(question, role, variant, fresh=True)
    before = stage.cast.mirror.rows()
    answer = ask(stage, question, made, client_of(stage.cast.person(role)))
    if question.allows(role, made.words):
        assert answer.status_code not in {401, 403, 404}, told(question, f"{role}, {variant}", answer)
    else:
        assert_refused(question, f"{role}, {variant}", answer)
        assert_unchanged(stage, question, before)


Caller = Callable[[Cast], httpx.Client]
STRANGERS: dict[str, tuple[Caller, int]] = {
    "nobody": (lambda cast: cast.server.client(path="/api"), 401),
    "who has a wrong token": (lambda cast: cast.server.client("hrp_" + "0" * 48, path="/api"), 401),
    "an administrator of another organization": (lambda cast: client_of(cast.outsider), 404),
    "a former member": (lambda cast: client_of(cast.left), 401),
    "a former member with a token of elsewhere": (lambda cast: client_of(cast.left_elsewhere), 404),
}


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_nobody_else_gets_anywhere(stage: Stage, route: Endpoint) -> None:
    if stage.cast.server.dialect == "postgresql" and "{org}" not in route.path:
        return
    question = fitting(route)[0]
    role = "admin" if not question.own else "standard"
    made = stage.record(question, role, variants(question, role)[0], fresh=False)
    before = stage.cast.mirror.rows()
    for who, (caller, status) in STRANGERS.items():
        if "{org}" not in route.path and status == 404:
            # these are about the caller, wherever they are from
            continue
        answer = ask(stage, question, made, caller(stage.cast))
        assert answer.status_code == status, told(question, who, answer)
    assert_unchanged(stage, question, before)


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_token_does_what_its_scopes_say(servers: Callable[[str], TestServer], route: Endpoint) -> None:
    server = servers("sqlite")
    stage = STAGES.setdefault("sqlite", Stage(server)) if "sqlite" not in STAGES else STAGES["sqlite"]
    assert route.action is not None
    question = fitting(route)[0]
    narrow, fitted = stage.cast.token_beside(route.action), stage.cast.token_for(*question.actions)
    variant = "self" if question.own else variants(question, "admin")[0]
    made = stage.record(question, "admin", variant, fresh=True)
    if narrow is not None and not is_ending(route) and route.action != "me.read":
        before = stage.cast.mirror.rows()
        answer = ask(stage, question, made, server.client(narrow, path="/api"))
        assert answer.status_code == 403, told(question, "a token for other things", answer)
        assert "scopes of this token" in answer.json()["message"]
        assert_unchanged(stage, question, before)
    if fitted is None:
        # nothing but `*`
        assert route.action.startswith(("token.", "tokens."))
    elif not is_ending(route):
        answer = ask(stage, question, made, server.client(fitted, path="/api"))
        assert answer.status_code not in {401, 403, 404}, told(question, "a token for this", answer)


BY_CODE = [route for route in ROUTES if route.by_code]


def of_guest(stage: Stage, question: Question, email: str, variant: str) -> Made:
    """A task with a comment, and the words that hold between both and a guest."""
    http = stage.cast.org.http
    groups = [stage.cast.group] if variant == "assignee+group" else []
    owners = {
        "users": [stage.cast.org.user_id],
        "guests": [email] if variant in ("assignee", "author") else [],
        "groups": groups,
    }
    field = {"label": "Note", "field_type": "text", "required": False}
    body = {"title": "Sign", "task_type": "task", "deadline": "2031-05-04 12:00:00", "owners": owners}
    task = http.post("/tasks?with=form_fields", json={**body, "form_fields": [field]}).json()["data"]
    ids = {"task": task["id"], "capture": task["form_fields"]["data"][0]["id"]}
    found = Made(ids, frozenset({variant.partition("+")[0]} - {NONE}))
    prepare(stage.cast, question, found)
    if "{thread}" in question.route.path:
        writer = stage.cast.guest.http if variant == "author" else http
        ids["thread"] = writer.post(f"/tasks/{task['id']}/comment", json={"content": "hello"}).json()["data"]["id"]
    return found


@pytest.mark.parametrize("route", BY_CODE, ids=named)
def test_guests_may_what_their_column_says(stage: Stage, route: Endpoint) -> None:
    (question,) = questions(route)
    assert route.action is not None
    cell = MATRIX[route.action].guest
    for variant in (NONE, "assignee", "assignee+group", *(["author"] if "{thread}" in route.path else [])):
        made = of_guest(stage, question, stage.cast.guest.email, variant)
        ids = Made({**made.ids, "guest": stage.cast.guest.code}, made.words)
        before = stage.cast.mirror.rows()
        answer = ask(stage, question, ids, stranger_at_mount(stage))
        if cell == ALWAYS or not cell.isdisjoint(made.words):
            assert answer.status_code not in {401, 403, 404}, told(question, f"guest, {variant}", answer)
        else:
            assert_refused(question, f"guest, {variant}", answer)
            assert_unchanged(stage, question, before)
    mine = of_guest(stage, question, stage.cast.guest.email, "assignee")
    elsewhere = guest_of(stage.cast.outsider, stage.cast.guest.email)
    before = stage.cast.mirror.rows()
    for who, code, status in (
        ("a disabled guest", stage.cast.disabled_guest.code, 404),
        ("the same person, with the code of another organization", elsewhere.code, 404),
        ("who knows the address", stage.cast.guest.email, 401),
    ):
        answer = ask(stage, question, Made({**mine.ids, "guest": code}, mine.words), stranger_at_mount(stage))
        assert answer.status_code == status, told(question, who, answer)
    assert_unchanged(stage, question, before)


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.by_code], ids=named)
def test_codes_of_guests_open_nothing_else(stage: Stage, route: Endpoint) -> None:
    question = fitting(route)[0]
    role = "admin" if not question.own else "standard"
    made = stage.record(question, role, variants(question, role)[0], fresh=False)
    ids = Made({**made.ids, "guest": stage.cast.guest.code}, made.words)
    answer = ask(stage, question, ids, stranger_at_mount(stage))
    assert answer.status_code == 401, told(question, "a guest", answer)


def stranger_at_mount(stage: Stage) -> httpx.Client:
    client = stranger(stage.cast.org)
    client.base_url = httpx.URL(f"{stage.cast.server.url}/api")
    return client
