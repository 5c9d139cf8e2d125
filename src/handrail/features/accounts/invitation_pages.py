"""The page where an invited person accepts."""

from handrail.features.accounts import going, look, signing_in
from handrail.features.accounts.look import Field
from handrail.features.accounts.register_pages import new_password
from handrail.features.members import invitations
from handrail.features.members.inviting import is_mailed
from handrail.features.members.service import NAME_LENGTH
from handrail.http.attempts import an_hour, take
from handrail.http.site import Answer, Html, Redirect, Site, Visit
from handrail.kernel.errors import Denied, Invalid, Problem, TooMany
from handrail.ports.database import Transaction

PER_HOUR_FROM_ADDRESS = 60

site = Site()


@site.get("/accept-invite")
async def show(visit: Visit) -> Answer:
    """Who is invited where, and what is needed of them."""
    secret = visit.query.get("token", "")
    try:
        expected = await invitations.expected(visit.application.database, secret, visit.now)
    except Invalid as problem:
        return dead(visit, problem)
    return accept_form(visit, secret, visit.query.get("proof", ""), expected)


@site.post("/accept-invite")
async def accept(visit: Visit) -> Answer:
    """Become a member, signed in; whoever has a second factor proves it first."""
    application, secret = visit.application, visit.form.get("token", "")
    try:
        expected = await invitations.expected(application.database, secret, visit.now)
    except Invalid as problem:
        return dead(visit, problem)
    proof = visit.form.get("proof", "")
    names = None
    if not expected.has_password:
        names = visit.form.get("first_name", ""), visit.form.get("last_name", "")
    body = invitations.acceptance(secret, visit.form.get("password", ""), names)
    try:
        await take(visit.application.limiter, [(an_hour(PER_HOUR_FROM_ADDRESS), ("invitation", visit.address))])
        accepted = await invitations.accept(
            application.database,
            application.limiter,
            body,
            visit.now,
            request_id=visit.request.id,
            address=visit.address,
            with_token=False,
            is_mailed=is_mailed(application.sealer, secret, proof),
        )
    except (Invalid, Denied, TooMany) as problem:
        return accept_form(visit, secret, proof, expected, problem)
    application.forget_people()

    async def work(tx: Transaction) -> signing_in.Next:
        return await signing_in.admit(tx, visit, accepted.actor.user_id)

    if await application.database.write(work) == "code":
        return Redirect("/account/sign-in/code")
    return Redirect(going.to("/account/choose", going.HOME))


def accept_form(
    visit: Visit, secret: str, proof: str, expected: invitations.Expected, problem: Problem | None = None
) -> Html:
    names = [
        Field(
            name="first_name",
            label="First name",
            autocomplete="given-name",
            value=expected.first_name,
            longest=NAME_LENGTH,
        ),
        Field(
            name="last_name",
            label="Last name",
            autocomplete="family-name",
            value=expected.last_name,
            longest=NAME_LENGTH,
        ),
    ]
    known = Field(
        name="password",
        label="Your password",
        kind="password",
        autocomplete="current-password",
        hint="You have an account already; this adds an organization to it.",
        longest=127,
    )
    return look.form(
        visit,
        title=f"Join {expected.organization}",
        lead=f"You are invited as {expected.email}.",
        fields=[known] if expected.has_password else [*names, new_password()],
        button="Join now",
        action="/accept-invite",
        hidden={"token": secret, "proof": proof},
        problem=problem,
    )


def dead(visit: Visit, problem: Problem) -> Html:
    return look.message(
        visit,
        title="This invitation does not work",
        paragraphs=[problem.message],
        links=[("/account/sign-in", "Sign in")],
        status=problem.status,
    )
