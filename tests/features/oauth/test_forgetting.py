"""What has run out is forgotten, and nothing else."""

import asyncio

from handrail.ports.jobs import Jobs
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.oauth.flow import Flow, registered
from tests.reliability.rows import Rows
from tests.support.browser import Browser
from tests.support.server import Org, TestServer

TABLES = ("authorization_codes", "refresh_tokens", "sessions", "signing_keys")


def counted(server: TestServer, account_id: int) -> dict[str, int]:
    rows = Rows.of(server.settings)
    found = {name: len(rows.all(f"SELECT 1 FROM {name} WHERE account_id = {account_id}")) for name in TABLES[:3]}
    return found | {"signing_keys": len(rows.all("SELECT 1 FROM signing_keys"))}


def forget(server: TestServer) -> None:
    """Carry out both jobs at the server's time."""

    async def work() -> None:
        jobs: Jobs = server.jobs
        for name in ("accounts.forget", "oauth.forget"):

            async def ask(tx: object, name: str = name) -> None:
                await jobs.defer(tx, name, {})  # pyright: ignore[reportArgumentType]

            await server.database.write(ask)
        async with jobs.working():
            for _ in range(500):
                async with server.database.reader() as reader:
                    left = [await jobs.unfinished(reader, name) for name in ("accounts.forget", "oauth.forget")]
                if not any(left):
                    return
                await asyncio.sleep(0.02)
        raise AssertionError("the jobs did not end")

    server.run(work)


def test_what_has_run_out_is_forgotten(org: Org) -> None:
    mina = with_password(org.member("standard"))
    flow = Flow(org.server, registered(org, token_format="jwt"))
    flow.token(flow.code(mina))
    Browser(org.server.url).sign_in(mina.email, PASSWORD)
    before = counted(org.server, mina.user_id)
    assert before["authorization_codes"] == before["refresh_tokens"] == 1
    assert before["sessions"] >= 1
    forget(org.server)
    assert counted(org.server, mina.user_id) == before
    with org.server.later(days=8):
        forget(org.server)
    week = counted(org.server, mina.user_id)
    assert (week["authorization_codes"], week["refresh_tokens"]) == (0, 1)
    with org.server.later(days=280):
        forget(org.server)
    assert set(counted(org.server, mina.user_id).values()) == {0}
