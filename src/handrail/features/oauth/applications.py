"""Registering applications: administrators say what each may do, and hold its secrets (wire 2.32)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from handrail.features.activity.service import Entry, record
from handrail.features.audit import recording as audit
from handrail.features.members.personal_tokens import refuse_applications
from handrail.features.oauth import redirects, store, wire
from handrail.features.oauth.store import ApplicationRow
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso
from handrail.kernel.errors import Errors, Impossible, NotFound
from handrail.kernel.ids import new_id
from handrail.kernel.scopes import SCOPES, unknown
from handrail.kernel.secrets import CLIENT_SECRET, fingerprint, new_secret
from handrail.ports.database import Reader, Transaction

GRANTS = ("authorization_code", "client_credentials", "implicit", "password", "refresh_token")
# of what cannot keep a secret
PUBLIC_GRANTS = ("authorization_code", "implicit", "refresh_token")
WITH_REDIRECT = frozenset({"authorization_code", "implicit"})
# so that programs can change over one by one
MOST_SECRETS = 2
MOST = 100


async def listed(reader: Reader, actor: Actor) -> list[wire.Application]:
    """The organization's applications."""
    rows = await reader.all(store.of_organization, organization_id=actor.organization_id)
    return [await shown(reader, row) for row in rows]


async def found(reader: Reader, actor: Actor, client_id: int) -> wire.Application:
    """One of them. NotFound."""
    return await shown(reader, await _row(reader, actor, client_id))


async def register(tx: Transaction, actor: Actor, body: wire.NewApplicationBody, now: int) -> wire.Application:
    """A new application with its first secret, which is told here and never again. Raises Denied,
    Invalid."""
    refuse_applications(actor)
    errors = Errors()
    default = "authorization_code" if body.is_public else "client_credentials"
    grants = [default] if body.grants is UNSET else body.grants
    values = {
        "name": _name(body.name, errors),
        "grants": _grants(grants, body.is_first_party, body.is_public, errors),
        "scopes": _scopes(["*"] if body.scopes is UNSET else body.scopes, errors),
        "redirect_uris": _uris([] if body.redirect_uris is UNSET else body.redirect_uris, errors),
        "is_first_party": body.is_first_party,
        "is_public": body.is_public,
        "requires_pkce": body.requires_pkce,
        "token_format": body.token_format,
    }
    _agree(values, errors)
    if len(await tx.all(store.of_organization, organization_id=actor.organization_id)) >= MOST:
        errors.add("name", f"There are {MOST} applications already; delete one first.")
    errors.raise_if_any()
    client_id = await tx.value(
        store.insert, organization_id=actor.organization_id, **values, created_at=now, updated_at=now
    )
    secret = UNSET if body.is_public else await add_secret_to(tx, client_id, now)
    await _told(
        tx,
        actor,
        now,
        "oauth_app_created",
        client_id,
        f"Registered the application {values['name']}",
    )
    made = await found(tx, actor, client_id)
    made.client_secret = secret
    return made


async def change(
    tx: Transaction, actor: Actor, client_id: int, body: wire.ApplicationBody, now: int
) -> wire.Application:
    """Change an application. Raises NotFound, Invalid."""
    row = await _row(tx, actor, client_id)
    errors = Errors()
    first_party = bool(row.is_first_party) if body.is_first_party is UNSET else body.is_first_party
    grants = row.grants.split() if body.grants is UNSET else body.grants
    values = {
        "name": row.name if body.name is UNSET else _name(body.name, errors),
        "grants": _grants(grants, first_party, bool(row.is_public), errors),
        "scopes": row.scopes if body.scopes is UNSET else _scopes(body.scopes, errors),
        "redirect_uris": row.redirect_uris if body.redirect_uris is UNSET else _uris(body.redirect_uris, errors),
        "is_first_party": first_party,
        "requires_pkce": bool(row.requires_pkce) if body.requires_pkce is UNSET else body.requires_pkce,
        "token_format": row.token_format if body.token_format is UNSET else body.token_format,
    }
    _agree({**values, "is_public": bool(row.is_public)}, errors)
    errors.raise_if_any()
    await tx.run(store.update, organization_id=actor.organization_id, id=client_id, **values, updated_at=now)
    await _told(tx, actor, now, "oauth_app_changed", client_id, f"Changed the application {values['name']}")
    return await found(tx, actor, client_id)


async def delete(tx: Transaction, actor: Actor, client_id: int, now: int) -> None:
    """End an application, and every token that was got through it. Raises NotFound."""
    row = await _row(tx, actor, client_id)
    await tx.run(store.delete, organization_id=actor.organization_id, id=client_id, deleted_at=now)
    await tx.run(store.revoke_tokens_of_application, application_id=client_id, revoked_at=now)
    await tx.run(store.revoke_refresh_of_application, application_id=client_id, revoked_at=now)
    await _told(tx, actor, now, "oauth_app_deleted", client_id, f"Deleted the application {row.name}")


