"""Use cases of guests: find, read, invite, change, disable, delete, and give a new link (wire 2.4, around 3)."""

from collections.abc import Iterable, Sequence

import msgspec

from handrail.engine.definition import Owners
from handrail.engine.membership import Succession
from handrail.features.activity.service import Entry, record
from handrail.features.audit import recording as audit
from handrail.features.groups import service as groups
from handrail.features.guests import invitations, lists, profile, profiles, store, wire
from handrail.features.guests.profiles import Profile
from handrail.features.guests.stats import stats_of
from handrail.features.guests.store import GuestRow
from handrail.features.people import service as people
from handrail.features.people.codes import link, new_code, opened
from handrail.features.people.groups import principals_of
from handrail.features.roles import service as roles
from handrail.features.tasks import service as tasks
from handrail.features.templates import service as templates
from handrail.http.call import Paging, rows_and_total
from handrail.kernel.actor import Actor
from handrail.kernel.addresses import is_email
from handrail.kernel.clock import iso, iso_or_none
from handrail.kernel.errors import Errors, Impossible, Invalid, NotFound
from handrail.kernel.ids import is_guest_code
from handrail.kernel.permission import may, permit
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Reader, Statement, Transaction
from handrail.schema.words import substring

INCLUDES = ("stats",)
PER_PAGE = 999


async def find(reader: Reader, actor: Actor, name: str) -> GuestRow:
    """The guest with this address or code. NotFound, also where a light member has no task together with them."""
    row = await found(reader, actor, name)
    relations: tuple[str, ...] = ()
    if not may(actor, "guest.read"):
        shared = await reader.value(
            store.is_coworker,
            organization_id=actor.organization_id,
            id=row.id,
            my_principals=list(actor.owner_principals),
        )
        relations = ("coworker",) if shared is not None else ()
    if not may(actor, "guest.read", relations):
        raise NotFound
    return row


async def found(reader: Reader, actor: Actor, name: str) -> GuestRow:
    """The guest with this address or code, whoever asks. NotFound."""
    row = await _found(reader, store.at, store.with_code, actor, name)
    if row is None:
        raise NotFound
    return row


async def page(
    reader: Reader, actor: Actor, base_url: str, *, q: str, order: str, paging: Paging, wanted: Iterable[str]
) -> tuple[list[wire.Guest], int]:
    """A page of guests, and how many there are; light members see those with whom they have a task."""
    permit(actor, "guest.list")
    shape = lists.Shape(order, bool(q), _is_restricted(actor))
    counted = msgspec.structs.replace(shape, order="")
    parameters = _parameters(actor) | ({"q": substring(q)} if q else {})
    rows, total = await rows_and_total(reader, lists.page(shape), lists.total(counted), paging, **parameters)
    return await shown(reader, actor, base_url, rows, wanted), total


async def short_list(reader: Reader, actor: Actor, base_url: str) -> list[wire.ListedGuest]:
    """Every guest with what is needed to pick them."""
    permit(actor, "guest.list")
    shape = lists.Shape("email", False, _is_restricted(actor))
    rows = await reader.all(lists.page(shape), limit=1_000_000, offset=0, **_parameters(actor))
    return [
        wire.ListedGuest(
            id=row.id,
            email=row.email,
            first_name=row.first_name,
            last_name=row.last_name,
            link=leading(reader, actor, base_url, row),
            details=wire.ListedDetails(disabled_at=iso_or_none(row.disabled_at)),
        )
        for row in rows
    ]


def _is_restricted(actor: Actor) -> bool:
    return not may(actor, "guest.read")


def _parameters(actor: Actor) -> dict[str, object]:
    restricted = {"my_principals": list(actor.owner_principals)} if _is_restricted(actor) else {}
    return {"organization_id": actor.organization_id, **restricted}


async def one(reader: Reader, actor: Actor, base_url: str, name: str, wanted: Iterable[str] = ()) -> wire.Guest:
    """A guest by address or code. NotFound."""
    row = await find(reader, actor, name)
    return (await shown(reader, actor, base_url, [row], wanted))[0]


