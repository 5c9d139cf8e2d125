"""The SQL of applications, their secrets, and the tokens they got."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import (
    application_secrets,
    application_tokens,
    applications,
    authorization_codes,
    consents,
    organizations,
    refresh_tokens,
    signing_keys,
    tokens,
)
from handrail.schema.words import insert_all, is_, parameter, set_all


class ApplicationRow(msgspec.Struct, frozen=True):
    """An application; grants and scopes are separated by spaces, redirect URIs a JSON list. One that registered itself
    has an empty organization."""

    id: int
    organization_id: str
    name: str
    grants: str
    scopes: str
    redirect_uris: str
    is_first_party: bool
    is_public: bool
    requires_pkce: bool
    token_format: str
    created_at: int
    updated_at: int


class SecretRow(msgspec.Struct, frozen=True):
    """A secret that still works."""

    id: str
    secret_hash: str
    created_at: int


class RefreshRow(msgspec.Struct, frozen=True):
    """A refresh token, whatever its state."""

    token_hash: str
    family: str
    application_id: int
    account_id: int
    organization_id: str
    scopes: str
    token_id: str
    created_at: int
    expires_at: int
    used_at: int | None
    revoked_at: int | None


_columns = [applications.c[name] for name in ApplicationRow.__struct_fields__]
_alive = applications.c.deleted_at.is_(None)
_own = applications.c.organization_id == sa.bindparam("organization_id", type_=sa.Text)

by_client_id = Statement(sa.select(*_columns).where(is_(applications.c.id), _alive), ApplicationRow)
of_organization = Statement(sa.select(*_columns).where(_own, _alive).order_by(applications.c.id), ApplicationRow)
one = Statement(sa.select(*_columns).where(_own, is_(applications.c.id), _alive), ApplicationRow)

_new = [name for name in ApplicationRow.__struct_fields__ if name != "id"]
insert = Statement[tuple[int]](insert_all(applications, *_new).returning(applications.c.id))
_changing = [name for name in _new if name not in ("organization_id", "is_public", "created_at")]
update = Statement[None](
    sa.update(applications).where(_own, is_(applications.c.id)).values(set_all(applications, *_changing))
)
delete = Statement[None](
    sa.update(applications).where(_own, is_(applications.c.id)).values(set_all(applications, "deleted_at"))
)

secrets = Statement(
    sa.select(application_secrets.c.id, application_secrets.c.secret_hash, application_secrets.c.created_at)
    .where(is_(application_secrets.c.application_id), application_secrets.c.ended_at.is_(None))
    .order_by(application_secrets.c.id),
    SecretRow,
)
insert_secret = Statement[None](insert_all(application_secrets, "id", "application_id", "secret_hash", "created_at"))
end_secret = Statement[None](
    sa.update(application_secrets)
    .where(
        is_(application_secrets.c.application_id),
        is_(application_secrets.c.id),
        application_secrets.c.ended_at.is_(None),
    )
    .values(set_all(application_secrets, "ended_at"))
)

insert_application_token = Statement[None](insert_all(application_tokens))
end_application_token = Statement[None](
    sa.delete(application_tokens).where(is_(application_tokens.c.token_hash), is_(application_tokens.c.application_id))
)
application_of_token = Statement(
    sa.select(*_columns)
    .select_from(application_tokens.join(applications, applications.c.id == application_tokens.c.application_id))
    .where(
        is_(application_tokens.c.token_hash),
        application_tokens.c.expires_at > sa.bindparam("now", type_=sa.BigInteger),
        _alive,
    ),
    ApplicationRow,
)

insert_refresh = Statement[None](
    insert_all(
        refresh_tokens, *(name for name in RefreshRow.__struct_fields__ if name not in ("used_at", "revoked_at"))
    )
)
refresh_by_hash = Statement(
    sa.select(*(refresh_tokens.c[name] for name in RefreshRow.__struct_fields__))
    .where(is_(refresh_tokens.c.token_hash))
    .with_for_update(),
    RefreshRow,
)
use_refresh = Statement[None](
    sa.update(refresh_tokens).where(is_(refresh_tokens.c.token_hash)).values(set_all(refresh_tokens, "used_at"))
)
revoke_family = Statement[None](
    sa.update(refresh_tokens)
    .where(is_(refresh_tokens.c.family), refresh_tokens.c.revoked_at.is_(None))
    .values(set_all(refresh_tokens, "revoked_at"))
)
revoke_token = Statement[None](
    sa.update(tokens).where(is_(tokens.c.id), tokens.c.revoked_at.is_(None)).values(set_all(tokens, "revoked_at"))
)
revoke_tokens_of_family = Statement[None](
    sa.update(tokens)
    .where(
        tokens.c.id.in_(sa.select(refresh_tokens.c.token_id).where(is_(refresh_tokens.c.family))),
        tokens.c.revoked_at.is_(None),
    )
    .values(set_all(tokens, "revoked_at"))
)
# an application that is gone leaves nothing behind that works
revoke_tokens_of_application = Statement[None](
    sa.update(tokens)
    .where(is_(tokens.c.application_id), tokens.c.revoked_at.is_(None))
    .values(set_all(tokens, "revoked_at"))
)
revoke_refresh_of_application = Statement[None](
    sa.update(refresh_tokens)
    .where(is_(refresh_tokens.c.application_id), refresh_tokens.c.revoked_at.is_(None))
    .values(set_all(refresh_tokens, "revoked_at"))
)


# codes of the authorization code grant


class CodeRow(msgspec.Struct, frozen=True):
    """A code, whatever became of it."""

    code_hash: str
    application_id: int
    account_id: int
    organization_id: str
    redirect_uri: str
    scopes: str
    challenge: str | None
    family: str
    token_id: str | None
    created_at: int
    expires_at: int
    used_at: int | None


_code = [authorization_codes.c[name] for name in CodeRow.__struct_fields__]
insert_code = Statement[None](
    insert_all(
        authorization_codes, *(name for name in CodeRow.__struct_fields__ if name not in ("token_id", "used_at"))
    )
)
code_by_hash = Statement(sa.select(*_code).where(is_(authorization_codes.c.code_hash)).with_for_update(), CodeRow)
use_code = Statement[None](
    sa.update(authorization_codes)
    .where(is_(authorization_codes.c.code_hash))
    .values(set_all(authorization_codes, "used_at", "token_id"))
)
delete_codes = Statement[None](sa.delete(authorization_codes).where(is_(authorization_codes.c.account_id)))
forget_codes = Statement[None](
    sa.delete(authorization_codes).where(
        authorization_codes.c.expires_at <= sa.bindparam("before", type_=sa.BigInteger)
    )
)

forget_refresh = Statement[None](
    sa.delete(refresh_tokens).where(refresh_tokens.c.expires_at <= sa.bindparam("before", type_=sa.BigInteger))
)
forget_application_tokens = Statement[None](
    sa.delete(application_tokens).where(application_tokens.c.expires_at <= sa.bindparam("before", type_=sa.BigInteger))
)

# what people have allowed


class ConsentRow(msgspec.Struct, frozen=True):
    """An application that somebody lets act for them in an organization."""

    application_id: int
    application: str
    organization_id: str
    organization: str
    scopes: str
    created_at: int


_same = (is_(consents.c.application_id), is_(consents.c.account_id), is_(consents.c.organization_id))
consent = Statement[tuple[str]](sa.select(consents.c.scopes).where(*_same, consents.c.revoked_at.is_(None)))
delete_consent = Statement[None](sa.delete(consents).where(*_same))
insert_consent = Statement[None](insert_all(consents))
consents_of = Statement(
    sa.select(
        consents.c.application_id,
        applications.c.name,
        consents.c.organization_id,
        organizations.c.name,
        consents.c.scopes,
        consents.c.created_at,
    )
    .select_from(
        consents.join(applications, applications.c.id == consents.c.application_id).join(
            organizations, organizations.c.organization_id == consents.c.organization_id
        )
    )
    .where(is_(consents.c.account_id), consents.c.revoked_at.is_(None), _alive)
    .order_by(consents.c.created_at.desc())
    .limit(200),
    ConsentRow,
)
_of_consent = ("application_id", "account_id", "organization_id")
revoke_tokens_of_consent = Statement[None](
    sa.update(tokens)
    .where(*(tokens.c[name] == parameter(name, tokens.c[name]) for name in _of_consent), tokens.c.revoked_at.is_(None))
    .values(set_all(tokens, "revoked_at"))
)
revoke_refresh_of_consent = Statement[None](
    sa.update(refresh_tokens)
    .where(*(is_(refresh_tokens.c[name]) for name in _of_consent), refresh_tokens.c.revoked_at.is_(None))
    .values(set_all(refresh_tokens, "revoked_at"))
)

# what JSON web tokens are signed with


class KeyRow(msgspec.Struct, frozen=True):
    """A key: sealed, and as everybody may see it."""

    id: str
    sealed_private: str
    public: str
    created_at: int
    retired_at: int | None


keys = Statement(
    sa.select(*(signing_keys.c[name] for name in KeyRow.__struct_fields__)).order_by(signing_keys.c.id.desc()), KeyRow
)
insert_key = Statement[None](insert_all(signing_keys))
forget_keys = Statement[None](
    sa.delete(signing_keys).where(signing_keys.c.created_at <= sa.bindparam("before", type_=sa.BigInteger))
)
