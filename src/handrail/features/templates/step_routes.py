"""Routes of a template's steps (wire 2.8)."""

from typing import Any

from handrail.features.templates import parts, reading
from handrail.features.templates.parts_bodies import PositionBody, StepBody, TitlesBody, given
from handrail.features.templates.parts_wire import Step
from handrail.features.templates.wire import VersionQuery
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router

router = Router("Steps")

ALL = "/organizations/{org}/checklists/{template}/steps"
ONE = ALL + "/{step}"
TITLES = "/organizations/{org}/x/checklists/{template}/steps/{step}/roles"


@router.get(ALL, action="template.read", query=VersionQuery, returns=Step, shape="collection")
async def list_steps(call: Call) -> Page:
    """List the steps of a template.

    By position, each with its form.
    """
    return await reading.step_page(call, call.id("template"))


@router.post(ALL, action="template.edit", body=StepBody, returns=Step, status=201)
async def add_step(call: Call, body: StepBody) -> dict[str, Any]:
    """Add a step.

    It goes to the end; the reorder call moves it.
    """
    template_id, data, now = call.id("template"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.add_step(tx, call.actor, template_id, data, now))


@router.get(ONE, action="template.read", query=VersionQuery, returns=Step)
async def show_step(call: Call) -> dict[str, Any]:
    """Read a step."""
    return await reading.step(call, call.id("template"), call.id("step"))


@router.put(ONE, action="template.edit", body=StepBody, returns=Step)
async def change_step(call: Call, body: StepBody) -> dict[str, Any]:
    """Change a step.

    Keys that are left out stay as they are; lists replace what is stored.
    """
    template_id, step_id, data, now = call.id("template"), call.id("step"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.change_step(tx, call.actor, template_id, step_id, data, now))


@router.put(TITLES, action="template.edit", body=TitlesBody, returns=Step)
async def put_titles(call: Call, body: TitlesBody) -> dict[str, Any]:
    """Put job titles on a step.

    The list replaces the stored one. A launch says who fills them; whom it does not name, the title itself does.
    """
    template_id, step_id, now = call.id("template"), call.id("step"), call.application.clock.now()
    return await call.database.write(lambda tx: parts.put_titles(tx, call.actor, template_id, step_id, body.roles, now))


@router.delete(ONE, action="template.edit", shape="empty", status=204, errors=(422,))
async def delete_step(call: Call) -> None:
    """Delete a step.

    Refused while a rule uses it or one of its fields, or the deadline of another step hangs on it.
    """
    template_id, step_id, now = call.id("template"), call.id("step"), call.application.clock.now()
    await call.database.write(lambda tx: parts.remove_step(tx, call.actor, template_id, step_id, now))


@router.post(ONE + "/clone", action="template.edit", returns=Step, status=201, errors=(422,))
async def clone_step(call: Call) -> dict[str, Any]:
    """Copy a step.

    The copy goes right after it, with its form; no rule knows it.
    """
    template_id, step_id, now = call.id("template"), call.id("step"), call.application.clock.now()
    return await call.database.write(lambda tx: parts.clone_step(tx, call.actor, template_id, step_id, now))


@router.put(ONE + "/reorder", action="template.edit", body=PositionBody, returns=Step)
async def move_step(call: Call, body: PositionBody) -> dict[str, Any]:
    """Move a step to another position."""
    template_id, step_id, data, now = call.id("template"), call.id("step"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.move_step(tx, call.actor, template_id, step_id, data, now))
