"""`handrail password`: for whoever cannot sign in any more."""

from pathlib import Path

import pytest

from handrail.settings import load
from tests.cli.commands import run
from tests.reliability.rows import Rows

WHO = ("--org-name", "Harbour", "--email", "ines@harbour.example", "--password", "correct horse")


def test_sets_a_password_and_tells_the_audit_log(tmp_path: Path) -> None:
    assert run("init", "--data", tmp_path, "--json", *WHO).returncode == 0
    rows = Rows.of(load(data=tmp_path, environment={}))
    before = rows.all("SELECT password_hash FROM accounts WHERE email = 'ines@harbour.example'")
    words = ("password", "--data", tmp_path, "--email", "INES@harbour.example", "--password", "-")
    ended = run(*words, "--without-second-factor", stdin="a new one at last\n")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "a new one" not in ended.stderr
    assert rows.all("SELECT password_hash FROM accounts WHERE email = 'ines@harbour.example'") != before
    assert rows.all("SELECT event, client FROM audit_entries ORDER BY position DESC LIMIT 1") == [
        ("password_changed", "handrail password")
    ]
    # sent when there is a mail server
    assert rows.all("SELECT kind, recipient FROM mails") == [("password_changed", "ines@harbour.example")]


@pytest.mark.parametrize(
    ("email", "password", "code", "told"),
    [
        ("nobody@harbour.example", "long enough", 1, "Nobody signs in"),
        ("ines@harbour.example", "short", 2, "at least 8 characters"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, email: str, password: str, code: int, told: str) -> None:
    assert run("init", "--data", tmp_path, "--json", *WHO).returncode == 0
    ended = run("password", "--data", tmp_path, "--email", email, "--password", password)
    assert ended.returncode == code
    assert told in ended.stderr
