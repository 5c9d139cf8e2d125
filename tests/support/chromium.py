"""A real Chromium, from the system's packages, driven by Playwright. As root on Debian it is installed when missing."""

import contextlib
import fcntl
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# as root it has no sandbox, and without the rest it asks for hosts of its maker at every start
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@functools.cache
def executable() -> str:
    """Where the browser is: what HANDRAIL_TEST_CHROMIUM names, or the system's own."""
    found = os.environ.get("HANDRAIL_TEST_CHROMIUM") or _found()
    if found is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = _found()
    if found is None:
        raise RuntimeError(
            "No Chromium was found. Install your system's package, or name one in HANDRAIL_TEST_CHROMIUM."
        )
    return found


@contextlib.contextmanager
def chromium() -> Generator[Browser]:
    """A running browser without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _found() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _install() -> None:
    # workers of one run must not install it at the same time
    with (Path(tempfile.gettempdir()) / "handrail-test-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _found() is not None:
            return
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
