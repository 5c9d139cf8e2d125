"""Pages: a forgotten password, another password, and the verification of an address."""

from urllib.parse import urlencode

from handrail.features.accounts import going, look, notices, resetting, sessions, signing_in, telling, verifying
from handrail.features.accounts.look import Field
from handrail.features.accounts.register_pages import new_password
from handrail.features.members import accounts, passwords
from handrail.http.site import Answer, Html, Redirect, Site, Visit
from handrail.kernel.errors import Errors, Impossible, Invalid, Problem, TooMany
from handrail.ports.database import Transaction

site = Site()


@site.get("/account/forgot-password")
async def show_forgotten(visit: Visit) -> Answer:
    """Ask for the address."""
    if visit.application.settings.smtp_url is None:
        return look.message(
            visit,
            title="Forgot your password?",
            paragraphs=["This server sends no mail. Ask the people who run it for a new password (handrail password)."],
            links=[("/account/sign-in", "Sign in")],
        )
    return forgotten_form(visit)


@site.post("/account/forgot-password")
async def forgotten(visit: Visit) -> Answer:
    """Mail the link. What is shown is the same whether the address has an account or not."""
    if visit.application.settings.smtp_url is None:
        return await show_forgotten(visit)
    try:
        await resetting.ask(visit, visit.form.get("email", ""))
    except TooMany as problem:
        return forgotten_form(visit, problem)
    return look.message(
        visit,
        title="Look into your mail",
        paragraphs=["If this address has an account, a link is on its way to it. It works once, for an hour."],
        links=[("/account/sign-in", "Sign in")],
    )


@site.get("/account/reset-password")
async def show_reset(visit: Visit) -> Answer:
    """Ask for the new password, if the link works."""
    try:
        await resetting.check(visit, visit.query.get("token", ""))
    except Impossible as problem:
        return dead_link(visit, problem)
    return reset_form(visit, visit.query.get("token", ""))


@site.post("/account/reset-password")
async def reset(visit: Visit) -> Answer:
    """Take the new password."""
    secret = visit.form.get("token", "")
    try:
        is_signed_in = await resetting.choose(visit, secret, visit.form.get("password", ""), visit)
    except Invalid as problem:
        return reset_form(visit, secret, problem)
    except Impossible as problem:
        return dead_link(visit, problem)
    return Redirect(going.HOME if is_signed_in else "/account/sign-in")


@site.get("/account/password")
async def show_password(visit: Visit) -> Answer:
    """Change the password."""
    session = await going.signed_in(visit)
    return session if isinstance(session, Redirect) else password_form(visit, session.account)


