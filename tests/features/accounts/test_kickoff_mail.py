"""The link to the tasks of whoever submitted a public form goes to their address, and nowhere else."""

from tests.features.accounts.conftest import Mailing
from tests.features.public.test_kickoff_pages import addresses, names, opened
from tests.support.server import Org

NAME = [{"label": "Vendor name", "field_type": "text", "required": True}]


def sent_by(mailing: Mailing, org: Org, email: str) -> str:
    """Submit a form with this address; the page that thanks."""
    checklist = opened(org, NAME)
    browser = mailing.browser().open(addresses(org, checklist)[0])
    browser.submit(email=email, **{names(checklist)["Vendor name"]: "Atlantic"})
    assert browser.title == "Thank you"
    assert f"on its way to {email}" in browser.text
    assert "/guest/" not in browser.text
    return browser.text


def test_the_link_goes_by_mail(mailing: Mailing) -> None:
    org = mailing.server.found()
    email = f"rui.{org.organization_id}@pilots.example"
    sent_by(mailing, org, email)
    link = mailing.link(email)
    assert link.startswith(f"/{org.organization_id}/guest/")


def test_a_member_gets_no_guest_link_and_the_page_does_not_tell(mailing: Mailing) -> None:
    org = mailing.server.found()
    text = sent_by(mailing, org, org.email)
    mailing.deliver()
    assert mailing.sink.to(org.email) == []
    assert "member" not in text
