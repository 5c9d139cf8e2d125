"""An account goes to whoever owns its address.

An account may have been made for an address that nobody had shown to own yet: by registering where there was no mail
server, by an invitation's link, by changing one's own address. Whoever made it may have left ways in that a new
password does not close, or that lock the owner out. They end when the owner comes.
"""

from handrail.features.accounts import store, telling
from handrail.features.accounts.caller import Asker
from handrail.features.members import accounts, personal_tokens
from handrail.features.members.accounts import Account
from handrail.features.oauth import consents
from handrail.ports.database import Transaction

TAKEN_BACK = "Showed that the address is theirs, which ended what was left in the account before"


async def take_back(tx: Transaction, asker: Asker, account: Account) -> None:
    """The address is verified. Where it was not before, every session, token and second factor ends, and so does every
    sign-in elsewhere; the password is the caller's to change. Nothing else of an account whose address was verified."""
    if account.email_verified_at is not None:
        return
    await accounts.end_sessions(tx, account.id, asker.now)
    await tx.run(store.delete_factor, account_id=account.id)
    await tx.run(store.delete_identities, account_id=account.id)
    await consents.end_codes(tx, account.id)
    for place in await accounts.places(tx, account.id):
        await personal_tokens.end_of_person(tx, place.organization_id, account.id, asker.now)
    await accounts.verified(tx, account.id, asker.now)
    await telling.of_person(tx, asker, account.id, "account_taken_back", TAKEN_BACK)
