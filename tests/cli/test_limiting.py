"""`handrail limits`: what an organization may ask of the server."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import run

WHO = ("--org-name", "Harbour", "--email", "ines@harbour.example", "--password", "correct horse")


@pytest.fixture
def organization(tmp_path: Path) -> str:
    return json.loads(run("init", "--data", tmp_path, "--json", *WHO).stdout)["organization_id"]


def test_limits_are_shown_set_and_taken_back(tmp_path: Path, organization: str) -> None:
    words = ("limits", "--data", tmp_path, "--organization", organization)
    assert run(*words).stdout.splitlines() == [
        "100 requests a minute (the installation's)",
        "1,000 requests an hour (the installation's)",
    ]
    assert json.loads(run(*words, "--per-minute", "600", "--json").stdout) == {
        "organization_id": organization,
        "requests_per_minute": 600,
        "requests_per_hour": 1000,
        "own": ["minute"],
    }
    # what is left out stays
    shown = run(*words, "--per-hour", "0").stdout
    assert shown.splitlines() == ["600 requests a minute (its own)", "no limit an hour (its own)"]
    assert json.loads(run(*words, "--reset", "--json").stdout)["own"] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--per-minute", "-1"), "--per-minute"),
        (("--per-hour", "100000001"), "0 to 100000000"),
        (("--reset", "--per-hour", "5"), "--reset"),
    ],
)
def test_what_makes_no_sense_is_told(tmp_path: Path, organization: str, words: tuple[str, ...], told: str) -> None:
    ended = run("limits", "--data", tmp_path, "--organization", organization, *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert told in ended.stderr


def test_unknown_organizations(tmp_path: Path, organization: str) -> None:
    ended = run("limits", "--data", tmp_path, "--organization", "0" * 32, "--per-hour", "5")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "no organization" in ended.stderr
    assert run("limits", "--data", tmp_path, "--organization", "harbour").returncode == 2
