"""Many clients at the same records at the same moment: one effect each, no lost update, an order that explains all.

On PostgreSQL the clients are shared out to two servers on one database; where SQLite is shared, to the two processes of
one server.
"""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from handrail.adapters.sealing_fernet import key_of
from handrail.kernel.secrets import fingerprint
from tests.cli.commands import running
from tests.features.builders import launched, made, template
from tests.reliability.linearizability import Call, History, explained, together, told
from tests.reliability.rows import Rows
from tests.reliability.wholeness import contradictions
from tests.support.server import Org, TestServer

MANY = 64


@dataclass
class Contest:
    """An organization, the addresses at which its servers answer, and its store."""

    org: Org
    urls: list[str]
    rows: Rows

    def client(self, number: int) -> httpx.Client:
        """A client of one of the servers."""
        return self.org.client(url=self.urls[number % len(self.urls)])

    def calls(self, count: int, call: Callable[[httpx.Client, int], httpx.Response]) -> list[httpx.Response]:
        """That many calls at the same moment, with a client and a number each."""
        clients = [self.client(number) for number in range(count)]
        work = [lambda number=number: call(clients[number], number) for number in range(count)]
        return together(work)

    def mine(self, table: str, condition: str) -> int:
        """How many rows of the organization meet a condition."""
        where = f"organization_id = '{self.org.organization_id}' AND {condition}"
        return self.rows.value(f"SELECT count(*) FROM {table} WHERE {where}")


@pytest.fixture(scope="module")
def second_url(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str | None]:
    """The address of another server on the same database; SQLite has one, of two processes where it is shared."""
    if server.dialect == "sqlite" and not server.in_turn:
        yield None
        return
    folder: Path = tmp_path_factory.mktemp("second")
    # a process of its own, so that it shares nothing with the first one but the database and the key
    shared = {
        "HANDRAIL_SECRET_KEY": key_of(server.settings.data),
        "HANDRAIL_RATE_LIMIT_PER_MINUTE": "0",
        "HANDRAIL_RATE_LIMIT_PER_HOUR": "0",
    }
    dsn = server.settings.database_url
    words = ["--data", folder] if dsn else ["--data", server.settings.data, "--workers", "2"]
    if dsn:
        shared["HANDRAIL_DATABASE_URL"] = dsn
    with running(folder, "serve", *words, **shared) as second:
        yield second.url


@pytest.fixture
def contest(server: TestServer, second_url: str | None) -> Contest:
    # whoever is no neighbour of the two knows nothing of turns
    first_url = None if server.in_turn else server.url
    urls = [url for url in (first_url, second_url) if url is not None]
    return Contest(server.found(), urls, Rows.of(server.settings))


def codes(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_identical_completions_have_one_effect(contest: Contest) -> None:
    process = launched(contest.org, template(contest.org))
    task = process["tasks"][0]
    answers = contest.calls(
        MANY, lambda client, _: client.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]})
    )
    assert codes(answers) == {200: MANY}
    shown = [answer.json()["data"] for answer in answers]
    assert {entry["status"] for entry in shown} == {"completed"}
    assert len({entry["completed_at"] for entry in shown}) == 1
    assert contest.mine("activities", f"subject_id = '{task['id']}' AND verb = 'completed'") == 1
    assert contest.mine("events", f"task_id = '{task['id']}' AND type = 'task.completed'") == 1
    assert contradictions(contest.rows) == []


def test_identical_requests_with_one_key_have_one_effect(contest: Contest) -> None:
    checklist = template(contest.org)
    keyed = {"Idempotency-Key": "the same"}
    wanted = {
        "/runs?with=tasks": {"checklist_id": checklist["id"]},
        "/users/invite": {"email": "x@new.example", "first_name": "Rui", "last_name": "Reis", "role": "light"},
        "/me/tokens": {"name": "a program"},
    }
    before = [contest.mine(table, "1 = 1") for table in ("processes", "tasks", "members", "tokens")]
    for path, body in wanted.items():

        def send(client: httpx.Client, _: int, path: str = path, body: dict[str, Any] = body) -> httpx.Response:
            return client.post(path, json=body, headers=keyed)

        answers = contest.calls(MANY, send)
        good = [answer for answer in answers if answer.status_code in (200, 201)]
        assert codes(answers)[409] == MANY - len(good), codes(answers)
        assert sum("Idempotent-Replayed" not in answer.headers for answer in good) == 1
        assert len({answer.content for answer in good}) == 1
        for number in range(2):
            assert send(contest.client(number), number).content == good[0].content
    after = [contest.mine(table, "1 = 1") for table in ("processes", "tasks", "members", "tokens")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 2, 1, 1]
    assert contradictions(contest.rows) == []


