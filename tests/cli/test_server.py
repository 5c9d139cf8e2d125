"""The process that serves holds nothing that only other commands need."""

import subprocess
import sys
from pathlib import Path

from tests.cli.commands import environment, run

LEFT_OUT = ("cyclopts", "rich", "pygments", "cryptography", "alembic")
OPENED = f"""
import sys
from handrail.cli import server, serving
import asyncio
from handrail.main import application, open_database
from handrail.settings import load

async def work():
    database = await open_database(load())
    application(load(), database)
    await database.close()

asyncio.run(work())
print(*(name for name in {LEFT_OUT!r} if name in sys.modules))
"""


def test_what_only_other_commands_need_is_not_loaded(tmp_path: Path) -> None:
    assert run("migrate", "--data", tmp_path).returncode == 0
    given = environment(HANDRAIL_DATA=str(tmp_path))
    ended = subprocess.run([sys.executable, "-c", OPENED], env=given, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, ""), ended.stderr
