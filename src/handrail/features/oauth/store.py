"""The SQL of applications, their secrets, and the tokens they got."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import application_secrets, application_tokens, applications, refresh_tokens, tokens
from handrail.schema.words import insert_all, is_, set_all


class ApplicationRow(msgspec.Struct, frozen=True):
    """An application; grants and scopes are separated by spaces, redirect URIs a JSON list."""

    id: int
    organization_id: str
    name: str
    grants: str
    scopes: str
    redirect_uris: str
    is_first_party: bool
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
update = Statement[None](
    sa.update(applications)
    .where(_own, is_(applications.c.id))
    .values(set_all(applications, "name", "grants", "scopes", "redirect_uris", "is_first_party", "updated_at"))
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
