"""Every page of HTML, asked by everybody whom it is not for: it shows nothing of an organization, and changes nothing.

Each page is opened, and each form is sent as a page of ours would send it, with ids of the organization where it takes
any: by nobody, by a member of another organization, by one who was a member here and is elsewhere, and by somebody whom
the only organization has disabled while their browser was open.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from handrail.main import sites
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.builders import made, template
from tests.features.oauth.flow import Flow, registered
from tests.security.mirror import Mirror, mirror
from tests.support.browser import Browser
from tests.support.server import TestServer

WORD = "Canopus"
EVERY = sorted((method, path) for site in sites() for path, handlers in site.handlers.items() for method in handlers)


@dataclass
class Scene:
    """An organization full of one word, what of it can be named, and who comes."""

    us: Mirror
    closed: dict[str, Any]
    application: dict[str, Any]
    sessions: dict[str, str]
    callers: dict[str, Browser]


SCENES: dict[str, Scene] = {}


@pytest.fixture
def scene(server: TestServer) -> Scene:
    found = SCENES.get(server.dialect)
    if found is None:
        found = SCENES[server.dialect] = made_scene(server)
    return found


def made_scene(server: TestServer) -> Scene:
    us, other = mirror(server, WORD), server.found("Elsewhere Works")
    outsider = with_password(other.member("admin", first_name="Olga"))
    moved = with_password(us.org.member("standard", first_name="Mona"))
    other.member("standard", email=moved.email)
    disabled = with_password(us.org.member("standard", first_name="Dora"))
    member = with_password(us.member)
    callers = {"nobody": Browser(server.url).open("/account/sign-in")}
    for name, person in (("outsider", outsider), ("moved", moved), ("disabled", disabled)):
        callers[name] = Browser(server.url).sign_in(person.email, PASSWORD)
        assert callers[name].session, name
    for person in (moved, disabled):
        made(us.org.http.delete(f"/users/{person.user_id}/disable"), 200)
    application = registered(us.org)
    Flow(server, application).code(member)
    closed = template(us.org, title=f"{WORD} form", prerun=[], kickoff_title=f"{WORD} form")
    return Scene(us, closed, application, {"member": session_of(server, member.user_id)}, callers)


def session_of(server: TestServer, account_id: int) -> str:
    """The id of a session of the member's, which is no secret but theirs to end."""
    from tests.reliability.rows import Rows

    rows = Rows.of(server.settings).all(f"SELECT id FROM sessions WHERE account_id = {account_id}")
    return rows[-1][0]


def address(scene: Scene, path: str) -> str:
    if path == "/oauth/authorize":
        query = f"client_id={scene.application['client_id']}&response_type=code&code_challenge={'c' * 43}"
        back = scene.application["redirect_uris"][0]
        return f"{path}?{query}&code_challenge_method=S256&redirect_uri={back}"
    return path.replace("{org}", scene.us.org.organization_id).replace("{alias}", scene.closed["alias"])


def form(scene: Scene) -> dict[str, str]:
    """Everything that some form takes, about the organization and its people."""
    authorize = address(scene, "/oauth/authorize").partition("?")[2]
    return {
        "email": scene.us.member.email,
        "password": "a wrong password",
        "current_password": "a wrong password",
        "code": "000000",
        "token": "hrl_wrong",
        "session_id": scene.sessions["member"],
        "application_id": str(scene.application["id"]),
        "organization_id": scene.us.org.organization_id,
        "organization": scene.us.org.organization_id,
        "request": authorize,
        "decision": "allow",
        "next": "/account",
    }


def own(browser: Browser) -> str:
    """The token that this browser's forms bear."""
    return next(form.fields["form_token"] for form in browser.open("/account/sign-in").forms if form.fields)


CALLERS = ("nobody", "outsider", "moved", "disabled")


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize(("method", "path"), EVERY)
def test_a_page_is_for_those_it_is_for(scene: Scene, method: str, path: str, who: str) -> None:
    if (method, path) in SKIPPED:
        return
    caller = scene.callers[who]
    before = rows(scene)
    if method == "GET":
        answer = caller.http.get(address(scene, path))
    else:
        data = {**form(scene), "form_token": own(caller)}
        answer = caller.http.post(address(scene, path).partition("?")[0], data=data)
    assert answer.status_code < 500, answer.text
    # what was typed may stand in its field again
    shown = answer.text.replace(scene.us.member.email, "")
    # whoever was a member knows its name, and whoever is asked by its application is told for whom
    knows = who in KNOWING.get(path, ()) or path == "/oauth/authorize"
    assert knows or WORD not in shown, f"{who} sees something of {WORD}"
    assert rows(scene) == before, f"{who} changed something"
    assert "code=" not in answer.headers.get("location", "")


# these end what the caller has, so that nothing could be asked after them
SKIPPED = frozenset({("POST", "/account/sign-out")})
# who has been a member sees on the page of their account that they are disabled, where, and may leave
KNOWING = {"/account": ("moved", "disabled"), "/account/choose": ("moved",)}


def rows(scene: Scene) -> dict[str, Any]:
    """Everything of the organization's that a page could change."""
    found = scene.us.rows()
    from tests.reliability.rows import Rows

    store = Rows.of(scene.us.org.server.settings)
    found["sessions"] = store.all(
        f"SELECT id, ended_at, state FROM sessions WHERE account_id = {scene.us.member.user_id} ORDER BY id"
    )
    found["codes"] = store.all(
        "SELECT code_hash FROM authorization_codes "
        f"WHERE organization_id = '{scene.us.org.organization_id}' ORDER BY code_hash"
    )
    return found


def test_disabling_ends_the_browsers_sessions(scene: Scene) -> None:
    assert scene.callers["disabled"].open("/account").title == "Sign in"
    assert scene.callers["moved"].open("/account").title == "Your account"


def test_a_session_of_a_disabled_member_gets_no_token_there(scene: Scene) -> None:
    for who in ("moved", "disabled", "outsider"):
        wanted = {"organization_id": scene.us.org.organization_id}
        answer = scene.callers[who].http.post("/auth/session-token", params=wanted)
        assert answer.status_code in (401, 404), (who, answer.text)
