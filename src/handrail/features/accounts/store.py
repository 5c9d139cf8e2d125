"""The SQL of sessions, mailed links, second factors and identities elsewhere. Everything is found by a secret that only
its owner knows, or by the account."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import account_links, identities, second_factors, sessions, tokens
from handrail.schema.words import insert_all, is_, set_all


class SessionRow(msgspec.Struct, frozen=True):
    """A browser's session, whatever its state."""

    id: str
    account_id: int
    organization_id: str | None
    state: str
    address: str | None
    agent: str | None
    created_at: int
    last_seen_at: int
    expires_at: int
    ended_at: int | None


class LinkRow(msgspec.Struct, frozen=True):
    """A link that was mailed, whatever became of it."""

    secret_hash: str
    kind: str
    email: str
    account_id: int | None
    payload: str
    created_at: int
    expires_at: int
    used_at: int | None
    replaced_at: int | None


class FactorRow(msgspec.Struct, frozen=True):
    """Somebody's authenticator; it counts once it is confirmed."""

    account_id: int
    sealed_secret: str
    created_at: int
    confirmed_at: int | None
    last_step: int
    recovery: str


_session = [sessions.c[name] for name in SessionRow.__struct_fields__]
_living = sessions.c.ended_at.is_(None)
insert_session = Statement[None](insert_all(sessions))
session_by_hash = Statement(sa.select(*_session).where(is_(sessions.c.secret_hash)), SessionRow)
sessions_of = Statement(
    sa.select(*_session)
    .where(is_(sessions.c.account_id), _living, sessions.c.state == "signed-in")
    .order_by(sessions.c.last_seen_at.desc())
    .limit(100),
    SessionRow,
)
touch_session = Statement[None](
    sa.update(sessions).where(is_(sessions.c.id), _living).values(set_all(sessions, "last_seen_at", "address"))
)
choose_organization = Statement[None](
    sa.update(sessions).where(is_(sessions.c.id), _living).values(set_all(sessions, "organization_id"))
)
end_session = Statement[None](
    sa.update(sessions)
    .where(is_(sessions.c.id), is_(sessions.c.account_id), _living)
    .values(set_all(sessions, "ended_at"))
)
revoke_tokens_of_session = Statement[None](
    sa.update(tokens)
    .where(is_(tokens.c.session_id), tokens.c.revoked_at.is_(None))
    .values(set_all(tokens, "revoked_at"))
)
forget_sessions = Statement[None](
    sa.delete(sessions).where(sessions.c.expires_at <= sa.bindparam("before", type_=sa.BigInteger))
)

_link = [account_links.c[name] for name in LinkRow.__struct_fields__]
insert_link = Statement[None](
    insert_all(account_links, *(name for name in LinkRow.__struct_fields__ if name not in ("used_at", "replaced_at")))
)
link_by_hash = Statement(sa.select(*_link).where(is_(account_links.c.secret_hash)).with_for_update(), LinkRow)
replace_links = Statement[None](
    sa.update(account_links)
    .where(
        is_(account_links.c.email),
        is_(account_links.c.kind),
        account_links.c.used_at.is_(None),
        account_links.c.replaced_at.is_(None),
    )
    .values(set_all(account_links, "replaced_at"))
)
use_link = Statement[None](
    sa.update(account_links)
    .where(is_(account_links.c.secret_hash))
    .values(payload="{}", **set_all(account_links, "used_at"))
)
forget_links = Statement[None](
    sa.delete(account_links).where(account_links.c.expires_at <= sa.bindparam("before", type_=sa.BigInteger))
)

_factor = [second_factors.c[name] for name in FactorRow.__struct_fields__]
factor = Statement(sa.select(*_factor).where(is_(second_factors.c.account_id)), FactorRow)
lock_factor = Statement(sa.select(*_factor).where(is_(second_factors.c.account_id)).with_for_update(), FactorRow)
insert_factor = Statement[None](
    insert_all(second_factors, *(name for name in FactorRow.__struct_fields__ if name != "confirmed_at"))
)
delete_factor = Statement[None](sa.delete(second_factors).where(is_(second_factors.c.account_id)))
update_factor = Statement[None](
    sa.update(second_factors)
    .where(is_(second_factors.c.account_id))
    .values(set_all(second_factors, "confirmed_at", "last_step", "recovery"))
)

identity = Statement[tuple[int]](
    sa.select(identities.c.account_id).where(is_(identities.c.issuer), is_(identities.c.subject))
)
issuers_of = Statement[tuple[str]](
    sa.select(identities.c.issuer).where(is_(identities.c.account_id)).order_by(identities.c.issuer)
)
insert_identity = Statement[None](insert_all(identities))
delete_identities = Statement[None](sa.delete(identities).where(is_(identities.c.account_id)))
touch_identity = Statement[None](
    sa.update(identities)
    .where(is_(identities.c.issuer), is_(identities.c.subject))
    .values(set_all(identities, "last_used_at"))
)
