"""Job titles and the steps that have them, for tests."""

from typing import Any

from tests.features.builders import made
from tests.support.server import Person


def title(person: Person, name: str = "Duty officer", **body: Any) -> dict[str, Any]:
    """A new job title."""
    return made(person.http.post("/roles", json={"name": name, **body}))


def put_titles(person: Person, checklist: dict[str, Any], index: int, *titles: dict[str, Any]) -> dict[str, Any]:
    """Put titles on a step of a template made by `template`; the step."""
    step = checklist["steps"]["data"][index]["id"]
    body = {"roles": [found["id"] for found in titles]}
    return made(person.http.put(f"/x/checklists/{checklist['id']}/steps/{step}/roles", json=body), 200)