async def shown(
    reader: Reader, actor: Actor, base_url: str, rows: Sequence[GuestRow], wanted: Iterable[str]
) -> list[wire.Guest]:
    """The wire form of guests, with their figures when these are asked for."""
    guests = [guest(actor, leading(reader, actor, base_url, row), row) for row in rows]
    if "stats" in set(wanted) and rows:
        figures = await stats_of(reader, actor.organization_id, [row.email for row in rows])
        for shown_guest in guests:
            shown_guest.stats = figures[shown_guest.email]
    return guests


def leading(reader: Reader, actor: Actor, base_url: str, row: GuestRow) -> str:
    """A guest's link; nothing for light members. Whoever has it is the guest, also on tasks that they may not see."""
    if _is_restricted(actor):
        return ""
    return link(base_url, actor.organization_id, opened(reader.sealer, row.sealed_code))


def guest(actor: Actor, leads: str, row: GuestRow) -> wire.Guest:
    """The wire form of one guest, with their link, as this reader may see them."""
    details = profile.decoded(row.details)
    private = actor.is_admin
    accessed, disabled = iso_or_none(row.last_accessed_at), iso_or_none(row.disabled_at)
    return wire.Guest(
        id=row.id,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        last_accessed_at=accessed,
        last_known_ip=details.last_known_ip if private else None,
        last_known_country=details.last_country if private else None,
        created_at=iso(row.created_at),
        deleted_at=iso_or_none(row.deleted_at),
        disabled_at=disabled,
        link=leads,
        details=wire.GuestDetails(
            first_name=row.first_name,
            last_name=row.last_name,
            status=details.status or ("active" if disabled is None else "disabled"),
            phone_1=details.phone_1,
            phone_2=details.phone_2,
            timezone=details.timezone,
            image_url=details.image_url,
            contact_url=details.contact_url,
            company_url=details.company_url,
            opportunity_url=details.opportunity_url,
            company_name=details.company_name,
            opportunity_name=details.opportunity_name,
            external_sync_source=details.external_sync_source,
            external_date_creation=details.external_date_creation,
            daily_digest=details.daily_digest is not False,
            cadence_days=None if details.cadence_days is None else list(details.cadence_days),
            associated_members=list(details.associated_members),
            last_city=details.last_city if private else None,
            last_country=details.last_country if private else None,
            last_accessed_at=accessed,
            disabled_at=disabled,
            disabled_by=details.disabled_by,
            reactivated_at=iso_or_none(details.reactivated_at),
            reactivated_by=details.reactivated_by,
        ),
    )


async def invite(tx: Transaction, actor: Actor, email: str, now: int) -> GuestRow:
    """The same as `create` for an address alone."""
    return await create(tx, actor, wire.NewGuestBody(email=email), now)


async def create(tx: Transaction, actor: Actor, body: wire.NewGuestBody, now: int) -> GuestRow:
    """Invite a guest. One who is here already comes back, with what was missing filled in.

    Denied, Invalid, TooMany when the organization has invited too many within an hour.
    """
    permit(actor, "guest.create")
    organization_id = actor.organization_id
    errors = Errors()
    email = body.email.strip().lower()
    if not is_email(email):
        errors.add("email", "The email must be a valid address.")
    given = await profiles.merged(tx, organization_id, body, Profile(None, None, profile.Details()), errors)
    errors.raise_if_any()
    known = await people.directory(tx, actor, [Owners(guests=(email,))])
    if email in known.taken:
        raise Invalid({"email": "This person is a member of the organization, so they cannot be a guest."})
    if email in known.guests:
        row = await locked(tx, actor, email)
        whole = profiles.filled(given, _profile(row))
        if whole != _profile(row):
            row = await _store_profile(tx, actor, row, whole, now)
        return row
    await invitations.require_room(tx, organization_id, now)
    await people.invite_guests(tx, actor, [email], known, now)
    row = await locked(tx, actor, email)
    row = msgspec.structs.replace(
        row,
        first_name=given.first_name,
        last_name=given.last_name,
        details=profiles.encoded(given.details),
        invited_at=now,
    )
    await _store_invited(tx, actor, row, now)
    return row


