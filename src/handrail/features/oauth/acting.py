"""What an application does by itself: make members, and get tokens to act as them (wire 1.3)."""

from handrail.features.activity.service import Entry, record
from handrail.features.audit import recording as audit
from handrail.features.members import provisioning
from handrail.features.members import service as members
from handrail.features.oauth import store, wire
from handrail.features.oauth.store import ApplicationRow
from handrail.features.oauth.tokens import USER_TOKEN_OF_APPLICATION_SECONDS
from handrail.features.organizations.rates import rates_of
from handrail.features.people.bot import bot_of
from handrail.http.call import Call
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied, Invalid, NotFound, Unauthenticated
from handrail.kernel.ids import is_id
from handrail.kernel.secrets import USER_TOKEN, fingerprint, new_secret
from handrail.ports.database import Reader, Transaction


async def application_of(call: Call, reader: Reader, now: int) -> ApplicationRow:
    """The application whose token the request bears, in its organization. Raises Unauthenticated, Denied,
    TooMany."""
    header = call.headers.get(b"authorization", b"").decode("latin-1")
    row = None
    if header.startswith("Bearer "):
        row = await reader.one(store.application_of_token, token_hash=fingerprint(header[7:]), now=now)
    if row is None or "client_credentials" not in row.grants.split():
        raise Unauthenticated
    if row.organization_id != call.path["org"] or not is_id(call.path["org"]):
        raise Denied("This application has no permission for this organization.")
    # one quota for the organization, whichever token is used (wire 0.10); a body that is run again counts once
    if call.usage is None:
        rates = await rates_of(reader, row.organization_id)
        call.usage = await call.application.quota.count(row.organization_id, rates)
    return row


async def actor_of(reader: Reader, application: ApplicationRow, request_id: str, address: str) -> Actor:
    """The application as an actor: the organization's bot, named by what it acts for."""
    bot = await bot_of(reader, application.organization_id)
    return Actor(
        organization_id=bot.organization_id,
        user_id=bot.user_id,
        role=bot.role,
        client=f"application {application.id}: {application.name}"[:200],
        application_id=application.id,
        address=address or None,
        request_id=request_id,
    )


async def provision(tx: Transaction, call: Call, body: wire.ProvisionBody, now: int) -> tuple[Actor, int]:
    """A new member. Raises Unauthenticated, Denied, Invalid."""
    application = await application_of(call, tx, now)
    actor = await actor_of(tx, application, call.request_id, call.client_address)
    user_id = await provisioning.provision(
        tx,
        actor,
        email=body.email,
        first_name=body.first_name,
        last_name=body.last_name,
        role=body.role if isinstance(body.role, str) else "standard",
        timezone=body.timezone if isinstance(body.timezone, str) else None,
        now=now,
    )
    return actor, user_id


async def token_for(tx: Transaction, call: Call, email: str, now: int) -> wire.TokenAnswer:
    """A token with which the application acts as a member. Raises Unauthenticated, Denied, NotFound, Invalid."""
    application = await application_of(call, tx, now)
    account_id = await members.account_id(tx, email.strip().lower())
    if account_id is None:
        raise NotFound("There is no user with this address.")
    person = await members.load_actor(tx, application.organization_id, account_id)
    if person is None:
        raise Invalid({"email": "This user is not an active member of this organization."})
    secret = new_secret(USER_TOKEN)
    await members.insert_token(
        tx,
        secret,
        account_id,
        application.organization_id,
        application.name,
        now,
        scopes=application.scopes,
        expires_at=now + USER_TOKEN_OF_APPLICATION_SECONDS * 1000,
        application_id=application.id,
    )
    actor = await actor_of(tx, application, call.request_id, call.client_address)
    entry = Entry(
        verb="created",
        subject_type="User",
        subject_id=str(account_id),
        description=f"The application {application.name} got a token for a member",
        detail={"application": application.id},
    )
    await record(tx, actor, now, [entry])
    await audit.note(tx, actor, now, "token_created", entry.description, subject=("User", str(account_id)))
    return wire.TokenAnswer(token_type="Bearer", expires_in=USER_TOKEN_OF_APPLICATION_SECONDS, access_token=secret)
