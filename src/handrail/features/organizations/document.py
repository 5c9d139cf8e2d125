"""The settings of an organization that nothing filters by, as the one document they are stored in."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from handrail.engine.webhook_body import ISO_DATES, READABLE_DATES
from handrail.kernel.errors import Errors

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DATE_FORMATS = (ISO_DATES, READABLE_DATES)


class Period(msgspec.Struct, frozen=True):
    """An amount of time after which something happens by itself."""

    unit: str
    value: int


DIGEST_DAYS = ("Monday", "Wednesday", "Friday")
_DAY_NAMES = {name.lower(): name for name in WEEK}


def weekdays(path: str, names: Sequence[str], errors: Errors) -> tuple[str, ...]:
    """The named weekdays, each once, in the order of the week; others are noted in `errors`."""
    for index, name in enumerate(names):
        if name.strip().lower() not in _DAY_NAMES:
            errors.add(f"{path}.{index}", f"This must be one of {', '.join(WEEK)}.")
    wanted = {name.strip().lower() for name in names}
    return tuple(name for name in WEEK if name.lower() in wanted)


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an organization has decided; a key that is not stored has the default of a new organization (around 1.2)."""

    industry: str | None = None
    description: str | None = None
    purpose: str | None = None
    process_today: str | None = None
    signup_survey: str | None = None
    team_size: tuple[int, ...] = ()
    address1: str | None = None
    address2: str | None = None
    address3: str | None = None
    city: str | None = None
    state: str | None = None
    zipcode: str | None = None
    country: str | None = None
    welcome_title: str | None = None
    welcome_description: str | None = None
    org_logo: str | None = None
    home_bg: str | None = None
    global_css: str | None = None
    homepage_snippet: str | None = None
    onboarding_snippet: str | None = None
    guest_onboarding_snippet: str | None = None
    light_role_error_snippet: str | None = None
    error_404_template: str | None = None
    enable_custom_404_error: bool = False
    deadline_setting: str | None = None
    auto_archive: bool = False
    auto_archive_processes_after: Period = Period("weeks", 52)
    auto_complete_tasks: bool = False
    auto_complete_task_months: int = 18
    allow_user_invite: bool = True
    allow_manage_groups: bool = True
    maximum_group_assignment_limit: int = 0
    restrict_blueprint_permissions: bool = False
    wyiwyg: bool = True
    cadence_days: tuple[str, ...] = DIGEST_DAYS
    guest_cadence_days: tuple[str, ...] = DIGEST_DAYS
    auto_join_signups: bool = False
    sso_default_role: str | None = None
    enable_custom_smtp: bool = False
    onboarding_template_id: str | None = None
    enable_onboarding_template: bool = False
    webhook_date_field_format: str = DATE_FORMATS[0]
    use_generative_ai: bool = False
    azure_cognitive_service: dict[str, Any] | None = None
    google_analytics_id: str | None = None
    mixpanel_token: str | None = None
    remind_future_start: bool = True
    end_tokens_at_sign_out: bool = False
    escape_csv_formulas: bool = False


@lru_cache(maxsize=1024)
def decoded(settings: str) -> Document:
    """The stored document."""
    return msgspec.json.decode(settings, type=Document)


def encoded(document: Document) -> str:
    """The document as it is stored: only what differs from a new organization."""
    return msgspec.json.encode(document).decode()
