"""A guest who has lost the link to their tasks: around 3.3, 6.4 (7), and a guest of two organizations (16 no. 5)."""

from tests.features.accounts.conftest import Mailing
from tests.features.builders import made
from tests.features.guests.codes import guest_of
from tests.support.browser import Browser
from tests.support.server import Org

AT = "/account/guest-link"


def test_the_link_comes_by_mail_one_for_each_organization(mailing: Mailing) -> None:
    here, there = mailing.server.found("Harbour Desk"), mailing.server.found("Pilot Desk")
    rui = f"rui.{here.organization_id}@pilots.example"
    first, second = guest_of(here, rui), guest_of(there, rui)
    page = mailing.browser().open(AT).submit(email=f" {rui.upper()} ")
    assert page.title == "Look into your mail"
    told = dict(mailing.told(rui))
    assert told.keys() == {"Your tasks at Harbour Desk", "Your tasks at Pilot Desk"}
    text = told["Your tasks at Harbour Desk"]
    assert f"/{here.organization_id}/guest/{first.code}" in text
    assert second.code not in text and "Pilot Desk" not in text
    # the link is the one they had
    assert first.http.get("/tasks").status_code == 200


def test_nobody_learns_who_is_a_guest(mailing: Mailing) -> None:
    org = mailing.server.found()
    rui, stranger = f"rui.{org.organization_id}@pilots.example", f"no.{org.organization_id}@pilots.example"
    guest_of(org, rui)
    shown = [mailing.browser().open(AT).submit(email=email) for email in (rui, stranger, "")]
    assert len({(page.status, page.title, page.text) for page in shown}) == 1
    assert mailing.told(stranger) == []


def test_links_that_do_not_work_are_not_mailed(mailing: Mailing) -> None:
    org = mailing.server.found()
    for number, ending in enumerate(("/disable", "")):
        email = f"gone{number}.{org.organization_id}@pilots.example"
        guest_of(org, email)
        made(org.http.delete(f"/guests/{email}{ending}"), 200)
        mailing.browser().open(AT).submit(email=email)
        assert mailing.told(email) == []


def test_a_few_times_an_hour(mailing: Mailing) -> None:
    org = mailing.server.found()
    email = f"often.{org.organization_id}@pilots.example"
    statuses = [mailing.browser().open(AT).submit(email=email).status for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_without_mail_the_page_says_so(org: Org) -> None:
    assert "sends no mail" in Browser(org.server.url).open(AT).text