async def introduced(tx: Transaction, actor: Actor, email: str, now: int) -> None:
    """Count a guest whom another guest has just brought in as an invitation, and tell of it. TooMany."""
    await invitations.require_room(tx, actor.organization_id, now)
    row = await locked(tx, actor, email)
    await _store_invited(tx, actor, row, now)
    await audited(tx, actor, row, "guest_introduced", "Was brought in: the guest", now)


async def change(tx: Transaction, actor: Actor, name: str, body: wire.GuestBody, now: int) -> GuestRow:
    """Change what is known of a guest. NotFound, Denied, Invalid."""
    permit(actor, "guest.update")
    return await store_changes(tx, actor, await locked(tx, actor, name), body, now)


async def store_changes(tx: Transaction, actor: Actor, row: GuestRow, body: wire.GuestBody, now: int) -> GuestRow:
    """Write what a body changes of a guest, for whoever has been found to be allowed to. Invalid."""
    errors = Errors()
    before = _profile(row)
    after = await profiles.merged(tx, actor.organization_id, body, before, errors)
    errors.raise_if_any()
    if after != before:
        row = await _store_profile(tx, actor, row, after, now)
        await tell(tx, actor, row, "updated", "Changed the profile of the guest", now)
        changed = _changed(before, after)
        await audited(tx, actor, row, "guest_changed", "Changed the profile of the guest", now, changed=changed)
    return row


async def disable(tx: Transaction, actor: Actor, name: str, now: int) -> GuestRow:
    """Close the link of a guest. Impossible while they have tasks to do (engine 12)."""
    permit(actor, "guest.manage")
    row = await locked(tx, actor, name)
    if row.disabled_at is not None:
        return row
    principals = await principals_of(tx, actor.organization_id, [f"g:{row.email}"])
    waiting = await tasks.open_count(tx, actor.organization_id, principals)
    if waiting:
        raise Impossible(f"This guest has {waiting} open tasks. Assign them to somebody else or complete them first.")
    details = msgspec.structs.replace(profile.decoded(row.details), disabled_by=actor.user_id)
    row = await _store_disabled(tx, actor, row, now, details, now)
    await tell(tx, actor, row, "disabled", "Disabled the guest", now)
    await audited(tx, actor, row, "guest_disabled", "Disabled the guest", now)
    return row


async def enable(tx: Transaction, actor: Actor, name: str, now: int) -> GuestRow:
    """Open the link of a disabled guest again."""
    permit(actor, "guest.manage")
    row = await locked(tx, actor, name)
    if row.disabled_at is None:
        return row
    details = msgspec.structs.replace(
        profile.decoded(row.details), disabled_by=None, reactivated_at=now, reactivated_by=actor.user_id
    )
    row = await _store_disabled(tx, actor, row, None, details, now)
    await tell(tx, actor, row, "enabled", "Enabled the guest", now)
    await audited(tx, actor, row, "guest_enabled", "Enabled the guest", now)
    return row


async def renew_link(tx: Transaction, actor: Actor, name: str, now: int) -> GuestRow:
    """Give a guest another link; the old one stops working at once."""
    permit(actor, "guest.manage")
    row = await locked(tx, actor, name)
    code = new_code(tx.sealer)
    row = msgspec.structs.replace(row, sealed_code=code.sealed_code)
    await tx.run(
        store.set_code, organization_id=actor.organization_id, id=row.id, updated_at=now, **msgspec.structs.asdict(code)
    )
    await tell(tx, actor, row, "updated", "Gave a new link to the guest", now)
    await audited(tx, actor, row, "guest_link_reset", "Gave a new link to the guest", now)
    return row


