"""Inviting people, and their acceptance (around 2.4, wire 2.33)."""

import msgspec
from msgspec import UNSET

from handrail.features.accounts import second_factor
from handrail.features.activity import service as activity
from handrail.features.audit import recording as audit
from handrail.features.members import accounts, notices, passwords, profile, proving, service, standing, store, wire
from handrail.features.members.handover import adopt_guest
from handrail.features.members.inviting import VALID, Post, link, mail
from handrail.features.members.profiles import check_email, check_name
from handrail.features.organizations import service as organizations
from handrail.features.processes import welcoming
from handrail.http.call import Application
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied, Errors, Impossible, Invalid
from handrail.kernel.permission import permit
from handrail.kernel.secrets import INVITATION, PERSONAL_TOKEN, fingerprint, new_secret
from handrail.ports.database import Database, DuplicateKey, Reader, Transaction

TAKEN = "The email has already been taken: this person is a member already."
NO_LONGER_VALID = (
    "This invitation is not valid: it was used, or replaced by a newer one. Ask an administrator for another."
)
WITHDRAWN = "Your invitation to {organization} was withdrawn. If that is a mistake, ask whoever invited you."

NOT_BY_LINK = (
    "There is an account with this address already, which has no password yet. Follow the link in the mail of the "
    "invitation, or choose a password first."
)
EXPIRED = "This invitation has expired. Open its link to have another one sent, or ask an administrator."


class Expired(Invalid):
    """A link that nobody has followed in time; there can be another."""


class Invited(msgspec.Struct, frozen=True):
    """Who was invited, and the secret of the link."""

    user_id: int
    secret: str


async def invite(database: Database, actor: Actor, body: wire.InviteBody, now: int, post: Post) -> Invited:
    """Invite somebody by address. Members may do so when the organization allows it, but not make administrators.

    Whoever waits already is sent another link, and keeps the role and the names of the first invitation.
    """
    role = standing.checked_role(body.role)
    errors = Errors()
    email = check_email(body.email, errors)
    first_name = check_name("first_name", body.first_name, errors)
    last_name = check_name("last_name", body.last_name, errors)
    secret = new_secret(INVITATION)

    async def work(tx: Transaction) -> Invited:
        settings = await organizations.settings_of(tx, actor.organization_id)
        permit(actor, "member.invite", ("switch",) if settings.allow_user_invite else ())
        if role == "admin" and not actor.is_admin:
            raise Denied("Access denied: only an administrator can invite administrators.")
        errors.raise_if_any()
        user_id = await service.account_id(tx, email)
        if user_id is not None:
            known = await tx.one(store.lock, organization_id=actor.organization_id, user_id=user_id)
            if known is not None and known.deleted_at is None:
                if known.status != "invited" or not (actor.is_admin or known.invited_by == actor.user_id):
                    raise Invalid({"email": TAKEN})
                # the way in which clients without the other call send an invitation again
                again = await renew(tx, actor, user_id, now)
                await mail(tx, post, actor.organization_id, actor.user_id, user_id, again, body.message, now)
                return Invited(user_id, again)
        user_id = await place(tx, actor, Invitation(email, first_name, last_name, role, body.message), secret, now)
        await mail(tx, post, actor.organization_id, actor.user_id, user_id, secret, body.message, now)
        return Invited(user_id, secret)

    try:
        return await database.write(work)
    except DuplicateKey as error:  # somebody else invited the same address at the same moment
        raise Invalid({"email": TAKEN}) from error


class Invitation(msgspec.Struct, frozen=True):
    """Whom to invite as what: checked."""

    email: str
    first_name: str
    last_name: str
    role: str
    message: str | None = None


