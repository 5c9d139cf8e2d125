"""How many requests an organization may make where the operator, and nobody else, has said so (wire 0.10)."""

from handrail.features.organizations import store
from handrail.kernel.actor import Rates
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader, Transaction


async def rates_of(reader: Reader, organization_id: str) -> Rates:
    """The organization's own rates. NotFound."""
    row = await reader.one(store.rates, organization_id=organization_id)
    if row is None:
        raise NotFound("There is no organization with this id.")
    return Rates(row.requests_per_minute, row.requests_per_hour)


async def set_rates(tx: Transaction, organization_id: str, rates: Rates) -> None:
    """Give the organization these rates. Servers notice within two seconds."""
    await tx.run(
        store.set_rates,
        organization_id=organization_id,
        requests_per_minute=rates.per_minute,
        requests_per_hour=rates.per_hour,
    )
