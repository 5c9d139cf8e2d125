"""Reading members: one, a page of them, the short list, each as the reader may see them (around 2.7, wire 2.33).

Administrators and the person itself see everything. Of others, standard members do not see network addresses, the
last sign-in, ways to sign in and the country; light members see names.
"""

from collections.abc import Iterable, Sequence

from handrail.features.members import includes, lists, profile, store, wire
from handrail.features.organizations import service as organizations
from handrail.http.call import Paging
from handrail.http.envelope import Included
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso, iso_or_none
from handrail.kernel.errors import NotFound
from handrail.kernel.permission import permit
from handrail.kernel.zones import utc_offset
from handrail.ports.database import Reader

INCLUDES = (
    "groups",
    "stats",
    "organizations",
    "preferences",
    "auth_methods",
    "country",
    "assets",
    "member_watchers",
    "guest_watchers",
)
# asked for by clients, and nothing there yet
EMPTY = ("assets", "member_watchers", "guest_watchers")
PER_PAGE = 9_999
DATE_FORMAT = "mm/dd/yyyy"


async def page(
    reader: Reader, actor: Actor, *, q: str, order: str, paging: Paging, wanted: frozenset[str], now: int
) -> tuple[list[wire.User], int]:
    """A page of members whatever their status, and how many there are."""
    permit(actor, "member.list")
    search: lists.Search = "nothing"
    if q:
        search = "names" if actor.role == "light" else "all"
    parameters = {"organization_id": actor.organization_id} | ({"q": lists.pattern(q)} if q else {})
    statement = lists.page(lists.Shape(search, order))
    rows = await reader.all(statement, limit=paging.limit, offset=paging.offset, **parameters)
    total = await reader.total(lists.total(search), **parameters)
    return await users(reader, actor, rows, wanted, now), total


async def short_list(reader: Reader, actor: Actor) -> list[wire.ListedUser]:
    """Every member with what is needed to pick them."""
    permit(actor, "member.list")
    rows = await reader.all(
        lists.page(lists.Shape("nothing", "full_name")),
        organization_id=actor.organization_id,
        limit=1_000_000,
        offset=0,
    )
    return [listed(actor, row) for row in rows]


async def listed_named(reader: Reader, actor: Actor, ids: Iterable[int]) -> dict[int, wire.ListedUser]:
    """These members as in the short list, by id."""
    rows = await reader.all(lists.named, organization_id=actor.organization_id, ids=sorted(ids))
    return {row.user_id: listed(actor, row) for row in rows}


async def one(reader: Reader, actor: Actor, user_id: int, wanted: frozenset[str], now: int) -> wire.User:
    """A member by id. Raises NotFound for strangers and for members who were deleted."""
    permit(actor, "member.read", ("self",) if user_id == actor.user_id else ())
    row = await reader.one(store.get, organization_id=actor.organization_id, user_id=user_id)
    if row is None or row.deleted_at is not None:
        raise NotFound
    return (await users(reader, actor, [row], wanted, now))[0]


async def users(
    reader: Reader, actor: Actor, rows: Sequence[store.MemberRow], wanted: Iterable[str], now: int
) -> list[wire.User]:
    """The wire form of members with the includes that were asked for, as this reader may see them."""
    zone = await organizations.zone_of(reader, actor.organization_id)
    found = [user(actor, row, zone, now) for row in rows]
    asked = set(wanted) & set(INCLUDES)
    if not asked or not found:
        return found
    organization_id, ids = actor.organization_id, [row.user_id for row in rows]
    groups = await includes.groups_of(reader, organization_id, ids) if "groups" in asked else {}
    stats = await includes.stats_of(reader, organization_id, ids) if "stats" in asked else {}
    places = {}
    if "organizations" in asked:
        places = await includes.places_of(reader, organization_id, ids, actor.user_id)
    for row, member in zip(rows, found, strict=True):
        names_only = sees(actor, row) == "names"
        if "groups" in asked:
            member.groups = wire.Groups([] if names_only else groups.get(row.user_id, []))
        if "stats" in asked and not names_only:
            member.stats = wire.Stats(stats[row.user_id])
        if "organizations" in asked:
            member.organizations = wire.Places(places.get(row.user_id, []))
        if "preferences" in asked and sees(actor, row) == "everything":
            member.preferences = wire.Preferences(preferences(row))
        if "auth_methods" in asked and sees(actor, row) == "everything":
            member.auth_methods = wire.Methods([wire.Method("native")] if row.has_password else [])
        if "country" in asked:
            member.country = wire.Country()
        for name in EMPTY:
            if name in asked:
                setattr(member, name, Included([]))
    return found


