"""What follows when a stranger names an address: asked for with the same work whether it has an account or not, and
decided by a job, so that no answer takes longer for one than for the other.

What a job bears is sealed: an address, and of a registration the hash of a password.
"""

from typing import Literal

import msgspec
from msgspec.structs import replace

from handrail.features.accounts import links, mailing, telling
from handrail.features.accounts.caller import Asker
from handrail.features.accounts.links import REGISTER, RESET
from handrail.features.accounts.registration import Registration
from handrail.features.audit.recording import note
from handrail.features.guests.links import links_of
from handrail.features.members import accounts
from handrail.features.members import service as members
from handrail.features.people.bot import bot_of
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Transaction
from handrail.ports.jobs import Attempt, Handler, InTransaction, Jobs

DO = "accounts.errand"
NOT_YOU = "If it was not you, do nothing: without the link nothing happens."


Kind = Literal["reset", "register", "failed", "guest-link"]


class Through(msgspec.Struct, frozen=True):
    """The application and the organization that somebody did not sign in to."""

    organization_id: str
    application_id: int
    name: str


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked, from where, and what is to follow; also the asker whom the audit log is told of."""

    kind: Kind
    email: str
    now: int
    address: str
    request_id: str
    client: str
    mail_url: str = ""
    registration: Registration | None = None
    through: Through | None = None


def of(asker: Asker, kind: Kind, email: str, mail_url: str = "") -> Errand:
    """An errand about an address."""
    return Errand(
        kind=kind,
        email=email.strip().lower()[:254],
        now=asker.now,
        address=asker.address,
        request_id=asker.request_id,
        client=asker.client,
        mail_url=mail_url,
    )


async def ask(tx: Transaction, jobs: Jobs, errand: Errand) -> None:
    """Have it carried out after the transaction; those about one address in the order they were asked for."""
    sealed = tx.sealer.seal(msgspec.json.encode(errand).decode())
    await jobs.defer(tx, DO, {"errand": sealed}, key=f"{DO}:{fingerprint(errand.email)[:32]}")


def handlers() -> list[Handler]:
    """What carries errands out."""
    return [InTransaction(name=DO, run=_do)]


async def _do(tx: Transaction, given: Attempt) -> None:
    errand = msgspec.json.decode(tx.sealer.open(given.job.payload["errand"]), type=Errand)
    account = await accounts.by_email(tx, errand.email)
    if errand.kind == "guest-link":
        await _guest_link(tx, given, errand)
    elif errand.kind == "register":
        await _register(tx, given, errand, has_account=account is not None)
    elif account is None:
        return
    elif errand.kind == "reset":
        await _reset(tx, given, errand, account)
    elif errand.through is None:
        await telling.about_person(tx, errand, account.id, "login_failed", "Did not sign in: wrong password")
    else:
        await _failed_through(tx, errand, errand.through, account.id)


async def _reset(tx: Transaction, given: Attempt, errand: Errand, account: accounts.Account) -> None:
    secret = await links.make(tx, RESET, account.email, given.clock.now(), account_id=account.id)
    paragraphs = [
        "Somebody, probably you, asked for a new password. The link works once, for an hour.",
        "If it was not you, do nothing: your password stays as it is.",
    ]
    link = f"{errand.mail_url}/account/reset-password?token={secret}"
    await mailing.post(tx, given.jobs, account.email, "Choose a new password", paragraphs, link)
    await telling.about_person(tx, errand, account.id, "password_reset_initiated", "Asked for a new password")


async def _register(tx: Transaction, given: Attempt, errand: Errand, *, has_account: bool) -> None:
    registration = errand.registration
    assert registration is not None
    if has_account:
        text = "Somebody, probably you, wanted to register with this address. It has an account already."
        link = f"{errand.mail_url}/account/sign-in"
        await mailing.post(tx, given.jobs, errand.email, "You have an account already", [text], link)
        return
    secret = await links.make(tx, REGISTER, errand.email, given.clock.now(), payload=registration)
    text = f"Follow this link within a day to found {registration.organization}."
    link = f"{errand.mail_url}/account/register/finish?token={secret}"
    await mailing.post(tx, given.jobs, errand.email, "Finish your registration", [text, NOT_YOU], link)


async def _guest_link(tx: Transaction, given: Attempt, errand: Errand) -> None:
    # a mail for each, so that none tells of another organization
    for found in await links_of(tx, errand.email, errand.mail_url):
        texts = [
            f"Somebody, probably you, asked for the link to your tasks at {found.organization_name}.",
            "Whoever has it can do your tasks, so give it to nobody.",
        ]
        subject = f"Your tasks at {found.organization_name}"
        await mailing.post(tx, given.jobs, errand.email, subject, texts, found.address)


async def _failed_through(tx: Transaction, errand: Errand, through: Through, account_id: int) -> None:
    if await members.load_actor(tx, through.organization_id, account_id) is None:
        return
    bot = replace(
        await bot_of(tx, through.organization_id),
        application_id=through.application_id,
        address=errand.address or None,
        client=errand.client,
        request_id=errand.request_id,
    )
    message = f"Did not sign in through {through.name}"
    await note(tx, bot, errand.now, "login_failed", message, subject=("User", str(account_id)))
