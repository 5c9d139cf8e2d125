"""Pages: one's account, its sessions, the applications that act for one, and the second factor."""

from handrail.features.accounts import going, look, second_factor, sessions, signing_in, telling, verifying
from handrail.features.accounts.look import Field
from handrail.features.accounts.sessions import Session
from handrail.features.members import accounts
from handrail.features.oauth import consents
from handrail.http.site import Answer, Html, Redirect, Site, Visit
from handrail.kernel.clock import HOUR, iso
from handrail.kernel.errors import Impossible, Invalid, Problem, TooMany
from handrail.kernel.ids import integer_id
from handrail.ports.database import Transaction

site = Site()


@site.get("/account")
async def home(visit: Visit) -> Answer:
    """Everything about one's account."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    settings = visit.application.settings
    async with visit.application.database.reader() as reader:
        places = await accounts.places(reader, session.account.id)
        has_factor = await second_factor.is_on(reader, session.account.id)
        known = await sessions.listed(reader, session.account.id, visit.now, settings.session_idle_hours * HOUR)
        applications = await consents.of_person(reader, session.account.id)
    return look.page(
        visit,
        "home.html",
        title="Your account",
        account=session.account,
        organization_id=session.organization_id,
        places=places,
        has_factor=has_factor,
        has_mail=settings.smtp_url is not None,
        may_found=settings.registration == "open",
        sessions=[
            {"id": row.id, "agent": row.agent, "address": row.address, "since": iso(row.created_at)[:10]}
            for row in known
        ],
        current=session.id,
        applications=applications,
    )


@site.post("/account/sessions/end")
async def end_session(visit: Visit) -> Answer:
    """End another session, or all the others."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    which = visit.form.get("session_id", "")

    async def work(tx: Transaction) -> None:
        if which == "others":
            await accounts.end_sessions(tx, session.account.id, visit.now, but=session.id)
        else:
            await sessions.end(tx, session.account.id, which, visit.now)
        tx.after_commit(visit.application.forget_people)

    await visit.application.database.write(work)
    return Redirect(going.HOME)


@site.post("/account/applications/end")
async def end_application(visit: Visit) -> Answer:
    """Take back what an application was allowed: its tokens for this person end at once."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    application_id = integer_id(visit.form.get("application_id", ""))
    organization_id = visit.form.get("organization_id", "")

    async def work(tx: Transaction) -> None:
        if application_id is not None:
            await consents.take_back(tx, application_id, session.account.id, organization_id, visit.now)
            tx.after_commit(visit.application.forget_people)

    await visit.application.database.write(work)
    return Redirect(going.HOME)


@site.get("/account/second-factor")
async def show_factor(visit: Visit) -> Answer:
    """Turn the second factor on or off."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    async with visit.application.database.reader() as reader:
        is_on = await second_factor.is_on(reader, session.account.id)
    if is_on:
        return off_form(visit, session.account)
    verifying.require(visit, session.account)
    return await enrolment(visit, session)


@site.post("/account/second-factor")
async def turn_on(visit: Visit) -> Answer:
    """Confirm the authenticator with a first code."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    verifying.require(visit, session.account)
    application, code = visit.application, visit.form.get("code", "")

    async def work(tx: Transaction) -> list[str]:
        codes = await second_factor.confirm(tx, application.sealer, session.account.id, code, visit.now)
        await telling.of_person(tx, visit, session.account.id, "second_factor_on", "Turned the second factor on")
        return codes

    try:
        codes = await application.database.write(work)
    except Invalid as problem:
        return await enrolment(visit, session, problem)
    except Impossible:
        return Redirect("/account/second-factor")
    return look.page(visit, "recovery.html", title="Your recovery codes", codes=codes)


@site.post("/account/second-factor/off")
async def turn_off(visit: Visit) -> Answer:
    """Turn it off; a code of it, or the password of whoever has one, shows that it is them."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    application, account = visit.application, session.account
    try:
        given = visit.form.get("password", "")
        if account.password_hash is None:
            await signing_in.prove_code(visit, account.id, given)
        elif not await signing_in.is_password(visit, account, given):
            raise Invalid({"password": "This is not your password."})
    except (Invalid, TooMany) as problem:
        return off_form(visit, account, problem)

    async def work(tx: Transaction) -> None:
        await second_factor.turn_off(tx, account.id)
        await telling.of_person(tx, visit, account.id, "second_factor_off", "Turned the second factor off")

    await application.database.write(work)
    return Redirect(going.HOME)


async def enrolment(visit: Visit, session: Session, problem: Problem | None = None) -> Html:
    """The secret, as a QR code and in letters, and a field for the first code."""
    application, account = visit.application, session.account
    made = await application.database.write(
        lambda tx: second_factor.enrol(tx, application.sealer, account.id, account.email, visit.now)
    )
    return look.page(
        visit,
        "factor.html",
        status=200 if problem is None else problem.status,
        title="Turn on the second factor",
        image=made.image,
        secret=made.secret,
        problem=second_factor.WRONG if problem is not None else "",
    )


def off_form(visit: Visit, account: accounts.Account, problem: Problem | None = None) -> Html:
    """The password of whoever has one, else a code."""
    field = Field(name="password", label="Password", kind="password", autocomplete="current-password", longest=127)
    if account.password_hash is None:
        field = Field(name="password", label="Code", autocomplete="one-time-code", longest=40)
    return look.form(
        visit,
        title="Turn off the second factor",
        lead="Nobody is asked for a code of yours then.",
        fields=[field],
        button="Turn it off",
        action="/account/second-factor/off",
        links=[(going.HOME, "Your account")],
        problem=problem,
    )
