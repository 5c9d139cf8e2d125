"""Clients that work on a server and remember exactly what they were told, so that it can be held against the store.

Every client has processes and one-off tasks of its own. It knows what each of its tasks must be like after all that
was acknowledged; of the one call that was under way when the server died it knows both possibilities.
"""

import itertools
import json
import random
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from tests.reliability.rows import Rows

DEADLINE = "2031-05-06 10:00:00"
TASKS = 'SELECT id, status, "values", owners, process_id, title FROM tasks'
PROCESSES = "SELECT id, name FROM processes"
COUNTS = "SELECT subject_id, verb, count(*) FROM activities WHERE subject_type = 'Task' GROUP BY subject_id, verb"


@dataclass(frozen=True)
class Known:
    """What a client knows of one task."""

    process_id: str | None
    status: str
    values: tuple[tuple[str, Any], ...] = ()
    owners: tuple[int, ...] = ()
    completions: int = 0
    reopenings: int = 0


@dataclass(frozen=True)
class Setting:
    """What all clients share: whom they act as and the template they launch, with a text field in each step."""

    organization_id: str
    token: str
    users: tuple[int, ...]
    template_id: str
    # by step id
    fields: dict[str, str]


@dataclass
class Worker:
    """One client. `complaints` are answers that no healthy server gives."""

    setting: Setting
    number: int
    chance: random.Random
    tasks: dict[str, Known] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    acknowledged: int = 0
    complaints: list[str] = field(default_factory=list)
    # the call under way: the task and what it would be afterwards, or the name of what would be new
    pending: tuple[str, Known] | str | None = None
    _names: Any = field(default_factory=itertools.count)

    def work(self, url: str, stop: threading.Event) -> None:
        """Make one call after the other until told to stop, or until the server is gone."""
        headers = {"Authorization": f"Bearer {self.setting.token}", "X-Tallyfy-Client": "load"}
        base = f"{url}/api/organizations/{self.setting.organization_id}"
        with httpx.Client(base_url=base, headers=headers, timeout=20) as client:
            while not stop.is_set():
                try:
                    self._act(client)
                except httpx.TransportError:
                    return
                self.pending = None

    def _act(self, client: httpx.Client) -> None:
        if not self.processes or self.chance.random() < 0.12:
            self._launch(client)
            return
        if self.chance.random() < 0.06:
            self._make_oneoff(client)
            return
        task_id = self.chance.choice(list(self.tasks))
        known = self.tasks[task_id]
        if known.status == "completed":
            if self.chance.random() < 0.6:
                self._reopen(client, task_id, known)
        elif self.chance.random() < 0.6:
            self._complete(client, task_id, known)
        elif self.chance.random() < 0.5 and task_id in self.fields:
            self._answer(client, task_id, known)
        else:
            self._assign(client, task_id, known)

    def _data(self, answer: httpx.Response, status: int) -> Any:
        if answer.status_code != status:
            self.complaints.append(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
            return None
        self.acknowledged += 1
        return answer.json()["data"]

    def _name(self) -> str:
        return f"worker {self.number} made {next(self._names)}"

    def _launch(self, client: httpx.Client) -> None:
        name = self.pending = self._name()
        body = {"checklist_id": self.setting.template_id, "name": name}
        data = self._data(client.post("/runs?with=tasks", json=body), 201)
        if data is not None:
            self._adopt(data["id"], name)
            for task in data["tasks"]["data"]:
                self._adopt_task(task["id"], task["step_id"], Known(data["id"], task["status"], (), _users(task)))

    def _adopt(self, process_id: str, name: str) -> None:
        self.processes[process_id] = name

    def _adopt_task(self, task_id: str, step_id: str | None, known: Known) -> None:
        self.tasks[task_id] = known
        if step_id is not None:
            self.fields[task_id] = self.setting.fields[step_id]

    def _make_oneoff(self, client: httpx.Client) -> None:
        title = self.pending = self._name()
        body = {"title": title, "task_type": "task", "deadline": DEADLINE, "owners": {"users": [self.setting.users[0]]}}
        data = self._data(client.post("/tasks", json=body), 201)
        if data is not None:
            self._adopt_task(data["id"], None, Known(None, data["status"], (), _users(data)))

    def _complete(self, client: httpx.Client, task_id: str, known: Known) -> None:
        values = self._new_values(task_id, known)
        after = replace(known, status="completed", values=values, completions=known.completions + 1)
        self.pending = (task_id, after)
        body = {"task_id": task_id, "taskdata": dict(values)}
        self._settle(client.post(_completed(known.process_id), json=body), task_id, after)

    def _reopen(self, client: httpx.Client, task_id: str, known: Known) -> None:
        after = replace(known, status="in-progress", reopenings=known.reopenings + 1)
        self.pending = (task_id, after)
        self._settle(client.delete(f"{_completed(known.process_id)}/{task_id}"), task_id, after)

    def _answer(self, client: httpx.Client, task_id: str, known: Known) -> None:
        # an answer is a beginning
        after = replace(known, status="in-progress", values=self._new_values(task_id, known))
        self.pending = (task_id, after)
        self._settle(client.put(f"/tasks/{task_id}", json={"taskdata": dict(after.values)}), task_id, after)

    def _assign(self, client: httpx.Client, task_id: str, known: Known) -> None:
        users = self.chance.sample(self.setting.users, self.chance.randint(1, len(self.setting.users)))
        after = replace(known, owners=tuple(sorted(users)))
        self.pending = (task_id, after)
        self._settle(client.put(f"/tasks/{task_id}", json={"owners": {"users": users}}), task_id, after)

    def _new_values(self, task_id: str, known: Known) -> tuple[tuple[str, Any], ...]:
        field_id = self.fields.get(task_id)
        return known.values if field_id is None else ((field_id, self._name()),)

    def _settle(self, answer: httpx.Response, task_id: str, after: Known) -> None:
        data = self._data(answer, 200)
        if data is not None:
            self.tasks[task_id] = replace(after, status=data["status"])
            if (data["status"], _users(data)) != (after.status, after.owners):
                self.complaints.append(f"task {task_id} is {data['status']} of {_users(data)}, not {after}")

    def missing(self, store: "Stored") -> list[str]:
        """What the client was told and the store does not have; afterwards it knows how its last call ended."""
        found = list(self.complaints)
        self.complaints.clear()
        pending, self.pending = self.pending, None
        if isinstance(pending, tuple):
            task_id, after = pending
            if store.tasks.get(task_id) == after:
                self.tasks[task_id] = after
        elif pending is not None:
            for process_id, name in store.processes.items():
                if name == pending:
                    self._adopt(process_id, name)
            for task_id, (process_id, title, step_field) in store.about.items():
                if title == pending or (process_id is not None and store.processes[process_id] == pending):
                    self.tasks[task_id] = store.tasks[task_id]
                    if step_field is not None:
                        self.fields[task_id] = step_field
        for task_id, known in self.tasks.items():
            stored = store.tasks.get(task_id)
            if stored != known:
                found.append(f"task {task_id}: known {known}, stored {stored}")
        for process_id, name in self.processes.items():
            if store.processes.get(process_id) != name:
                found.append(f"process {process_id} {name!r} is gone")
        return found


@dataclass(frozen=True)
class Stored:
    """The store in the words of the clients."""

    tasks: dict[str, Known]
    # process, title, and the field of its step
    about: dict[str, tuple[str | None, str, str | None]]
    processes: dict[str, str]

    @classmethod
    def read(cls, rows: Rows, setting: Setting) -> "Stored":
        """Read everything as of one moment."""
        steps, tasks, processes, counts = rows.many("SELECT id, step_id FROM tasks", TASKS, PROCESSES, COUNTS)
        fields = {task_id: setting.fields.get(step_id or "") for task_id, step_id in steps}
        times = {(subject, verb): count for subject, verb, count in counts}
        known = {
            task_id: Known(
                process_id,
                status,
                tuple(sorted(json.loads(values).items())),
                tuple(sorted(json.loads(owners).get("users", ()))),
                times.get((task_id, "completed"), 0),
                times.get((task_id, "re-opened"), 0),
            )
            for task_id, status, values, owners, process_id, _ in tasks
        }
        about = {row[0]: (row[4], row[5], fields[row[0]]) for row in tasks}
        return cls(known, about, dict(processes))

    def unknown(self, workers: list[Worker]) -> list[str]:
        """Records that no client has asked for."""
        known = {task_id for worker in workers for task_id in worker.tasks}
        made = {process_id for worker in workers for process_id in worker.processes}
        return [
            *(f"nobody made task {task_id}" for task_id in self.tasks.keys() - known),
            *(f"nobody made process {process_id}" for process_id in self.processes.keys() - made),
        ]


def _completed(process_id: str | None) -> str:
    return "/completed-tasks" if process_id is None else f"/runs/{process_id}/completed-tasks"


def _users(task: dict[str, Any]) -> tuple[int, ...]:
    return tuple(sorted(task["owners"]["users"]))


def prepared(client: httpx.Client, organization_id: str, token: str, users: tuple[int, ...], steps: int = 3) -> Setting:
    """Make the template that the clients launch. `client` is at the organization's path."""
    captures = [{"label": "Note", "field_type": "text", "required": False}]
    body = {
        "title": "Under load",
        "type": "procedure",
        "steps": [{"title": f"Step {number}", "captures": captures} for number in range(steps)],
    }
    answer = client.post("/checklists?with=steps", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    fields = {step["id"]: step["captures"][0]["id"] for step in made["steps"]["data"]}
    return Setting(organization_id, token, users, made["id"], fields)