async def add_secret(tx: Transaction, actor: Actor, client_id: int, now: int) -> wire.Application:
    """Another secret beside the first one; its value is told here and never again. Raises Denied,
    NotFound, Impossible."""
    refuse_applications(actor)
    row = await _row(tx, actor, client_id)
    if row.is_public:
        raise Impossible("A public application has no secret: whoever runs it could read it.")
    if len(await tx.all(store.secrets, application_id=client_id)) >= MOST_SECRETS:
        raise Impossible(f"There are {MOST_SECRETS} secrets already; end one first.")
    secret = await add_secret_to(tx, client_id, now)
    await _told(
        tx,
        actor,
        now,
        "oauth_app_changed",
        client_id,
        f"Made a secret for the application {row.name}",
    )
    made = await found(tx, actor, client_id)
    made.client_secret = secret
    return made


async def end_secret(tx: Transaction, actor: Actor, client_id: int, secret_id: str, now: int) -> wire.Application:
    """End a secret at once. Raises NotFound."""
    row = await _row(tx, actor, client_id)
    if not await tx.run(store.end_secret, application_id=client_id, id=secret_id, ended_at=now):
        raise NotFound("There is no such secret.")
    await _told(
        tx,
        actor,
        now,
        "oauth_app_changed",
        client_id,
        f"Ended a secret of the application {row.name}",
    )
    return await found(tx, actor, client_id)


async def shown(reader: Reader, row: ApplicationRow) -> wire.Application:
    """An application on the wire, without the values of its secrets."""
    secrets = await reader.all(store.secrets, application_id=row.id)
    return wire.Application(
        id=row.id,
        client_id=row.id,
        name=row.name,
        grants=row.grants.split(),
        scopes=row.scopes.split(),
        redirect_uris=msgspec.json.decode(row.redirect_uris),
        is_first_party=bool(row.is_first_party),
        is_public=bool(row.is_public),
        requires_pkce=bool(row.requires_pkce),
        token_format=row.token_format,
        secrets=[wire.Secret(id=secret.id, created_at=iso(secret.created_at)) for secret in secrets],
        created_at=iso(row.created_at),
        last_updated=iso(row.updated_at),
    )


async def _row(reader: Reader, actor: Actor, client_id: int) -> ApplicationRow:
    row = await reader.one(store.one, organization_id=actor.organization_id, id=client_id)
    if row is None:
        raise NotFound("There is no such application.")
    return row


async def add_secret_to(tx: Transaction, client_id: int, now: int) -> str:
    """A secret of an application; its value, which is told this once."""
    secret = new_secret(CLIENT_SECRET)
    await tx.run(
        store.insert_secret, id=new_id(), application_id=client_id, secret_hash=fingerprint(secret), created_at=now
    )
    return secret


VERBS = {"oauth_app_created": "created", "oauth_app_changed": "updated", "oauth_app_deleted": "deleted"}


async def _told(tx: Transaction, actor: Actor, now: int, event: str, client_id: int, said: str) -> None:
    subject = ("Application", str(client_id))
    entry = Entry(verb=VERBS[event], subject_type=subject[0], subject_id=subject[1], description=said)
    await record(tx, actor, now, [entry])
    await audit.note(tx, actor, now, event, said, subject=subject)


def _name(text: str, errors: Errors) -> str:
    name = text.strip()
    if not name:
        errors.add("name", "The name field is required.")
    return name


def _agree(values: Mapping[str, Any], errors: Errors) -> None:
    """Note what does not go together."""
    grants = set(values["grants"].split())
    if "redirect_uris" not in errors.found and grants & WITH_REDIRECT and values["redirect_uris"] == "[]":
        errors.add("redirect_uris", "Who signs people in needs at least one redirect URI.")
    if values["is_public"] and not values["requires_pkce"]:
        errors.add("requires_pkce", "A public application always needs PKCE.")
    if values["is_public"] and values["is_first_party"]:
        errors.add("is_first_party", "A public application cannot show that it is itself, so it is no first party.")


def _grants(grants: Sequence[str], is_first_party: bool, is_public: bool, errors: Errors) -> str:
    strange = [grant for grant in grants if grant not in GRANTS]
    if strange or not grants:
        errors.add("grants", f"The grants must be some of {', '.join(GRANTS)}.")
    elif is_public and not set(grants) <= set(PUBLIC_GRANTS):
        errors.add("grants", f"The grants of a public application are some of {', '.join(PUBLIC_GRANTS)}.")
    elif "password" in grants and not is_first_party:
        errors.add("grants", "Only a first-party application may ask people for their passwords.")
    return " ".join(sorted(set(grants)))


def _scopes(scopes: Sequence[str], errors: Errors) -> str:
    if not scopes:
        errors.add("scopes", "At least one scope is required; * stands for everything.")
    strange = unknown(scopes)
    if strange:
        errors.add("scopes", f"No such scope: {', '.join(strange)[:200]}. The scopes are {', '.join(sorted(SCOPES))}.")
    return "*" if "*" in scopes else " ".join(sorted(set(scopes)))


def _uris(uris: Sequence[str], errors: Errors) -> str:
    for index, uri in enumerate(uris):
        redirects.check(uri, f"redirect_uris.{index}", errors)
    return msgspec.json.encode(list(dict.fromkeys(uris))).decode()
