"""Whose password this is: counted by address and account, the same however somebody signs in."""

from handrail.features.members import service
from handrail.http.attempts import an_hour, in_turn, require, take
from handrail.ports.database import Database
from handrail.ports.limiter import Limiter

# wrong passwords for one account, from one address and from all
FAILED_PER_HOUR_FROM_ADDRESS = 10
FAILED_PER_HOUR = 50


async def person(database: Database, limiter: Limiter, email: str, password: str, address: str) -> int | None:
    """The account that signs in with this; None when it is wrong, which is counted. Raises TooMany."""
    account = email.strip().lower()[:254]
    failures = [
        (an_hour(FAILED_PER_HOUR_FROM_ADDRESS), ("password", account, address)),
        (an_hour(FAILED_PER_HOUR), ("password", account)),
    ]
    async with in_turn("password", account):
        await require(limiter, failures)
        found = await service.person_with(database, account, password)
        if found is None:
            await take(limiter, failures)
    return found
