"""A forgotten password: a link to the address, and a new password with it (around 5.1)."""

from handrail.features.accounts import errands, links, mailing, second_factor, sessions, taking_back, telling
from handrail.features.accounts.caller import Caller
from handrail.features.accounts.links import RESET
from handrail.features.accounts.store import LinkRow
from handrail.features.members import accounts, passwords
from handrail.http.attempts import an_hour, network, take
from handrail.http.site import Visit
from handrail.kernel.errors import Impossible
from handrail.ports.database import Transaction

PER_HOUR_FROM_ADDRESS = 30
PER_HOUR_OF_ACCOUNT = 5


async def ask(caller: Caller, email: str) -> None:
    """Mail a link to an address that has an account; nothing tells whether it has one. Raises TooMany."""
    wanted = email.strip().lower()[:254]
    await take(
        caller.application.limiter,
        [
            (an_hour(PER_HOUR_FROM_ADDRESS), ("reset", network(caller.address))),
            (an_hour(PER_HOUR_OF_ACCOUNT), ("reset", "account", wanted)),
        ],
    )
    errand = errands.of(caller, "reset", wanted, caller.mail_url)
    await caller.application.database.write(lambda tx: errands.ask(tx, caller.application.jobs, errand))


async def check(caller: Caller, secret: str) -> None:
    """Raise Impossible, with the reason, when the link does not work."""
    await caller.application.database.write(lambda tx: _link(tx, caller, secret))


async def choose(caller: Caller, secret: str, password: str, visit: Visit | None = None) -> bool:
    """Set the new password: every session ends, and the address counts as verified. Where it was not, whatever else was
    left in the account ends too. Whoever has a second factor still has to sign in; anybody else is signed in by it.
    Whether they are. Raises Invalid, Impossible."""
    password_hash = await passwords.hashed(password, passwords.rule_of(caller.application.settings))

    async def work(tx: Transaction) -> bool:
        row = await _link(tx, caller, secret)
        assert row.account_id is not None
        account = await accounts.by_id(tx, row.account_id)
        if account is None or account.email != row.email:
            raise Impossible("This link belongs to an address that has changed since.")
        await links.use(tx, row, caller.now)
        await accounts.change_password(tx, account.id, password_hash, caller.now)
        await taking_back.take_back(tx, caller, account)
        await telling.of_person(tx, caller, account.id, "password_reset_completed", "Chose a new password by mail")
        if caller.application.settings.smtp_url is not None:
            text = "Your password was changed just now, and all your sessions were ended."
            await mailing.post(tx, caller.application.jobs, account.email, "Your password was changed", [text], None)
        tx.after_commit(caller.application.forget_people)
        if visit is None or await second_factor.is_on(tx, account.id):
            return False
        await sessions.begin(tx, visit, account.id)
        return True

    return await caller.application.database.write(work)


async def _link(tx: Transaction, caller: Caller, secret: str) -> LinkRow:
    return await links.usable(tx, RESET, secret, caller.now)
