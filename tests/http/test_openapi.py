"""The document tells of every route, is valid OpenAPI 3.1, and the reference needs no internet."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi import definitions

from handrail.http.openapi import document
from handrail.main import endpoints
from tests.support.server import TestServer

PARAMETER = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document(endpoints())


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def test_document_is_valid(described: dict[str, Any]) -> None:
    validator = jsonschema_rs.Draft202012Validator(definitions.OPENAPI_31)  # pyright: ignore[reportAttributeAccessIssue]
    assert [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(described)] == []


def test_schemas_are_valid(described: dict[str, Any]) -> None:
    for name, schema in described["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        assert schema.get("title", name)


def references(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            yield from references(value)
    elif isinstance(data, list):
        for value in data:
            yield from references(value)


def test_references_lead_somewhere(described: dict[str, Any]) -> None:
    for reference in set(references(described)):
        target: Any = described
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_every_route_is_described(described: dict[str, Any]) -> None:
    # the page that applications send browsers to is described, too
    declared = {(endpoint.path, endpoint.method) for endpoint in endpoints()} | {("/oauth/authorize", "GET")}
    assert {(path, method) for path, method, _ in operations(described)} == declared
    assert declared


def test_every_path_parameter_is_described(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        parameters = {entry["name"]: entry for entry in operation["parameters"] if entry.get("in") == "path"}
        assert set(parameters) == set(PARAMETER.findall(path)), f"{method} {path}"
        for entry in parameters.values():
            assert entry["required"] is True
            assert entry["description"]
            assert entry["schema"]["type"] in ("string", "integer")


def test_every_operation_says_what_it_does_and_answers(described: dict[str, Any]) -> None:
    names: list[str] = []
    for path, method, operation in operations(described):
        assert len(operation["summary"]) > 3, f"{method} {path}"
        assert operation["tags"]
        names.append(operation["operationId"])
        assert any(status.startswith("2") for status in operation["responses"])
        if "{org}" in path:
            needed = {"404", "429"} if operation.get("security") == [] else {"401", "404", "429"}
            assert needed <= set(operation["responses"])
    assert len(set(names)) == len(names)


def test_examples_fit_their_schemas(described: dict[str, Any]) -> None:
    wrong: list[str] = []
    for name, schema in described["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            whole = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
            wrong += [
                f"{name} at {list(error.instance_path)}: {error.message}"
                for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(example)
            ]
    assert wrong == []


@pytest.mark.parametrize("path", ["/docs", "/api/docs", "/api"])
def test_reference_needs_nothing_from_outside(server: TestServer, path: str) -> None:
    client = server.client()
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    base = path.rsplit("/", 1)[0]
    if path == "/api":
        base = "/api"
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert addresses
    for address in addresses:
        if not address.startswith("data:"):
            assert "//" not in address
            assert client.get(f"{base}/{address}").status_code == 200
    policy = page.headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/openapi.json", "/api/openapi.json"])
def test_document_is_served_to_everybody(server: TestServer, path: str, described: dict[str, Any]) -> None:
    answer = server.client().get(path)
    assert answer.status_code == 200
    assert answer.json() == described


def test_root_leads_to_the_reference(server: TestServer) -> None:
    answer = server.client().get("/")
    assert answer.status_code == 302
    assert server.client().get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2F..%2Fpages.py", "__init__.py", "%2e%2e", "scalar.js%00"])
def test_only_files_of_the_reference_are_served(server: TestServer, name: str) -> None:
    assert server.client().get(f"/reference/{name}").status_code == 404
