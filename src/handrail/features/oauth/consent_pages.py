"""The page where somebody lets an application act for them (RFC 6749, 4.1): it names the application, the organization
and what is asked for, and asks every time."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from authlib.oauth2.rfc6749.errors import OAuth2Error

from handrail.features.accounts import going, look, verifying
from handrail.features.accounts.sessions import Session
from handrail.features.audit.recording import note
from handrail.features.members import accounts
from handrail.features.members import service as members
from handrail.features.oauth import consents, keys, store, tokens
from handrail.features.oauth.redirects import origin
from handrail.features.oauth.scope_words import described
from handrail.features.oauth.server import Request, Server, World
from handrail.http.site import Answer, Html, Redirect, Site, Visit
from handrail.kernel.errors import Denied, Refused
from handrail.kernel.ids import integer_id, new_id
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Reader, Transaction

CODE_MILLISECONDS = 60_000
# each may come once (RFC 6749, 3.1)
ONCE = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method")

site = Site()


class Asked(msgspec.Struct, frozen=True):
    """A request of an application that may be put to a person."""

    world: World
    server: Any
    request: Any
    grant: Any
    redirect_uri: str
    scopes: str


@site.get("/oauth/authorize")
async def show(visit: Visit) -> Answer:
    """Ask whether the application may."""
    fields = _fields(visit.query_text)
    async with visit.application.database.reader() as reader:
        asked = await _asked(reader, visit, fields)
    if isinstance(asked, Redirect):
        return asked
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        # the browser must not carry a form's target over the way to the application (form-action)
        return session
    place = await _place(visit, session, asked)
    if isinstance(place, Redirect):
        return place
    async with visit.application.database.reader() as reader:
        before = await consents.given(reader, asked.grant.client.row.id, session.account.id, place.organization_id)
    return _page(visit, session, asked, place, before)


@site.post("/oauth/authorize")
async def decide(visit: Visit) -> Answer:
    """Take the answer, and send the browser back to the application with it."""
    query = visit.form.get("request", "")
    fields = _fields(query)
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return Redirect(going.to("/account/sign-in", f"/oauth/authorize?{query}"))
    async with visit.application.database.reader() as reader:
        asked = await _asked(reader, visit, fields)
    if isinstance(asked, Redirect):
        return asked
    place = await _place(visit, session, asked)
    if isinstance(place, Redirect):
        return place
    is_allowed = visit.form.get("decision") == "allow"

    async def work(tx: Transaction) -> str:
        again = await _asked(tx, visit, fields)
        if isinstance(again, Redirect):
            return again.location
        world = again.world
        world.organization_id = place.organization_id
        if world.application is not None and world.application.token_format == "jwt":
            world.signer = await keys.signer(tx, visit.application.sealer, visit.now)
        account_id = await tokens.member(tx, world, session.account.id)
        again.server.create_authorization_response(
            again.request, grant_user=account_id if is_allowed else None, grant=again.grant
        )
        await _carry_out(tx, visit, session, world)
        assert world.location is not None
        return _with_issuer(world.location, visit.base_url)

    return Redirect(await visit.application.database.write(work))


async def _asked(reader: Reader, visit: Visit, fields: Mapping[str, str]) -> Asked | Redirect:
    """The request, if it can be put to a person. With the error back to an application that is known, at an address
    that is its own; Raises Refused for any other: nobody may be sent where a stranger wants them."""
    settings = visit.application.settings
    client_id = integer_id(fields.get("client_id", ""))
    world = await tokens.world_of(reader, client_id, visit.now, visit.base_url)
    server: Any = Server(world, with_implicit=settings.implicit_grant == "on")
    request: Any = Request(fields, None, "GET")
    try:
        grant = server.get_consent_grant(request, None)
        redirect_uri = grant.redirect_uri or grant.validate_authorization_request()
    except ValueError as error:
        # the library repeats what was sent in its refusal, and not every character can stand there
        raise Refused("The application that sent you here has made a mistake: its request is not readable.") from error
    except OAuth2Error as error:
        if not error.redirect_uri:
            raise Refused(f"The application that sent you here has made a mistake: {_said(error)}") from error
        told: Any = error
        return Redirect(_with_issuer(dict(told()[2])["Location"], visit.base_url))
    return Asked(world, server, request, grant, redirect_uri, str(request.scope))


async def _place(visit: Visit, session: Session, asked: Asked) -> accounts.Place | Redirect:
    """The organization that it is about: the application's own, or the chosen one for an application of nobody's.
    Raises Denied for whoever is no member, or has yet to verify the address."""
    application = asked.world.application
    assert application is not None
    verifying.require(visit, session.account)
    wanted = application.organization_id or session.organization_id
    if wanted is None:
        return Redirect(going.to("/account/choose", f"/oauth/authorize?{urlencode(asked.request.payload.data)}"))
    async with visit.application.database.reader() as reader:
        places = await accounts.places(reader, session.account.id)
    for place in places:
        if place.organization_id == wanted and place.status == "active":
            return place
    raise Denied(f"You are not a member of the organization that {application.name} belongs to.")


def _page(visit: Visit, session: Session, asked: Asked, place: accounts.Place, before: str | None) -> Html:
    application = asked.world.application
    assert application is not None
    return look.page(
        visit,
        "consent.html",
        form_targets=[origin(asked.redirect_uri)],
        title=f"May {application.name} act for you?",
        application=application,
        account=session.account,
        place=place,
        scopes=described(asked.scopes),
        target=origin(asked.redirect_uri),
        request=visit.query_text,
        before=before is not None,
    )


async def _carry_out(tx: Transaction, visit: Visit, session: Session, world: World) -> None:
    """Write what was decided: a code, or a token of the implicit grant; and the consent."""
    application, made = world.application, world.new_code
    if application is None or (made is None and world.issued is None):
        return
    scopes = made.scopes if made is not None else str((world.issued or {}).get("scope", ""))
    if made is not None:
        await tx.run(
            store.insert_code,
            code_hash=fingerprint(made.code),
            application_id=application.id,
            account_id=session.account.id,
            organization_id=world.organization_id,
            redirect_uri=made.redirect_uri,
            scopes=made.scopes,
            challenge=made.challenge,
            family=new_id(),
            created_at=visit.now,
            expires_at=visit.now + CODE_MILLISECONDS,
        )
    else:
        await tokens.carry_out(tx, world, visit.now)
    await consents.give(tx, application.id, session.account.id, world.organization_id, scopes, visit.now)
    person = await members.load_actor(tx, world.organization_id, session.account.id)
    if person is not None:
        actor = msgspec.structs.replace(
            person, address=visit.address or None, client=visit.client, request_id=visit.request_id
        )
        subject = ("Application", str(application.id))
        message, detail = f"Let {application.name} act for them", {"scopes": scopes}
        await note(tx, actor, visit.now, "oauth_consent_given", message, subject=subject, detail=detail)


def _fields(query: str) -> dict[str, str]:
    """The parameters of a request. Raises Refused when one that may come once comes twice."""
    try:
        pairs: Sequence[tuple[str, str]] = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError as error:
        raise Refused("The application that sent you here has made a mistake: its request is not readable.") from error
    names = [name for name, _ in pairs]
    twice = [name for name in ONCE if names.count(name) > 1]
    if twice:
        raise Refused(f"The application that sent you here has made a mistake: {twice[0]} comes twice.")
    fields = {name: value for name, value in pairs if value}
    # RFC 6749, appendix A; `state` is the application's own affair
    strange = [name for name in ONCE if name != "state" and not _is_plain(fields.get(name, ""))]
    if strange:
        raise Refused(f"The application that sent you here has made a mistake: {strange[0]} is not plain text.")
    return fields


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _said(error: OAuth2Error) -> str:
    text: str = error.description or error.error or "its request is not complete."
    return text if text.endswith(".") else f"{text}."


def _with_issuer(location: str, issuer: str) -> str:
    """The way back names this server, so that an application of several cannot be confused (RFC 9207)."""
    parts = urlsplit(location)
    told = urlencode({"iss": issuer})
    if "access_token=" in parts.fragment or "error=" in parts.fragment:
        return urlunsplit(parts._replace(fragment=f"{parts.fragment}&{told}"))
    return urlunsplit(parts._replace(query=f"{parts.query}&{told}" if parts.query else told))
