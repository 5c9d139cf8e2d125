"""The public JSON of organizations (wire 2.1)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.engine.limits import OFFSET
from handrail.features.members.service import Membership
from handrail.features.organizations.document import WEEK, Document, Period
from handrail.features.organizations.document import decoded as document_of
from handrail.features.organizations.store import OrganizationRow
from handrail.kernel.clock import iso, iso_or_none


class Day(msgspec.Struct, frozen=True, omit_defaults=True):
    """One weekday: off, all hours (no `start` and `end`), or from `start` to `end` in the organization's time zone."""

    enabled: bool
    start: str | UnsetType = UNSET
    end: str | UnsetType = UNSET


class DefaultDeadline(msgspec.Struct, frozen=True):
    """How long after its start a step without a deadline of its own is due."""

    type: Annotated[str, Meta(description="minutes, hours, days, weeks or months.")]
    value: Annotated[int, Meta(ge=0, le=OFFSET, description="How many of them.")]


class Nothing(msgspec.Struct, frozen=True):
    """An include that this server has no data for."""

    data: None = None


class Organization(msgspec.Struct, kw_only=True):
    """An organization as one of its members sees it. Keys of billing and of vendor services are constants."""

    id: str
    name: str
    slug: str
    industry: str | None
    description: str | None
    purpose: str | None
    process_today: str | None
    signup_survey: str | None
    team_size: tuple[int, ...]
    welcome_title: str | None
    welcome_description: str | None
    address1: str | None
    address2: str | None
    address3: str | None
    city: str | None
    state: str | None
    zipcode: str | None
    country: str | None
    org_logo: str | None
    home_bg: str | None
    global_css: str | None
    homepage_snippet: str | None
    onboarding_snippet: str | None
    guest_onboarding_snippet: str | None
    light_role_error_snippet: str | None
    error_404_template: str | None
    enable_custom_404_error: bool
    timezone: str
    working_days: dict[str, Day]
    deadline_setting: str | None
    default_deadline: DefaultDeadline
    auto_archive: bool
    auto_archive_processes_after: Period
    auto_complete_tasks: bool
    auto_complete_task_months: int
    allow_user_invite: bool
    allow_manage_groups: bool
    maximum_group_assignment_limit: int
    restrict_blueprint_permissions: bool
    wyiwyg: bool
    cadence_days: tuple[str, ...]
    guest_cadence_days: tuple[str, ...]
    auto_join_signups: bool
    sso_default_role: str | None
    enable_custom_smtp: bool
    onboarding_template_id: str | None
    enable_onboarding_template: bool
    webhook_date_field_format: str
    use_generative_ai: bool
    azure_cognitive_service: dict[str, Any] | None
    google_analytics_id: str | None
    mixpanel_token: str | None
    remind_future_start: bool
    end_tokens_at_sign_out: Annotated[
        bool, Meta(description="Whether people's personal tokens end when they sign out of the browser.")
    ]
    escape_csv_formulas: Annotated[
        bool,
        Meta(
            description="Whether cells of CSV exports that begin with = + - @ get an apostrophe in front, so that no "
            "spreadsheet takes them for a formula."
        ),
    ]
    users_count: int
    user_role: str
    user_status: str
    joined_on: str | None
    disabled_on: str | None
    last_accessed: str | None
    created_on: str
    created_at: str
    last_updated: str
    settings: None = None
    payment_state: str = "active"
    plan_code: str = "pro"
    in_trial: bool = False
    limit_trial_features: bool = False
    preferred_trial_plan: None = None
    real_time_billing: bool = False
    disable_min_members_billing: bool = False
    enable_light_users_billing: bool = False
    analytics_enabled: bool = False
    live_support_enabled: int = 0
    saml_enabled: bool = False
    saml_login_url: None = None
    subscription: Nothing | UnsetType = UNSET
    billing_info: Nothing | UnsetType = UNSET


def organization(row: OrganizationRow, users_count: int, place: Membership) -> Organization:
    """The wire form of a stored organization for one of its members. Keys of other services are for admins alone."""
    document = document_of(row.settings)
    values = {name: getattr(document, name) for name in Document.__struct_fields__}
    if place.role != "admin":
        values |= {"azure_cognitive_service": None, "google_analytics_id": None, "mixpanel_token": None}
    return Organization(
        **values,
        id=row.organization_id,
        name=row.name,
        slug=row.slug,
        timezone=row.timezone,
        working_days=week(row.working_days),
        default_deadline=DefaultDeadline(row.default_deadline_unit, row.default_deadline_value),
        users_count=users_count,
        user_role=place.role,
        user_status=place.status,
        joined_on=iso_or_none(place.joined_at),
        disabled_on=iso_or_none(place.disabled_at),
        last_accessed=iso_or_none(place.last_accessed_at),
        created_on=iso(row.created_at),
        created_at=iso(row.created_at),
        last_updated=iso(row.updated_at),
    )


def week(working_days: str | None) -> dict[str, Day]:
    """Seven days; without a decision every day and hour is open."""
    if working_days is None:
        return {name: Day(enabled=True) for name in WEEK}
    return msgspec.json.decode(working_days, type=dict[str, Day])


Name = Annotated[str, Meta(max_length=50, description="The name.")]
Word = Annotated[str, Meta(max_length=255)] | None | UnsetType
Paragraph = Annotated[str, Meta(max_length=5_000)] | None | UnsetType
Sheet = Annotated[str, Meta(max_length=100_000)] | None | UnsetType
Switch = bool | UnsetType
Days = list[str] | UnsetType


