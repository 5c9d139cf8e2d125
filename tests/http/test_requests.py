"""How bodies, query strings, paging and links are understood (wire 0.2, 0.5, 0.6, 0.7, 0.9)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.http.probe import TOTAL, probe
from tests.support.server import Org, TestServer

JSON = {"Content-Type": "application/json"}


def errors_of(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["error"] is True
    assert isinstance(body["message"], str)
    assert all(isinstance(text, str) and text for texts in body["errors"].values() for text in texts)
    return body["errors"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"  \n ", b" {} "])
@pytest.mark.parametrize("headers", [JSON, {}])
def test_empty_body_is_an_empty_object(http: httpx.Client, content: bytes, headers: dict[str, str]) -> None:
    answer = http.post("/probe", content=content, headers=headers)
    assert (answer.status_code, answer.json()) == (201, {"data": {"anything": None}})


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"{]",
        b"nonsense",
        b"{'title': 1}",
        b'{"title": "a"} x',
        b'{"title": "\xff\xfe"}',
        b'{"title": "a\x00b"}',
        b'{"title": "\\ud800"}',
        b'{"number": 1e}',
        b'{"number": NaN}',
        b"\xef\xbb\xbf{}",
        b"\x1f\x8b\x08",
        b"\x00",
    ],
)
def test_body_that_is_no_json_is_refused(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/probe", content=content, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "INVALID_BODY"


@pytest.mark.parametrize("content", [b"null", b"1", b'"text"', b"true", b"[1]", b'[{"title": "a"}]'])
def test_body_that_is_no_object_is_refused(http: httpx.Client, content: bytes) -> None:
    assert list(errors_of(http.post("/probe", content=content, headers=JSON))) == ["body"]


def test_every_wrong_field_is_named(http: httpx.Client) -> None:
    body = {
        "title": 5,
        "number": "five",
        "ratio": [],
        "flag": "maybe",
        "words": ["a", 7],
        "inner": {"label": 9},
        "entries": [{"count": 1}, {"count": "x"}],
    }
    found = errors_of(http.post("/probe", json=body))
    assert {"title", "number", "ratio", "flag", "words.1", "entries.1.count"} <= set(found)
    assert any(path.startswith("inner") for path in found)


def test_missing_fields_are_named_together(http: httpx.Client) -> None:
    assert errors_of(http.put("/probe", json={})) == {
        "title": ["The title field is required."],
        "count": ["The count field is required."],
    }


def test_limits_are_named(http: httpx.Client) -> None:
    assert list(errors_of(http.post("/probe", json={"title": "x" * 21}))) == ["title"]
    assert list(errors_of(http.post("/probe", json={"number": 1001}))) == ["number"]
    assert list(errors_of(http.post("/probe", json={"number": -1}))) == ["number"]
    assert list(errors_of(http.post("/probe", json={"number": 10**30}))) == ["number"]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"number": "40"}, {"number": 40}),
        ({"number": 40.0}, {"number": 40}),
        ({"flag": "true"}, {"flag": True}),
        ({"flag": "false"}, {"flag": False}),
        ({"flag": 1}, {"flag": True}),
        ({"flag": 0}, {"flag": False}),
        ({"flag": "1"}, {"flag": True}),
        ({"ratio": "2.5"}, {"ratio": 2.5}),
        ({"ratio": None}, {"ratio": None}),
        ({"entries": [{"count": "3"}]}, {"entries": [{"count": 3, "label": None}]}),
    ],
)
def test_what_clients_write_for_numbers_and_booleans(http: httpx.Client, sent: Any, meant: Any) -> None:
    answer = http.post("/probe", json=sent)
    assert (answer.status_code, answer.json()) == (201, {"data": {**meant, "anything": None}})


def test_unknown_keys_are_dropped(http: httpx.Client) -> None:
    sent = {"title": "a", "id": "x", "created_at": None, "entries": [{"count": 1, "alias": "b"}], "deep": {"a": [1]}}
    answer = http.post("/probe", json=sent)
    assert answer.status_code == 201
    assert answer.json()["data"] == {"title": "a", "entries": [{"count": 1, "label": None}], "anything": None}


def test_unknown_keys_are_refused_in_strict_mode(http: httpx.Client) -> None:
    strict = {"X-Handrail-Strict": "1"}
    sent = {
        "title": "a",
        "colour": 1,
        "entries": [{"count": 1}, {"count": 1, "alias": "b"}],
        "inner": {"count": 1, "z": 1},
    }
    found = errors_of(http.post("/probe", json=sent, headers=strict))
    assert set(found) == {"colour", "entries.1.alias", "inner.z"}
    known = {"title": "a", "anything": {"may": ["have", {"every": "key"}]}}
    assert http.post("/probe", json=known, headers=strict).status_code == 201
    assert http.post("/probe", json=sent, headers={"X-Handrail-Strict": "0"}).status_code == 201


def test_large_body_is_refused(http: httpx.Client) -> None:
    ten_megabytes = b'{"title": "' + b"x" * 10_000_000 + b'"}'

    def in_pieces() -> Any:
        for start in range(0, len(ten_megabytes), 100_000):
            yield ten_megabytes[start : start + 100_000]

    for content in (ten_megabytes, in_pieces()):
        answer = http.post("/probe", content=content, headers=JSON)
        assert answer.status_code == 413
        assert answer.json()["code"] == "BODY_TOO_LARGE"
    assert http.post("/probe", json={"title": "still here"}).status_code == 201


def test_body_that_comes_in_pieces_is_put_together(http: httpx.Client) -> None:
    pieces = iter([b'{"title": "a', b'b", "numb', b'er": 7}'])
    answer = http.post("/probe", content=pieces, headers=JSON)
    assert answer.json()["data"] == {"title": "ab", "number": 7, "anything": None}


@pytest.mark.parametrize("key", ["anything", "unknown", "entries", "title"])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deeply_nested_body_is_refused(http: httpx.Client, key: str, opening: str) -> None:
    closing = {"[": "]", '{"a":': "}"}[opening]
    for depth in (5_000, 100_000):
        content = f'{{"{key}": {opening * depth}1{closing * depth}}}'
        assert http.post("/probe", content=content.encode(), headers=JSON).status_code in (400, 422)


@pytest.mark.parametrize("key", ["title", "anything", "unknown"])
def test_nul_characters_are_refused(http: httpx.Client, key: str) -> None:
    assert list(errors_of(http.post("/probe", content=f'{{"{key}": "a\\u0000b"}}'.encode(), headers=JSON))) == ["body"]
    assert http.post("/probe", content=rb'{"title": "a\\u0000b"}', headers=JSON).json()["data"]["title"] == "a\\u0000b"


def test_form_bodies_where_an_endpoint_takes_them(http: httpx.Client) -> None:
    answer = http.put("/probe", data={"title": "Ünïcode & more", "count": "3"})
    assert answer.json() == {"data": {"title": "Ünïcode & more", "count": 3}}
    assert set(errors_of(http.put("/probe", data={"count": "many"}))) == {"title", "count"}
    assert http.put("/probe", data={"title": "a\x00b", "count": "1"}).status_code == 422


@pytest.mark.parametrize(
    ("text", "page", "per_page"),
    [
        ("", 1, 10),
        ("page=2", 2, 10),
        ("page=0", 1, 10),
        ("page=-1", 1, 10),
        ("page=abc", 1, 10),
        ("page=1.5", 1, 10),
        ("page=" + "9" * 5000, 10_000_000, 10),
        ("per_page=" + "9" * 31, 1, 100),
        ("limit=" + "9" * 31, 1, 100),
        ("page=999999999999", 10_000_000, 10),
        ("per_page=5", 1, 5),
        ("per_page=0", 1, 10),
        ("per_page=-5", 1, 10),
        ("per_page=100", 1, 100),
        ("per_page=101", 1, 100),
        ("per_page=99999999999999999999", 1, 100),
        ("limit=7", 1, 7),
        ("limit=7&per_page=3", 1, 3),
        ("page=2&page=3", 3, 10),
    ],
)
def test_paging_parameters(http: httpx.Client, text: str, page: int, per_page: int) -> None:
    body = http.get(f"/probe?{text}").json()
    pagination = body["meta"]["pagination"]
    expected = list(range(1, TOTAL + 1))[(page - 1) * per_page : page * per_page]
    pages = -(-TOTAL // per_page)
    assert body["data"] == expected
    assert pagination["current_page"] == page
    assert pagination["per_page"] == per_page
    assert pagination["total"] == TOTAL
    assert pagination["count"] == len(expected)
    assert pagination["total_pages"] == pages
    assert pagination["has_more_pages"] is (page < pages)
    assert ("next" in pagination["links"]) is (page < pages)


def test_whole_list_has_no_meta(http: httpx.Client) -> None:
    body = http.get("/probe?without_pagination=true").json()
    assert set(body) == {"data"}
    assert len(body["data"]) == TOTAL
    assert "meta" in http.get("/probe?without_pagination=false").json()


def test_links_walk_the_list_and_keep_the_query(http: httpx.Client, probed: Org) -> None:
    address = "/probe?per_page=10&q=a+b%26c&status=&page=1"
    seen: list[int] = []
    while address:
        body = http.get(address).json()
        seen += body["data"]
        links = body["meta"]["pagination"]["links"]
        assert ("previous" in links) is (body["meta"]["pagination"]["current_page"] > 1)
        assert links.get("previous") == links.get("prev")
        address = links.get("next")
        if address:
            query = parse_qs(urlsplit(address).query, keep_blank_values=True)
            assert query == {"per_page": ["10"], "q": ["a b&c"], "status": [""], "page": query["page"]}
            assert urlsplit(address).path == f"{probed.path}/probe"
    assert seen == list(range(1, TOTAL + 1))


def test_query_strings_are_decoded(http: httpx.Client) -> None:
    read = lambda text: http.get(f"/query?{text}").json()["data"]  # noqa: E731
    assert read("q=a+b%20c%2Bd")["q"] == "a b c+d"
    assert read("filter%5Bstatus%5D=x")["filter[status]"] == "x"
    assert read("q=%C3%BC&q2=&q3")["q"] == "ü"
    assert read("q=1&q=2")["q"] == "2"


@pytest.mark.parametrize("text", ["q=%ff", "q=%00", "&".join(f"k{n}=1" for n in range(201)), "%ff=1"])
def test_unreadable_query_strings_are_refused(http: httpx.Client, text: str) -> None:
    errors_of(http.get(f"/query?{text}"))


def test_includes_are_read_in_both_spellings_with_what_they_are_inside_of(http: httpx.Client) -> None:
    read = lambda text: set(http.get(f"/query?with={text}").json()["data"]["includes"].split(","))  # noqa: E731
    assert read("steps,ko-form-fields,%20tags%20,,") == {"steps", "ko_form_fields", "tags"}
    assert read("run.checklist") == {"run", "run.checklist"}
    assert read("") == {""}


def test_host_of_the_request_is_the_host_of_links(http: httpx.Client) -> None:
    link = http.get("/probe", headers={"Host": "flow.example:8443"}).json()["meta"]["pagination"]["links"]["next"]
    assert link.startswith("http://flow.example:8443/api/organizations/")


@pytest.mark.parametrize(
    ("changes", "host", "expected"),
    [
        ({"public_url": "https://flow.example/base"}, "evil.example", "https://flow.example/base/api/"),
        ({"allowed_hosts": ("flow.example", "b.example:99")}, "evil.example", "http://flow.example/api/"),
        ({"allowed_hosts": ("flow.example", "b.example:99")}, "flow.example:81", "http://flow.example:81/api/"),
        ({"allowed_hosts": ("flow.example", "b.example:99")}, "b.example:99", "http://b.example:99/api/"),
        ({"allowed_hosts": ("flow.example", "b.example:99")}, "b.example:98", "http://flow.example/api/"),
    ],
)
def test_links_are_built_from_known_hosts(probed: Org, changes: dict[str, Any], host: str, expected: str) -> None:
    server: TestServer = probed.server
    with server.listening(probe(server, **changes)) as url:
        answer = probed.client(url=url).get("/probe", headers={"Host": host})
    assert answer.json()["meta"]["pagination"]["links"]["next"].startswith(expected)
