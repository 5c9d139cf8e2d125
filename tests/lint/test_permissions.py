"""Every route asks the permission matrix, and every row of the matrix is asked for."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.http.endpoint import Endpoint
from handrail.kernel.permission import ALWAYS, MATRIX, NEVER
from handrail.main import endpoints
from tests.lint.repository import ROOT

FEATURES = ROOT / "src/handrail/features"

# routes without a token, with what they ask for instead
OPEN = {
    ("POST", "/auth/accept-invite"): "the secret of an invitation",
    ("GET", "/organizations/{org}/public/checklists/{alias}"): "a form that is public",
    ("POST", "/organizations/{org}/public/checklists/{alias}/runs"): "a form that is public",
    ("GET", "/public/checklists"): "templates that are public",
    ("GET", "/public/runs/{process}"): "a process that is public",
    ("GET", "/public/runs/{process}/form-fields"): "a process that is public",
    ("POST", "/oauth/token"): "the secret of an application, and a password or a refresh token",
    ("POST", "/oauth/revoke"): "the secret of an application",
    ("POST", "/oauth/introspect"): "the secret of an application",
    ("POST", "/oauth/register"): "a switch of the installation",
    ("GET", "/.well-known/oauth-authorization-server"): "nothing: addresses alone",
    ("GET", "/.well-known/jwks.json"): "nothing: public keys",
    ("POST", "/auth/login"): "a password",
    ("POST", "/auth/session-token"): "the cookie of a session",
    ("POST", "/auth/register"): "a switch of the installation, and the link of a mail",
    ("POST", "/auth/forgot-password"): "nothing: the link goes to the address alone",
    ("POST", "/auth/reset-password"): "the secret of a mailed link",
    ("POST", "/applications/{org}/users"): "the token of an application",
    ("POST", "/applications/{org}/users/{email}/token"): "the token of an application",
}


def named(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def texts(file: Path) -> Iterator[str]:
    """The text constants of a module, without its docstrings."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def actions_named(files: list[Path]) -> set[str]:
    return {text for file in files for text in texts(file)} & set(MATRIX)


EVERY_ROUTE = endpoints()
MODULES = sorted(FEATURES.glob("*/**/*.py"))
BEYOND_ROUTES = actions_named([file for file in MODULES if "routes" not in file.stem])


@pytest.mark.parametrize("endpoint", EVERY_ROUTE, ids=named)
def test_route_names_a_row_or_is_known_to_be_open(endpoint: Endpoint) -> None:
    if endpoint.action is None:
        assert (endpoint.method, endpoint.path) in OPEN
    else:
        assert endpoint.action in MATRIX
        assert (endpoint.method, endpoint.path) not in OPEN


def test_open_routes_exist_and_are_few() -> None:
    declared = {(endpoint.method, endpoint.path) for endpoint in EVERY_ROUTE}
    assert set(OPEN) <= declared
    assert len(OPEN) <= 19


@pytest.mark.parametrize("action", MATRIX)
def test_row_is_used(action: str) -> None:
    by_routes = {endpoint.action for endpoint in EVERY_ROUTE}
    assert action in by_routes | BEYOND_ROUTES


@pytest.mark.parametrize("action", MATRIX)
def test_row_that_depends_on_a_relation_is_asked_for_where_the_relation_is_known(action: str) -> None:
    row = MATRIX[action]
    if all(cell in (ALWAYS, NEVER) for cell in (row.admin, row.standard, row.light)):
        return
    # a route only refuses roles that may never do it; who may sometimes is for the service to find out
    assert action in BEYOND_ROUTES


@pytest.mark.parametrize("action", MATRIX)
def test_more_rights_come_with_more_of_a_role(action: str) -> None:
    row = MATRIX[action]
    assert row.admin == ALWAYS
    for more, less in ((row.admin, row.standard), (row.standard, row.light), (row.light, row.guest)):
        assert more == ALWAYS or less <= more, "a lesser role may do what a greater one may not"


def test_code_of_a_guest_opens_what_the_guest_column_allows() -> None:
    by_code = [endpoint for endpoint in EVERY_ROUTE if endpoint.by_code]
    assert by_code
    for endpoint in by_code:
        assert endpoint.path.startswith("/organizations/{org}/guests/{guest}/"), named(endpoint)
        assert endpoint.action is not None and MATRIX[endpoint.action].guest != NEVER, named(endpoint)


def test_writing_routes_do_not_stand_on_reading_rows() -> None:
    suspicious = [
        named(endpoint)
        for endpoint in EVERY_ROUTE
        if endpoint.method != "GET" and endpoint.action is not None and endpoint.action.endswith((".read", ".list"))
    ]
    # a reader of a process may change what the service then permits: the values of its kick-off form
    assert set(suspicious) <= {"PUT /organizations/{org}/runs/{process}"}
