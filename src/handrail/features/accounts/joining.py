"""Registering: somebody new founds an organization. Where there is mail, the address is verified before anything is
made, so that nobody can take an address that is not theirs, nor learn whether it has an account.

Whoever registers chooses a password, and need not be whoever reads the mail. So it is kept where the link is followed
in the browser that registered; anywhere else the password is chosen there, and the first one is forgotten.
"""

import msgspec

from handrail.features.accounts import errands, links, sessions
from handrail.features.accounts.caller import Caller
from handrail.features.accounts.links import REGISTER
from handrail.features.accounts.registration import Registration
from handrail.features.accounts.store import LinkRow
from handrail.features.members import accounts, notices, passwords
from handrail.features.members.profiles import check_email, check_name
from handrail.features.organizations import service as organizations
from handrail.http.attempts import an_hour, network, take
from handrail.http.site import Visit
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied, Errors, Impossible, Invalid
from handrail.kernel.zones import is_zone
from handrail.ports.database import DuplicateKey, Transaction
from handrail.settings import Settings

PER_HOUR_FROM_ADDRESS = 20
HAS_ACCOUNT = "This address has an account already. Sign in, and found another organization from your account's page."


async def checked(caller: Caller, fields: dict[str, str]) -> Registration:
    """A registration out of a form. Raises Invalid with every field that is wrong, Denied where nobody may register,
    TooMany."""
    if caller.application.settings.registration != "open":
        raise Denied("Nobody can register here by themself. Ask an administrator for an invitation.")
    await take(caller.application.limiter, [(an_hour(PER_HOUR_FROM_ADDRESS), ("register", network(caller.address)))])
    errors = Errors()
    first_name = check_name("first_name", fields.get("first_name", ""), errors)
    last_name = check_name("last_name", fields.get("last_name", ""), errors)
    email = check_email(fields.get("email", ""), errors)
    rule = passwords.rule_of(caller.application.settings)
    passwords.check_new(fields.get("password", ""), errors, rule)
    organization = organizations.checked_name(fields.get("organization", ""), errors)
    timezone = fields.get("timezone", "") or "UTC"
    if not is_zone(timezone):
        errors.add("timezone", "The timezone must be an IANA time zone, such as Europe/Lisbon.")
    errors.raise_if_any()
    return Registration(
        first_name=first_name,
        last_name=last_name,
        email=email,
        password_hash=await passwords.hashed(fields["password"], rule),
        organization=organization,
        timezone=timezone,
    )


async def ask(caller: Caller, registration: Registration) -> None:
    """Mail the link that finishes a registration; to somebody who has an account, that they have one."""
    errand = msgspec.structs.replace(
        errands.of(caller, "register", registration.email, caller.mail_url), registration=registration
    )
    await caller.application.database.write(lambda tx: errands.ask(tx, caller.application.jobs, errand))


class Waiting(msgspec.Struct, frozen=True):
    """What a link would make, and whether the password has to be chosen with it."""

    email: str
    organization: str
    needs_password: bool


async def waiting(visit: Visit, secret: str) -> Waiting:
    """What a link would make. Raises Impossible."""

    async def work(tx: Transaction) -> Waiting:
        _, registration = await _link(tx, visit, secret)
        return Waiting(registration.email, registration.organization, not _is_here(visit, registration))

    return await visit.application.database.write(work)


async def finish(visit: Visit, secret: str, password: str) -> None:
    """Make what the link stands for, and sign its owner in; the password is taken where one has to be chosen. Raises
    Impossible, Invalid."""
    wanted = await waiting(visit, secret)
    rule = passwords.rule_of(visit.application.settings)
    password_hash = await passwords.hashed(password, rule) if wanted.needs_password else None

    async def work(tx: Transaction) -> None:
        row, registration = await _link(tx, visit, secret)
        if password_hash is not None:
            registration = msgspec.structs.replace(registration, password_hash=password_hash)
        await links.use(tx, row, visit.now)
        account_id = await found(tx, registration, visit.now, visit.application.settings, is_verified=True)
        await sessions.begin(tx, visit, account_id)

    try:
        await visit.application.database.write(work)
    except DuplicateKey as error:
        raise Impossible(HAS_ACCOUNT) from error


async def _link(tx: Transaction, visit: Visit, secret: str) -> tuple[LinkRow, Registration]:
    row = await links.usable(tx, REGISTER, secret, visit.now)
    return row, msgspec.json.decode(row.payload, type=Registration)


def _is_here(visit: Visit, registration: Registration) -> bool:
    """Whether this browser is the one that registered."""
    return registration.browser is not None and registration.browser == visit.browser


async def at_once(caller: Caller, registration: Registration, visit: Visit | None = None) -> None:
    """Found the organization without a mail, where there is no mail server; a visitor is signed in. Raises Invalid."""

    async def work(tx: Transaction) -> None:
        account_id = await found(tx, registration, caller.now, caller.application.settings, is_verified=False)
        if visit is not None:
            await sessions.begin(tx, visit, account_id)

    try:
        await caller.application.database.write(work)
    except (DuplicateKey, Impossible) as error:
        raise Invalid({"email": HAS_ACCOUNT}) from error


async def found(tx: Transaction, registration: Registration, now: int, settings: Settings, *, is_verified: bool) -> int:
    """The account and the organization of a registration, and a mail that they are there; the account's id. Raises
    Impossible."""
    if await accounts.by_email(tx, registration.email) is not None:
        raise Impossible(HAS_ACCOUNT)
    account_id = await organizations.new_person(
        tx,
        email=registration.email,
        password_hash=registration.password_hash,
        first_name=registration.first_name,
        last_name=registration.last_name,
        is_verified=is_verified,
        now=now,
    )
    organization_id = await organizations.establish(
        tx, name=registration.organization, account_id=account_id, timezone=registration.timezone, now=now
    )
    founder = Actor(organization_id=organization_id, user_id=account_id, role="admin")
    await notices.welcome(tx, founder, now, notices.account_link(settings))
    return account_id
