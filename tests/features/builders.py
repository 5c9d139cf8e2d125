"""Short ways to the records that API tests begin with, all through the API."""

from typing import Any

import httpx

from tests.support.server import Person


def made(answer: httpx.Response, status: int = 201) -> dict[str, Any]:
    """The `data` of a successful answer."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def template(org: Person, *, plain_steps: int = 2, **body: Any) -> dict[str, Any]:
    """A template; `plain_steps` many steps with nothing but a title unless the body has its own."""
    given = {
        "title": "Vendor intake",
        "type": "procedure",
        "steps": [{"title": f"Step {number}"} for number in range(1, plain_steps + 1)],
        **body,
    }
    return made(org.client().post("/checklists?with=steps", json=given))


def launched(org: Person, checklist: dict[str, Any], **body: Any) -> dict[str, Any]:
    """A process with its tasks under `tasks`."""
    process = made(org.client().post("/runs?with=tasks", json={"checklist_id": checklist["id"], **body}))
    process["tasks"] = process["tasks"]["data"]
    return process
