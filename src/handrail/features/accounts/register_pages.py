"""Pages: register, the link that finishes it, and founding a further organization."""

import msgspec

from handrail.features.accounts import going, joining, look, store
from handrail.features.accounts.look import Field
from handrail.features.members.passwords import rule_of
from handrail.features.members.service import NAME_LENGTH
from handrail.features.organizations import service as organizations
from handrail.http.attempts import an_hour, take
from handrail.http.site import Answer, Html, Redirect, Site, Visit
from handrail.kernel.errors import Denied, Errors, Impossible, Invalid, Problem, TooMany
from handrail.ports.database import Transaction

FOUNDED_PER_HOUR = 10

site = Site()


@site.get("/account/register")
async def show_register(visit: Visit) -> Answer:
    """Register and found an organization."""
    if visit.application.settings.registration != "open":
        raise Denied("Nobody can register here by themself. Ask an administrator for an invitation.")
    return register_form(visit)


@site.post("/account/register")
async def register(visit: Visit) -> Answer:
    """Take a registration. Where there is mail, what follows is the same whether the address is known or not."""
    settings = visit.application.settings
    try:
        registration = await joining.checked(visit, visit.form)
        if settings.smtp_url is None:
            await joining.at_once(visit, registration, visit)
            return Redirect(going.HOME)
        await joining.ask(visit, msgspec.structs.replace(registration, browser=visit.browser))
    except (Invalid, TooMany) as problem:
        return register_form(visit, problem)
    return look.message(
        visit,
        title="Look into your mail",
        paragraphs=[
            f"We have sent a mail to {registration.email}. Its link finishes the registration; it works for a day.",
            "Nothing there? Look among the unwanted mail, or register again with the right address.",
        ],
    )


@site.get("/account/register/finish")
async def show_finish(visit: Visit) -> Answer:
    """Ask for a click, because programs that look at links in mails must not use them up; and for a password, where
    somebody else may have registered."""
    return await finish_form(visit, visit.query.get("token", ""))


@site.post("/account/register/finish")
async def finish(visit: Visit) -> Answer:
    """Make the account and the organization."""
    secret = visit.form.get("token", "")
    try:
        await joining.finish(visit, secret, visit.form.get("password", ""))
    except Invalid as problem:
        return await finish_form(visit, secret, problem)
    except Impossible as problem:
        return dead_registration(visit, problem)
    return Redirect(going.HOME)


@site.get("/account/organizations/new")
async def show_new_organization(visit: Visit) -> Answer:
    """Found another organization."""
    session = await going.signed_in(visit)
    return session if isinstance(session, Redirect) else organization_form(visit)


@site.post("/account/organizations/new")
async def new_organization(visit: Visit) -> Answer:
    """Found it, with whoever is signed in as its first administrator."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    if visit.application.settings.registration != "open":
        raise Denied("New organizations are made by the people who run this server.")
    errors = Errors()
    name = organizations.checked_name(visit.form.get("organization", ""), errors)
    try:
        errors.raise_if_any()
        await take(visit.application.limiter, [(an_hour(FOUNDED_PER_HOUR), ("found", str(session.account.id)))])
    except (Invalid, TooMany) as problem:
        return organization_form(visit, problem)

    async def work(tx: Transaction) -> None:
        made = await organizations.establish(
            tx, name=name, account_id=session.account.id, timezone="UTC", now=visit.now
        )
        await tx.run(store.choose_organization, id=session.id, organization_id=made)

    await visit.application.database.write(work)
    return Redirect(going.HOME)


def register_form(visit: Visit, problem: Problem | None = None) -> Html:
    return look.form(
        visit,
        title="Register",
        lead="Found an organization. You are its first administrator and can invite the others.",
        fields=[
            Field(name="first_name", label="First name", autocomplete="given-name", longest=NAME_LENGTH),
            Field(name="last_name", label="Last name", autocomplete="family-name", longest=NAME_LENGTH),
            Field(name="email", label="E-mail address", kind="email", autocomplete="username"),
            new_password(visit),
            Field(name="organization", label="Organization", autocomplete="organization", longest=50),
        ],
        button="Register",
        links=[("/account/sign-in", "Sign in instead")],
        problem=problem,
    )


async def finish_form(visit: Visit, secret: str, problem: Problem | None = None) -> Html:
    try:
        wanted = await joining.waiting(visit, secret)
    except Impossible as dead:
        return dead_registration(visit, dead)
    elsewhere = (
        f"You sign in as {wanted.email}. It was not this browser that registered, so choose the password here; it may "
        "be the same. Did you not register? Then somebody else did with your address, and you need not go on."
    )
    return look.form(
        visit,
        title=f"Found {wanted.organization}",
        lead=elsewhere if wanted.needs_password else "",
        fields=[new_password(visit)] if wanted.needs_password else [],
        button="Found my organization",
        action="/account/register/finish",
        hidden={"token": secret},
        problem=problem,
    )


def dead_registration(visit: Visit, problem: Problem) -> Html:
    return look.message(
        visit,
        title="This link does not work",
        paragraphs=[problem.message],
        links=[("/account/sign-in", "Sign in"), ("/account/register", "Register")],
        status=problem.status,
    )


def organization_form(visit: Visit, problem: Problem | None = None) -> Html:
    return look.form(
        visit,
        title="Found an organization",
        fields=[Field(name="organization", label="Its name", autocomplete="organization", longest=50)],
        button="Found it",
        links=[(going.HOME, "Your account")],
        problem=problem,
    )


def new_password(visit: Visit, label: str = "Password") -> Field:
    """The field of a password that somebody chooses."""
    hint = rule_of(visit.application.settings).words
    return Field(name="password", label=label, kind="password", autocomplete="new-password", hint=hint, longest=127)