async def delete(tx: Transaction, actor: Actor, name: str, now: int) -> GuestRow:
    """Take a guest out of the organization: off unfinished tasks, groups and templates. History keeps their address."""
    permit(actor, "guest.manage")
    row = await locked(tx, actor, name)
    principal, gone = f"g:{row.email}", Owners(guests=(row.email,))
    left = await groups.leave_all(tx, actor.organization_id, principal)
    await tasks.succeed(tx, actor, Succession(gone=gone, assigner=actor.user_id), now)
    await templates.exchange_person(tx, actor.organization_id, gone, Owners(), now)
    await roles.exchange(tx, actor.organization_id, gone, Owners(), now)
    row = await bury(tx, actor, row, now)
    await tasks.count_again(tx, actor, left, now)
    await tell(tx, actor, row, "deleted", "Deleted the guest", now)
    await audited(tx, actor, row, "guest_deleted", "Deleted the guest", now)
    return row


async def bury(tx: Transaction, actor: Actor, row: GuestRow, now: int) -> GuestRow:
    """Mark a guest as deleted; the link is dead, and the address may become a guest again."""
    code = new_code(tx.sealer)
    row = msgspec.structs.replace(row, sealed_code=code.sealed_code, deleted_at=now)
    await tx.run(
        store.bury,
        organization_id=actor.organization_id,
        id=row.id,
        deleted_at=now,
        updated_at=now,
        **msgspec.structs.asdict(code),
    )
    return row


async def locked(tx: Transaction, actor: Actor, name: str) -> GuestRow:
    """A guest to change, by address or code. NotFound."""
    row = await _found(tx, store.lock_at, store.lock_with_code, actor, name)
    if row is None:
        raise NotFound
    return row


async def _found(
    reader: Reader, at: Statement[GuestRow], with_code: Statement[GuestRow], actor: Actor, name: str
) -> GuestRow | None:
    """What a path says of a guest, looked up. NotFound for what can be neither an address nor a code."""
    text = name.strip().lower()
    if is_guest_code(text):
        return await reader.one(with_code, organization_id=actor.organization_id, code_hash=fingerprint(text))
    if is_email(text):
        return await reader.one(at, organization_id=actor.organization_id, email=text)
    raise NotFound


def _profile(row: GuestRow) -> Profile:
    return Profile(row.first_name, row.last_name, profile.decoded(row.details))


def _changed(before: Profile, after: Profile) -> list[str]:
    """The names of what differs."""
    names = [name for name in ("first_name", "last_name") if getattr(before, name) != getattr(after, name)]
    details = profile.Details.__struct_fields__
    return [*names, *(name for name in details if getattr(before.details, name) != getattr(after.details, name))]


async def _store_invited(tx: Transaction, actor: Actor, row: GuestRow, now: int) -> None:
    await tx.run(
        store.set_invited,
        organization_id=actor.organization_id,
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        details=row.details,
        invited_at=now,
        updated_at=now,
    )
    await tell(tx, actor, row, "invited", "Invited the guest", now)


async def _store_profile(tx: Transaction, actor: Actor, row: GuestRow, after: Profile, now: int) -> GuestRow:
    row = msgspec.structs.replace(
        row, first_name=after.first_name, last_name=after.last_name, details=profiles.encoded(after.details)
    )
    await tx.run(
        store.set_profile,
        organization_id=actor.organization_id,
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        details=row.details,
        updated_at=now,
    )
    return row


async def _store_disabled(
    tx: Transaction, actor: Actor, row: GuestRow, disabled_at: int | None, details: profile.Details, now: int
) -> GuestRow:
    row = msgspec.structs.replace(row, disabled_at=disabled_at, details=profiles.encoded(details))
    await tx.run(
        store.set_disabled,
        organization_id=actor.organization_id,
        id=row.id,
        disabled_at=disabled_at,
        details=row.details,
        updated_at=now,
    )
    return row


async def tell(tx: Transaction, actor: Actor, row: GuestRow, verb: str, words: str, now: int) -> None:
    """A line of the feed about a guest."""
    entry = Entry(verb=verb, subject_type="Guest", subject_id=str(row.id), description=f"{words} {row.email}")
    await record(tx, actor, now, [entry])


async def audited(
    tx: Transaction, actor: Actor, row: GuestRow, event: str, words: str, now: int, **detail: object
) -> None:
    """An entry of the audit log about a guest; never their code, which is a key."""
    subject = ("Guest", str(row.id))
    await audit.note(tx, actor, now, event, f"{words} {row.email}", subject=subject, detail=detail)
