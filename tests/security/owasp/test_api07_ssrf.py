"""API7, server side request forgery: the server goes nowhere on behalf of a user.

Addresses are stored in templates, steps, tasks, organizations, guests and applications (`webhook`, `org_logo`,
`image_url`, `redirect_uris` …), and answers to file fields may hold some. None of them is fetched: not when it is
stored, not when a task is completed, not by a job. The only addresses that the server calls are the operator's
settings: the mail server, Redis, the database and the OpenID Connect provider.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvloop

from handrail.main import endpoints
from tests.features.builders import made
from tests.security.mirror import mirror
from tests.security.test_bad_input import BODY_ROUTES, example
from tests.security.test_isolation import address, named
from tests.support.server import TestServer

WORDS = ("url", "uri", "webhook", "logo", "link", "website", "issuer", "callback", "image", "picture", "avatar")
# with what is done with them
KNOWN = {
    "webhook": "kept for webhooks, which are not sent yet",
    "start_process_webhook": "the same",
    "webhook_url": "the same",
    "org_logo": "shown by clients",
    "logo": "shown by clients",
    "image_url": "of a guest: shown by clients",
    "contact_url": "the same",
    "company_url": "the same",
    "opportunity_url": "the same",
    "redirect_uris": "compared exactly; a browser goes there, never the server",
    "redirect_uri": "the same",
    "logo_uri": "of an application: not taken",
    "client_uri": "the same",
}


@dataclass
class Canary:
    """Somebody who listens on this machine, and notes who comes."""

    url: str = ""
    visits: list[Any] = field(default_factory=list)


@pytest.fixture
def canary() -> Iterator[Canary]:
    found = Canary()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        found.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                try:
                    connection, peer = listener.accept()
                except TimeoutError:
                    continue
                found.visits.append(peer)
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield found
        ended.set()
        thread.join()


@pytest.fixture
def outgoing(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection that anything in the server's thread opens, and every name that it looks up."""
    seen: list[Any] = []

    def watched(name: str, whole: Any) -> Any:
        def call(self: Any, *given: Any, **named_: Any) -> Any:
            if threading.current_thread().name == "test-server":
                seen.append((name, given[:3]))
            return whole(self, *given, **named_)

        return call

    for name in (
        "create_connection",
        "sock_connect",
        "getaddrinfo",
        "create_datagram_endpoint",
        "create_unix_connection",
    ):
        monkeypatch.setattr(uvloop.Loop, name, watched(name, getattr(uvloop.Loop, name)))
    monkeypatch.setattr(socket.socket, "connect", watched("connect", socket.socket.connect))
    lookup = socket.getaddrinfo

    def looked_up(*given: Any, **named_: Any) -> Any:
        if threading.current_thread().name == "test-server":
            seen.append(("lookup", given[:2]))
        return lookup(*given, **named_)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return seen


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server of its own on SQLite, so that nothing else of the run goes out of it."""
    with TestServer.on_sqlite(tmp_path_factory.mktemp("ssrf")) as server:
        yield server


def test_every_field_that_may_hold_an_address_is_known() -> None:
    import msgspec

    for route in endpoints():
        if route.body is None:
            continue
        for one in msgspec.structs.fields(route.body):
            if any(word in one.encode_name.lower() for word in WORDS) and not one.encode_name.endswith("_format"):
                assert one.encode_name in KNOWN, (
                    f"{named(route)} takes {one.encode_name}: say in KNOWN what is done with it"
                )


def pointed(value: Any, url: str) -> Any:
    """The body, with the address wherever one may be."""
    if isinstance(value, dict):
        return {
            key: (url if isinstance(inner, str | None) else [url])
            if any(word in key.lower() for word in WORDS) and not isinstance(inner, dict)
            else pointed(inner, url)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [pointed(entry, url) for entry in value]
    return value


@pytest.mark.parametrize("route", [route for route in BODY_ROUTES if route.action is not None], ids=named)
def test_nothing_goes_where_a_body_points(alone: TestServer, canary: Canary, outgoing: list[Any], route: Any) -> None:
    us = mirror(alone, "Canopus")
    client = alone.client(us.org.token)
    whole = pointed(example(route, us), f"{canary.url}/hook")
    assert client.request(route.method, address(route, us.ids), json=whole).status_code < 500
    for key, value in whole.items():
        if any(word in key.lower() for word in WORDS) and value is not None:
            alone_ = {key: value, "title": "x", "name": "x", "task_type": "task", "email": "e@quay.example"}
            assert client.request(route.method, address(route, us.ids), json=alone_).status_code < 500
    assert canary.visits == []
    assert outgoing == []


def test_no_address_is_called_along_the_life_of_a_process(
    alone: TestServer, canary: Canary, outgoing: list[Any]
) -> None:
    org = alone.found()
    hook = f"{canary.url}/hook"
    org.http.put("", json={"org_logo": f"{canary.url}/logo.png", "webhook_url": hook})
    steps = [{"title": "a", "webhook": hook, "summary": f'<img src="{canary.url}/x.png">', "assignees": [org.user_id]}]
    found = made(
        org.http.post(
            "/checklists?with=steps", json={"title": "T", "type": "procedure", "webhook": hook, "steps": steps}
        )
    )
    run = made(org.http.post("/runs?with=tasks", json={"checklist_id": found["id"], "name": "R"}))
    task = run["tasks"]["data"][0]["id"]
    assert org.http.post(f"/tasks/{task}/comment", json={"content": f'<a href="{hook}">x</a>'}).is_success
    assert org.http.post(f"/runs/{run['id']}/completed-tasks", json={"task_id": task}).is_success

    async def work() -> None:
        async with alone.jobs.working():
            await asyncio.sleep(1.0)

    alone.run(work)
    assert canary.visits == []
    assert outgoing == []


def test_only_adapters_and_the_provider_call_anybody() -> None:
    """Source that could call out is where it is expected to be."""
    root = Path(__file__).parents[3] / "src/handrail"
    words = ("httpx", "aiohttp", "urllib.request", "http.client", "requests", "open_connection", "create_connection")
    found = {
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        if any(f"import {word}" in file.read_text() or f"{word}(" in file.read_text() for word in words)
    }
    allowed = {"features/accounts/oidc.py"}
    assert {name for name in found if not name.startswith(("adapters/", "cli/"))} <= allowed
