"""The commands that make organizations, tokens and passwords: `init`, `token` and `password`."""

import getpass
import sys
import time

import msgspec
from msgspec.structs import replace

from handrail.cli.words import WRONG_USAGE, Stop, say, up_to_date, with_database
from handrail.features.accounts import second_factor
from handrail.features.audit import recording as audit
from handrail.features.members import accounts, notices
from handrail.features.members.passwords import rule_of
from handrail.features.members.service import account_id, hashed, insert_token
from handrail.features.organizations.service import Founding, found, of_person
from handrail.features.people.bot import bot_of
from handrail.kernel.clock import DAY, iso
from handrail.kernel.errors import Invalid
from handrail.kernel.secrets import PERSONAL_TOKEN, new_secret
from handrail.ports.database import Database, Transaction
from handrail.settings import Settings

# of one person; nobody is in more organizations of one installation
MANY = 1_000


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def init(
    settings: Settings,
    name: str,
    email: str,
    password: str | None,
    first_name: str,
    last_name: str,
    *,
    as_json: bool,
) -> None:
    """Found an organization on the store of these settings and print who may sign in and how."""
    secret = password_from(password)
    up_to_date(settings)
    founding = founded(settings, name, email, secret, first_name, last_name)
    if as_json:
        print(msgspec.json.encode(founding).decode())
        return
    print(f"Organization  {founding.organization_id}")
    print(f"Administrator {founding.email} (member {founding.user_id})")
    print(f"Access token  {founding.access_token}")
    print("The token is shown once; make further ones with `handrail token`.")


def founded(settings: Settings, name: str, email: str, password: str, first_name: str, last_name: str) -> Founding:
    """A new organization on a store that is up to date."""

    async def work(database: Database) -> Founding:
        return await found(
            database,
            name=name,
            email=email,
            password=password,
            first_name=first_name,
            last_name=last_name,
            now=now(),
            rule=rule_of(settings),
        )

    return with_database(settings, work)


def password_from(given: str | None) -> str:
    """The password as given, from the standard input, or asked for at the terminal."""
    if given == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise Stop("There is no terminal to ask for the password: give --password, or --password - to read it.", 2)
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise Stop("The two passwords differ.", WRONG_USAGE)
    return first


def password(settings: Settings, email: str, given: str | None, *, without_second_factor: bool) -> None:
    """Set the password of the person with this address; every session of theirs ends."""
    secret = password_from(given)
    up_to_date(settings)
    email = email.strip().lower()

    async def work(database: Database) -> None:
        try:
            password_hash = await hashed(secret, rule_of(settings))
        except Invalid as error:
            raise Stop(" ".join(error.errors["password"]), WRONG_USAGE) from error

        async def body(tx: Transaction) -> None:
            account = await accounts.by_email(tx, email)
            if account is None:
                raise Stop(f"Nobody signs in with {email} here. Check the address and --data.")
            await accounts.change_password(tx, account.id, password_hash, now())
            if without_second_factor:
                await second_factor.turn_off(tx, account.id)
            places = await accounts.places(tx, account.id)
            # one mail, from wherever they are
            for place in [place for place in places if place.status == "active"][:1]:
                await notices.password_set(tx, place.organization_id, account.email, now())
            for place in places:
                bot = replace(await bot_of(tx, place.organization_id), client="handrail password")
                subject = ("User", str(account.id))
                await audit.note(tx, bot, now(), "password_changed", "The operator set a password", subject=subject)

        await database.write(body)

    with_database(settings, work)
    say(f"The password of {email} is set, and all their sessions have ended.")


class NewToken(msgspec.Struct, frozen=True):
    """A token that was just made."""

    organization_id: str
    user_id: int
    email: str
    access_token: str
    expires_at: str


def token(settings: Settings, email: str, organization: str | None, name: str, days: int, *, as_json: bool) -> None:
    """Make a token for a member and print it."""
    up_to_date(settings)
    made = made_token(settings, email, organization, name, days)
    if as_json:
        print(msgspec.json.encode(made).decode())
        return
    say(f"A token of {made.email} for organization {made.organization_id}, valid until {made.expires_at}:")
    print(made.access_token)


def made_token(settings: Settings, email: str, organization: str | None, name: str, days: int) -> NewToken:
    """A new token of the member with this address; in the only organization they are in, unless one is named."""
    email = email.strip().lower()

    async def work(database: Database) -> NewToken:
        async with database.reader() as reader:
            user_id = await account_id(reader, email)
            places = [] if user_id is None else (await of_person(reader, user_id, limit=MANY, offset=0))[0]
        if user_id is None or not places:
            raise Stop(f"{email} is no active member of any organization here. Check the address and --data.")
        chosen = [place for place in places if organization in (None, place.id, place.slug)]
        if len(chosen) != 1:
            known = "\n".join(f"  {place.id}  {place.name}" for place in places)
            what = f"{email} is not in organization {organization}" if not chosen else f"{email} is in several"
            raise Stop(f"{what}; name one of these with --organization:\n{known}", WRONG_USAGE)
        secret, moment = new_secret(PERSONAL_TOKEN), now()
        expires_at = moment + days * DAY

        async def body(tx: Transaction) -> None:
            await insert_token(tx, secret, user_id, chosen[0].id, name, moment, expires_at=expires_at)

        await database.write(body)
        return NewToken(chosen[0].id, user_id, email, secret, iso(expires_at))

    return with_database(settings, work)
