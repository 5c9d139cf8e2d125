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
    # by what they are about (`wants`)
    mail_preferences: dict[str, bool] = {}
    cadence_days: tuple[str, ...] | None = None
    invited_first_name: str | None = None
    invited_last_name: str | None = None


def decoded(profile: str) -> Profile:
    """The stored document."""
    return msgspec.json.decode(profile, type=Profile)


def encoded(profile: Profile) -> str:
    """The document as it is stored."""
    return msgspec.json.encode(profile).decode()


# what mails are about that a member can switch off one by one; `all` switches off whatever concerns tasks
MAIL_PREFERENCES = ("all", "assignments", "deadlines", "reopening", "owner_changes", "mentions", "issues")


def wants(profile: Profile, about: str) -> bool:
    """Whether a member wants mails about this: one of `MAIL_PREFERENCES`."""
    chosen = profile.mail_preferences
    if chosen.get("all") is False:
        return False
    if about == "assignments" and profile.step_preferences is False:
        return False
    return chosen.get(about) is not False
