"""A guest with nothing but the code of their link, and what tests give them to do."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.features.builders import launched, made, template
from tests.support.server import Person

MAIL = "rui@pilots.example"
CANARY = "canarybird"
TEXT = {"label": "Licence number", "field_type": "text", "required": False}


@dataclass
class Guest:
    """Somebody without a token."""

    email: str
    code: str
    http: httpx.Client

    def get(self, path: str = "/tasks") -> httpx.Response:
        return self.http.get(path)

    def task(self, task: dict[str, Any], query: str = "") -> dict[str, Any]:
        return made(self.http.get(f"/tasks/{task['id']}{query}"), 200)

    def tasks(self, query: str = "") -> list[str]:
        answer = self.http.get(f"/tasks{query}")
        assert answer.status_code == 200, answer.text
        return [found["title"] for found in answer.json()["data"]]

    def complete(self, task: dict[str, Any], **body: Any) -> httpx.Response:
        return self.http.post("/completed-tasks", json={"task_id": task["id"], **body})

    def fill(self, task: dict[str, Any], **body: Any) -> httpx.Response:
        return self.http.put(f"/tasks/{task['id']}", json=body)

    def comment(self, task: dict[str, Any], content: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/tasks/{task['id']}/comment", json={"content": content, **body})

    def comments(self, task: dict[str, Any]) -> list[str]:
        return [thread["content"] for thread in self.task(task)["threads"]["data"]]


def guest_of(person: Person, email: str = MAIL, *, url: str | None = None, **body: Any) -> Guest:
    """A guest of the person's organization, invited if they are none yet."""
    shown = made(person.http.post("/guests", json={"email": email, **body}))
    code = shown["link"].rpartition("/")[2]
    return Guest(email, code, stranger(person, f"/guests/{code}", url=url))


def stranger(person: Person, path: str = "", *, url: str | None = None) -> httpx.Client:
    """A client of the person's organization, or of a path in it, without a token or a name."""
    client = person.server.client(path=f"{person.path}{path}", url=url)
    del client.headers["X-Tallyfy-Client"]
    return client


def process_for(person: Person, *emails: str, steps: int = 3, **first: Any) -> dict[str, Any]:
    """A process whose first step, with a field, belongs to these guests and the person; the others to the person."""
    step = {"title": "Send the licence", "captures": [TEXT], "guests": list(emails), "assignees": [person.user_id]}
    others = [{"title": f"{CANARY} {number}", "assignees": [person.user_id]} for number in range(2, steps + 1)]
    checklist = template(person, title="Vendor intake", steps=[{**step, **first}, *others])
    process = launched(person, checklist, name="Atlantic Pilots")
    process["field"] = checklist["steps"]["data"][0]["captures"][0]["id"]
    return process


def oneoff(person: Person, title: str, *emails: str, **body: Any) -> dict[str, Any]:
    owners = {"users": [person.user_id], "guests": list(emails), "groups": []}
    given = {"title": title, "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners, **body}
    return made(person.http.post("/tasks", json=given))
