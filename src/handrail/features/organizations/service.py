"""Use cases of organizations: found one, read it, change its settings."""

import msgspec

from handrail.engine.launch_next import why_not_for_newcomers
from handrail.features.activity import service as activity
from handrail.features.audit import recording as audit
from handrail.features.members.passwords import ANY, Rule
from handrail.features.members.service import (
    Membership,
    account_id,
    add_member,
    create_account,
    hashed,
    insert_token,
    membership,
)
from handrail.features.organizations import engine, store, wire
from handrail.features.organizations.changes import changed
from handrail.features.organizations.document import Document, decoded
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.addresses import is_email
from handrail.kernel.errors import Errors, NotFound
from handrail.kernel.ids import new_id
from handrail.kernel.permission import permit
from handrail.kernel.secrets import PERSONAL_TOKEN, new_secret
from handrail.kernel.words import slug
from handrail.ports.database import Database, Reader, Transaction

BOT_NAME = ("Workflow", "Bot")
NAME_LENGTH = 50


class Founding(msgspec.Struct, frozen=True):
    """A new organization, its first administrator and their token (shown once)."""

    organization_id: str
    user_id: int
    email: str
    access_token: str


async def found(
    database: Database,
    *,
    name: str,
    email: str,
    password: str | None,
    first_name: str,
    last_name: str,
    now: int,
    rule: Rule = ANY,
) -> Founding:
    """Create an organization with its first administrator, its bot and a personal token, in one transaction.

    An address that has an account already joins with it and keeps its name and password. Raises Invalid.
    """
    email = email.strip().lower()
    errors = Errors()
    name = checked_name(name, errors, "name")
    if not is_email(email):
        errors.add("email", "The email must be a valid address.")
    errors.raise_if_any()
    password_hash = None if password is None else await hashed(password, rule)
    access_token = new_secret(PERSONAL_TOKEN)

    async def body(tx: Transaction) -> Founding:
        user_id = await account_id(tx, email)
        if user_id is None:
            # whoever sets the installation up vouches for the address
            user_id = await new_person(
                tx,
                email=email,
                password_hash=password_hash,
                first_name=first_name,
                last_name=last_name,
                is_verified=True,
                now=now,
            )
        organization_id = await establish(tx, name=name, account_id=user_id, timezone="UTC", now=now)
        await insert_token(tx, access_token, user_id, organization_id, "first token", now)
        return Founding(organization_id, user_id, email, access_token)

    return await database.write(body)


def checked_name(text: str, errors: Errors, path: str = "organization") -> str:
    """The name of an organization; noted under `path` when it is none."""
    name = text.strip()
    if not name or len(name) > NAME_LENGTH:
        errors.add(path, f"The {path} must have 1 to {NAME_LENGTH} characters.")
    return name


async def new_person(
    tx: Transaction,
    *,
    email: str,
    password_hash: str | None,
    first_name: str,
    last_name: str,
    is_verified: bool,
    now: int,
) -> int:
    """An account of somebody new; its id."""
    verified_at = now if is_verified else None
    return await create_account(tx, email, password_hash, first_name, last_name, email_verified_at=verified_at, now=now)


async def establish(tx: Transaction, *, name: str, account_id: int, timezone: str, now: int) -> str:
    """An organization with its bot and somebody as its first administrator; its id."""
    organization_id = new_id()
    await tx.run(
        store.insert,
        organization_id=organization_id,
        name=name,
        slug=slug(name, ""),
        timezone=timezone,
        working_days=None,
        default_deadline_unit="days",
        default_deadline_value=5,
        settings="{}",
        created_at=now,
        updated_at=now,
    )
    await add_member(tx, organization_id, account_id, role="admin", is_default_admin=True, now=now)
    bot = await create_account(tx, f"bot@{organization_id}.invalid", None, *BOT_NAME, kind="bot", now=now)
    await add_member(tx, organization_id, bot, role="standard", kind="bot", now=now)
    founder = Actor(organization_id=organization_id, user_id=account_id, role="admin")
    subject = ("Organization", organization_id)
    await audit.note(tx, founder, now, "organization_founded", "Founded the organization", subject=subject)
    return organization_id


async def settings_of(reader: Reader, organization_id: str) -> Document:
    """The switches and texts of an organization, for whoever decides by them."""
    row = await reader.one(store.get, organization_id=organization_id)
    if row is None:
        raise NotFound
    return decoded(row.settings)


