"""What people have allowed applications to do for them, and taking it back."""

import msgspec

from handrail.features.audit import recording as audit
from handrail.features.members import service as members
from handrail.features.oauth import store
from handrail.kernel.ids import is_id
from handrail.ports.database import Reader, Transaction


class Consent(msgspec.Struct, frozen=True):
    """An application that may act for somebody."""

    id: int
    name: str
    organization_id: str
    organization: str
    scopes: str


async def of_person(reader: Reader, account_id: int) -> list[Consent]:
    """Every application that may act for somebody, the latest first."""
    rows = await reader.all(store.consents_of, account_id=account_id)
    return [
        Consent(row.application_id, row.application, row.organization_id, row.organization, row.scopes) for row in rows
    ]


async def given(reader: Reader, application_id: int, account_id: int, organization_id: str) -> str | None:
    """The scopes that were allowed before; None when there was no consent."""
    return await reader.value(
        store.consent, application_id=application_id, account_id=account_id, organization_id=organization_id
    )


async def give(
    tx: Transaction, application_id: int, account_id: int, organization_id: str, scopes: str, now: int
) -> None:
    """Remember a consent, over an older one."""
    whose = {"application_id": application_id, "account_id": account_id, "organization_id": organization_id}
    await tx.run(store.delete_consent, **whose)
    await tx.run(store.insert_consent, **whose, scopes=scopes, created_at=now, updated_at=now, revoked_at=None)


async def end_codes(tx: Transaction, account_id: int) -> None:
    """Applications that have not asked for their tokens yet get none."""
    await tx.run(store.delete_codes, account_id=account_id)


async def take_back(tx: Transaction, application_id: int, account_id: int, organization_id: str, now: int) -> None:
    """Forget a consent, and end every token of the application for this person there."""
    if not is_id(organization_id):
        return
    whose = {"application_id": application_id, "account_id": account_id, "organization_id": organization_id}
    if not await tx.run(store.delete_consent, **whose):
        return
    await tx.run(store.revoke_tokens_of_consent, **whose, revoked_at=now)
    await tx.run(store.revoke_refresh_of_consent, **whose, revoked_at=now)
    person = await members.load_actor(tx, organization_id, account_id)
    if person is not None:
        subject = ("Application", str(application_id))
        await audit.note(
            tx, person, now, "oauth_consent_taken_back", "Took back what an application may", subject=subject
        )
