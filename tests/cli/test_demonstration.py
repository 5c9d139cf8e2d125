"""`handrail demo`: the samples are there, and the call it prints works as it is."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.cli.commands import run, running
from tests.examples.samples import SAMPLES


def test_demo_runs_twice_alike_and_its_call_works(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(tmp_path, "demo", "--data", data) as server:
        first = server.said
        call = first.strip().splitlines()[-1]
        assert call.startswith("curl ")
        file = json.loads((data / "demo.json").read_text())
        answer = server.get(f"/api/organizations/{file['organization_id']}/checklists", file["access_token"]).json()
        assert {template["title"] for template in answer["data"]} == {sample.template["title"] for sample in SAMPLES}
        if shutil.which("curl"):
            shown = subprocess.run(["sh", "-c", call], capture_output=True, text=True, timeout=30, check=True)
            assert json.loads(shown.stdout)["meta"]["pagination"]["total"] == len(SAMPLES)
    assert (data / "demo.json").stat().st_mode & 0o777 == 0o600
    with running(tmp_path, "demo", "--data", data) as server:
        assert file["access_token"] in server.said
        assert file["password"] in server.said
        answer = server.get(f"/api/organizations/{file['organization_id']}/checklists", file["access_token"]).json()
        assert answer["meta"]["pagination"]["total"] == len(SAMPLES)
        server.get(f"/api/organizations/{file['organization_id']}/me", file["access_token"])
    again = json.loads((data / "demo.json").read_text())
    # each time on a free port
    assert again.pop("base_url") == f"{server.url}/api"
    file.pop("base_url", None)
    assert again == file


def test_the_shell_finds_a_server_on_another_port(tmp_path: Path) -> None:
    shell = Path(__file__).parents[2] / "docs" / "guides" / "shell.sh"
    for port in ("8123", "8124"):
        assert run("demo", "--data", tmp_path / "data", "--no-serve", "--port", port).returncode == 0
        told = subprocess.run(
            ["sh", "-c", f'. "{shell}"; echo "$BASE"'],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert told.stdout.strip() == f"http://127.0.0.1:{port}/api", told.stderr


def test_demo_without_a_server_prepares_the_data(tmp_path: Path) -> None:
    ended = run("demo", "--data", tmp_path, "--no-serve", "--port", "8123")
    assert ended.returncode == 0, ended.stderr
    assert "http://127.0.0.1:8123/api/organizations/" in ended.stderr


def test_lost_file_and_lost_store_begin_anew(tmp_path: Path) -> None:
    run("demo", "--data", tmp_path, "--no-serve")
    first = json.loads((tmp_path / "demo.json").read_text())
    for leftover in tmp_path.glob("handrail.db*"):
        leftover.unlink()
    assert run("demo", "--data", tmp_path, "--no-serve").returncode == 0
    second = json.loads((tmp_path / "demo.json").read_text())
    assert second["organization_id"] != first["organization_id"]
    assert len(second["templates"]) == len(SAMPLES)
    (tmp_path / "demo.json").write_text("not json")
    assert run("demo", "--data", tmp_path, "--no-serve").returncode == 0


def test_token_that_was_revoked_is_replaced(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(tmp_path, "demo", "--data", data) as server:
        import httpx

        file = json.loads((data / "demo.json").read_text())
        headers = {"Authorization": f"Bearer {file['access_token']}", "X-Tallyfy-Client": "tests"}
        path = f"{server.url}/api/organizations/{file['organization_id']}/me/tokens"
        assert httpx.delete(path, headers=headers).status_code == 200
    with running(tmp_path, "demo", "--data", data) as server:
        fresh = json.loads((data / "demo.json").read_text())
        assert fresh["access_token"] != file["access_token"]
        assert server.get("/api/me", fresh["access_token"]).status_code == 200
