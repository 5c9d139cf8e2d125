"""Pages: a guest who has lost the link to their tasks asks for it by mail (around 3.3, 6.4: 7)."""

from handrail.features.accounts import errands, look
from handrail.features.accounts.look import Field
from handrail.http.attempts import an_hour, network, take
from handrail.http.site import Answer, Html, Site, Visit
from handrail.kernel.errors import Problem, TooMany

PER_HOUR_FROM_ADDRESS = 30
PER_HOUR_OF_GUEST = 5

site = Site()


@site.get("/account/guest-link")
async def show_guest_link(visit: Visit) -> Answer:
    """Ask for the address."""
    return no_mail(visit) if visit.application.settings.smtp_url is None else guest_link_form(visit)


@site.post("/account/guest-link")
async def send_guest_link(visit: Visit) -> Answer:
    """Mail the links. What is shown is the same whether the address is a guest's or not, and takes as long."""
    application = visit.application
    if application.settings.smtp_url is None:
        return no_mail(visit)
    wanted = visit.form.get("email", "").strip().lower()[:254]
    try:
        await take(
            application.limiter,
            [
                (an_hour(PER_HOUR_FROM_ADDRESS), ("guest-link", network(visit.address))),
                (an_hour(PER_HOUR_OF_GUEST), ("guest-link", "guest", wanted)),
            ],
        )
    except TooMany as problem:
        return guest_link_form(visit, problem)
    errand = errands.of(visit, "guest-link", wanted, visit.mail_url)
    await application.database.write(lambda tx: errands.ask(tx, application.jobs, errand))
    return look.message(
        visit,
        title="Look into your mail",
        paragraphs=["If this address is a guest's, the link to their tasks is on its way to it."],
    )


def guest_link_form(visit: Visit, problem: Problem | None = None) -> Html:
    """The form with the address."""
    return look.form(
        visit,
        title="The link to your tasks",
        lead="Guests have a link instead of a password. If you have lost yours, we mail it to you again.",
        fields=[Field(name="email", label="E-mail address", kind="email", autocomplete="email")],
        button="Send me the link",
        links=[("/account/sign-in", "Sign in with a password")],
        problem=problem,
    )


def no_mail(visit: Visit) -> Html:
    """What is said where no mail is sent."""
    return look.message(
        visit,
        title="The link to your tasks",
        paragraphs=["This server sends no mail. Ask whoever gave you the task for the link."],
    )
