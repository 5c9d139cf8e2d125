"""What the log says beside an entry: around 9 (category, severity, `pre_auth`), and that exports are in it."""

import ast
import re

import pytest

from handrail.features.audit.events import EVENTS
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.builders import launched, made
from tests.lint.repository import ROOT
from tests.support.browser import Browser
from tests.support.server import Org

NOTING = {"note", "audited", "of_person", "about_person", "in_organization"}
NAME = re.compile(r"[a-z]+(_[a-z]+)+")
# of calls of the same names that are about something else
NO_EVENTS = {"access_token", "refresh_token", "updated_at"}


def noted() -> set[str]:
    """The events that the source gives to whatever adds to the log."""
    found: set[str] = set()
    for file in (ROOT / "src/handrail").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in NOTING:
                texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                found.update(text for text in texts if NAME.fullmatch(text))
    return found - NO_EVENTS


def test_every_event_is_described() -> None:
    assert len(noted()) > 25
    assert noted() <= EVENTS.keys()


def test_failed_sign_ins_are_marked_as_before_any_sign_in(org: Org) -> None:
    mina = with_password(org.member("standard"))
    Browser(org.server.url).open("/account/sign-in").submit(email=mina.email, password="not this one")
    org.server.carry_out("accounts.errand")
    Browser(org.server.url).open("/account/sign-in").submit(email=mina.email, password=PASSWORD)
    found = {entry["event"]: entry for entry in org.http.get("/x/audit").json()["data"]}
    failed, came = found["login_failed"], found["login_succeeded"]
    assert (failed["category"], failed["severity"], failed["pre_auth"]) == ("sign-in", "warning", True)
    assert (came["category"], came["severity"], came["pre_auth"]) == ("sign-in", "info", False)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_exports_are_told(org: Org, method: str) -> None:
    person = org.member("standard")
    process = launched(person, made(person.http.post("/checklists", json={"title": "Intake"})), name="Atlantic")
    answer = person.http.request(method, f"/runs/{process['id']}/export")
    assert answer.status_code == 200 and answer.content
    (entry,) = org.http.get("/x/audit", params={"event": "data_export"}).json()["data"]
    assert (entry["actor_id"], entry["subject_type"], entry["subject_id"]) == (person.user_id, "Run", process["id"])
    stranger = org.member("light")
    assert stranger.http.request(method, f"/runs/{process['id']}/export").status_code in (403, 404)
    assert len(org.http.get("/x/audit", params={"event": "data_export"}).json()["data"]) == 1
