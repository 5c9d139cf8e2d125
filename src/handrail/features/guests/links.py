"""The links of one guest in all organizations, for whoever has shown nothing yet but reads the guest's mail."""

import msgspec

from handrail.features.guests import store
from handrail.features.people.codes import link, opened
from handrail.ports.database import Reader

MOST = 50


class GuestLink(msgspec.Struct, frozen=True):
    """Where somebody works as a guest."""

    organization_name: str
    address: str


async def links_of(reader: Reader, email: str, base_url: str) -> list[GuestLink]:
    """The links of this address that work, in the order of the organizations' names. Each opens one organization."""
    rows = await reader.all(store.places, email=email, limit=MOST)
    found: list[GuestLink] = []
    for row in rows:
        code = opened(reader.sealer, row.sealed_code)
        if code:
            found.append(GuestLink(row.name, link(base_url, row.organization_id, code)))
    return found
