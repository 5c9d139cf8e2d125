"""A Chromium for each test, and an application that waits for the browser to come back."""

import contextlib
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.chromium import chromium
from tests.support.server import TestServer


class Portal:
    """An application's own small server: what the browser brought back, address and all."""

    def __init__(self) -> None:
        self.url = ""
        self.brought: list[str] = []


@contextlib.contextmanager
def portal_running() -> Generator[Portal]:
    made = Portal()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/back"):
                made.brought.append(f"{made.url}{self.path}")
            payload = b"<!doctype html><title>Portal</title><h1>Back at the portal</h1>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(params=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, server: TestServer) -> Generator[Page]:
    """A page of a browser of its own; everything here works without JavaScript, too.

    While Playwright runs, this thread has an event loop, so the server has to be there before and the browser goes with
    the test.
    """
    with chromium() as running:
        context = running.new_context(java_script_enabled=request.param == "with scripts")
        yield context.new_page()
        context.close()


@pytest.fixture
def portal() -> Generator[Portal]:
    with portal_running() as running:
        yield running
