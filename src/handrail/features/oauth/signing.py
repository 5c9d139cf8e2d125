"""What the audit log is told of sign-ins through an application: who came in, who did not, and what was misused."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from handrail.features.accounts import errands
from handrail.features.audit.recording import note
from handrail.features.members import service as members
from handrail.features.oauth.server import World
from handrail.features.people.bot import bot_of
from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction
from handrail.ports.jobs import Jobs

# refreshing goes on with what was granted before, and a password is told as a sign-in
NEW = ("authorization_code", "client_credentials")


class From(msgspec.Struct, frozen=True):
    """When and from where a token was asked for."""

    now: int
    address: str
    request_id: str
    client: str = ""


async def audited(tx: Transaction, jobs: Jobs, world: World, fields: Mapping[str, str], asked: From) -> None:
    """After the decision, in its transaction. Addresses of nobody here are not told: they may be somebody's elsewhere,
    or a password typed into the wrong line; which they are is found out later, by a job."""
    application = world.application
    organization_id = world.organization_id
    if application is None or not organization_id:
        return
    now, client = asked.now, f"application {application.id}: {application.name}"[:200]
    bot = replace(
        await bot_of(tx, organization_id),
        application_id=application.id,
        address=asked.address or None,
        client=client,
        request_id=asked.request_id,
    )
    if world.misused and world.refresh is not None:
        subject = ("User", str(world.refresh.account_id))
        message = "A refresh token was used twice; all that came of it was ended"
        await note(tx, bot, now, "token_revoked", message, subject=subject)
    if world.misused_code and world.code is not None:
        subject = ("User", str(world.code.account_id))
        message = "An authorization code was used twice; all that came of it was ended"
        await note(tx, bot, now, "token_revoked", message, subject=subject)
    grant = fields.get("grant_type")
    if grant in NEW and world.issued is not None:
        subject = ("Application", str(application.id))
        if world.issued_to is not None:
            subject = ("User", str(world.issued_to))
        message, detail = f"{application.name} got a token", {"grant": grant}
        await note(tx, bot, now, "token_created", message, subject=subject, detail=detail)
    if grant != "password" or not world.is_client:
        return
    if world.issued is not None and world.issued_to is not None:
        person = await members.load_actor(tx, organization_id, world.issued_to)
        assert person is not None
        await note(tx, _through(person, bot), now, "login_succeeded", f"Signed in through {application.name}")
        return
    errand = errands.of(replace(asked, client=client), "failed", fields.get("username", ""))
    through = errands.Through(organization_id, application.id, application.name)
    await errands.ask(tx, jobs, replace(errand, through=through))


async def revoked(tx: Transaction, world: World, organization_id: str, account_id: int | None, asked: From) -> None:
    """An application has ended a token."""
    application = world.application
    if application is None or not organization_id:
        return
    bot = replace(
        await bot_of(tx, organization_id),
        application_id=application.id,
        address=asked.address or None,
        client=f"application {application.id}: {application.name}"[:200],
        request_id=asked.request_id,
    )
    subject = ("Application", str(application.id)) if account_id is None else ("User", str(account_id))
    await note(tx, bot, asked.now, "token_revoked", f"{application.name} ended a token", subject=subject)


def _through(person: Actor, bot: Actor) -> Actor:
    return replace(
        person,
        application_id=bot.application_id,
        address=bot.address,
        client=bot.client,
        request_id=bot.request_id,
    )
