"""Pages: sign in, the code of a second factor, choose an organization, sign out."""

from handrail.features.accounts import going, look, sessions, signing_in, store
from handrail.features.accounts.look import Field
from handrail.features.members import accounts
from handrail.http.site import Answer, Html, Redirect, Site, Visit
from handrail.kernel.errors import Denied, Invalid, NotFound, Problem, TooMany

site = Site()


@site.get("/account/sign-in")
async def show_sign_in(visit: Visit) -> Answer:
    """Sign in; whoever is signed in goes on."""
    wanted = going.onward(visit.query.get("next", going.HOME))
    session = await sessions.current(visit)
    if session is not None and not session.is_half:
        return Redirect(wanted)
    return sign_in_form(visit, wanted)


@site.post("/account/sign-in")
async def sign_in(visit: Visit) -> Answer:
    """Take the address and the password."""
    wanted = going.onward(visit.form.get("next", going.HOME))
    try:
        outcome = await signing_in.with_password(visit, visit.form.get("email", ""), visit.form.get("password", ""))
    except (Invalid, Denied, TooMany) as problem:
        return sign_in_form(visit, wanted, problem)
    if outcome == "code":
        return Redirect(going.to("/account/sign-in/code", wanted))
    return Redirect(going.to("/account/choose", wanted))


@site.get("/account/sign-in/code")
async def show_code(visit: Visit) -> Answer:
    """Ask for the code of the second factor."""
    wanted = going.onward(visit.query.get("next", going.HOME))
    session = await sessions.current(visit)
    if session is None:
        return Redirect(going.to("/account/sign-in", wanted))
    return code_form(visit, wanted) if session.is_half else Redirect(wanted)


@site.post("/account/sign-in/code")
async def take_code(visit: Visit) -> Answer:
    """Take the code."""
    wanted = going.onward(visit.form.get("next", going.HOME))
    session = await sessions.current(visit)
    if session is None:
        return Redirect(going.to("/account/sign-in", wanted))
    if session.is_half:
        try:
            await signing_in.with_code(visit, session, visit.form.get("code", ""))
        except (Invalid, TooMany) as problem:
            return code_form(visit, wanted, problem)
    return Redirect(going.to("/account/choose", wanted))


@site.get("/account/choose")
async def show_choice(visit: Visit) -> Answer:
    """Choose an organization, where there are several to choose from."""
    wanted = going.onward(visit.query.get("next", going.HOME))
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    async with visit.application.database.reader() as reader:
        places = await accounts.places(reader, session.account.id)
    active = [place for place in places if place.status == "active"]
    if session.organization_id is not None or len(active) < 2:
        return Redirect(wanted)
    return look.page(visit, "choose.html", title="Choose an organization", places=active, next=wanted)


@site.post("/account/choose")
async def choose(visit: Visit) -> Answer:
    """Remember the choice for this session."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    chosen = visit.form.get("organization_id", "")
    async with visit.application.database.reader() as reader:
        places = await accounts.places(reader, session.account.id)
    if not any(place.organization_id == chosen and place.status == "active" for place in places):
        raise NotFound("You are not a member of this organization.")
    await visit.application.database.write(
        lambda tx: tx.run(store.choose_organization, id=session.id, organization_id=chosen)
    )
    return Redirect(going.onward(visit.form.get("next", going.HOME)))


@site.post("/account/sign-out")
async def sign_out(visit: Visit) -> Answer:
    """End this browser's session."""
    await signing_in.out(visit)
    return Redirect("/account/sign-in")


def sign_in_form(visit: Visit, wanted: str, problem: Problem | None = None) -> Html:
    settings = visit.application.settings
    links = [("/account/forgot-password", "Forgot your password?")]
    if settings.smtp_url is not None:
        links.append(("/account/guest-link", "You are a guest, and have lost your link?"))
    if settings.registration == "open":
        links.append(("/account/register", "Register and found an organization"))
    others = (
        []
        if settings.oidc_issuer is None
        else [(going.to("/account/oidc", wanted), f"Sign in with {settings.oidc_name}")]
    )
    return look.form(
        visit,
        title="Sign in",
        fields=[
            Field(name="email", label="E-mail address", kind="email", autocomplete="username"),
            Field(name="password", label="Password", kind="password", autocomplete="current-password", longest=127),
        ],
        button="Sign in",
        action="/account/sign-in",
        hidden={"next": wanted},
        links=links,
        others=others,
        problem=problem,
    )


def code_form(visit: Visit, wanted: str, problem: Problem | None = None) -> Html:
    return look.form(
        visit,
        title="Second factor",
        lead="Enter the code that your authenticator shows, or one of your recovery codes.",
        fields=[Field(name="code", label="Code", autocomplete="one-time-code", longest=40)],
        button="Go on",
        action="/account/sign-in/code",
        hidden={"next": wanted},
        problem=problem,
    )
