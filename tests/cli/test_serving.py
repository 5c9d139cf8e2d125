"""The server as a process: it starts, tells its address, keeps others off its store, and ends when told to."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import run, running

WHO = ("--org-name", "Harbour", "--email", "ines@harbour.example", "--password", "correct horse")
MEMORY_KILOBYTES = 120 * 1024
START_SECONDS = 10  # the goal is far lower; a busy machine must not make this test flicker


def initialised(folder: Path, **extra: str) -> dict[str, Any]:
    return json.loads(run("init", "--data", folder, "--json", *WHO, **extra).stdout)


def test_empty_directory_is_enough(tmp_path: Path) -> None:
    with running(tmp_path, "serve", "--data", tmp_path / "new") as server:
        assert server.get("/api/health").json() == {"status": "ok"}
        # made by the command line while the server runs
        made = initialised(tmp_path / "new")
        assert server.get("/api/me", made["access_token"]).json()["data"]["email"] == "ines@harbour.example"


def test_server_starts_quickly_stays_small_and_ends_cleanly(tmp_path: Path) -> None:
    made = initialised(tmp_path)
    begun = time.monotonic()
    with running(tmp_path, "serve", "--data", tmp_path) as server:
        assert server.get("/api/me", made["access_token"]).status_code == 200
        assert time.monotonic() - begun < START_SECONDS
        for _ in range(20):
            server.get(f"/api/organizations/{made['organization_id']}/users", made["access_token"])
        rollup = Path(f"/proc/{server.process.pid}/smaps_rollup")
        if rollup.exists():
            pss = next(int(line.split()[1]) for line in rollup.read_text().splitlines() if line.startswith("Pss:"))
            assert pss < MEMORY_KILOBYTES
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.said


def test_two_servers_do_not_share_a_store(tmp_path: Path) -> None:
    with running(tmp_path, "serve", "--data", tmp_path) as server:
        second = run("serve", "--data", tmp_path, "--port", "0")
        assert second.returncode == 1
        assert f"process {server.process.pid}" in second.stderr
    # killed servers leave nothing behind that keeps the next one out
    with running(tmp_path, "serve", "--data", tmp_path) as server:
        server.process.kill()
        server.process.wait()
    with running(tmp_path, "serve", "--data", tmp_path) as server:
        assert server.get("/health").status_code == 200


def test_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run("serve", "--data", tmp_path, "--port", str(port))
    assert ended.returncode == 1
    assert f"port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", "70000"), ("no-such-host.invalid", "0")])
def test_addresses_that_cannot_be_are_told(tmp_path: Path, host: str, port: str) -> None:
    ended = run("serve", "--data", tmp_path, "--host", host, "--port", port)
    assert ended.returncode == 1
    assert "cannot be listened on" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_workers_share_postgresql(fresh_postgres: str, tmp_path: Path) -> None:
    surroundings = {"HANDRAIL_DATABASE_URL": fresh_postgres}
    made = initialised(tmp_path, **surroundings)
    with running(tmp_path, "serve", "--data", tmp_path, "--workers", "2", **surroundings) as server:
        answers = [server.get("/api/me", made["access_token"]).status_code for _ in range(8)]
        assert answers == [200] * 8
        parent = server.process.pid
        children = subprocess.run(["ps", "--ppid", str(parent), "-o", "pid="], capture_output=True, text=True).stdout
        assert len(children.split()) >= 2
