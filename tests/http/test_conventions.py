"""What holds for every answer: both mounts, a trailing slash, request ids, 404 and 405, errors, CORS (wire 0)."""

import re

import httpx
import pytest

from handrail.main import endpoints
from tests.features.builders import launched, template
from tests.support.server import Org, TestServer

REQUEST_ID = re.compile(r"[0-9a-f]{24}")
UNKNOWN = "0" * 32


@pytest.mark.parametrize("mount", ["", "/api"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_both_mounts_with_and_without_a_trailing_slash(org: Org, mount: str, slash: str) -> None:
    answer = org.server.client(org.token).get(f"{mount}/organizations/{org.organization_id}{slash}")
    assert answer.status_code == 200
    assert answer.json()["data"]["id"] == org.organization_id
    assert answer.headers["content-type"] == "application/json"


def test_every_answer_has_an_id_of_its_own(server: TestServer, org: Org) -> None:
    raw = server.client(org.token)
    answers = [
        org.http.get(""),
        org.http.get(""),
        server.client().get(org.path),
        raw.get("/api/nowhere"),
        org.http.request("PROPFIND", ""),
        raw.options("/api/tasks"),
        raw.get("/docs"),
        raw.get("/health"),
        org.http.put("", content=b"{"),
    ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(REQUEST_ID.fullmatch(text) for text in ids)
    assert len(set(ids)) == len(ids)


def test_unknown_route_and_unknown_record_are_told_apart(org: Org) -> None:
    route = org.http.get("/nowhere")
    assert route.status_code == 404
    assert route.json() == {"error": True, "message": "API endpoint not found", "code": "ENDPOINT_NOT_FOUND"}
    record = org.server.client(org.token).get(f"/api/organizations/{UNKNOWN}")
    assert record.status_code == 404
    assert record.json() == {"error": True, "message": "Resource not found", "code": "RESOURCE_NOT_FOUND"}


@pytest.mark.parametrize("path", ["/api/", "/api", "/api/organizations", "/api//", "/apix", "/api/api/organizations"])
def test_incomplete_paths_are_unknown_routes(server: TestServer, path: str) -> None:
    answer = server.client().get(path)
    if path.rstrip("/") == "/api":
        assert answer.status_code in (200, 404)  # the reference is at home at the root
    else:
        assert answer.status_code == 404
        assert answer.json()["code"] == "ENDPOINT_NOT_FOUND"


@pytest.mark.parametrize("text", ["x", "0" * 31, "G" * 32, "A" * 32, "%00", "%ff", "a%2520b", "1e400", "'; --", "ü"])
def test_ids_that_cannot_be_are_unknown_records(org: Org, text: str) -> None:
    answer = org.server.client(org.token).get(f"/api/organizations/{text}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "RESOURCE_NOT_FOUND"


def test_other_methods_of_a_path_are_named(org: Org) -> None:
    methods = {
        method
        for endpoint in endpoints()
        if endpoint.path == "/organizations/{org}"
        for method in (endpoint.method, *endpoint.aliases)
    } | {"HEAD"}
    answer = org.http.request("PROPFIND", "")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == methods
    assert answer.json()["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("path", ["", "/tags?per_page=2", "/checklists", "/nowhere", "/runs/x"])
def test_head_has_the_headers_of_get_and_no_body(org: Org, path: str) -> None:
    asked, told = org.http.head(path), org.http.get(path)
    assert (asked.status_code, asked.content) == (told.status_code, b"")
    own = ("x-request-id", "x-ratelimit", "ratelimit", "date")
    assert [pair for pair in asked.headers.items() if not pair[0].startswith(own)] == [
        pair for pair in told.headers.items() if not pair[0].startswith(own)
    ]
    assert int(asked.headers["content-length"]) == len(told.content)


def test_head_of_an_answer_in_pieces(org: Org) -> None:
    process = launched(org, template(org))
    answer = org.http.head(f"/runs/{process['id']}/export")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/csv")


def test_head_needs_a_token_and_a_path_that_is_read(org: Org) -> None:
    assert org.server.client().head(org.path).status_code == 401
    assert org.http.head("/completed-tasks").status_code == 405


@pytest.mark.parametrize("path", ["/docs", "/api/docs", "/health", "/openapi.json", "/reference/scalar.js"])
def test_pages_are_only_read(server: TestServer, path: str) -> None:
    assert server.client().head(path).status_code == 200
    for method in ("POST", "PUT", "DELETE"):
        answer = server.client().request(method, path)
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]


def test_failures_do_not_tell_about_the_inside(http: httpx.Client) -> None:
    answer = http.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["message"] == "Server error."
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text


def test_answers_are_not_kept_by_browsers(org: Org) -> None:
    headers = org.http.get("").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_percent_encoding_of_a_path_is_undone_once(probed: Org, http: httpx.Client) -> None:
    for sent, meant in (("ana%40partner.example", "ana@partner.example"), ("a%2540b", "a%40b"), ("a+b", "a+b")):
        assert http.get(f"/texts/{sent}").json()["data"] == meant
    assert http.get("/texts/ana@partner.example").json()["data"] == "ana@partner.example"


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "abc", "9" * 17, "9" * 5000, "٣", "+1", "0x1", "%00"])
def test_numbers_that_cannot_be_are_unknown_records(http: httpx.Client, text: str) -> None:
    assert http.get(f"/members/{text}").status_code == 404


def test_preflight_needs_no_token(server: TestServer) -> None:
    headers = {"Origin": "https://pages.example", "Access-Control-Request-Method": "PUT"}
    answer = server.client().options("/api/organizations/whatever/tasks", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-max-age"] == "86400"
    methods = set(answer.headers["access-control-allow-methods"].split(", "))
    assert methods == {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    allowed = {name.lower() for name in answer.headers["access-control-allow-headers"].split(", ")}
    assert {"authorization", "content-type", "accept", "x-tallyfy-client", "org"} <= allowed


def test_pages_of_other_origins_may_read_answers_and_usage(org: Org) -> None:
    answer = org.http.get("", headers={"Origin": "https://pages.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = {name.lower() for name in answer.headers["access-control-expose-headers"].split(", ")}
    words = ("limit", "used", "remaining", "reset")
    usage = {f"x-ratelimit-{word}{unit}" for word in words for unit in ("", "-hour")}
    assert {"retry-after", "x-request-id", "content-disposition"} | usage <= exposed
    assert "access-control-allow-origin" not in org.http.get("").headers
    refused = org.server.client().get(org.path, headers={"Origin": "https://pages.example"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "*"


def test_only_configured_origins_may_read_answers(server: TestServer, org: Org) -> None:
    with server.beside(cors_origins=("https://ours.example",)) as url:
        client = org.client(url=url)
        ours = client.get("", headers={"Origin": "https://ours.example"})
        assert ours.headers["access-control-allow-origin"] == "https://ours.example"
        assert ours.headers["vary"] == "Origin"
        other = client.get("", headers={"Origin": "https://other.example"})
        assert other.status_code == 200
        assert "access-control-allow-origin" not in other.headers