def sees(actor: Actor, row: store.MemberRow) -> str:
    """How much of a member this reader may see: `everything`, `contact` or `names`."""
    if actor.is_admin or actor.user_id == row.user_id:
        return "everything"
    return "names" if actor.role == "light" else "contact"


def names(row: store.MemberRow, about: profile.Profile) -> tuple[str, str]:
    """First and last name: those of the invitation until it is accepted, of a deleted person with a mark."""
    if row.status == "invited":
        return about.invited_first_name or row.first_name, about.invited_last_name or row.last_name
    return row.first_name, row.last_name


def user(actor: Actor, row: store.MemberRow, zone: str, now: int) -> wire.User:
    """The wire form of one member, without includes. `zone` is the organization's."""
    about = profile.decoded(row.profile)
    first_name, last_name = names(row, about)
    sight = sees(actor, row)
    private, contact = sight == "everything", sight != "names"
    own_zone = row.timezone or zone
    updated = iso(max(row.updated_at, row.account_updated_at) if row.status != "invited" else row.updated_at)
    return wire.User(
        id=row.user_id,
        email=row.email if contact else None,
        username=row.username,
        first_name=first_name,
        last_name=last_name,
        full_name=f"{first_name} {last_name}".strip(),
        locale=row.locale,
        active=row.status == "active",
        is_active=row.status == "active",
        complete=row.status != "invited",
        is_default_admin=bool(row.is_default_admin),
        type=row.kind,
        role=row.role,
        status=row.status,
        created_at=iso(row.created_at),
        last_updated=updated,
        updated_at=updated,
        last_login_at=iso_or_none(row.last_login_at) if private and row.status != "invited" else None,
        last_accessed_at=iso_or_none(row.last_accessed_at) if contact else None,
        activated_at=iso_or_none(row.activated_at),
        approved_at=iso_or_none(row.approved_at),
        invited_by=row.invited_by,
        disabled_at=iso_or_none(row.disabled_at),
        disabled_by=row.disabled_by,
        reactivated_at=iso_or_none(row.reactivated_at),
        reactivated_by=row.reactivated_by,
        phone=about.phone if contact else None,
        job_title=about.job_title if contact else None,
        job_description=about.job_description if contact else None,
        team=about.team if contact else None,
        timezone=own_zone,
        UTC_offset=utc_offset(own_zone, now),
        date_format=row.date_format or DATE_FORMAT,
        country_id=about.country_id if private else None,
        last_known_ip=row.last_known_ip if private else None,
    )


def listed(actor: Actor, row: store.MemberRow) -> wire.ListedUser:
    """A member in the short list."""
    first_name, last_name = names(row, profile.decoded(row.profile))
    return wire.ListedUser(
        id=row.user_id,
        email=None if sees(actor, row) == "names" else row.email,
        username=row.username,
        first_name=first_name,
        last_name=last_name,
        full_name=f"{first_name} {last_name}".strip(),
        profile_pic=None,
        status=row.status,
    )


def preferences(row: store.MemberRow) -> list[wire.Preference]:
    """What the member has chosen for themself."""
    chosen = profile.decoded(row.profile)
    told: dict[str, str] = {}
    for slug in ("step_preferences", "daily_digest"):
        value = getattr(chosen, slug)
        if value is not None:
            told[slug] = "true" if value else "false"
    if chosen.cadence_days is not None:
        told["cadence_days"] = ",".join(chosen.cadence_days)
    for name, value in sorted(chosen.mail_preferences.items()):
        told[f"mail_preferences.{name}"] = "true" if value else "false"
    return [wire.Preference(slug, value, None, iso(row.updated_at)) for slug, value in told.items()]
