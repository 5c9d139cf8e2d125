"""Answers in their envelopes: `{"data": …}` and, for lists, `meta.pagination` with links (wire 0.5)."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from handrail.http.call import Call, Page

_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode


class Included(msgspec.Struct, gc=False):
    """Something that an include brought along (wire 0.6)."""

    data: Any


class Pagination(msgspec.Struct, frozen=True):
    """Where this page stands in its list."""

    total: int
    count: int
    per_page: int
    current_page: int
    total_pages: int
    has_more_pages: bool
    links: dict[str, str]


def item(data: Any) -> bytes:
    """`{"data": data}`."""
    return b'{"data":' + encode(data) + b"}"


def collection(call: Call, page: Page) -> bytes:
    """A page with its meta; the whole set without."""
    if page.paging.everything:
        return item(page.items)
    meta = {"pagination": pagination(call, page), **(page.meta or {})}
    return b'{"data":' + encode(page.items) + b',"meta":' + encode(meta) + b"}"


def pagination(call: Call, page: Page) -> Pagination:
    """Totals, and absolute links that keep every other query parameter."""
    number, per_page = page.paging.page, page.paging.per_page
    pages = max(1, -(-page.total // per_page))
    links: dict[str, str] = {}
    if number > 1:
        links["previous"] = links["prev"] = _link(call, min(number - 1, pages))
    if number < pages:
        links["next"] = _link(call, number + 1)
    return Pagination(page.total, len(page.items), per_page, number, pages, number < pages, links)


# what says which page is meant, and so does not belong to the link of another one
_POSITION = ("page", "currentTask")


def _link(call: Call, number: int) -> str:
    given = parse_qsl(call.query_text, keep_blank_values=True)
    pairs = [(key, text) for key, text in given if key not in _POSITION]
    return f"{call.base_url}{call.url_path}?{urlencode([*pairs, ('page', str(number))])}"


EXAMPLES: dict[str, Any] = {
    "Pagination": {
        "total": 37,
        "count": 10,
        "per_page": 10,
        "current_page": 2,
        "total_pages": 4,
        "has_more_pages": True,
        "links": {
            "previous": "https://handrail.example/api/organizations/5d1f0c7a9b3e4d62a8c4f10b7e95d233/tasks?page=1",
            "prev": "https://handrail.example/api/organizations/5d1f0c7a9b3e4d62a8c4f10b7e95d233/tasks?page=1",
            "next": "https://handrail.example/api/organizations/5d1f0c7a9b3e4d62a8c4f10b7e95d233/tasks?page=3",
        },
    },
    "Included": {"data": [{"id": "f1b84e6d2c9a4075a30e8d57b6c1942f"}]},
}