class PeriodBody(msgspec.Struct):
    """After how long completed processes are archived."""

    unit: Annotated[str, Meta(description="days or weeks.")]
    value: Annotated[int, Meta(ge=1, le=90, description="How many of them.")]


class OrganizationBody(msgspec.Struct, kw_only=True):
    """What may be changed of an organization. Keys that are left out stay as they are."""

    name: Name | UnsetType = UNSET
    slug: Annotated[str, Meta(max_length=60, pattern="^[a-z0-9]+(-[a-z0-9]+)*$")] | UnsetType = UNSET
    timezone: Annotated[str, Meta(max_length=64, description="IANA name of the time zone.")] | UnsetType = UNSET
    working_days: (
        Annotated[
            dict[str, Any] | None,
            Meta(
                description="Monday to Sunday, each `{enabled, start, end}`; enabled without hours means all hours, a "
                "day that is not named is off, null opens every day."
            ),
        ]
        | UnsetType
    ) = UNSET
    default_deadline: DefaultDeadline | UnsetType = UNSET
    industry: Word = UNSET
    description: Paragraph = UNSET
    purpose: Paragraph = UNSET
    process_today: Paragraph = UNSET
    signup_survey: Paragraph = UNSET
    team_size: Annotated[list[Annotated[int, Meta(ge=0)]], Meta(max_length=2)] | UnsetType = UNSET
    address1: Word = UNSET
    address2: Word = UNSET
    address3: Word = UNSET
    city: Word = UNSET
    state: Word = UNSET
    zipcode: Word = UNSET
    country: Word = UNSET
    welcome_title: Word = UNSET
    welcome_description: Paragraph = UNSET
    org_logo: Annotated[str, Meta(max_length=2048, description="Web address of the logo.")] | UnsetType | None = UNSET
    home_bg: Annotated[str, Meta(max_length=2048, description="Web address of the picture.")] | UnsetType | None = UNSET
    global_css: Sheet = UNSET
    homepage_snippet: Sheet = UNSET
    onboarding_snippet: Sheet = UNSET
    guest_onboarding_snippet: Sheet = UNSET
    light_role_error_snippet: Sheet = UNSET
    error_404_template: Sheet = UNSET
    enable_custom_404_error: Switch = UNSET
    deadline_setting: Word = UNSET
    auto_archive: Switch = UNSET
    auto_archive_processes_after: PeriodBody | UnsetType = UNSET
    auto_complete_tasks: Switch = UNSET
    auto_complete_task_months: Annotated[int, Meta(ge=2, le=24)] | UnsetType = UNSET
    allow_user_invite: Switch = UNSET
    allow_manage_groups: Switch = UNSET
    maximum_group_assignment_limit: Annotated[int, Meta(ge=0, le=100_000, description="0: no limit.")] | UnsetType = (
        UNSET
    )
    restrict_blueprint_permissions: Switch = UNSET
    wyiwyg: Switch = UNSET
    cadence_days: Days = UNSET
    guest_cadence_days: Days = UNSET
    auto_join_signups: Switch = UNSET
    sso_default_role: str | UnsetType | None = UNSET
    enable_custom_smtp: Switch = UNSET
    onboarding_template_id: str | UnsetType | None = UNSET
    enable_onboarding_template: Switch = UNSET
    webhook_date_field_format: str | UnsetType = UNSET
    use_generative_ai: Switch = UNSET
    azure_cognitive_service: dict[str, Any] | UnsetType | None = UNSET
    google_analytics_id: Word = UNSET
    mixpanel_token: Word = UNSET
    remind_future_start: Switch = UNSET
    end_tokens_at_sign_out: Switch = UNSET
    escape_csv_formulas: Switch = UNSET
    settings: Annotated[Any, Meta(description="An older form of the settings; ignored.")] = UNSET


_EXAMPLE = organization(
    OrganizationRow(
        organization_id="5d1f0c7a9b3e4d62a8c4f10b7e95d233",
        name="Northwind Pilots",
        slug="northwind-pilots",
        timezone="Europe/Lisbon",
        working_days='{"Monday": {"enabled": true, "start": "08:30", "end": "17:00"}, "Sunday": {"enabled": false}}',
        default_deadline_unit="days",
        default_deadline_value=5,
        settings='{"industry": "Shipping", "city": "Porto", "cadence_days": ["Monday", "Thursday"]}',
        created_at=1_800_001_800_000,
        updated_at=1_803_916_904_000,
    ),
    12,
    Membership("admin", "active", 1_800_001_800_000, None, 1_804_149_310_000),
)

EXAMPLES: dict[str, Any] = {
    "Day": {"enabled": True, "start": "08:30", "end": "17:00"},
    "DefaultDeadline": {"type": "days", "value": 5},
    "Period": {"unit": "weeks", "value": 26},
    "PeriodBody": {"unit": "weeks", "value": 26},
    "Organization": msgspec.json.decode(msgspec.json.encode(_EXAMPLE)),
    "OrganizationBody": {
        "name": "Northwind Pilots",
        "timezone": "Europe/Lisbon",
        "working_days": {"Monday": {"enabled": True, "start": "08:30", "end": "17:00"}, "Tuesday": {"enabled": True}},
        "default_deadline": {"type": "days", "value": 3},
        "auto_archive": True,
        "auto_archive_processes_after": {"unit": "weeks", "value": 26},
        "cadence_days": ["Monday", "Thursday"],
        "allow_user_invite": False,
    },
}
