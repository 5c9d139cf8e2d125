"""API9, improper inventory management: what answers is what is written down, and nothing else.

Written down are the endpoints of the OpenAPI document, the pages of the features, and the few documents beside the API.
There is one version of the API; nothing is served for debugging.
"""

import re

import pytest

from handrail.http.openapi import document
from handrail.main import endpoints, sites
from tests.support.server import Org, TestServer

BESIDE = {"/", "/docs", "/openapi.json", "/reference/{name}", "/health", "/account/style.css", "/account/icon.svg"}
UNKNOWN = (
    "/admin", "/debug", "/metrics", "/status", "/actuator", "/actuator/env", "/console", "/graphql", "/swagger",
    "/swagger.json", "/redoc", "/api/v1/me", "/v1/me", "/v2/me", "/api/internal", "/server-status", "/.env",
    "/.git/config", "/config", "/phpinfo.php", "/api/debug", "/_debug", "/__debug__", "/trace", "/dump", "/heapdump",
    "/healthz/../admin", "/static/../../etc/passwd", "/reference/../../etc/passwd", "/handrail.db", "/data/handrail.db",
    "/robots.txt", "/wp-login.php", "/api/users", "/organizations", "/api/api/me", "/test", "/tests",
)  # fmt: skip


def routed(server: TestServer) -> set[str]:
    """Every path that the running application knows, from its own tree."""
    found: set[str] = set()

    def walk(node: object, path: str) -> None:
        if node.value is not None:  # pyright: ignore[reportAttributeAccessIssue]
            found.add(path or "/")
        for segment, child in node.literal.items():  # pyright: ignore[reportAttributeAccessIssue]
            walk(child, f"{path}/{segment}" if segment else path)
        if node.parameter is not None:  # pyright: ignore[reportAttributeAccessIssue]
            walk(node.parameter, f"{path}/{{}}")  # pyright: ignore[reportAttributeAccessIssue]

    walk(server.mount._routes._root, "")  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    return found


def bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_everything_that_is_routed_is_written_down(server: TestServer) -> None:
    documented = {bare(path) for path in document(endpoints())["paths"]}
    pages = {bare(path) for site in sites() for path in site.handlers}
    assert routed(server) == documented | pages | {bare(path) for path in BESIDE}


def test_document_of_a_running_server_is_the_one_of_its_routes(server: TestServer) -> None:
    told = server.client().get("/openapi.json").json()["paths"]
    # and of the page that applications send browsers to
    declared = {(route.path, route.method.lower()) for route in endpoints()} | {("/oauth/authorize", "get")}
    assert {(path, method) for path, methods in told.items() for method in methods} == declared


@pytest.mark.parametrize("path", UNKNOWN)
def test_nothing_else_answers(org: Org, path: str) -> None:
    for token in (None, org.token):
        answer = org.server.client(token).get(path)
        assert answer.status_code == 404, f"{path}: {answer.text[:200]}"


@pytest.mark.parametrize("route", {route.path: route for route in endpoints()}.values(), ids=lambda route: route.path)
def test_other_methods_of_a_path_are_refused_and_named(org: Org, route: object) -> None:
    path = route.path  # pyright: ignore[reportAttributeAccessIssue]
    known = {m for one in endpoints() if one.path == path for m in (one.method, *one.aliases)}
    given = path.replace("{org}", org.organization_id)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
        answer = org.server.client(org.token, path="/api").request(method, re.sub(r"\{\w+\}", "0" * 32, given))
        assert answer.status_code == 405, f"{method} {path}: {answer.status_code}"
        assert set(answer.headers["allow"].split(", ")) == known | ({"HEAD"} if "GET" in known else set[str]())


def test_every_operation_says_who_may(server: TestServer) -> None:
    for path, methods in document(endpoints())["paths"].items():
        for method, operation in methods.items():
            text = operation.get("description", "")
            assert "Who may: " in text or "Open to everybody" in text, f"{method} {path}"
