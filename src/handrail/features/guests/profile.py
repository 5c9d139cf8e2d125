"""The part of a guest that nothing filters by, as the one document it is stored in."""

import msgspec


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an organization knows of a guest beside address and names; times in milliseconds."""

    status: str | None = None
    phone_1: str | None = None
    phone_2: str | None = None
    timezone: str | None = None
    image_url: str | None = None
    contact_url: str | None = None
    company_url: str | None = None
    opportunity_url: str | None = None
    company_name: str | None = None
    opportunity_name: str | None = None
    external_sync_source: str | None = None
    external_date_creation: str | None = None
    daily_digest: bool | None = None
    cadence_days: tuple[str, ...] | None = None
    associated_members: tuple[int, ...] = ()
    last_city: str | None = None
    last_country: str | None = None
    last_known_ip: str | None = None
    disabled_by: int | None = None
    reactivated_at: int | None = None
    reactivated_by: int | None = None


decoded = msgspec.json.Decoder(Details).decode


def encoded(details: Details) -> str:
    """The document as it is stored."""
    return msgspec.json.encode(details).decode()
