"""Whose password this is: counted by account and by network address, the same however somebody signs in.

A guess is counted before it is tried, and given back when it is right: so however many are made at once, in however
many processes, no more of them are wrong than the limits say.
"""

from handrail.features.members import service
from handrail.http.attempts import an_hour, give_back, in_turn, network, take
from handrail.http.call import Application

# wrong passwords for one account, from one address and from all
FAILED_PER_HOUR_FROM_ADDRESS = 10
FAILED_PER_HOUR = 50


async def person(application: Application, email: str, password: str, address: str) -> int | None:
    """The account that signs in with this; None when it is wrong, which is counted. Raises TooMany."""
    account, whence = email.strip().lower()[:254], network(address)
    guess = [
        (an_hour(FAILED_PER_HOUR_FROM_ADDRESS), ("password", account, whence)),
        (an_hour(FAILED_PER_HOUR), ("password", account)),
    ]
    # one password for many accounts
    per_address = application.settings.wrong_sign_ins_per_address
    if per_address:
        guess.append((an_hour(per_address), ("password of anybody", whence)))
    async with in_turn("password", account):
        await take(application.limiter, guess)
        found = await service.person_with(application.database, account, password)
        if found is not None:
            await give_back(application.limiter, guess)
    return found
