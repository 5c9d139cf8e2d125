"""What the audit logs of somebody's organizations are told of their sign-ins."""

from msgspec.structs import replace

from handrail.features.accounts.caller import Asker
from handrail.features.audit.recording import note
from handrail.features.members import accounts
from handrail.features.members import service as members
from handrail.features.people.bot import bot_of
from handrail.ports.database import Transaction

MOST = 20


async def of_person(tx: Transaction, caller: Asker, account_id: int, event: str, message: str) -> None:
    """An entry by the person, in each organization that they are active in."""
    for place in await _active(tx, account_id):
        await in_organization(tx, caller, place.organization_id, account_id, event, message)


async def in_organization(
    tx: Transaction, caller: Asker, organization_id: str, account_id: int, event: str, message: str
) -> None:
    """An entry by the person in one organization, if they are active there."""
    person = await members.load_actor(tx, organization_id, account_id)
    if person is not None:
        actor = replace(person, address=caller.address or None, client=caller.client, request_id=caller.request_id)
        await note(tx, actor, caller.now, event, message, subject=("User", str(account_id)))


async def about_person(tx: Transaction, caller: Asker, account_id: int, event: str, message: str) -> None:
    """An entry by nobody known, about the person: whoever it was has not shown to be them."""
    for place in await _active(tx, account_id):
        bot = await bot_of(tx, place.organization_id)
        actor = replace(bot, address=caller.address or None, client=caller.client, request_id=caller.request_id)
        await note(tx, actor, caller.now, event, message, subject=("User", str(account_id)))


async def _active(tx: Transaction, account_id: int) -> list[accounts.Place]:
    found = await accounts.places(tx, account_id)
    # in one order, so that two who tell the same organizations do not wait for each other
    active = [place for place in found if place.status == "active"][:MOST]
    return sorted(active, key=lambda place: place.organization_id)
