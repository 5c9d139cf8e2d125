"""The digests among the jobs of a server."""

from pathlib import Path

import pytest

from handrail.features.digests.jobs import SEND
from handrail.main import catalogue
from tests.support.server import TestServer, settings_for


@pytest.mark.parametrize(("smtp", "wanted"), [(None, False), ("smtp://127.0.0.1:2525", True)])
def test_only_where_mail_can_be_sent(tmp_path: Path, server: TestServer, smtp: str | None, wanted: bool) -> None:
    known = catalogue(settings_for(tmp_path, smtp_url=smtp))
    (schedule,) = [schedule for schedule in known.schedules if schedule.job == SEND]
    ask = schedule.wanted
    assert ask is not None and SEND in known.handlers

    async def asked() -> bool:
        async with server.database.reader() as reader:
            return await ask(reader, 0)

    assert server.run(asked) is wanted
