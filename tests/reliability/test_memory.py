"""What the server keeps in memory changes no answer: after every command, warm and cold answers are the same."""

import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.reliability.remembered import forget_all, misremembered
from tests.reliability.rows import Rows
from tests.reliability.wholeness import contradictions
from tests.security.mirror import Mirror, mirror
from tests.support.server import Person, TestServer

COMMANDS = 70
LISTS = ["/tasks?per_page=100", "/me/tasks?per_page=100", "/runs?per_page=100&with=tasks,checklist,next_task"]

Command = Callable[[], httpx.Response]


class Office:
    """Makes one random change after the other, as different people."""

    def __init__(self, world: Mirror, chance: random.Random) -> None:
        self.world = world
        self.org = world.org
        self.chance = chance
        self.light = world.org.member(role="light")
        self.readers: list[Person] = [world.org, world.member, self.light]
        self.processes = [world.ids["process"]]
        self.codes: list[int] = []

    def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.org.http.get("/tasks?per_page=100&archived=true").json()["data"]
        return found

    def act(self) -> None:
        """One change that may be refused."""
        answer = self.chance.choice(self.commands())()
        assert answer.status_code < 500, f"{answer.request.method} {answer.request.url}: {answer.text}"
        self.codes.append(answer.status_code)
        if answer.request.method == "POST" and answer.request.url.path.endswith("/runs") and answer.is_success:
            self.processes.append(answer.json()["data"]["id"])

    def commands(self) -> list[Command]:
        return [*self._of_tasks(), *self._of_processes(), *self._of_templates()]

    def _of_tasks(self) -> list[Command]:
        tasks = self.tasks()
        if not tasks:
            return []
        task = self.chance.choice(tasks)
        home = f"/runs/{task['run_id']}" if task["run_id"] else ""
        path = f"{home}/tasks/{task['id']}"
        http = self.chance.choice(self.readers).http
        users = [person.user_id for person in self.chance.sample(self.readers, 2)]
        day = self.chance.randint(1, 28)
        ids = self.world.ids
        body = {"task_id": task["id"], "taskdata": {ids["capture"]: f"note {day}"}}
        oneoff = {
            "title": f"Errand {day}",
            "task_type": "task",
            "owners": {"users": users},
            "deadline": f"2031-05-{day:02} 10:00:00",
        }
        return [
            *[lambda: http.post(f"{home}/completed-tasks", json=body)] * 4,
            *[lambda: http.delete(f"{home}/completed-tasks/{task['id']}")] * 2,
            lambda: http.put(path, json={"owners": {"users": users}}),
            lambda: http.put(path, json={"owners": {"users": [], "guests": [f"guest{day}@pilots.example"]}}),
            lambda: http.put(path, json={"deadline": f"2031-06-{day:02} 10:00:00"}),
            lambda: http.put(path, json={"deadline": f"2020-06-{day:02} 10:00:00"}),
            lambda: http.put(path, json={"title": f"Renamed {day}", "summary": f"<p>{day}</p>"}),
            lambda: http.put(path, json={"taskdata": {ids["capture"]: f"answer {day}"}}),
            lambda: http.put(path, json={"top_secret": day % 2 == 0}),
            lambda: http.put(path, json={"position": day % 4 + 1}),
            lambda: http.post("/tasks", json=oneoff),
            lambda: http.post("/tasks", json={**oneoff, "run_id": self.chance.choice(self.processes)}),
            lambda: http.post("/tasks", json={**oneoff, "separate_task_for_each_assignee": True}),
            lambda: http.post(f"/tasks/{task['id']}/clone"),
            lambda: http.delete(f"/tasks/{task['id']}"),
            lambda: http.put(f"/tasks/{task['id']}/restore"),
            lambda: http.delete(f"/tasks/{task['id']}/delete"),
            lambda: self.org.http.post(
                f"/x/runs/{task['run_id']}/tasks/{task['id']}/visibility", json={"visible": day % 2 == 0}
            ),
        ]

    def _of_processes(self) -> list[Command]:
        process = self.chance.choice(self.processes)
        http = self.chance.choice(self.readers).http
        ids, number = self.world.ids, self.chance.randint(1, 99)
        return [
            *[lambda: http.post("/runs", json={"checklist_id": ids["template"], "name": f"Run {number}"})] * 2,
            lambda: http.put(f"/runs/{process}", json={"name": f"Renamed {number}", "starred": number % 2 == 0}),
            lambda: http.put(f"/runs/{process}", json={"owner_id": self.world.member.user_id}),
            lambda: http.put(f"/runs/{process}", json={"prerun": {ids["field"]: f"Answer {number}"}}),
            lambda: http.put(f"/runs/{process}", json={"tags": [ids["tag"]] if number % 2 else []}),
            lambda: http.delete(f"/runs/{process}/complete-prerun"),
            lambda: http.post(f"/runs/{process}/complete-prerun"),
            lambda: self.org.http.delete(f"/runs/{process}"),
            *[lambda: self.org.http.put(f"/runs/{process}/activate")] * 2,
            lambda: self.org.http.delete(f"/runs/{process}/delete"),
        ]

    def _of_templates(self) -> list[Command]:
        ids, number = self.world.ids, self.chance.randint(1, 99)
        path = f"/checklists/{ids['template']}"
        http = self.org.http
        return [
            lambda: http.put(f"{path}/steps/{ids['step']}", json={"title": f"Step {number}"}),
            lambda: http.put(path, json={"title": f"Template {number}"}),
            lambda: http.post(f"{path}/steps", json={"title": f"Added {number}", "assignees": [self.light.user_id]}),
            lambda: http.put(f"{path}/steps/{ids['other_step']}/reorder", json={"position": number % 3 + 1}),
        ]

    def lists(self) -> list[tuple[int, Any]]:
        """What everybody sees."""
        found: list[tuple[int, Any]] = []
        paths = [*LISTS, f"/runs/{self.chance.choice(self.processes)}/tasks?per_page=100&with=step,form_fields"]
        for reader in self.readers:
            for path in paths:
                answer = reader.http.get(path)
                found.append((answer.status_code, answer.json()))
        return found


@pytest.mark.parametrize("seed", [1, 2])
def test_memory_changes_no_answer(server: TestServer, seed: int) -> None:
    office = Office(mirror(server, "Procyon"), random.Random(seed))
    for _ in range(COMMANDS):
        office.act()
        state = office.chance.getstate()
        warm = office.lists()
        server.run(forget_all)
        office.chance.setstate(state)
        assert office.lists() == warm
        # warm it up again, so that the next command meets what is kept
        office.lists()
        assert misremembered(server) == []
    assert contradictions(Rows.of(server.settings)) == []
    assert sum(200 <= code < 300 for code in office.codes) > COMMANDS // 3
