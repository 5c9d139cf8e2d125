"""Where there is mail, nobody lets an application act for an address that they have not shown to own (wire 1.2)."""

from tests.features.accounts.conftest import Mailing, with_password
from tests.features.oauth.flow import Flow, answered, registered


def test_an_address_is_verified_before_applications_act_for_it(mailing: Mailing) -> None:
    org = mailing.server.found()
    mina = with_password(org.member("standard"))
    flow = Flow(org.server, registered(org))
    browser = flow.browser(mina)
    assert browser.status == 403
    assert "Verify your e-mail address first" in browser.text
    browser.open("/account").submit("/account/verify-email/send")
    browser.open(mailing.link(mina.email)).submit()
    browser.open(flow.path()).submit("/oauth/authorize", decision="allow")
    assert flow.token(answered(browser)["code"]).status_code == 200
