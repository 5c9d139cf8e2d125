"""The SQL of members: accounts, memberships, invitations and tokens."""

import msgspec
import sqlalchemy as sa

from handrail.kernel.actor import Role
from handrail.schema.statement import Statement
from handrail.schema.tables import accounts, group_people, members, organizations, refresh_tokens, sessions, tokens
from handrail.schema.words import insert_all, is_, own, parameter, set_all

# tokens


class TokenRow(msgspec.Struct, frozen=True):
    """A token as stored; `scopes` is separated by spaces."""

    id: str
    account_id: int
    organization_id: str
    name: str
    scopes: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    revoked_at: int | None
    application_id: int | None
    session_id: str | None


_token = tuple(tokens.c[name] for name in TokenRow.__struct_fields__)
_of_person = (is_(tokens.c.organization_id), is_(tokens.c.account_id))

token_by_hash = Statement(sa.select(*_token).where(is_(tokens.c.token_hash)), TokenRow)
tokens_of_person = Statement(
    sa.select(*_token).where(*_of_person, tokens.c.revoked_at.is_(None)).order_by(tokens.c.id), TokenRow
)
insert_token = Statement[None](insert_all(tokens))
touch_token = Statement[None](sa.update(tokens).where(is_(tokens.c.id)).values(set_all(tokens, "last_used_at")))
revoke_token = Statement[None](
    sa.update(tokens)
    .where(*_of_person, is_(tokens.c.id), tokens.c.revoked_at.is_(None))
    .values(set_all(tokens, "revoked_at"))
)
# whatever could bring a revoked token back: the refresh tokens of the same sign-in, or all of a person's
_refresh_of_person = (is_(refresh_tokens.c.organization_id), is_(refresh_tokens.c.account_id))
_living = refresh_tokens.c.revoked_at.is_(None)
_sibling = refresh_tokens.alias("sibling")
revoke_refresh_of_token = Statement[None](
    sa.update(refresh_tokens)
    .where(
        *_refresh_of_person,
        _living,
        refresh_tokens.c.family.in_(
            sa.select(_sibling.c.family).where(_sibling.c.token_id == sa.bindparam("token_id", type_=sa.Text))
        ),
    )
    .values(set_all(refresh_tokens, "revoked_at"))
)
revoke_refresh_of_person = Statement[None](
    sa.update(refresh_tokens).where(*_refresh_of_person, _living).values(set_all(refresh_tokens, "revoked_at"))
)
revoke_tokens = Statement[None](
    sa.update(tokens).where(*_of_person, tokens.c.revoked_at.is_(None)).values(set_all(tokens, "revoked_at"))
)

# accounts


class AccountRow(msgspec.Struct, frozen=True):
    """A person, across organizations."""

    id: int
    email: str
    first_name: str
    last_name: str
    password_hash: str | None
    kind: str
    email_verified_at: int | None


_account = tuple(accounts.c[name] for name in AccountRow.__struct_fields__)

account_by_email = Statement(sa.select(*_account).where(is_(accounts.c.email)), AccountRow)
account_by_id = Statement(sa.select(*_account).where(is_(accounts.c.id)), AccountRow)
lock_account = Statement(sa.select(*_account).where(is_(accounts.c.id)).with_for_update(), AccountRow)

insert_account = Statement[tuple[int]](
    insert_all(
        accounts,
        "kind",
        "email",
        "password_hash",
        "first_name",
        "last_name",
        "username",
        "email_verified_at",
        "created_at",
        "updated_at",
    ).returning(accounts.c.id)
)


def _update_account(*names: str) -> Statement[None]:
    return Statement(sa.update(accounts).where(is_(accounts.c.id)).values(set_all(accounts, *names, "updated_at")))


rename_account = _update_account("first_name", "last_name")
set_email = _update_account("email", "username", "email_verified_at")
set_password = _update_account("password_hash")
set_verified = _update_account("email_verified_at")
bury_account = _update_account("email", "last_name", "password_hash")
note_login = Statement[None](sa.update(accounts).where(is_(accounts.c.id)).values(set_all(accounts, "last_login_at")))

# what a browser's session holds ends with it
end_sessions = Statement[None](
    sa.update(sessions)
    .where(
        is_(sessions.c.account_id),
        sessions.c.ended_at.is_(None),
        sessions.c.id != sa.bindparam("but", type_=sa.Text),
    )
    .values(set_all(sessions, "ended_at"))
)
revoke_tokens_of_sessions = Statement[None](
    sa.update(tokens)
    .where(
        is_(tokens.c.account_id),
        tokens.c.session_id.is_not(None),
        tokens.c.session_id != sa.bindparam("but", type_=sa.Text),
        tokens.c.revoked_at.is_(None),
    )
    .values(set_all(tokens, "revoked_at"))
)

# memberships


class PlaceRow(msgspec.Struct, frozen=True):
    """An organization that somebody is or was in."""

    organization_id: str
    organization_name: str
    role: str
    status: str
    disabled_at: int | None
    disabled_by_first_name: str | None
    disabled_by_last_name: str | None


_disabler = accounts.alias("disabler")
places = Statement(
    sa.select(
        members.c.organization_id,
        organizations.c.name,
        members.c.role,
        members.c.status,
        members.c.disabled_at,
        _disabler.c.first_name,
        _disabler.c.last_name,
    )
    .select_from(
        members.join(organizations, organizations.c.organization_id == members.c.organization_id).outerjoin(
            _disabler, _disabler.c.id == members.c.disabled_by
        )
    )
    .where(is_(members.c.user_id), members.c.kind != "bot", members.c.deleted_at.is_(None))
    .order_by(organizations.c.created_at, organizations.c.organization_id)
    .limit(200),
    PlaceRow,
)


