"""Pages: a public kick-off form for whoever has no account, under the two addresses that links carry (wire 2.24)."""

from handrail.engine.variables import Texts
from handrail.features.accounts import look
from handrail.features.public import kickoff_form, quota, service, wire
from handrail.features.templates.service import PublicForm
from handrail.http.site import Answer, Html, Site, Visit
from handrail.kernel.errors import Invalid, Problem, TooMany
from handrail.kernel.html import strip_tags
from handrail.ports.database import Reader, Transaction

NAME_LENGTH = 550
BY_ALIAS = "/{org}/public/kickoff/{alias}"
BY_ID = "/public/library/{org}/blueprint/{alias}/kick-off"

site = Site()


async def show(visit: Visit) -> Answer:
    """Show a form, filled in with what the link carries."""
    await quota.take_reading_from(visit.application, visit.address)
    async with visit.application.database.reader() as reader:
        found, texts = await _found(visit, reader)
    fields = found.template.definition.kickoff
    typed = kickoff_form.typed_at_first(fields, visit.query.get("ko_fields", ""), texts)
    typed["name"] = visit.query.get("default_run_name", "")[:NAME_LENGTH]
    return _form(visit, found, texts, typed)


async def submit(visit: Visit) -> Answer:
    """Launch what the form is for. The page says the same for every address."""
    application = visit.application
    await quota.take_reading_from(application, visit.address)
    organization_id = visit.request.parameters["org"]
    async with application.database.reader() as reader:
        found, texts = await _found(visit, reader)
    fields = found.template.definition.kickoff
    typed = {name: text for name, text in visit.form.items() if name.startswith("f-") or name in ("email", "name")}
    if kickoff_form.impossible(fields):
        return _form(visit, found, texts, typed, status=422)
    body = wire.PublicLaunchBody(
        email=typed.get("email", "")[:320],
        name=typed.get("name", "").strip()[:NAME_LENGTH] or None,
        prerun=kickoff_form.answers_of(fields, typed, texts),
    )
    visitor = service.Visitor(client=visit.client, request_id=visit.request_id)
    try:
        await quota.take_launch(
            application.limiter,
            organization_id,
            found.alias,
            visit.address,
            per_address=application.settings.public_launches_per_address,
            per_form=application.settings.public_launches_per_form,
        )

        async def change(tx: Transaction) -> wire.PublicRun:
            run = await service.launch(tx, organization_id, found.alias, body, visitor, visit.now)
            await service.tell_guest(tx, application, organization_id, body.email, run, visit.mail_url)
            return run

        run = await application.database.write(change)
    except (Invalid, TooMany) as problem:
        return _form(visit, found, texts, typed, problem)
    mailed = application.settings.smtp_url is not None
    return look.message(
        visit,
        title="Thank you",
        paragraphs=[
            f"{run.checklist_title} has begun: {run.name}.",
            f"The link to your tasks is on its way to {body.email.strip()}. It is yours alone; do not pass it on."
            if mailed
            else "This server sends no mail. Ask whoever gave you this form for the link to your tasks.",
        ],
    )


for path in (BY_ALIAS, BY_ID):
    site.get(path)(show)
    site.post(path)(submit)


async def _found(visit: Visit, reader: Reader) -> tuple[PublicForm, Texts]:
    """The form, and what fills its texts in. NotFound."""
    organization_id = visit.request.parameters["org"]
    found, sharing = await service.form(reader, organization_id, visit.request.parameters["alias"])
    return found, await service.texts(reader, found, sharing, visit.now)


def _form(
    visit: Visit,
    found: PublicForm,
    texts: Texts,
    typed: dict[str, str],
    problem: Problem | None = None,
    *,
    status: int | None = None,
) -> Html:
    template = found.template
    fields = template.definition.kickoff
    inputs = [kickoff_form.input_of(field, texts.zone) for field in texts.fields(fields, None)]
    errors = {path: " ".join(texts) for path, texts in problem.errors.items()} if isinstance(problem, Invalid) else {}
    shown = {"email", *(one.path for one in inputs)}
    rest = [text for path, text in errors.items() if path not in shown]
    if problem is not None and not errors:
        rest = [problem.message]
    return look.page(
        visit,
        "kickoff.html",
        status=status or (200 if problem is None else problem.status),
        headers=None if problem is None else problem.headers,
        title=texts.plain(found.kickoff_title or template.title, ""),
        lead=strip_tags(texts.html(found.kickoff_description or "", None)),
        action=visit.request.path,
        inputs=inputs,
        typed=typed,
        errors=errors,
        rest=rest,
        impossible=kickoff_form.impossible(fields),
        asks_name=not template.auto_naming or template.allow_launcher_change_name,
        name_length=NAME_LENGTH,
    )