@site.post("/account/password")
async def change_password(visit: Visit) -> Answer:
    """Take the current and the new password; every other session ends. Whoever has none yet is asked for no current
    one, and has signed in elsewhere."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    account, wanted = session.account, visit.form.get("password", "")
    errors, rule = Errors(), passwords.rule_of(visit.application.settings)
    passwords.check_new(wanted, errors, rule)
    try:
        errors.raise_if_any()
        if account.password_hash is not None:
            given = visit.form.get("current_password", "")
            if not await signing_in.is_password(visit, account, given):
                raise Invalid({"current_password": "This is not your current password."})
        password_hash = await passwords.hashed(wanted, rule)
    except (Invalid, TooMany) as problem:
        return password_form(visit, account, problem)

    async def work(tx: Transaction) -> None:
        await accounts.change_password(tx, account.id, password_hash, visit.now, but=session.id)
        await telling.of_person(tx, visit, account.id, "password_changed", "Changed their password")
        await notices.password_changed(tx, visit.application, account.email)
        tx.after_commit(visit.application.forget_people)

    await visit.application.database.write(work)
    return Redirect(going.HOME)


@site.post("/account/verify-email/send")
async def send_verification(visit: Visit) -> Answer:
    """Mail the link that verifies the address."""
    session = await going.signed_in(visit)
    if isinstance(session, Redirect):
        return session
    if visit.application.settings.smtp_url is None:
        return Redirect(going.HOME)
    await verifying.ask(visit, session.account)
    return look.message(
        visit,
        title="Look into your mail",
        paragraphs=[f"A link is on its way to {session.account.email}. It works for a day, on any device."],
        links=[(going.HOME, "Your account")],
    )


@site.get("/account/verify-email")
async def show_verify(visit: Visit) -> Answer:
    """Ask for a click, because programs that look at links in mails must not use them up; and for the password of the
    account, where it is not signed in."""
    return await verify_form(visit, visit.query.get("token", ""))


@site.post("/account/verify-email")
async def verify(visit: Visit) -> Answer:
    """Take the link; again and again, if somebody likes."""
    secret, session = visit.form.get("token", ""), await sessions.current(visit)
    try:
        is_new = await verifying.verify(visit, session, secret, visit.form.get("password", ""))
    except (Invalid, TooMany) as problem:
        return await verify_form(visit, secret, problem)
    except Impossible as problem:
        return dead_link(visit, problem)
    return verified(visit, is_new=is_new)


async def verify_form(visit: Visit, secret: str, problem: Problem | None = None) -> Html:
    try:
        looked = await verifying.look(visit, await sessions.current(visit), secret)
    except Impossible as dead:
        return dead_link(visit, dead)
    if looked.state == "done":
        return verified(visit, is_new=False)
    known = Field(name="password", label="Its password", kind="password", autocomplete="current-password", longest=127)
    here = f"/account/verify-email?{urlencode({'token': secret})}"
    elsewhere = [
        (going.to("/account/sign-in", here), "Sign in first"),
        ("/account/forgot-password", "You do not know the password? Choose a new one, and the account is yours"),
    ]
    is_click = looked.state == "click"
    return look.form(
        visit,
        title="Verify your address",
        lead="" if is_click else f"There is an account for {looked.email}. This shows that it is yours.",
        fields=[] if is_click else [known],
        button="This address is mine",
        action="/account/verify-email",
        hidden={"token": secret},
        links=[] if is_click else elsewhere,
        problem=problem,
    )


def verified(visit: Visit, *, is_new: bool) -> Html:
    return look.message(
        visit,
        title="Your address is verified" if is_new else "Your address was verified already",
        paragraphs=["Thank you. Nothing else is needed."],
        links=[(going.HOME, "Your account")],
    )


def forgotten_form(visit: Visit, problem: Problem | None = None) -> Html:
    return look.form(
        visit,
        title="Forgot your password?",
        lead="We send you a link with which you choose a new one.",
        fields=[Field(name="email", label="E-mail address", kind="email", autocomplete="username")],
        button="Send me the link",
        links=[("/account/sign-in", "Sign in")],
        problem=problem,
    )


def reset_form(visit: Visit, secret: str, problem: Problem | None = None) -> Html:
    return look.form(
        visit,
        title="Choose a new password",
        fields=[new_password(visit, "New password")],
        button="Set the password",
        action="/account/reset-password",
        hidden={"token": secret},
        problem=problem,
    )


def password_form(visit: Visit, account: accounts.Account, problem: Problem | None = None) -> Html:
    current = Field(
        name="current_password",
        label="Current password",
        kind="password",
        autocomplete="current-password",
        longest=127,
    )
    return look.form(
        visit,
        title="Change your password",
        lead="All your other sessions end with it.",
        fields=[*([current] if account.password_hash is not None else []), new_password(visit, "New password")],
        button="Change it",
        links=[(going.HOME, "Your account")],
        problem=problem,
    )


def dead_link(visit: Visit, problem: Problem) -> Html:
    return look.message(
        visit,
        title="This link does not work",
        paragraphs=[problem.message],
        links=[("/account/forgot-password", "Ask for a new password"), ("/account/sign-in", "Sign in")],
        status=problem.status,
    )
