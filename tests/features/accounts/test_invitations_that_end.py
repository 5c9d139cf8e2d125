"""Invitations that are withdrawn, and those that nobody accepts in time (around 2.3, 2.7)."""

from typing import Any

from handrail import main
from handrail.features.members.inviting import EXPIRE
from handrail.kernel.secrets import fingerprint
from handrail.ports.jobs import Attempt, Job
from tests.features.accounts.conftest import PASSWORD, Mailing
from tests.features.builders import made
from tests.features.members.test_invitations import accept, errors, invited, token_of
from tests.features.members.test_standing import bot
from tests.support.browser import Browser
from tests.support.server import Org, Person


def may_invite(org: Org) -> Person:
    made(org.http.put("", json={"allow_user_invite": True}), 200)
    return org.member("standard")


def withdrawn(person: Person, user: dict[str, Any], status: int = 200) -> Any:
    return made(person.http.delete(f"/x/users/{user['id']}/invitation"), status)


def test_a_withdrawn_invitation_is_gone_and_its_link_says_so(org: Org) -> None:
    user = invited(org)
    gone = withdrawn(org, user)
    assert (gone["id"], gone["email"]) == (user["id"], f"{user['email']}.deleted.{user['id']}")
    assert org.http.get(f"/users/{user['id']}").status_code == 404
    assert user["id"] not in [each["id"] for each in org.http.get("/users").json()["data"]]
    page = Browser(org.server.url).open(f"/accept-invite?token={token_of(user)}")
    assert page.title == "This invitation does not work"
    assert "was withdrawn" in page.text
    assert page.forms == []
    assert "withdrawn" in errors(accept(org.server, token_of(user)))["token"][0]
    assert org.http.delete(f"/x/users/{user['id']}/invitation").status_code == 404


def test_whoever_was_withdrawn_can_be_invited_again(org: Org) -> None:
    first = invited(org)
    withdrawn(org, first)
    again = invited(org)
    assert accept(org.server, token_of(again)).status_code == 200
    assert "withdrawn" in errors(accept(org.server, token_of(first)))["token"][0]
    # who has come cannot be withdrawn any more
    assert org.http.delete(f"/x/users/{again['id']}/invitation").status_code == 422


def test_the_account_of_somebody_who_is_elsewhere_stays(org: Org) -> None:
    other = org.server.found()
    member = other.member()
    withdrawn(org, invited(org, email=member.email))
    assert member.http.get("/me").json()["data"]["email"] == member.email
    assert invited(org, email=member.email)["id"] == member.user_id


def test_standard_members_withdraw_what_they_sent_themselves(org: Org) -> None:
    mina, rui = may_invite(org), org.member("standard")
    mine = invited(mina, email=f"eva.{org.organization_id}@quay.example")
    assert rui.http.delete(f"/x/users/{mine['id']}/invitation").status_code == 403
    # also when they may invite nobody any more
    made(org.http.put("", json={"allow_user_invite": False}), 200)
    assert mina.http.post(f"/x/users/{mine['id']}/invitation").status_code == 403
    withdrawn(mina, mine)
    others = invited(org)
    assert mina.http.delete(f"/x/users/{others['id']}/invitation").status_code == 403
    assert "member_withdrawn" in [entry["event"] for entry in org.http.get("/x/audit").json()["data"]]


def test_only_invitations_can_be_withdrawn(org: Org) -> None:
    for user_id, status in ((bot(org), 400), (org.user_id, 422)):
        assert org.http.delete(f"/x/users/{user_id}/invitation").status_code == status


def test_an_expired_link_has_another_one_mailed(mailing: Mailing) -> None:
    org = mailing.server.found()
    eva = f"eva.{org.organization_id}@pilots.example"
    invited(org, email=eva)
    first = mailing.link(eva)
    with mailing.server.later(days=18.1):
        page = mailing.browser().open(first)
        assert page.title == "This invitation has expired"
        assert page.submit().title == "Look into your mail"
        second = mailing.link(eva)
        assert second != first
        assert "replaced by a newer one" in mailing.browser().open(first).text
        assert mailing.browser().open(second).submit(password=PASSWORD).title == "Your account"


def test_both_sides_are_told_when_nobody_has_come(mailing: Mailing) -> None:
    org = mailing.server.found()
    eva, rui = (f"{name}.{org.organization_id}@pilots.example" for name in ("eva", "rui"))
    first, other = token_of(invited(org, email=eva)), invited(org, email=rui)
    second = token_of(other)
    assert planned(mailing) >= 2
    carry_out(mailing, first)
    with mailing.server.later(days=18.1):
        made(org.http.post(f"/x/users/{other['id']}/invitation"), 200)
        carry_out(mailing, first)
        carry_out(mailing, second)
        # by hand, and on SQLite also when the time of the job has come
        assert [subject for subject, _ in mailing.told(eva) if "has run out" in subject]
        assert {subject for subject, _ in mailing.told(org.email)} == {"Your invitation has run out"}
        assert all(eva in text for _, text in mailing.told(org.email))
        # a newer link is on its way to the other one
        assert not [subject for subject, _ in mailing.told(rui) if "run out" in subject]


def planned(mailing: Mailing) -> int:
    """How many links are seen to once they have run out."""

    async def counted() -> int:
        async with mailing.server.database.reader() as reader:
            return await mailing.server.jobs.unfinished(reader, EXPIRE)

    return mailing.server.run(counted)


def carry_out(mailing: Mailing, token: str) -> None:
    """What is done when a link's time has come."""
    server = mailing.server
    handler: Any = main.catalogue(server.settings).handlers[EXPIRE]
    job = Job(id=1, name=EXPIRE, payload={"invite_hash": fingerprint(token)}, key=None, attempt=1)
    attempt = Attempt(job, server.database, server.jobs, server.clock)
    server.write(lambda tx: handler.run(tx, attempt))
