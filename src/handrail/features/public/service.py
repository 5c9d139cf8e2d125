"""Public kick-off forms: who may see them, and launching by somebody who has no account (engine 3.3, 3.5; wire 2.24).

The member who shares the form launches; the one who submits it is recorded and becomes a guest. Answers never tell
what else exists: a form that is not open is a 404 like one that does not exist, and an address of a member is taken
like any other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from handrail.engine.before_launch import texts_before_launch
from handrail.engine.definition import Field, Owners
from handrail.engine.people import entries_of
from handrail.engine.typed import answers_by_alias, one_object
from handrail.engine.variables import Texts, has_variables
from handrail.features.accounts import mailing
from handrail.features.members import service as members
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.people.codes import link, opened
from handrail.features.processes import service as processes
from handrail.features.public import wire
from handrail.features.templates import service as templates
from handrail.features.templates.service import PublicForm
from handrail.http.call import Application, Call, Page
from handrail.kernel.actor import Actor
from handrail.kernel.addresses import is_email
from handrail.kernel.clock import iso
from handrail.kernel.decoded import as_object
from handrail.kernel.errors import Errors, NotFound
from handrail.kernel.ids import is_id
from handrail.ports.database import Reader, Transaction

OWN_SETTINGS = ("read_only", "must_all_checked", "default_to_guest")


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a submission comes from, for the feed and the log."""

    client: str | None
    request_id: str


async def form(reader: Reader, organization_id: str, alias: str) -> tuple[PublicForm, Actor]:
    """An open form and the member who launches it: who shares it, else the template's owner. NotFound."""
    if not is_id(organization_id) or "\0" in alias:
        raise NotFound
    found = await templates.public_form(reader, organization_id, alias)
    if found is None:
        raise NotFound
    for user_id in found.launchers:
        actor = await members.load_actor(reader, organization_id, user_id)
        if actor is not None:
            return found, actor
    raise NotFound


async def texts(reader: Reader, found: PublicForm, sharing: Actor, now: int) -> Texts:
    """What fills its texts in: dates as who shares it writes them, in the organization's zone (decision 60)."""
    zone = (await organizations.load(reader, sharing.organization_id)).timezone
    liking = await people.liking(reader, sharing)
    return texts_before_launch(found.template, now, zone, liking.date_format)


def show(found: PublicForm, texts: Texts) -> wire.PublicForm:
    """The form and nothing else of its template. Defaults stay as they are written: whoever sends one back as it is
    has not edited it (decision 22)."""
    template, description = found.template, found.kickoff_description
    fields = texts.fields(template.definition.kickoff, None)
    return wire.PublicForm(
        alias=found.alias,
        title=template.title,
        type=template.type,
        kickoff_title=texts.plain(found.kickoff_title or template.title, ""),
        kickoff_description=texts.html(description, None) if has_variables(description) else description,
        prerun=[_field(field, position) for position, field in enumerate(fields, 1)],
    )


def _field(field: Field, position: int) -> wire.PublicField:
    # who works here is nobody's business
    is_people = field.field_type == "assignees_form"
    settings = {name: True for name in OWN_SETTINGS if field.setting(name)}
    return wire.PublicField(
        id=field.id,
        alias=field.alias,
        label=field.label,
        field_type=field.field_type,
        required=field.required,
        guidance=field.guidance,
        position=position,
        options=list(field.options),
        columns=list(field.columns),
        field_validation=list(field.field_validation),
        default_value=None if is_people else field.default_value,
        default_value_enabled=field.default_value_enabled and not is_people,
        collect_time=field.collect_time,
        use_wysiwyg_editor=field.use_wysiwyg_editor,
        prefix=field.prefix,
        suffix=field.suffix,
        settings=settings or None,
    )


