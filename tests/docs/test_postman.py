"""The Postman collection has every call of the API, with the parameters and the keys of the body that it has now."""

import json
from typing import Any

from scripts import postman

Call = tuple[str, str, str, tuple[str, ...], tuple[str, ...]]
ADVICE = "the calls have changed: run .venv/bin/python scripts/postman.py"


def calls(collection: dict[str, Any]) -> set[Call]:
    """Folder, method, address, query parameters and keys of the body of each request."""
    found: set[Call] = set()
    for folder in collection["item"]:
        for entry in folder["item"]:
            asked = entry["request"]
            url = asked["url"]
            body = json.loads(asked["body"]["raw"]) if "body" in asked else {}
            queries = tuple(sorted(parameter["key"] for parameter in url["query"]))
            found.add((folder["name"], asked["method"], url["raw"], queries, tuple(sorted(body))))
    return found


def written() -> dict[str, Any]:
    return json.loads(postman.TARGET.read_text())


def test_collection_is_in_step_with_the_calls() -> None:
    stored, made = calls(written()), calls(postman.collection())
    assert len(made) > 50
    assert stored == made, ADVICE


def test_collection_needs_nothing_but_its_variables() -> None:
    collection = written()
    known = {f"{{{{{variable['key']}}}}}" for variable in collection["variable"]}
    assert known == {"{{base}}", "{{organization}}", "{{token}}"}
    for folder in collection["item"]:
        for entry in folder["item"]:
            url = entry["request"]["url"]
            assert url["raw"] == "/".join([*url["host"], *url["path"]])
            assert {part for part in (*url["host"], *url["path"]) if "{" in part} <= known
            assert {part[1:] for part in url["path"] if part.startswith(":")} == {v["key"] for v in url["variable"]}


def test_bodies_are_those_of_the_reference() -> None:
    (launch,) = (
        entry["request"]
        for folder in written()["item"]
        for entry in folder["item"]
        if entry["name"] == "Launch a process"
    )
    body = json.loads(launch["body"]["raw"])
    assert body["checklist_id"] and body["prerun"]
    assert None not in body.values()
