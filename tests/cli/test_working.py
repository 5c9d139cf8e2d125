"""A worker as a process: it carries out what servers leave to it, and ends when told to."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.commands import SECONDS, environment, run, running
from tests.cli.test_serving import initialised


def test_worker_lets_tasks_expire_that_servers_leave_alone(fresh_postgres: str, tmp_path: Path) -> None:
    surroundings = {"HANDRAIL_DATABASE_URL": fresh_postgres, "HANDRAIL_WORKER": "separate"}
    early = run("worker", **surroundings)
    assert early.returncode == 1
    assert "handrail migrate" in early.stderr
    made = initialised(tmp_path, **surroundings)
    with running(tmp_path, "serve", "--data", tmp_path, **surroundings) as server:
        path = f"/api/organizations/{made['organization_id']}/tasks"
        body = {"title": "Confirm", "task_type": "expiring", "deadline": "2026-01-01 00:00:00", "owners": {}}
        body["owners"] = {"users": [made["user_id"]]}
        answer = server.post(path, made["access_token"], body)
        assert answer.status_code == 201, answer.text
        task = f"{path}/{answer.json()['data']['id']}"
        time.sleep(3)
        assert server.get(task, made["access_token"]).json()["data"]["status"] != "completed"
        command = [sys.executable, "-m", "handrail", "worker"]
        with subprocess.Popen(command, env=environment(**surroundings), stderr=subprocess.PIPE, text=True) as worker:
            assert worker.stderr is not None
            assert worker.stderr.readline() == "Handrail carries out jobs\n"
            ended = time.monotonic() + SECONDS
            while (found := server.get(task, made["access_token"]).json()["data"])["status"] != "completed":
                assert time.monotonic() < ended
                time.sleep(0.1)
            assert (found["is_approved"], found["status_label"]) == (False, "expired")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(SECONDS) == 0
            assert "Traceback" not in worker.stderr.read()