async def head_of(reader: Reader, organization_id: str) -> store.OrganizationRow:
    """The organization's name, time zone and other columns. NotFound."""
    row = await reader.one(store.get, organization_id=organization_id)
    if row is None:
        raise NotFound
    return row


async def zone_of(reader: Reader, organization_id: str) -> str:
    """The organization's time zone."""
    row = await reader.one(store.get, organization_id=organization_id)
    if row is None:
        raise NotFound
    return row.timezone


class Switches(msgspec.Struct, frozen=True):
    """An organization as the clock sees it."""

    organization_id: str
    zone: str
    settings: Document


async def page_after(reader: Reader, organization_id: str, limit: int) -> list[Switches]:
    """The organizations that come after this one by id; "" is before the first."""
    rows = await reader.all(store.page_after, after=organization_id, limit=limit)
    return [Switches(row.organization_id, row.timezone, decoded(row.settings)) for row in rows]


async def show(reader: Reader, actor: Actor) -> wire.Organization:
    """The caller's organization."""
    permit(actor, "organization.read")
    row = await reader.one(store.get, organization_id=actor.organization_id)
    place = await membership(reader, actor.organization_id, actor.user_id)
    if row is None or place is None:
        raise NotFound
    count = await reader.value(store.active_members, organization_id=actor.organization_id)
    return wire.organization(row, count, place)


async def of_person(reader: Reader, user_id: int, *, limit: int, offset: int) -> tuple[list[wire.Organization], int]:
    """A page of the organizations that somebody is an active member of, oldest first, and how many there are."""
    rows = await reader.all(store.of_person, user_id=user_id, limit=limit, offset=offset)
    total = await reader.value(store.of_person_count, user_id=user_id)
    ids = sorted(row.organization_id for row in rows)
    counts = {row[0]: row[1] for row in await reader.all(store.active_members_of, ids=ids)} if ids else {}
    found = [
        wire.organization(
            row,
            counts.get(row.organization_id, 0),
            Membership(row.role, row.status, row.joined_at, row.disabled_at, row.last_accessed_at),
        )
        for row in rows
    ]
    return found, int(total)


async def change(tx: Transaction, actor: Actor, body: wire.OrganizationBody, now: int) -> wire.Organization:
    """Change settings; what is absent from the body stays. Raises Invalid, with every field that is wrong."""
    permit(actor, "organization.update")
    row = await tx.one(store.lock, organization_id=actor.organization_id)
    if row is None:
        raise NotFound
    errors = Errors()
    after = changed(row, body, errors)
    chosen = decoded(after.settings).onboarding_template_id
    # what is stored may be sent back, also when that template has been deleted since
    if chosen is not None and chosen != decoded(row.settings).onboarding_template_id and not errors:
        reason = await _why_not(tx, actor, chosen)
        if reason is not None:
            errors.add("onboarding_template_id", reason)
    errors.raise_if_any()
    if after != row:
        values = msgspec.structs.asdict(after) | {"updated_at": now}
        del values["created_at"]
        await tx.run(store.update, **values)
        entry = activity.Entry(
            verb="updated",
            subject_type="Organization",
            subject_id=actor.organization_id,
            description="Changed the settings of the organization",
            detail={"changed": _differences(row, after)},
        )
        await activity.record(tx, actor, now, [entry])
        subject = ("Organization", actor.organization_id)
        await audit.note(tx, actor, now, "settings_changed", entry.description, subject=subject, detail=entry.detail)
        tx.after_commit(lambda: engine.forget(actor.organization_id))
    return await show(tx, actor)


async def _why_not(reader: Reader, actor: Actor, template_id: str) -> str | None:
    """Why a template cannot be the one for new members, or None when it can."""
    if not await templates.titles(reader, actor.organization_id, [template_id]):
        return "There is no template with this id."
    live = await templates.live(reader, actor.organization_id, template_id)
    return live if isinstance(live, str) else why_not_for_newcomers(live)


def _differences(before: store.OrganizationRow, after: store.OrganizationRow) -> list[str]:
    """The names of what has changed; values may be long or secret."""
    one, other = msgspec.structs.asdict(before), msgspec.structs.asdict(after)
    names = [name for name in one if name != "settings" and one[name] != other[name]]
    old, new = decoded(before.settings), decoded(after.settings)
    return names + [name for name in Document.__struct_fields__ if getattr(old, name) != getattr(new, name)]