class MemberRow(msgspec.Struct, frozen=True):
    """A member with their account; `profile` is JSON, flags may be 0 and 1."""

    user_id: int
    email: str
    username: str
    first_name: str
    last_name: str
    locale: str
    has_password: bool
    last_login_at: int | None
    account_updated_at: int
    kind: str
    role: Role
    status: str
    is_default_admin: bool
    timezone: str | None
    date_format: str | None
    profile: str
    invited_by: int | None
    invited_at: int | None
    activated_at: int | None
    approved_at: int | None
    disabled_at: int | None
    disabled_by: int | None
    reactivated_at: int | None
    reactivated_by: int | None
    deleted_at: int | None
    last_accessed_at: int | None
    last_known_ip: str | None
    created_at: int
    updated_at: int


_computed = {
    "has_password": accounts.c.password_hash.is_not(None).label("has_password"),
    "account_updated_at": accounts.c.updated_at.label("account_updated_at"),
}
_of_account = ("email", "username", "first_name", "last_name", "locale", "last_login_at")
member_columns = tuple(
    _computed[name] if name in _computed else (accounts if name in _of_account else members).c[name]
    for name in MemberRow.__struct_fields__
)
members_with_accounts = members.join(accounts, accounts.c.id == members.c.user_id)

_get = sa.select(*member_columns).select_from(members_with_accounts).where(own(members), is_(members.c.user_id))
get = Statement(_get, MemberRow)
lock = Statement(_get.with_for_update(of=members), MemberRow)


class ActiveRow(msgspec.Struct, frozen=True):
    """What an active member may do, and how many requests their organization may make."""

    role: Role
    requests_per_minute: int | None
    requests_per_hour: int | None


active = Statement(
    sa.select(members.c.role, organizations.c.requests_per_minute, organizations.c.requests_per_hour)
    .select_from(members.join(organizations, organizations.c.organization_id == members.c.organization_id))
    .where(own(members), is_(members.c.user_id), members.c.status == "active", members.c.kind != "bot"),
    ActiveRow,
)
groups_of = Statement[tuple[str]](
    sa.select(group_people.c.group_id)
    .where(own(group_people), is_(group_people.c.principal))
    .order_by(group_people.c.group_id)
)

# rows are locked in order of their key, so that two who change administrators wait for each other
lock_admins = Statement[tuple[int]](
    sa.select(members.c.user_id)
    .where(own(members), members.c.role == "admin", members.c.status == "active", members.c.kind != "bot")
    .order_by(members.c.user_id)
    .with_for_update()
)

other_organizations = Statement[tuple[int]](
    sa.select(sa.func.count())
    .select_from(members)
    .where(
        is_(members.c.user_id),
        members.c.organization_id != parameter("organization_id", members.c.organization_id),
        members.c.deleted_at.is_(None),
    )
)

insert_member = Statement[None](
    insert_all(
        members,
        "organization_id",
        "user_id",
        "kind",
        "role",
        "status",
        "is_default_admin",
        "timezone",
        "profile",
        "invited_by",
        "invite_hash",
        "invite_message",
        "invited_at",
        "activated_at",
        "approved_at",
        "created_at",
        "updated_at",
    )
)


def _update(*names: str) -> Statement[None]:
    return Statement(
        sa.update(members).where(own(members), is_(members.c.user_id)).values(set_all(members, *names, "updated_at"))
    )


set_role = _update("role")
set_default_admin = _update("is_default_admin")
clear_default_admin = Statement[None](
    sa.update(members)
    .where(own(members), members.c.is_default_admin == sa.true())
    .values(is_default_admin=sa.false(), **set_all(members, "updated_at"))
)
set_profile = _update("timezone", "date_format", "profile")
set_approved = _update("approved_at")
activate = _update("status", "profile", "invite_hash", "activated_at", "approved_at")
disable = _update("status", "is_default_admin", "invite_hash", "disabled_at", "disabled_by")
enable = _update("status", "reactivated_at", "reactivated_by", "disabled_at", "disabled_by")
bury = _update("deleted_at", "invite_hash")
withdraw = _update("deleted_at")
invite_again = _update(
    "status",
    "role",
    "profile",
    "invited_by",
    "invite_hash",
    "invite_message",
    "invited_at",
    "activated_at",
    "approved_at",
    "disabled_at",
    "disabled_by",
    "deleted_at",
)
renew_invitation = _update("invite_hash", "invited_at")
touch_member = Statement[None](
    sa.update(members)
    .where(own(members), is_(members.c.user_id))
    .values(set_all(members, "last_accessed_at", "last_known_ip"))
)


class InvitationRow(msgspec.Struct, frozen=True):
    """Whom an invitation is for, and where."""

    organization_id: str
    user_id: int
    invited_at: int


# found by the secret of its link alone, before anything is known about the caller
invitation_by_hash = Statement(
    sa.select(members.c.organization_id, members.c.user_id, members.c.invited_at).where(
        is_(members.c.invite_hash), members.c.status == "invited", members.c.deleted_at.is_(None)
    ),
    InvitationRow,
)
# the organization of an invitation that was taken back, by the secret of its link
withdrawn_by_hash = Statement[tuple[str]](
    sa.select(members.c.organization_id).where(is_(members.c.invite_hash), members.c.deleted_at.is_not(None))
)
