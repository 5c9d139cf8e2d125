"""A browser's calls count for its person, and not for the organization (wire 0.10)."""

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.accounts.test_tokens import session_token
from tests.support.browser import Browser
from tests.support.server import Org


def test_a_browser_has_a_limit_of_its_own(org: Org) -> None:
    mina, eva = (with_password(org.member("standard")) for _ in range(2))
    with org.server.beside(session_requests_per_minute=3, rate_limit_per_minute=2, rate_limit_per_hour=100) as url:
        first, second = (Browser(url).sign_in(mina.email, PASSWORD) for _ in range(2))
        # both sessions of one person together
        clients = [org.client(session_token(browser), url=url) for browser in (first, second)]
        answers = [clients[number % 2].get("/me") for number in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["x-ratelimit-limit"] == "3"
        assert "x-ratelimit-limit-hour" not in answers[0].headers
        assert "your sessions" in answers[3].json()["message"]
        assert int(answers[3].headers["retry-after"]) > 0
        # somebody else is not touched by it, nor are the organization's programs
        other = org.client(session_token(Browser(url).sign_in(eva.email, PASSWORD)), url=url)
        assert other.get("/me").status_code == 200
        robot = org.client(url=url)
        assert [robot.get("/me").status_code for _ in range(3)] == [200, 200, 429]
