"""Secrets at rest and in logs: after a walk through every flow that has one, none is in a table or in the log.

What is random is stored as a hash, passwords by a slow one; what must be read again (the secret of an authenticator,
the code of a guest, mails on their way) is sealed with the operator's key. There are no exceptions.
"""

import io
import re
import sys
from pathlib import Path

import msgspec
import pytest

from handrail.features.mails import service as mails
from handrail.features.mails.sending import send_waiting
from handrail.features.mails.service import Letter
from handrail.features.members import accounts
from handrail.kernel.ids import is_guest_code
from handrail.main import mailer
from tests.features.accounts.conftest import PASSWORD, mailing_on, with_password
from tests.features.accounts.test_second_factor import Enrolled
from tests.features.accounts.test_tokens import session_token
from tests.features.builders import made, template
from tests.features.guests.codes import guest_of, oneoff
from tests.features.oauth.flow import Flow, registered
from tests.reliability.rows import Rows
from tests.support.browser import Browser
from tests.support.server import Org, TestServer
from tests.support.smtp import part


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
        kept = dump(mailing.server)
    assert len(kept) > 30
    assert "tokens" in kept and "second_factors" in kept
    assert places(kept, found) == {}, "secrets in clear in the store"
    said = log.getvalue()
    assert [secret for secret, value in found.items() if value in said] == [], "secrets in clear in the log"
    assert in_files(tmp_path, found) == [], "secrets in clear in the files of the data directory"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_codes_and_links_of_guests_are_in_no_dump(dialect: str, tmp_path: Path, fresh_postgres: str) -> None:
    """From the moment of the invitation until their mail is sent, or is not."""
    with mailing_on(dialect, tmp_path, fresh_postgres) as mailing:
        server = mailing.server
        org = server.found()
        found: dict[str, str] = {}

        def nowhere(stage: str, *present: str) -> None:
            kept = dump(server)
            # the dump is one of what is looked for
            assert all(word in "".join(kept.values()) for word in present), stage
            assert places(kept, found) == {}, stage
            assert in_files(tmp_path, found) == [], stage

        guest = guest_of(org, "rui@quay.example")
        found["code of an invitation"] = guest.code
        (link,) = oneoff(org, "Sign", "ana@quay.example")["owners"]["taskUrls"]
        found["code of an assignment"] = link.rpartition("/")[2]
        assert all(is_guest_code(code) for code in found.values())
        nowhere("made", "rui@quay.example", "ana@quay.example")

        form = template(org, prerun=[], is_public_kickoff=True)
        page = Browser(server.url).open(f"/{org.organization_id}/public/kickoff/{form['alias']}")
        assert page.submit(email="zoe@quay.example").status == 200, page.text
        found["code of a submission"] = code_of(org, "zoe@quay.example")
        letter = Letter(kind="task", recipient=guest.email, subject="Harbour", html=f"<a href='{link}'>{link}</a>")
        for number in range(3):
            letter = msgspec.structs.replace(letter, recipient=f"{number}@quay.example")
            server.write(lambda tx, one=letter: mails.send(tx, org.organization_id, [one], server.clock.now()))
        nowhere("queued", "zoe@quay.example", "2@quay.example")

        refusals = {"0@quay.example": "550 no such mailbox", "1@quay.example": "451 later"}
        mailing.sink.answer = refusals.get
        mailing.deliver()
        server.run(lambda: send_waiting(server.database, server.clock, mailer(server.settings)))
        sent = [part(mailing.sink.to(address)[-1], "plain") for address in ("2@quay.example", "zoe@quay.example")]
        assert found["code of an assignment"] in sent[0]
        assert found["code of a submission"] in sent[1]
        nowhere("sent", "refused", "waiting")

        renewed = made(org.http.post(f"/x/guests/{guest.email}/link"), 200)["link"]
        found["code of a new link"] = renewed.rpartition("/")[2]
        made(org.http.delete("/guests/zoe@quay.example"), 200)
        nowhere("ended")


def code_of(org: Org, email: str) -> str:
    return made(org.http.get(f"/guests/{email}"), 200)["link"].rpartition("/")[2]


def dump(server: TestServer) -> dict[str, str]:
    """Everything in the store, by table."""
    rows = Rows.of(server.settings)
    return {name: str(rows.all(f'SELECT * FROM "{name}"')) for name in tables(rows)}


def places(kept: dict[str, str], found: dict[str, str]) -> dict[str, list[str]]:
    """The tables that each secret stands in, for those that stand in one."""
    where = {secret: [table for table, text in kept.items() if value in text] for secret, value in found.items()}
    return {secret: names for secret, names in where.items() if names}


def in_files(folder: Path, found: dict[str, str]) -> list[str]:
    """Which secrets stand in the files of the data directory, the store's own pages included."""
    files = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return [secret for secret, value in found.items() if value.encode() in files]