def test_one_of_many_strict_completions_wins(contest: Contest) -> None:
    oneoff = made(
        contest.org.http.post(
            "/tasks",
            json={
                "title": "Once",
                "task_type": "task",
                "deadline": "2031-05-06 10:00:00",
                "owners": {"users": [contest.org.user_id]},
            },
        )
    )
    answers = contest.calls(
        MANY,
        lambda client, _: client.post(
            "/completed-tasks", json={"task_id": oneoff["id"]}, headers={"X-Handrail-Strict": "1"}
        ),
    )
    assert codes(answers) == {200: 1, 422: MANY - 1}
    assert contest.mine("activities", f"subject_id = '{oneoff['id']}' AND verb = 'completed'") == 1


def test_last_tasks_of_a_process_complete_it_once(contest: Contest) -> None:
    checklist = template(contest.org, plain_steps=4)
    processes = [launched(contest.org, checklist) for _ in range(6)]
    pairs = [(process["id"], task["id"]) for process in processes for task in process["tasks"]]
    answers = contest.calls(
        len(pairs),
        lambda client, number: client.post(
            f"/runs/{pairs[number][0]}/completed-tasks", json={"task_id": pairs[number][1]}
        ),
    )
    assert codes(answers) == {200: len(pairs)}
    for process in processes:
        assert contest.org.http.get(f"/runs/{process['id']}").json()["data"]["status"] == "complete"
        assert contest.mine("events", f"process_id = '{process['id']}' AND type = 'process.completed'") == 1
    assert contradictions(contest.rows) == []


State = tuple[str, tuple[int, ...]]


def task_model(state: Hashable, call: Call) -> Hashable | None:
    """One task: whether it is completed, and whose it is. Completed tasks cannot be given to others."""
    assert isinstance(state, tuple)
    status, owners = state
    if call.name == "complete":
        after: State | None = ("completed", owners)
    elif call.name == "reopen":
        after = ("in-progress", owners) if status == "completed" else state
    elif call.name == "assign":
        assert isinstance(call.argument, tuple)
        if status == "completed":
            return state if call.answer == "refused" else None
        after = (status, tuple(sorted(call.argument)))
    else:
        after = state
    return after if call.answer == after else None


def seen(answer: httpx.Response) -> Hashable:
    """What an answer shows of the task."""
    if answer.status_code == 422:
        return "refused"
    assert answer.status_code == 200, answer.text
    task = answer.json()["data"]
    return task["status"], tuple(sorted(task["owners"]["users"]))


@pytest.mark.parametrize("seed", range(12))
def test_completing_reopening_and_assigning_happen_one_after_the_other(contest: Contest, seed: int) -> None:
    org = contest.org
    people = [org.user_id, *(org.member().user_id for _ in range(2))]
    process = launched(org, template(org))
    task = process["tasks"][0]
    path = f"/runs/{process['id']}"
    start = (task["status"], tuple(sorted(task["owners"]["users"])))
    history = History()

    def act(client: httpx.Client, chance: random.Random) -> None:
        for _ in range(6):
            word = chance.choice(["complete", "reopen", "assign", "read"])
            if word == "complete":
                history.record(
                    word, None, lambda: seen(client.post(f"{path}/completed-tasks", json={"task_id": task["id"]}))
                )
            elif word == "reopen":
                history.record(word, None, lambda: seen(client.delete(f"{path}/completed-tasks/{task['id']}")))
            elif word == "assign":
                users = chance.sample(people, chance.randint(1, len(people)))
                body = {"owners": {"users": users}}
                history.record(
                    word, tuple(users), lambda body=body: seen(client.put(f"{path}/tasks/{task['id']}", json=body))
                )
            else:
                history.record(word, None, lambda: seen(client.get(f"{path}/tasks/{task['id']}")))

    together(
        [lambda number=number: act(contest.client(number), random.Random(f"{seed}.{number}")) for number in range(6)]
    )
    assert explained(history.calls, start, task_model), told(history.calls)
    assert contradictions(contest.rows) == []