async def place(tx: Transaction, actor: Actor, invitation: Invitation, secret: str, now: int) -> int:
    """Store an invitation, over whatever membership was there before; the member's id.

    Whoever was a guest with this address is none any more, and keeps their tasks.
    """
    organization_id, email = actor.organization_id, invitation.email
    first_name, last_name = invitation.first_name, invitation.last_name
    user_id = await service.account_id(tx, email)
    known = None
    if user_id is None:
        user_id = await service.create_account(tx, email, None, first_name, last_name, now=now)
    else:
        known = await tx.one(store.lock, organization_id=organization_id, user_id=user_id)
    about = profile.Profile(invited_first_name=first_name, invited_last_name=last_name)
    values = {
        "organization_id": organization_id,
        "user_id": user_id,
        "role": invitation.role,
        "status": "invited",
        "profile": profile.encoded(about),
        "invited_by": actor.user_id,
        "invite_hash": fingerprint(secret),
        "invite_message": invitation.message,
        "invited_at": now,
        "activated_at": None,
        "approved_at": now,
        "updated_at": now,
    }
    if known is None:
        new = {"kind": "standard", "is_default_admin": False, "timezone": None, "created_at": now}
        await tx.run(store.insert_member, **values, **new)
    else:
        cleared = {"disabled_at": None, "disabled_by": None, "deleted_at": None}
        await tx.run(store.invite_again, **values, **cleared)
    await adopt_guest(tx, actor, email, user_id, now)
    entry = activity.Entry(
        verb="invited",
        subject_type="User",
        subject_id=str(user_id),
        description=f"Invited {first_name} {last_name}",
        detail={"role": invitation.role},
    )
    await activity.record(tx, actor, now, [entry])
    subject, detail = ("User", str(user_id)), {"role": invitation.role}
    await audit.note(tx, actor, now, "member_invited", entry.description, subject=subject, detail=detail)
    return user_id


async def renew(tx: Transaction, actor: Actor, user_id: int, now: int) -> str:
    """Another link for somebody who was invited; the old one stops working. The secret of the new link."""
    row = await standing.locked(tx, actor, user_id)
    settings = await organizations.settings_of(tx, actor.organization_id)
    is_inviter = settings.allow_user_invite and row.invited_by == actor.user_id
    permit(actor, "member.invitation", ("inviter",) if is_inviter else ())
    if row.role == "admin" and not actor.is_admin:
        raise Denied("Access denied: only an administrator can invite administrators.")
    if row.status != "invited":
        raise Impossible("Only a member who was invited and has not accepted yet can get another invitation.")
    secret = new_secret(INVITATION)
    await tx.run(
        store.renew_invitation,
        organization_id=actor.organization_id,
        user_id=user_id,
        invite_hash=fingerprint(secret),
        invited_at=now,
        updated_at=now,
    )
    await activity.record(tx, actor, now, [standing.entry("invited", row, "Invited again")])
    await standing.audited(tx, actor, now, "member_invited", "Invited again", row, again=True)
    return secret


class Accepted(msgspec.Struct, frozen=True):
    """Who has accepted, as an actor, and their first token."""

    actor: Actor
    access_token: str
    expires_in: int


class Expected(msgspec.Struct, frozen=True):
    """Who is invited where, as a page shows it."""

    email: str
    first_name: str
    last_name: str
    organization: str
    has_password: bool


async def expected(database: Database, secret: str, now: int) -> Expected:
    """Whom a link invites. Raises Invalid when it does not work."""
    async with database.reader() as reader:
        invitation = await reader.one(store.invitation_by_hash, invite_hash=fingerprint(secret.strip()))
        if invitation is None:
            raise await _why_not(reader, secret)
        if invitation.invited_at + VALID <= now:
            raise Expired({"token": EXPIRED}, EXPIRED)
        row = await reader.one(store.get, organization_id=invitation.organization_id, user_id=invitation.user_id)
        head = await organizations.head_of(reader, invitation.organization_id)
    assert row is not None
    about = profile.decoded(row.profile)
    return Expected(
        row.email,
        row.first_name if row.has_password else about.invited_first_name or row.first_name,
        row.last_name if row.has_password else about.invited_last_name or row.last_name,
        head.name,
        bool(row.has_password),
    )


async def _why_not(reader: Reader, secret: str) -> Invalid:
    """What is said of a link that leads nowhere."""
    withdrawn = await reader.value(store.withdrawn_by_hash, invite_hash=fingerprint(secret.strip()))
    if withdrawn is None:
        return Invalid({"token": NO_LONGER_VALID}, NO_LONGER_VALID)
    text = WITHDRAWN.format(organization=(await organizations.head_of(reader, withdrawn)).name)
    return Invalid({"token": text}, text)


def acceptance(secret: str, password: str, names: tuple[str, str] | None) -> wire.AcceptBody:
    """What a page says of an acceptance, with the names of somebody new."""
    if names is None:
        return wire.AcceptBody(token=secret, password=password)
    return wire.AcceptBody(token=secret, password=password, first_name=names[0], last_name=names[1])


