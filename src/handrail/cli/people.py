"""The commands that make organizations and tokens: `init` and `token`."""

import getpass
import sys
import time

import msgspec

from handrail.cli.words import WRONG_USAGE, Stop, up_to_date, with_database
from handrail.features.organizations.service import Founding, found
from handrail.ports.database import Database
from handrail.settings import Settings


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

    async def work(database: Database) -> Founding:
        return await found(
            database,
            name=name,
            email=email,
            password=secret,
            first_name=first_name,
            last_name=last_name,
            now=time.time_ns() // 1_000_000,
        )

    founding = with_database(settings, work)
    if as_json:
        print(msgspec.json.encode(founding).decode())
        return
    print(f"Organization  {founding.organization_id}")
    print(f"Administrator {founding.email} (member {founding.user_id})")
    print(f"Access token  {founding.access_token}")
    print("The token is shown once; make further ones with `handrail token`.")


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
