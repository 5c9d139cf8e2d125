"""The template that an organization launches for every new member (engine 3.8), as part of their arrival."""

from handrail.engine.launch_next import why_not_for_newcomers
from handrail.features.activity.service import Entry, record
from handrail.features.organizations.switches import setting
from handrail.features.processes import service as processes
from handrail.features.tags import service as tags
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied, Impossible, Invalid, NotFound
from handrail.ports.database import Transaction

TAG = "onboarding"


async def welcome(tx: Transaction, newcomer: Actor, now: int) -> None:
    """Launch it for somebody who has just become active, as theirs, so that steps of nobody belong to them.

    Where it cannot be launched the feed says why: nobody is kept out by a template.
    """
    organization_id = newcomer.organization_id
    if not await setting(tx, organization_id, "enable_onboarding_template", False):
        return
    template_id = await setting(tx, organization_id, "onboarding_template_id", None)
    if template_id is None:
        return
    reason = await _launch(tx, newcomer, template_id, now)
    if reason is not None:
        said = f"The template for new members was not launched: {reason}"
        entry = Entry(verb="updated", subject_type="User", subject_id=str(newcomer.user_id), description=said)
        await record(tx, newcomer, now, [entry])


async def _launch(tx: Transaction, newcomer: Actor, template_id: str, now: int) -> str | None:
    """None, or why it could not be launched; then nothing was written."""
    template = await templates.load_unattended(tx, newcomer.organization_id, template_id)
    if isinstance(template, str):
        return template
    reason = why_not_for_newcomers(template)
    if reason is not None:
        return reason
    origin = {"source": "new_member", "user_id": newcomer.user_id}
    try:
        process = await processes.launch_unattended(
            tx, newcomer, template, now, answers={}, name=None, submitter=None, origin=origin
        )
    except Invalid as invalid:
        return " ".join(text for texts in invalid.errors.values() for text in texts)
    except (Denied, Impossible, NotFound) as problem:
        return problem.message
    tag_id = await tags.machine_made(tx, newcomer.organization_id, TAG, now)
    await tags.put_on(tx, newcomer.organization_id, "Run", [process.id], [tag_id], now)
    return None