async def accept(
    application: Application,
    body: wire.AcceptBody,
    now: int,
    *,
    request_id: str,
    address: str,
    with_token: bool = True,
    is_mailed: bool = False,
) -> Accepted:
    """Turn an invitation into an active membership; without a token for whoever signs in with a session. Whoever comes
    by the mail has shown that its address is theirs.

    Somebody who signs in elsewhere already proves it with their password and keeps it; otherwise the password becomes
    theirs. The link alone never changes the password of an account, nor gives one to an account that works elsewhere
    without, or whoever invites could take it over; nor is it a way to try passwords, or around a second factor: Denied,
    where there is one and a token is asked for. TooMany.
    """
    database, invite_hash = application.database, fingerprint(body.token.strip())
    async with database.reader() as reader:
        invitation = await reader.one(store.invitation_by_hash, invite_hash=invite_hash)
        if invitation is None:
            raise await _why_not(reader, body.token)
        account = await reader.one(store.account_by_id, id=invitation.user_id)
    assert account is not None
    if invitation.invited_at + VALID <= now:
        raise Expired({"token": EXPIRED})
    password_hash = account.password_hash
    if password_hash is None:
        password_hash = await passwords.hashed(body.password, passwords.rule_of(application.settings))
        if not is_mailed and await _works_elsewhere(database, account.id, invitation.organization_id):
            raise Denied(NOT_BY_LINK)
    else:
        if await proving.person(application, account.email, body.password, address) != account.id:
            raise Invalid({"password": "There is an account with this address already; its password is needed."})
        async with database.reader() as reader:
            if with_token and await second_factor.is_on(reader, account.id):
                raise Denied("This account has a second factor. Open the link in a browser, which asks for its code.")
    errors = Errors()
    wanted = {
        name: check_name(name, value, errors)
        for name in ("first_name", "last_name")
        if isinstance(value := getattr(body, name), str)
    }
    errors.raise_if_any()
    secret = new_secret(PERSONAL_TOKEN)

    async def work(tx: Transaction) -> Accepted:
        held = await tx.one(store.lock_account, id=invitation.user_id)
        still = await tx.one(store.invitation_by_hash, invite_hash=invite_hash)
        row = await tx.one(store.lock, organization_id=invitation.organization_id, user_id=invitation.user_id)
        # somebody may have accepted, withdrawn or disabled it in between
        if still is None or held is None or row is None or row.status != "invited" or row.deleted_at is not None:
            raise Invalid({"token": NO_LONGER_VALID})
        if held.password_hash != account.password_hash:
            raise Invalid({"token": NO_LONGER_VALID})
        about = profile.decoded(row.profile)
        if held.password_hash is None:
            names = {
                "first_name": about.invited_first_name or held.first_name,
                "last_name": about.invited_last_name or held.last_name,
            }
            await tx.run(store.rename_account, id=held.id, **(names | wanted), updated_at=now)
            await tx.run(store.set_password, id=held.id, password_hash=password_hash, updated_at=now)
        if is_mailed and held.email_verified_at is None:
            await tx.run(store.set_verified, id=held.id, email_verified_at=now, updated_at=now)
        await tx.run(
            store.activate,
            organization_id=invitation.organization_id,
            user_id=held.id,
            status="active",
            profile=profile.encoded(msgspec.structs.replace(about, invited_first_name=None, invited_last_name=None)),
            invite_hash=None,
            activated_at=now,
            approved_at=row.approved_at or now,
            updated_at=now,
        )
        await tx.run(store.note_login, id=held.id, last_login_at=now)
        token_id = None
        if with_token:
            token_id = await service.insert_token(tx, secret, held.id, invitation.organization_id, "sign-in", now)
        actor = Actor(
            organization_id=invitation.organization_id,
            user_id=held.id,
            role=row.role,
            token_id=token_id,
            request_id=request_id,
        )
        await activity.record(tx, actor, now, [standing.entry("invite-accepted", row, "Accepted the invitation:")])
        await standing.audited(tx, actor, now, "member_accepted", "Accepted the invitation:", row)
        await notices.accepted(tx, actor, now)
        await notices.welcome(tx, actor, now, notices.account_link(application.settings))
        await welcoming.welcome(tx, actor, now)
        return Accepted(actor, secret, service.TOKEN_LIFETIME // 1000)

    return await database.write(work)


async def _works_elsewhere(database: Database, account_id: int, organization_id: str) -> bool:
    """Whether another organization has this person as a member who has come, or was made one without being asked."""
    async with database.reader() as reader:
        places = await accounts.places(reader, account_id)
    return any(place.organization_id != organization_id and place.status != "invited" for place in places)


def wanted_link(actor: Actor, user: wire.User, base_url: str, secret: str) -> wire.User:
    """The invited member; administrators also get the link, which works without mail."""
    user.invite_link = link(base_url, secret) if actor.is_admin else UNSET
    return user
