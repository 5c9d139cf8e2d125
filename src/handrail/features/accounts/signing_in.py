"""Signing in with a password, and with the code of a second factor where there is one; and signing out."""

from typing import Literal

from handrail.features.accounts import errands, second_factor, sessions, telling
from handrail.features.accounts.caller import Caller
from handrail.features.accounts.sessions import Session
from handrail.features.members import accounts, personal_tokens, proving
from handrail.features.organizations import service as organizations
from handrail.http.attempts import an_hour, give_back, in_turn, take
from handrail.http.site import SESSION_COOKIE, Visit
from handrail.kernel.clock import iso
from handrail.kernel.errors import Denied, Invalid
from handrail.ports.database import Reader, Transaction

WRONG = "The address or the password is not right."
WRONG_CODES_PER_HOUR = 10

Next = Literal["signed-in", "code"]


async def with_password(visit: Visit, email: str, password: str) -> Next:
    """Begin a session for whoever this is the password of; with a second factor only half of one. Raises Invalid,
    Denied for somebody who is disabled everywhere, TooMany."""
    account_id = await prove_password(visit, email, password)
    return await visit.application.database.write(lambda tx: admit(tx, visit, account_id))


async def prove_password(caller: Caller, email: str, password: str) -> int:
    """Whose address and password this is. Raises Invalid, the same for an unknown address and a wrong password, and
    TooMany."""
    account_id = await proving.person(caller.application, email, password, caller.address)
    if account_id is not None:
        return account_id
    errand = errands.of(caller, "failed", email)
    await caller.application.database.write(lambda tx: errands.ask(tx, caller.application.jobs, errand))
    raise Invalid({"password": WRONG}, WRONG)


async def is_password(caller: Caller, account: accounts.Account, password: str) -> bool:
    """Whether somebody who is signed in knows their password. Raises TooMany."""
    found = await proving.person(caller.application, account.email, password, caller.address)
    return found == account.id


async def admit(tx: Transaction, visit: Visit, account_id: int) -> Next:
    """A session for somebody who has shown who they are, or half of one where a code is still needed. Raises
    Denied."""
    await refuse_disabled(tx, account_id)
    if await second_factor.is_on(tx, account_id):
        await sessions.begin(tx, visit, account_id, half=True)
        return "code"
    await sessions.begin(tx, visit, account_id)
    await telling.of_person(tx, visit, account_id, "login_succeeded", "Signed in")
    return "signed-in"


async def with_code(visit: Visit, session: Session, code: str) -> None:
    """Complete a session that is half of one. Raises Invalid, TooMany."""
    await prove_code(visit, session.account.id, code)

    async def work(tx: Transaction) -> None:
        await sessions.begin(tx, visit, session.account.id)
        await telling.of_person(tx, visit, session.account.id, "login_succeeded", "Signed in with a second factor")

    await visit.application.database.write(work)


async def prove_code(caller: Caller, account_id: int, code: str) -> None:
    """Use up a code of somebody's second factor. Raises Invalid for a wrong one, which is told, and TooMany."""
    guess = [(an_hour(WRONG_CODES_PER_HOUR), ("code", str(account_id)))]

    async def work(tx: Transaction) -> bool:
        is_right = await second_factor.prove(tx, caller.application.sealer, account_id, code, caller.now)
        if not is_right:
            await telling.about_person(tx, caller, account_id, "login_failed", "Did not sign in: wrong code")
        return is_right

    async with in_turn("code", str(account_id)):
        # counted before, as in `proving.person`
        await take(caller.application.limiter, guess)
        if not await caller.application.database.write(work):
            raise Invalid({"code": second_factor.WRONG}, second_factor.WRONG)
        await give_back(caller.application.limiter, guess)


async def refuse_disabled(reader: Reader, account_id: int) -> None:
    """Raise Denied for somebody whom every organization has disabled: it says which, when and by whom."""
    places = await accounts.places(reader, account_id)
    if any(place.status == "active" for place in places):
        return
    disabled = [place for place in places if place.status == "disabled"]
    if not disabled:
        return
    told = [
        f"{place.organization_name} has disabled your account"
        + (f" on {iso(place.disabled_at)[:10]}" if place.disabled_at else "")
        + (f" ({place.disabled_by_first_name} {place.disabled_by_last_name})" if place.disabled_by_first_name else "")
        + "."
        for place in disabled
    ]
    raise Denied(" ".join([*told, "Ask an administrator there."]))


async def out(visit: Visit) -> None:
    """End the session, its tokens, and the personal tokens of organizations that want them to end with it."""

    async def work(tx: Transaction) -> None:
        row = await sessions.leave(tx, visit)
        if row is not None:
            await end_personal_tokens(tx, row.account_id, visit.now)
            tx.after_commit(visit.application.forget_people)

    await visit.application.database.write(work)
    visit.keep_cookie(SESSION_COOKIE, "", 0)


async def end_personal_tokens(tx: Transaction, account_id: int, now: int) -> None:
    """Where the organization's switch says so, its personal tokens of somebody end when they sign out (around 5.2)."""
    for place in await accounts.places(tx, account_id):
        if place.status != "active":
            continue
        settings = await organizations.settings_of(tx, place.organization_id)
        if settings.end_tokens_at_sign_out:
            await personal_tokens.end_of_person(tx, place.organization_id, account_id, now)
