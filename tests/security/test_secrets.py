"""Secrets at rest and in logs: after a walk through every flow that has one, none is in a table or in the log.

What is random is stored as a hash, passwords by a slow one, the secret of an authenticator sealed with the operator's
key. Exceptions are listed with their reason.
"""

import io
import re
import sys
from pathlib import Path

import pytest

from handrail.features.members import accounts
from tests.features.accounts.conftest import PASSWORD, mailing_on, with_password
from tests.features.accounts.test_second_factor import Enrolled
from tests.features.accounts.test_tokens import session_token
from tests.features.builders import made
from tests.features.guests.codes import guest_of, oneoff
from tests.features.oauth.flow import Flow, registered
from tests.reliability.rows import Rows
from tests.support.browser import Browser
from tests.support.server import TestServer

# what may be read in the store, by table, and why
READABLE = {
    "guest code": ({"guests"}, "an administrator can copy the link of a guest again, and every mail to them has it"),
}
# the queue of mails that are on their way holds what they say until they are sent
ON_ITS_WAY = {"jobs", "procrastinate_jobs"}


def tables(rows: Rows) -> list[str]:
    if rows.is_embedded:
        return [name for (name,) in rows.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [name for (name,) in rows.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def walk(server: TestServer, mail_link: object) -> dict[str, str]:
    """Every secret that there is, by its name, after it was used."""
    org = server.found()
    mina = with_password(org.member("standard", first_name="Mina"))
    server.write(lambda tx: accounts.verified(tx, mina.user_id, server.clock.now()))
    found = {"password": PASSWORD, "personal token": mina.token}
    application = registered(org)
    found["client secret"] = application["client_secret"]
    flow = Flow(server, application)
    found["authorization code"] = flow.code(mina)
    answer = flow.token(found["authorization code"]).json()
    found |= {"access token": answer["access_token"], "refresh token": answer["refresh_token"]}
    answer = flow.refresh(answer["refresh_token"]).json()
    found |= {"next access token": answer["access_token"], "next refresh token": answer["refresh_token"]}
    browser = Browser(server.url).sign_in(mina.email, PASSWORD)
    found["session"] = browser.session or ""
    found["token of a session"] = session_token(browser)
    login = server.client(path="/api").post("/auth/login", json={"email": mina.email, "password": PASSWORD})
    found["token of a sign-in"] = login.json()["data"]["token"]["access_token"]
    body = {
        "email": f"i.{org.organization_id[-8:]}@pilots.example",
        "first_name": "I",
        "last_name": "N",
        "role": "light",
    }
    found["invitation"] = re.split(r"[=/]", made(org.http.post("/users/invite", json=body), 200)["invite_link"])[-1]
    guest = guest_of(org, f"g.{org.organization_id[-8:]}@quay.example")
    oneoff(org, "Sign", guest.email)
    guest.get()
    found["guest code"] = guest.code
    Browser(server.url).open("/account/forgot-password").submit(email=mina.email)
    link = mail_link(mina.email)  # type: ignore[operator]
    found["reset link"] = link.rpartition("=")[2]
    factor = Enrolled(mina)
    found["second factor"] = factor.secret
    found["recovery code"] = factor.recovery[0]
    # and what goes wrong is logged no more than what goes right
    for name in ("password", "personal token"):
        server.client(found[name] + "x").get(f"{org.path}/me")
    server.client(path="/api").post("/auth/reset-password", json={"token": found["reset link"], "password": "short"})
    Browser(server.url).sign_in(mina.email, found["password"] + "x")
    server.client(path="/api").post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": "hrr_x"})
    assert all(len(secret) >= 10 for secret in found.values()), found
    return found


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_no_secret_is_kept_or_logged_in_clear(
    dialect: str, tmp_path: Path, fresh_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    with mailing_on(dialect, tmp_path, fresh_postgres) as mailing:
        from handrail import logs

        logs.configure("debug")
        found = walk(mailing.server, mailing.link)
        mailing.deliver()
        rows = Rows.of(mailing.server.settings)
        kept = {name: str(rows.all(f'SELECT * FROM "{name}"')) for name in tables(rows)}
    assert len(kept) > 30
    assert "tokens" in kept and "second_factors" in kept
    places = {secret: {table for table, text in kept.items() if value in text} for secret, value in found.items()}
    allowed = {secret: READABLE.get(secret, (set(), ""))[0] for secret in found}
    wrong = {
        secret: sorted(where - allowed[secret] - mails_of(secret))
        for secret, where in places.items()
        if where - allowed[secret] - mails_of(secret)
    }
    assert wrong == {}, "secrets in clear in the store"
    assert places["guest code"] >= {"guests"}, "no longer in clear: take it off the list"
    said = log.getvalue()
    assert [secret for secret, value in found.items() if value in said] == [], "secrets in clear in the log"
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    inside = [secret for secret, value in found.items() if value.encode() in files and secret not in STILL_MAILED]
    assert inside == [] or dialect == "postgresql", "secrets in clear in the files of the data directory"


# of these, mails tell: their text is kept in the list of mails, so that one that was refused can be sent again
STILL_MAILED = {"invitation", "guest code", "reset link"}


def mails_of(secret: str) -> set[str]:
    return {"mails"} | ON_ITS_WAY if secret in STILL_MAILED else set()
