"""The page where an invited person accepts."""

from handrail.features.accounts import going, look, signing_in
from handrail.features.accounts.look import Field
from handrail.features.accounts.register_pages import new_password
from handrail.features.members import expiring, invitations
from handrail.features.members.inviting import Post, is_mailed
from handrail.features.members.service import NAME_LENGTH
from handrail.http.attempts import an_hour, network, take
from handrail.http.site import Answer, Html, Redirect, Site, Visit
from handrail.kernel.errors import Denied, Impossible, Invalid, Problem, TooMany
from handrail.ports.database import Transaction

PER_HOUR_FROM_ADDRESS = 60

site = Site()


@site.get("/accept-invite")
async def show(visit: Visit) -> Answer:
    """Who is invited where, and what is needed of them."""
    secret = visit.query.get("token", "")
    try:
        expected = await invitations.expected(visit.application.database, secret, visit.now)
    except invitations.Expired as problem:
        return expired(visit, secret, problem)
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
        await take_one(visit)
        accepted = await invitations.accept(
            application,
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


@site.post("/accept-invite/again")
async def send_again(visit: Visit) -> Answer:
    """Mail another link in the place of one that has expired, to the address that is invited."""
    post = Post(visit.application, visit.mail_url)
    try:
        await take_one(visit)
        await expiring.send_again(post, visit.form.get("token", ""), visit.now)
    except (Impossible, TooMany) as problem:
        return dead(visit, problem)
    return look.message(
        visit,
        title="Look into your mail",
        paragraphs=["Another link is on its way to the address that is invited. It works for 18 days."],
    )


async def take_one(visit: Visit) -> None:
    """Count a try of this visitor's network. Raises TooMany."""
    rate, words = an_hour(PER_HOUR_FROM_ADDRESS), ("invitation", network(visit.address))
    await take(visit.application.limiter, [(rate, words)])


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
        fields=[known] if expected.has_password else [*names, new_password(visit)],
        button="Join now",
        action="/accept-invite",
        hidden={"token": secret, "proof": proof},
        problem=problem,
    )


def expired(visit: Visit, secret: str, problem: Problem) -> Html:
    """What to do about a link that has expired: a click, where a mail can follow it."""
    if visit.application.settings.smtp_url is None:
        return dead(visit, problem)
    return look.form(
        visit,
        title="This invitation has expired",
        lead="It can be sent again, to the address that is invited.",
        fields=[],
        button="Send it again",
        action="/accept-invite/again",
        hidden={"token": secret},
        status=problem.status,
    )


def dead(visit: Visit, problem: Problem) -> Html:
    return look.message(
        visit,
        title="This invitation does not work",
        paragraphs=[problem.message],
        links=[("/account/sign-in", "Sign in")],
        status=problem.status,
    )