async def launch(
    tx: Transaction, organization_id: str, alias: str, body: wire.PublicLaunchBody, visitor: Visitor, now: int
) -> wire.PublicRun:
    """Launch a form for whoever submits it. NotFound, Invalid."""
    found, sharing = await form(tx, organization_id, alias)
    errors = Errors()
    email = body.email.strip().lower()
    if not is_email(email):
        errors.add("email", "The email must be one e-mail address such as name@example.com.")
    fields = found.template.definition.kickoff
    answers = answers_by_alias(fields, one_object(body.ko_fields, errors), {}, path="ko_fields", errors=errors)
    if isinstance(body.prerun, dict):
        answers |= body.prerun
    elif body.prerun:
        errors.add("prerun", "The prerun must be an object keyed by field id, not a list.")
    _refuse_members(fields, answers, errors)
    errors.raise_if_any()
    actor = Actor(
        organization_id=organization_id,
        user_id=sharing.user_id,
        role=sharing.role,
        groups=sharing.groups,
        client=visitor.client,
        request_id=visitor.request_id,
    )
    known = await people.directory(tx, actor, [Owners(guests=(email,))])
    template = await templates.load_unattended(tx, organization_id, found.template.id)
    if isinstance(template, str):
        raise NotFound
    launched = await processes.launch_unattended(
        tx,
        actor,
        template,
        now,
        answers=answers,
        name=body.name,
        submitter=email if known.is_active_guest(email) else None,
        origin={"source": "public", "email": email},
    )
    if known.is_active_guest(email):
        # whoever submits is a guest, also where nothing is theirs to do
        known = await people.directory(tx, actor, [Owners(guests=(email,))])
        await people.invite_guests(tx, actor, [email], known, now)
    return wire.PublicRun(
        id=launched.id,
        name=launched.name,
        status=launched.status,
        checklist_title=launched.template_title,
        created_at=iso(launched.created_at),
    )


async def tell_guest(
    tx: Transaction, application: Application, organization_id: str, email: str, run: wire.PublicRun, base_url: str
) -> None:
    """Promise the submitter a mail with the link to their tasks: to the address alone, which nobody has proven yet.

    Members have no such link and get no mail.
    """
    address = email.strip().lower()
    sealed = (await people.sealed_codes(tx, organization_id, [address])).get(address)
    code = "" if sealed is None else opened(tx.sealer, sealed)
    if code:
        begun = f"You have submitted {run.checklist_title}. It goes on as {run.name}."
        words = [begun, "This link leads to your tasks."]
        await mailing.post(tx, application.jobs, address, run.name, words, link(base_url, organization_id, code))


def _refuse_members(fields: Sequence[Field], answers: Mapping[str, Any], errors: Errors) -> None:
    """Strangers name strangers: whether an id is that of a member would be told by the answer."""
    for field in fields:
        chosen = as_object(answers.get(field.id))
        if field.field_type != "assignees_form" or chosen is None:
            continue
        if entries_of(chosen, "users") or entries_of(chosen, "groups"):
            errors.add(f"prerun.{field.id}", f"{field.label} takes addresses under `guests` alone on a public form.")


async def library(call: Call) -> Page:
    """The public templates of all organizations, featured ones first."""
    query = call.query
    kind = query.get("type", "")
    industry, topic = query.get("industry_tag", "").lower(), query.get("topic_tag", "").lower()
    async with call.database.reader() as reader:
        found = await templates.public_library(reader)
    shown = [
        wire.PublicTemplate(
            id=one.id,
            alias=one.alias,
            title=one.title,
            type=one.type,
            summary=one.properties.summary,
            icon=one.properties.icon,
            public_cover=one.properties.public_cover,
            explanation_video=one.properties.explanation_video,
            is_featured=one.properties.is_featured,
            industry_tags=list(one.properties.industry_tags),
            topic_tags=list(one.properties.topic_tags),
            steps_count=one.steps_count,
        )
        for one in found
        if (not kind or one.type == kind)
        and (not industry or industry in [tag.lower() for tag in one.properties.industry_tags])
        and (not topic or topic in [tag.lower() for tag in one.properties.topic_tags])
    ]
    paging = call.paging()
    shown.sort(key=lambda one: not one.is_featured)
    return Page(shown[paging.offset : paging.offset + paging.limit], len(shown), paging)
