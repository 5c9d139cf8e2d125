"""Writes the Postman collection of the API, made of the same declarations as its OpenAPI document.

    .venv/bin/python scripts/postman.py

A request for every call, in a folder for each part of the reference: path parameters as variables, query parameters
switched off, the example of the reference as body. Fill in `base`, `organization` and `token` in the collection.
"""

import json
import re
from pathlib import Path
from typing import Any

from handrail.http.openapi import document
from handrail.main import endpoints

TARGET = Path(__file__).resolve().parents[1] / "docs/api/handrail.postman_collection.json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES = (
    ("base", "http://127.0.0.1:8000/api", "Address of the server, with /api."),
    ("organization", "", "Id of the organization."),
    ("token", "", "An access token."),
)
JSON_HEADER = {"key": "Content-Type", "value": "application/json"}


def collection() -> dict[str, Any]:
    """The whole collection as plain data."""
    api = document(endpoints())
    folders: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in api["tags"]}
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            folders[operation["tags"][0]].append(request(api, path, method, operation))
    return {
        "info": {"name": "Handrail", "description": api["info"]["description"], "schema": SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": key, "value": value, "description": text} for key, value, text in VARIABLES],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


def request(api: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    """One call. Its organization is the collection's; other path parameters are its own."""
    found: dict[str, Any] = {
        "method": method.upper(),
        "header": [{"key": "X-Tallyfy-Client", "value": "postman"}],
        "url": address(path, operation["parameters"]),
        "description": operation["description"],
    }
    if operation.get("security") == []:
        found["auth"] = {"type": "noauth"}
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None:
        raw = json.dumps(example(api, content["schema"]), indent=2, ensure_ascii=False)
        found["header"].append(JSON_HEADER)
        found["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    return {"name": operation["summary"], "request": found}


def address(path: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """The address in the parts that Postman wants."""
    segments = [
        "{{organization}}" if name == "{org}" else re.sub(r"^\{(\w+)\}$", r":\1", name)
        for name in path.strip("/").split("/")
    ]
    of_path = [p for p in parameters if p["in"] == "path" and p["name"] != "org"]
    of_query = [p for p in parameters if p["in"] == "query"]
    return {
        "raw": "/".join(["{{base}}", *segments]),
        "host": ["{{base}}"],
        "path": segments,
        "variable": [{"key": p["name"], "value": "", "description": p["description"]} for p in of_path],
        "query": [
            {"key": p["name"], "value": text_of(p["schema"]), "description": p["description"], "disabled": True}
            for p in of_query
        ],
    }


def text_of(schema: dict[str, Any]) -> str:
    """The example of a query parameter as text."""
    value = (schema.get("examples") or [schema.get("default")])[0]
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def example(api: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A body of the examples of its keys; keys without one, or with null, are left out."""
    if "$ref" in schema:
        schema = api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    given = {name: part["examples"][0] for name, part in schema.get("properties", {}).items() if part.get("examples")}
    return {name: value for name, value in given.items() if value is not None}


def main() -> None:
    """Write the file."""
    text = json.dumps(collection(), indent=2, ensure_ascii=False) + "\n"
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(endpoints())} calls")


if __name__ == "__main__":
    main()
