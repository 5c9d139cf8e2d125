"""`Idempotency-Key`: one effect and one answer, however often and however concurrently a request comes (wire 2.33)."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from handrail.features.answers import jobs
from handrail.http.repeating import KEPT_MILLISECONDS
from handrail.schema.statement import Statement
from handrail.schema.tables import kept_answers
from tests.features.builders import launched, made, template
from tests.reliability.linearizability import together
from tests.reliability.rows import Rows
from tests.support.server import Org, Person, TestServer

MANY = 64


@pytest.fixture(scope="session", params=["sqlite", "sqlite in turn", "postgresql"])
def server(request: pytest.FixtureRequest, servers: Callable[[str], TestServer]) -> TestServer:
    return servers(request.param)


@pytest.fixture
def org(server: TestServer) -> Org:
    return server.found()


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def count(org: Person, table: str, condition: str = "1 = 1") -> int:
    where = f"organization_id = '{org.organization_id}' AND {condition}"
    return Rows.of(org.server.settings).value(f"SELECT count(*) FROM {table} WHERE {where}")


def same(first: httpx.Response, second: httpx.Response) -> None:
    """The second one is the answer of the first."""
    assert second.headers.get("Idempotent-Replayed") == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert (second.status_code, second.content) == (first.status_code, first.content)


def test_a_repetition_gets_the_first_answer(org: Org) -> None:
    body = {"checklist_id": template(org)["id"], "name": "Once"}
    first = org.http.post("/runs", json=body, headers=keyed("a"))
    assert first.status_code == 201
    same(first, org.http.post("/runs", json=body, headers=keyed('"a"')))
    # under the other mount, too
    path = f"{org.path.removeprefix('/api')}/runs"
    same(first, org.server.client(org.token).post(path, json=body, headers=keyed("a")))
    assert count(org, "processes") == 1
    # another key is another request
    assert org.http.post("/runs", json=body, headers=keyed("b")).json()["data"]["id"] != first.json()["data"]["id"]


def test_many_at_once_have_one_effect(org: Org) -> None:
    checklist = template(org)
    body = {"checklist_id": checklist["id"]}
    clients = [org.client() for _ in range(MANY)]

    def launch(client: httpx.Client) -> httpx.Response:
        return client.post("/runs?with=tasks", json=body, headers=keyed("at once"))

    answers = together([lambda client=client: launch(client) for client in clients])
    one_effect(answers, 201)
    assert count(org, "processes") == 1
    assert count(org, "tasks") == 2


def one_effect(answers: list[httpx.Response], status: int) -> None:
    codes = Counter(answer.status_code for answer in answers)
    assert set(codes) <= {status, 409}, codes
    good = [answer for answer in answers if answer.status_code == status]
    assert sum("Idempotent-Replayed" not in answer.headers for answer in good) == 1
    assert len({answer.content for answer in good}) == 1
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "IDEMPOTENCY_IN_PROGRESS"
            assert answer.headers["Retry-After"] == "1"


@contextmanager
def two_servers(server: TestServer) -> Iterator[list[str]]:
    """Another application on the same store, which knows nothing of what the first one is working at."""
    with server.beside() as url:
        yield [server.url, url]


WRITES: dict[str, Callable[[Org, dict[str, Any]], tuple[str, Any]]] = {
    "launch": lambda org, process: ("/runs", {"checklist_id": process["checklist_id"]}),
    "completion": lambda org, process: (
        f"/runs/{process['id']}/completed-tasks",
        {"task_id": process["tasks"][0]["id"], "comment": "Done."},
    ),
    "comment": lambda org, process: (f"/tasks/{process['tasks'][0]['id']}/comment", {"content": "Once."}),
    "invitation": lambda org, process: (
        "/users/invite",
        {"email": "new@pilots.example", "first_name": "Rui", "last_name": "Reis", "role": "light"},
    ),
    "token": lambda org, process: ("/me/tokens", {"name": "a program", "scopes": ["tasks:read"]}),
    "bulk": lambda org, process: (
        "/x/runs/bulk",
        {"checklist_id": process["checklist_id"], "rows": [{"name": f"Row {number}"} for number in range(45)]},
    ),
    "group": lambda org, process: ("/groups", {"name": "Pilots"}),
    "tag": lambda org, process: ("/tags", {"title": "urgent"}),
    "template": lambda org, process: ("/checklists", {"title": "Another", "type": "procedure"}),
    "step": lambda org, process: (f"/checklists/{process['checklist_id']}/steps", {"title": "One more"}),
    "guest": lambda org, process: ("/guests", {"email": "rui@guests.example", "first_name": "Rui"}),
    "oauth application": lambda org, process: (
        "/x/applications",
        {"name": "Robot", "redirect_uris": ["https://robot.example/back"], "grants": ["authorization_code"]},
    ),
}
STATUS = {"completion": 200, "invitation": 200, "bulk": 200}
TABLES = ("processes", "tasks", "threads", "members", "tokens", "groups", "tags", "templates", "guests", "mails")


@pytest.mark.parametrize("what", WRITES)
def test_every_kind_of_write_happens_once(org: Org, what: str) -> None:
    process = launched(org, template(org))
    path, body = WRITES[what](org, process)
    with two_servers(org.server) as urls:
        clients = [org.client(url=urls[number % 2]) for number in range(8)]
        work = [lambda client=client: client.post(path, json=body, headers=keyed(what)) for client in clients]
        answers = together(work)
        one_effect(answers, STATUS.get(what, 201))
        before = [count(org, table) for table in TABLES]
        (first,) = {answer.content for answer in answers if answer.status_code != 409}
        again = clients[1].post(path, json=body, headers=keyed(what))
        assert (again.content, again.headers["Idempotent-Replayed"]) == (first, "true")
        assert [count(org, table) for table in TABLES] == before
    if what == "bulk":
        assert count(org, "processes") == 46
        assert again.json()["data"]["launched"] + again.json()["data"]["repeated"] == 45
    if what in ("comment", "completion"):
        assert count(org, "threads") == 1


def test_another_payload_needs_another_key(org: Org) -> None:
    assert org.http.post("/tags", json={"title": "one"}, headers=keyed("k")).status_code == 201
    other = org.http.post("/tags", json={"title": "two"}, headers=keyed("k"))
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert list(other.json()["errors"]) == ["Idempotency-Key"]
    query = org.http.post("/tags?with=x", json={"title": "one"}, headers=keyed("k"))
    assert query.status_code == 422
    assert count(org, "tags") == 1


def test_a_refused_request_is_not_kept(org: Org) -> None:
    assert org.http.post("/tags", json={"title": ""}, headers=keyed("k")).status_code == 422
    made(org.http.post("/tags", json={"title": "one"}, headers=keyed("k")))
    # refused by a rule inside of the transaction
    assert org.http.post("/tags", json={"title": "one"}, headers=keyed("l")).status_code in (409, 422)
    made(org.http.post("/tags", json={"title": "two"}, headers=keyed("l")))
    assert count(org, "tags") == 2


def test_keys_belong_to_who_sends_them(org: Org) -> None:
    other, elsewhere = org.member("admin"), org.server.found()
    ids = {
        made(person.http.post("/tags", json={"title": f"t{number}"}, headers=keyed("k")))["id"]
        for number, person in enumerate((org, other, elsewhere))
    }
    assert len(ids) == 3


def test_a_key_is_free_again_after_a_day(org: Org) -> None:
    checklist = template(org)
    body = {"checklist_id": checklist["id"]}
    first = org.http.post("/runs", json=body, headers=keyed("k"))
    with org.server.later(hours=23.9):
        same(first, org.http.post("/runs", json=body, headers=keyed("k")))
    with org.server.later(hours=24.1):
        again = org.http.post("/runs", json=body, headers=keyed("k"))
        assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert count(org, "processes") == 2


def test_what_is_too_old_is_forgotten(org: Org) -> None:
    made(org.http.post("/tags", json={"title": "one"}, headers=keyed("k")))
    now = org.server.clock.now()
    org.server.run(lambda: jobs.forget_old(org.server.database, now - KEPT_MILLISECONDS))
    assert count(org, "kept_answers") == 1
    org.server.run(lambda: jobs.forget_old(org.server.database, now + 1))
    assert count(org, "kept_answers") == 0


def test_secrets_are_sealed(org: Org) -> None:
    token = made(org.http.post("/me/tokens", json={"name": "a program"}, headers=keyed("k")))
    (sealed,) = Rows.of(org.server.settings).all(
        f"SELECT sealed_answer FROM kept_answers WHERE organization_id = '{org.organization_id}'"
    )
    secret = next(value for value in token.values() if isinstance(value, str) and len(value) > 35)
    assert secret not in sealed[0]


def test_an_answer_that_was_lost_is_not_made_up(org: Org) -> None:
    first = org.http.post("/tags", json={"title": "one"}, headers=keyed("k"))
    assert first.status_code == 201
    lose_answers(org)
    again = org.http.post("/tags", json={"title": "one"}, headers=keyed("k"))
    assert (again.status_code, again.json()["code"]) == (409, "IDEMPOTENCY_IN_PROGRESS")
    with org.server.later(hours=1):
        again = org.http.post("/tags", json={"title": "one"}, headers=keyed("k"))
        assert (again.status_code, again.json()["code"]) == (409, "IDEMPOTENCY_ANSWER_LOST")
    assert count(org, "tags") == 1


def lose_answers(org: Org) -> None:
    lost = Statement[None](
        sa.update(kept_answers)
        .where(kept_answers.c.organization_id == sa.bindparam("organization_id", type_=sa.Text))
        .values(sealed_answer=sa.null())
    )
    org.server.write(lambda tx: tx.run(lost, organization_id=org.organization_id))


def test_an_interrupted_sheet_goes_on(org: Org) -> None:
    body = {"checklist_id": template(org)["id"], "rows": [{"name": f"Row {number}"} for number in range(30)]}
    made(org.http.post("/x/runs/bulk", json=body, headers=keyed("k")), 200)
    lose_answers(org)
    # some of it was launched before the server broke off
    with org.server.later(hours=20):
        again = made(org.http.post("/x/runs/bulk", json=body, headers=keyed("k")), 200)
        assert (again["launched"], again["repeated"]) == (0, 30)
        told = made(org.http.post("/x/runs/bulk", json=body, headers=keyed("k")), 200)
    assert told == again
    assert count(org, "processes") == 30


def test_without_a_key_nothing_is_asked_or_kept(org: Org) -> None:
    org.http.post("/tags", json={"title": "one"})
    with org.server.count_statements() as plain:
        org.http.post("/tags", json={"title": "two"})
    assert not any("kept_answers" in text for text in plain)
    assert count(org, "kept_answers") == 0


@pytest.mark.parametrize("header", ["", "x" * 256, '""'])
def test_a_key_that_is_none_is_refused(org: Org, header: str) -> None:
    answer = org.http.post("/tags", json={"title": "one"}, headers=keyed(header))
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["Idempotency-Key"]
    assert count(org, "tags") == 0