def test_parallel_launches_share_no_number(contest: Contest) -> None:
    checklist = template(contest.org, plain_steps=3)
    answers = contest.calls(
        48, lambda client, number: client.post("/runs?with=tasks", json={"checklist_id": checklist["id"]})
    )
    assert codes(answers) == {201: 48}
    processes = [answer.json()["data"] for answer in answers]
    tasks = [task for process in processes for task in process["tasks"]["data"]]
    assert len({process["increment_id"] for process in processes}) == 48
    assert len({task["increment_id"] for task in tasks}) == len(tasks) == 3 * 48
    counted = contest.org.http.get(f"/checklists/{checklist['id']}").json()["data"]["started_processes"]
    assert counted == 48
    assert contradictions(contest.rows) == []


def test_parallel_edits_of_a_template_lose_nothing(contest: Contest) -> None:
    checklist = template(contest.org, plain_steps=1)
    path = f"/checklists/{checklist['id']}"
    changes = {"title": "Changed", "summary": "<p>Changed</p>", "guidance": "Changed", "webhook": "https://a.example/x"}

    def edit(client: httpx.Client, number: int) -> httpx.Response:
        kind = number % 4
        if kind == 0:
            return client.post("/runs", json={"checklist_id": checklist["id"]})
        if kind == 1:
            key = list(changes)[number // 4 % len(changes)]
            return client.put(path, json={key: changes[key]})
        if kind == 2:
            return client.post(f"{path}/stages", json={"title": f"Stage {number}"})
        return client.post(f"{path}/steps", json={"title": f"Added {number}"})

    answers = contest.calls(32, edit)
    assert codes(answers).keys() <= {200, 201}, codes(answers)
    read = contest.org.http.get(f"{path}?with=steps,stages").json()["data"]
    assert {key: read[key] for key in changes} == changes
    steps = read["steps"]["data"]
    assert {step["title"] for step in steps} == {"Step 1", *(f"Added {n}" for n in range(32) if n % 4 == 3)}
    assert [step["position"] for step in steps] == list(range(1, len(steps) + 1))
    stages = contest.org.http.get(f"{path}/stages").json()["data"]
    assert {stage["title"] for stage in stages} >= {f"Stage {n}" for n in range(32) if n % 4 == 2}
    assert contradictions(contest.rows) == []


def test_positions_stay_without_gaps_when_steps_are_moved_together(contest: Contest) -> None:
    checklist = template(contest.org, plain_steps=8)
    steps = [step["id"] for step in checklist["steps"]["data"]]
    path = f"/checklists/{checklist['id']}/steps"
    answers = contest.calls(
        16,
        lambda client, number: client.put(f"{path}/{steps[number % 8]}/reorder", json={"position": number * 5 % 8 + 1}),
    )
    assert codes(answers) == {200: 16}
    after = contest.org.http.get(f"{path}?per_page=100").json()["data"]
    assert sorted(step["id"] for step in after) == sorted(steps)
    assert [step["position"] for step in after] == list(range(1, 9))


def test_parallel_answers_to_one_task_are_all_kept(contest: Contest) -> None:
    labels = [f"Field {number}" for number in range(12)]
    captures = [{"label": label, "field_type": "text", "required": False} for label in labels]
    checklist = template(contest.org, steps=[{"title": "Ask", "captures": captures}])
    fields = [field["id"] for field in checklist["steps"]["data"][0]["captures"]]
    process = launched(contest.org, checklist)
    (task,) = process["tasks"]
    path = f"/runs/{process['id']}/tasks/{task['id']}"
    answers = contest.calls(
        12, lambda client, number: client.put(path, json={"taskdata": {fields[number]: f"Answer {number}"}})
    )
    assert codes(answers) == {200: 12}
    read = contest.org.http.get(path).json()["data"]["taskdata"]
    assert read == {field: f"Answer {number}" for number, field in enumerate(fields)}


def test_new_guest_named_by_many_at_once_is_one_guest(contest: Contest) -> None:
    counter = itertools.count()
    for _ in range(3):
        address = f"new.guest{next(counter)}@pilots.example"
        body = {
            "title": "With a guest",
            "task_type": "task",
            "deadline": "2031-05-06 10:00:00",
            "owners": {"users": [contest.org.user_id], "guests": [address]},
        }
        answers = contest.calls(16, lambda client, _, body=body: client.post("/tasks", json=body))
        assert codes(answers) == {201: 16}, [answer.text for answer in answers if answer.status_code != 201][:1]
        assert contest.mine("guests", f"email = '{address}'") == 1
        where = f"organization_id = '{contest.org.organization_id}' AND email = '{address}'"
        kept = contest.rows.value(f"SELECT code_hash FROM guests WHERE {where}")
        for answer in answers:
            (link,) = answer.json()["data"]["owners"]["taskUrls"]
            assert fingerprint(link.rpartition("/")[2]) == kept


def test_archiving_and_launching_do_not_cross(contest: Contest) -> None:
    checklist = template(contest.org)

    def act(client: httpx.Client, number: int) -> httpx.Response:
        if number == 7:
            return client.delete(f"/checklists/{checklist['id']}")
        return client.post("/runs", json={"checklist_id": checklist["id"]})

    answers = contest.calls(16, act)
    assert answers[7].status_code == 200
    assert codes(answers).keys() <= {200, 201, 403, 404, 422}, codes(answers)
    after = contest.org.http.post("/runs", json={"checklist_id": checklist["id"]})
    assert after.status_code in (403, 404, 422)
    assert contradictions(contest.rows) == []


def test_deleting_a_process_and_working_in_it_do_not_cross(contest: Contest) -> None:
    org = contest.org
    checklist = template(org, plain_steps=6)
    for _ in range(3):
        process = launched(org, checklist)
        path = f"/runs/{process['id']}"

        def act(client: httpx.Client, number: int, path: str = path, process: Any = process) -> httpx.Response:
            if number == 3:
                return client.delete(path)
            if number == 8:
                client.delete(path)
                return client.delete(f"{path}/delete")
            if number in (5, 11):
                return client.put(f"{path}/activate")
            task = process["tasks"][number % 6]
            return client.post(f"{path}/completed-tasks", json={"task_id": task["id"]})

        answers = contest.calls(14, act)
        assert all(answer.status_code < 500 for answer in answers), [a.text for a in answers if a.status_code >= 500]
        assert contradictions(contest.rows) == []


@pytest.mark.parametrize("attempt", range(3))
def test_nobody_keeps_work_who_has_left(contest: Contest, attempt: int) -> None:
    """Whoever gives a task to a member while that member leaves: it is handed on, or refused, but never lost."""
    org = contest.org
    leaver, heir = org.member(), org.member()
    checklist = template(org, plain_steps=4)
    processes = [launched(org, checklist) for _ in range(4)]
    tasks = [(process["id"], task["id"]) for process in processes for task in process["tasks"]]
    for process_id, task_id in tasks[::2]:
        made(org.http.put(f"/runs/{process_id}/tasks/{task_id}", json={"owners": {"users": [leaver.user_id]}}), 200)

    def act(client: httpx.Client, number: int) -> httpx.Response:
        if number == 5 + attempt:
            return client.delete(f"/users/{leaver.user_id}?with_reassignment=true&to={heir.user_id}")
        process_id, task_id = tasks[number % len(tasks)]
        if number % 5 == 0:
            return client.post(f"/runs/{process_id}/completed-tasks", json={"task_id": task_id})
        return client.put(f"/runs/{process_id}/tasks/{task_id}", json={"owners": {"users": [leaver.user_id]}})

    answers = contest.calls(24, act)
    assert answers[5 + attempt].status_code == 200, answers[5 + attempt].text
    assert codes(answers).keys() <= {200, 422}, codes(answers)
    assert contest.mine("task_owners", f"principal = 'u:{leaver.user_id}' AND is_open") == 0
    assert contradictions(contest.rows) == []


def test_same_invitation_group_and_tag_made_by_many_at_once(contest: Contest) -> None:
    """Names are unique: one is made, the others are told so."""
    person = {"email": "twice@pilots.example", "first_name": "Mina", "last_name": "Twice", "role": "light"}
    answers = contest.calls(8, lambda client, _: client.post("/users/invite", json=person))
    assert codes(answers).keys() <= {200, 422}, codes(answers)
    assert contest.mine("members", "status = 'invited'") == 1
    answers = contest.calls(8, lambda client, _: client.post("/groups", json={"name": "Pilots", "description": ""}))
    assert codes(answers) == {201: 1, 422: 7}
    answers = contest.calls(8, lambda client, _: client.post("/tags", json={"title": "urgent", "color": "#112233"}))
    assert codes(answers) == {201: 1, 422: 7}
