"""Changing what a member tells of themself, their address and their password (wire 2.2, 2.3, around 2.9)."""

import re
from typing import Any

import msgspec
from msgspec import UNSET

from handrail.features.accounts import notices as account_notices
from handrail.features.activity import service as activity
from handrail.features.members import accounts, notices, passwords, profile, proving, standing, store, wire
from handrail.features.members.inviting import Post
from handrail.features.organizations import service as organizations
from handrail.features.organizations.document import weekdays
from handrail.http.attempts import an_hour, take
from handrail.http.call import Application
from handrail.kernel.actor import Actor
from handrail.kernel.addresses import is_email
from handrail.kernel.errors import Denied, Errors, Invalid, NotFound, Refused
from handrail.kernel.permission import permit
from handrail.kernel.zones import is_zone
from handrail.ports.database import DuplicateKey, Transaction

DATE_FORMATS = ("mm/dd/yyyy", "dd/mm/yyyy")
_URL = re.compile(r"://|\bwww\.|\w\.(com|net|org|io|info|biz|xyz|ru|co|app|dev|example)(?![\w.])", re.I)
_OPTIONAL = ("phone", "job_title", "job_description", "team", "country_id", "step_preferences", "daily_digest")
_OF_ROW = ("first_name", "last_name", "timezone", "date_format")
_OF_PROFILE = (*_OPTIONAL, "cadence_days")
# how often an address may change: each time two mails go out
CHANGES_PER_HOUR = 5


def check_name(path: str, text: str, errors: Errors) -> str:
    """A first or last name without spaces around it; noted in `errors` when it is empty, too long or an address."""
    text = text.strip()
    if not text:
        errors.add(path, f"The {path} field is required.")
    elif len(text) > wire.NAME_LENGTH:
        errors.add(path, f"The {path} must have at most {wire.NAME_LENGTH} characters.")
    elif _URL.search(text):
        errors.add(path, f"The {path} must not be a web address.")
    return text


def check_email(text: str, errors: Errors) -> str:
    """An address as it is stored; noted in `errors` when it is none."""
    email = text.strip().lower()
    if not is_email(email):
        errors.add("email", "The email must be a valid address.")
    return email


async def change(tx: Transaction, actor: Actor, user_id: int, body: wire.MemberBody, now: int) -> None:
    """Change a member. Others than oneself need the administrator role, and belong to this organization alone."""
    mine = user_id == actor.user_id
    permit(actor, "me.update" if mine else "member.update")
    row = await standing.locked(tx, actor, user_id)
    if not mine:
        elsewhere = await tx.value(store.other_organizations, organization_id=actor.organization_id, user_id=user_id)
        if elsewhere and row.status != "invited":
            raise Denied("This person belongs to several organizations; only they can change their profile.")
    errors = Errors()
    names = {
        name: check_name(name, value, errors)
        for name in ("first_name", "last_name")
        if (value := getattr(body, name)) is not UNSET
    }
    zone = row.timezone if body.timezone is UNSET else body.timezone
    if body.timezone is not UNSET and body.timezone is not None and not is_zone(body.timezone):
        errors.add("timezone", "The timezone must be the IANA name of a time zone, such as Europe/Lisbon.")
    date_format = row.date_format if body.date_format is UNSET else body.date_format
    if body.date_format is not UNSET and body.date_format is not None:
        date_format = body.date_format.lower()
        if date_format not in DATE_FORMATS:
            errors.add("date_format", f"The date_format must be one of {', '.join(DATE_FORMATS)}.")
    cadence: dict[str, Any] = {}
    if body.cadence_days is None:
        cadence["cadence_days"] = None
    elif body.cadence_days is not UNSET:
        cadence["cadence_days"] = weekdays("cadence_days", body.cadence_days, errors)
    about = profile.decoded(row.profile)
    mails: dict[str, Any] = {}
    if body.mail_preferences is None:
        mails["mail_preferences"] = {}
    elif isinstance(body.mail_preferences, dict):
        for name in sorted(body.mail_preferences.keys() - set(profile.MAIL_PREFERENCES)):
            errors.add(f"mail_preferences.{name}", f"One can choose {', '.join(profile.MAIL_PREFERENCES)}.")
        mails["mail_preferences"] = {**about.mail_preferences, **body.mail_preferences}
    errors.raise_if_any()
    given: dict[str, Any] = {name: value for name in _OPTIONAL if (value := getattr(body, name)) is not UNSET}
    given |= cadence | mails
    if row.status == "invited":
        # the account may be somebody's who has never agreed to be here
        given |= {f"invited_{name}": value for name, value in names.items()}
    elif names:
        values = {"first_name": row.first_name, "last_name": row.last_name} | names
        await tx.run(store.rename_account, id=user_id, **values, updated_at=now)
    await tx.run(
        store.set_profile,
        organization_id=actor.organization_id,
        user_id=user_id,
        timezone=zone,
        date_format=date_format,
        profile=profile.encoded(msgspec.structs.replace(about, **given)),
        updated_at=now,
    )
    if body.is_default_admin is True and not row.is_default_admin:
        await standing.make_default_admin(tx, actor, row, now)
    await activity.record(tx, actor, now, [standing.entry("updated", row, "Changed the profile of")])
    if not mine:
        after = await standing.locked(tx, actor, user_id)
        about_here = await organizations.head_of(tx, actor.organization_id)
        await notices.profile_changed(tx, actor, row, _differing(row, after, about_here.timezone), now)


