"""The part of a member that nothing filters by, as the one document it is stored in."""

import msgspec


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a member tells of themself in one organization; names are those of the invitation, until it is accepted."""

    phone: str | None = None
    job_title: str | None = None
    job_description: str | None = None
    team: str | None = None
    country_id: int | None = None
    step_preferences: bool | None = None
    daily_digest: bool | None = None
    cadence_days: tuple[str, ...] | None = None
    invited_first_name: str | None = None
    invited_last_name: str | None = None


def decoded(profile: str) -> Profile:
    """The stored document."""
    return msgspec.json.decode(profile, type=Profile)


def encoded(profile: Profile) -> str:
    """The document as it is stored."""
    return msgspec.json.encode(profile).decode()
