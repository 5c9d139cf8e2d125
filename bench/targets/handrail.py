"""Handrail itself: the command that users run, on a data directory of its own, through its public API."""

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import msgspec

from bench import work
from bench.postgres import Cluster, Unavailable
from bench.processes import DidNotStart, Server, free_port
from bench.targets.target import Target, answer_wrong, call

_COMMAND = Path(sys.executable).parent / "handrail"
_PASSWORD = "a password for the benchmark alone"
_UNLIMITED = {"HANDRAIL_RATE_LIMIT_PER_MINUTE": "0", "HANDRAIL_RATE_LIMIT_PER_HOUR": "0"}


class Identity(msgspec.Struct):
    """What `handrail init --json` prints."""

    organization_id: str
    user_id: int
    email: str
    access_token: str


class Template(msgspec.Struct):
    """A linear template: its id and the first field of each step."""

    checklist: str
    fields: list[str]


class Handrail(Target):
    """A server on SQLite, or on PostgreSQL when a cluster is given; of one process unless told otherwise."""

    dialect = "handrail"

    def __init__(
        self,
        name: str = "Handrail",
        cluster: Cluster | None = None,
        workers: int = 1,
        settings: dict[str, str] = _UNLIMITED,
    ) -> None:
        if not _COMMAND.exists():
            raise Unavailable("the handrail command is not installed")
        self.name = name
        self.port = free_port()
        self.data = work.directory(name.lower().replace(",", "").replace(" ", "-"))
        self.started_in = 0.0
        self._cluster = cluster
        self._workers = workers
        self._settings = settings
        self._identity: Identity | None = None
        self._templates: dict[tuple[int, int], Template] = {}

    @property
    def identity(self) -> Identity:
        """The organization and its administrator; `DidNotStart` before the first start."""
        if self._identity is None:
            raise DidNotStart(f"{self.name} was never started")
        return self._identity

    def start(self) -> None:
        if self._identity is None:
            self._identity = self._initialise()
        command = [_COMMAND, "serve", "--data", self.data, "--host", "127.0.0.1", "--port", str(self.port)]
        if self._workers > 1:
            command += ["--workers", str(self._workers)]
        self.server = Server(command, log=work.log(self.name), environment=self._environment())
        path = f"{self.base}/me/tasks?per_page=1"
        self.started_in = self.server.wait_for(lambda: answer_wrong(self.port, path, self.headers))

    @property
    def base(self) -> str:
        """The path of the organization."""
        return f"/api/organizations/{self.identity.organization_id}"

    @property
    def headers(self) -> dict[str, str]:
        """Of every call."""
        return {
            "Authorization": f"Bearer {self.identity.access_token}",
            "X-Tallyfy-Client": "bench",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """One call outside of the measurement."""
        return call(self.port, method, f"{self.base}{path}", self.headers, body)

    def template(self, steps: int = 10, rules: int = 0) -> Template:
        """A template of so many steps in a row, each with one text field, and so many rules; made at the first use."""
        if (steps, rules) not in self._templates:
            self._templates[steps, rules] = self._make_template(steps, rules)
        return self._templates[steps, rules]

    def parameters(self, steps: int = 10, rules: int = 0) -> dict[str, str]:
        template = self.template(steps, rules)
        return {
            "organization": self.identity.organization_id,
            "token": self.identity.access_token,
            "checklist": template.checklist,
            "fields": ",".join(template.fields),
        }

    def completed_tasks(self) -> int:
        page = self.call("GET", "/tasks?status=completed&per_page=1")
        meta = cast("dict[str, dict[str, int]]", page["meta"])
        return meta["pagination"]["total"]

    def status_of_tasks(self, process: str) -> dict[str, str]:
        """The status of each task of a process."""
        page = self.call("GET", f"/runs/{process}/tasks?per_page=100")
        return {task["id"]: task["status"] for task in cast("list[dict[str, str]]", page["data"])}

    def processes(self) -> list[int]:
        return [self.server.pid, *([self._cluster.server.pid] if self._cluster else [])]

    def settle(self) -> None:
        if self._cluster:
            self._cluster.checkpoint()

    def _environment(self) -> dict[str, str]:
        if self._cluster is None:
            return self._settings
        return {**self._settings, "HANDRAIL_DATABASE_URL": self._cluster.url(self._database)}

    @property
    def _database(self) -> str:
        return self.data.name.replace("-", "_")

    def _initialise(self) -> Identity:
        if self._cluster:
            self._cluster.create_database(self._database)
        who = ["--org-name", "Bench", "--email", "bench@example.org", "--password", _PASSWORD]
        finished = subprocess.run(
            [_COMMAND, "init", "--data", self.data, "--json", *who],
            env={**os.environ, **self._environment()},
            capture_output=True,
        )
        if finished.returncode != 0:
            raise DidNotStart(finished.stderr.decode(errors="replace")[-800:])
        return msgspec.json.decode(finished.stdout, type=Identity)

    def _make_template(self, steps: int, rules: int) -> Template:
        checklist = self._create("/checklists", {"title": f"Vendor intake in {steps} steps", "type": "procedure"})
        fields: list[str] = []
        made: list[str] = []
        for number in range(1, steps + 1):
            step = self._create(f"/checklists/{checklist}/steps", {"title": f"Collect documents {number}"})
            made.append(step)
            captures = f"/checklists/{checklist}/steps/{step}/captures"
            fields.append(self._create(captures, {"label": "Note", "field_type": "text", "required": False}))
        for number in range(rules):
            self._create(f"/checklists/{checklist}/automated-actions", self._rule(number, made, fields))
        return Template(checklist, fields)

    def _rule(self, number: int, steps: list[str], fields: list[str]) -> dict[str, object]:
        """The first three for each step but the last fire when it is completed: the next one is shown, gets another
        owner and another deadline. The others ask for an answer that nobody gives."""
        place, kind = number // 3, number % 3
        condition: dict[str, object] = {"logic": "and", "statement": "any_time", "operation": "completed"}
        if place < len(steps) - 1:
            condition |= {"conditionable_type": "Step", "conditionable_id": steps[place]}
        else:
            place %= len(steps) - 1
            condition |= {"conditionable_type": "Capture", "conditionable_id": fields[place]}
            condition |= {"operation": "equals", "statement": f"never {number}"}
        action: dict[str, object] = {"target_step_id": steps[place + 1]}
        if kind == 0:
            action |= {"action_type": "visibility", "action_verb": "show"}
        elif kind == 1:
            people = {"users": [self.identity.user_id], "guests": [], "groups": []}
            action |= {"action_type": "assignment", "action_verb": "assign_only", "assignees": people}
        else:
            action |= {"action_type": "deadline", "action_verb": "deadline"}
            action |= {"deadline": {"value": 1, "unit": "days", "option": "from"}}
        return {"automated_alias": f"Rule {number}", "conditions": [condition], "then_actions": [action]}

    def _create(self, path: str, body: object) -> str:
        answer = self.call("POST", path, body)
        return cast("dict[str, str]", answer["data"])["id"]