def _differing(before: store.MemberRow, after: store.MemberRow, zone: str) -> list[str]:
    """What of a profile differs, by its names on the wire. Whoever has no time zone has the organization's."""
    before, after = (msgspec.structs.replace(row, timezone=row.timezone or zone) for row in (before, after))
    names = [name for name in _OF_ROW if getattr(before, name) != getattr(after, name)]
    was, now = profile.decoded(before.profile), profile.decoded(after.profile)
    return names + [name for name in _OF_PROFILE if getattr(was, name) != getattr(now, name)]


async def change_email(post: Post, actor: Actor, user_id: int, body: wire.EmailBody, now: int) -> None:
    """Move one's sign-in to another address; the current password is needed, and both addresses are told. TooMany."""
    database, limiter = post.application.database, post.application.limiter
    account = await proven(post.application, actor, user_id, body)
    errors = Errors()
    email = check_email(body.email, errors)
    errors.raise_if_any()
    if email == account.email:
        return
    await take(limiter, [(an_hour(CHANGES_PER_HOUR), ("address", str(user_id)))])

    async def work(tx: Transaction) -> None:
        await tx.run(
            store.set_email,
            id=user_id,
            email=email,
            username=email.partition("@")[0],
            email_verified_at=None,
            updated_at=now,
        )
        row = await standing.locked(tx, actor, user_id)
        await activity.record(tx, actor, now, [standing.entry("updated", row, "Changed the address of")])
        await standing.audited(tx, actor, now, "email_address_changed", "Changed the address of", row)
        await account_notices.address_changed(tx, post.application, post.mail_url, account, email, now)

    try:
        await database.write(work)
    except DuplicateKey as error:
        raise Invalid({"email": "The email has already been taken."}) from error


async def change_password(post: Post, actor: Actor, user_id: int, body: wire.PasswordBody, now: int) -> None:
    """Choose another password; the current one is needed, and a mail tells of it."""
    database = post.application.database
    errors = Errors()
    rule = passwords.rule_of(post.application.settings)
    passwords.check_new(body.new_password, errors, rule, "new_password")
    if body.new_password_confirmation is not UNSET and body.new_password_confirmation != body.new_password:
        errors.add("new_password_confirmation", "The confirmation differs from the new password.")
    errors.raise_if_any()
    account = await proven(post.application, actor, user_id, body)
    password_hash = await passwords.hashed(body.new_password, rule)

    async def work(tx: Transaction) -> None:
        await accounts.change_password(tx, user_id, password_hash, now, but=actor.session_id)
        row = await standing.locked(tx, actor, user_id)
        await activity.record(tx, actor, now, [standing.entry("updated", row, "Changed the password of")])
        await standing.audited(tx, actor, now, "password_changed", "Changed the password of", row)
        await account_notices.password_changed(tx, post.application, account.email)

    await database.write(work)


async def proven(
    application: Application, actor: Actor, user_id: int, body: wire.EmailBody | wire.PasswordBody
) -> store.AccountRow:
    """The caller's own account, once the body holds its current password, which is tried as slowly as at a sign-in."""
    permit(actor, "me.update")
    if user_id != actor.user_id:
        raise Denied("Access denied: only the person itself can change this.")
    current = body.password if body.password is not UNSET else body.current_password
    if current is UNSET:
        raise Invalid({"password": "The current password is required."})
    async with application.database.reader() as reader:
        account = await reader.one(store.account_by_id, id=user_id)
    if account is None:
        raise NotFound
    if account.password_hash is None:
        raise Refused("This person has no password yet, so it cannot be confirmed.")
    if await proving.person(application, account.email, current, actor.address or "") != account.id:
        raise Invalid({"password": "The current password is not right."})
    return account
