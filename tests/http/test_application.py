"""What a server cannot show easily: requests that break off, and mistakes in the endpoint table."""

import asyncio
from typing import Any

import pytest

from handrail.http.application import by_path
from handrail.http.endpoint import Router
from tests.http.probe import probe
from tests.support.server import Org


def ask(org: Org, *messages: dict[str, Any], method: str = "POST", **headers: str) -> tuple[int, bytes] | None:
    """The probe's answer to a request whose body arrives in these messages; None when it does not answer."""
    sent: list[dict[str, Any]] = []
    given = {"authorization": f"Bearer {org.token}", "x-tallyfy-client": "Tests", **headers}

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    coming = list(messages)
    scope = {
        "type": "http",
        "method": method,
        "path": f"{org.path}/probe",
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }
    application = probe(org.server)

    async def work() -> None:
        async with asyncio.timeout(10):
            await application(scope, receive, send)

    org.server.run(work)
    return (sent[0]["status"], sent[1]["body"]) if sent else None


def test_whole_body_is_answered(probed: Org) -> None:
    answer = ask(probed, {"type": "http.request", "body": b'{"title":"a"}', "more_body": False})
    assert answer is not None
    assert answer[0] == 201


@pytest.mark.parametrize(
    "messages",
    [[], [{"type": "http.request", "body": b"{}", "more_body": True}]],
    ids=["before the body", "within the body"],
)
def test_request_that_breaks_off_does_nothing(probed: Org, messages: list[dict[str, Any]]) -> None:
    answer = ask(probed, *messages, content_length="90")
    assert answer is None or answer[0] == 400


def test_length_that_is_no_number_does_not_matter(probed: Org) -> None:
    answer = ask(probed, {"type": "http.request", "body": b"{}", "more_body": False}, content_length="many")
    assert answer is not None
    assert answer[0] == 201


def test_same_method_of_a_path_cannot_be_declared_twice() -> None:
    router = Router("Tests")

    async def handler(call: Any) -> None:
        """Do nothing."""

    router.get("/a", action=None)(handler)
    router.get("/a", action=None)(handler)
    with pytest.raises(LookupError, match="GET /a is declared twice"):
        by_path(router.endpoints)


def test_endpoint_must_name_a_row_of_the_permission_matrix() -> None:
    with pytest.raises(LookupError, match=r"no row 'nothing\.at\.all'"):
        Router("Tests").get("/a", action="nothing.at.all")
