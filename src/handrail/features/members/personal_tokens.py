"""Personal access tokens: several named ones for each person and organization (wire 1, 2.32)."""

from collections.abc import Sequence

from handrail.features.audit import recording as audit
from handrail.features.members import service, store, wire
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso, iso_or_none, parse_moment
from handrail.kernel.errors import Denied, Errors, NotFound
from handrail.kernel.permission import permit
from handrail.kernel.scopes import SCOPES, unknown
from handrail.kernel.secrets import PERSONAL_TOKEN, new_secret
from handrail.ports.database import Reader, Transaction

# of one person in one organization, so that a program gone wild is noticed
MOST = 100


async def listed(reader: Reader, actor: Actor, now: int) -> list[wire.PersonalToken]:
    """The caller's tokens of this organization that still work, without their values."""
    permit(actor, "token.manage")
    rows = await _working(reader, actor, now)
    return [shown(actor, row) for row in rows]


async def make(tx: Transaction, actor: Actor, body: wire.TokenBody, now: int) -> wire.PersonalToken:
    """A new token; the only time its value is told. Raises Invalid."""
    permit(actor, "token.manage")
    refuse_applications(actor)
    errors = Errors()
    name = body.name.strip()
    if not name:
        errors.add("name", "The name field is required.")
    words = body.scopes.split() if isinstance(body.scopes, str) else body.scopes
    scopes = sorted({word.strip() for word in words})
    if not scopes:
        errors.add("scopes", "At least one scope is required; * stands for everything.")
    strange = unknown(scopes)
    if strange:
        errors.add("scopes", f"No such scope: {', '.join(strange)[:200]}. The scopes are {', '.join(sorted(SCOPES))}.")
    expires_at = None
    if body.expires_at is not None:
        expires_at = parse_moment(body.expires_at)
        if expires_at is None:
            errors.add("expires_at", "The expires_at is not a valid date.")
        elif expires_at <= now:
            errors.add("expires_at", "The expires_at must be in the future.")
    if len(await _working(tx, actor, now)) >= MOST:
        errors.add("name", f"There are {MOST} tokens already; revoke some first.")
    errors.raise_if_any()
    secret = new_secret(PERSONAL_TOKEN)
    token_id = await service.insert_token(
        tx,
        secret,
        actor.user_id,
        actor.organization_id,
        name,
        now,
        scopes="*" if "*" in scopes else " ".join(scopes),
        expires_at=expires_at,
    )
    row = next(row for row in await _working(tx, actor, now) if row.id == token_id)
    told = {"name": name, "scopes": row.scopes, "expires_at": iso_or_none(expires_at)}
    await audit.note(tx, actor, now, "token_created", "Made a personal token", subject=("Token", token_id), detail=told)
    made = shown(actor, row)
    made.access_token, made.token_type = secret, "Bearer"
    return made


def refuse_applications(actor: Actor) -> None:
    """Raise Denied for a token that was got through an application: what it made would outlive the application."""
    if actor.application_id is not None:
        raise Denied("Access denied: a token of an application cannot make other tokens or secrets; sign in yourself.")


async def revoke(tx: Transaction, actor: Actor, token_id: str, now: int) -> None:
    """End one of the caller's tokens, at once. Raises NotFound."""
    permit(actor, "token.revoke")
    whose = {"organization_id": actor.organization_id, "account_id": actor.user_id}
    await tx.run(store.revoke_refresh_of_token, **whose, token_id=token_id, revoked_at=now)
    touched = await tx.run(
        store.revoke_token,
        id=token_id,
        organization_id=actor.organization_id,
        account_id=actor.user_id,
        revoked_at=now,
    )
    if not touched:
        raise NotFound
    await audit.note(tx, actor, now, "token_revoked", "Revoked a token", subject=("Token", token_id))


async def revoke_all(tx: Transaction, actor: Actor, now: int) -> int:
    """End every token that the caller has in this organization, this request's too; how many."""
    permit(actor, "token.revoke")
    whose = {"organization_id": actor.organization_id, "account_id": actor.user_id}
    await tx.run(store.revoke_refresh_of_person, **whose, revoked_at=now)
    count = await tx.run(store.revoke_tokens, **whose, revoked_at=now)
    subject = ("User", str(actor.user_id))
    await audit.note(
        tx, actor, now, "token_revoked", "Revoked all their tokens", subject=subject, detail={"tokens": count}
    )
    return count


async def end_of_person(tx: Transaction, organization_id: str, account_id: int, now: int) -> None:
    """End every token that somebody has in an organization, whoever asks."""
    await tx.run(store.revoke_refresh_of_person, organization_id=organization_id, account_id=account_id, revoked_at=now)
    await tx.run(store.revoke_tokens, organization_id=organization_id, account_id=account_id, revoked_at=now)


async def _working(reader: Reader, actor: Actor, now: int) -> Sequence[store.TokenRow]:
    rows = await reader.all(store.tokens_of_person, organization_id=actor.organization_id, account_id=actor.user_id)
    return [row for row in rows if row.expires_at is None or row.expires_at > now]


def shown(actor: Actor, row: store.TokenRow) -> wire.PersonalToken:
    """The wire form of a token, without its value."""
    return wire.PersonalToken(
        id=row.id,
        name=row.name,
        scopes=row.scopes.split(),
        created_at=iso(row.created_at),
        expires_at=iso_or_none(row.expires_at),
        last_used_at=iso_or_none(row.last_used_at),
        current=row.id == actor.token_id,
    )
