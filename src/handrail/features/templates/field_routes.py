"""Routes of form fields: those of steps (captures), and the one call that kick-off fields have (wire 2.9, 2.10)."""

from typing import Any

from handrail.features.templates import changing, parts
from handrail.features.templates.parts_bodies import FieldBody, MoveOutBody, ReorderFieldBody, given
from handrail.features.templates.parts_wire import Field
from handrail.http.call import Call
from handrail.http.endpoint import Router

router = Router("Form fields")

ALL = "/organizations/{org}/checklists/{template}/steps/{step}/captures"
ONE = ALL + "/{capture}"


@router.post(ALL, action="template.edit", body=FieldBody, returns=Field, status=201)
async def add_field(call: Call, body: FieldBody) -> dict[str, Any]:
    """Add a form field to a step."""
    template_id, step_id, data, now = call.id("template"), call.id("step"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.add_field(tx, call.actor, template_id, step_id, data, now))


@router.put(ALL, action="template.edit", body=ReorderFieldBody, returns=Field)
async def reorder_field(call: Call, body: ReorderFieldBody) -> dict[str, Any]:
    """Move a form field within its step."""
    template_id, step_id, data, now = call.id("template"), call.id("step"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.reorder_field(tx, call.actor, template_id, step_id, data, now))


@router.put(ONE, action="template.edit", body=FieldBody, returns=Field)
async def change_field(call: Call, body: FieldBody) -> dict[str, Any]:
    """Change a form field.

    What is given is merged over what is stored, and the whole is checked. Id and alias never change.
    """
    template_id, step_id, field_id = call.id("template"), call.id("step"), call.id("capture")
    data, now = given(body), call.application.clock.now()
    return await call.database.write(
        lambda tx: parts.change_field(tx, call.actor, template_id, step_id, field_id, data, now)
    )


@router.delete(ONE, action="template.edit", shape="empty", status=204, errors=(422,))
async def delete_field(call: Call) -> None:
    """Delete a form field.

    Refused while a rule uses it.
    """
    template_id, step_id, field_id = call.id("template"), call.id("step"), call.id("capture")
    now = call.application.clock.now()
    await call.database.write(lambda tx: parts.remove_field(tx, call.actor, template_id, step_id, field_id, now))


@router.put(ONE + "/move-out", action="template.edit", body=MoveOutBody, returns=Field)
async def move_field_out(call: Call, body: MoveOutBody) -> dict[str, Any]:
    """Move a form field to another step.

    Rules and variables that use it keep working.
    """
    template_id, step_id, field_id = call.id("template"), call.id("step"), call.id("capture")
    data, now = given(body), call.application.clock.now()
    return await call.database.write(
        lambda tx: parts.move_field_out(tx, call.actor, template_id, step_id, field_id, data, now)
    )


@router.delete(
    "/organizations/{org}/checklists/{template}/preruns/{field}",
    action="template.edit",
    shape="empty",
    status=204,
    errors=(422,),
)
async def delete_kickoff_field(call: Call) -> None:
    """Delete a kick-off field.

    Refused while a rule uses it. Answers in processes stay. Kick-off fields are written with the template.
    """
    template_id, field_id, now = call.id("template"), call.id("field"), call.application.clock.now()
    await call.database.write(lambda tx: changing.remove_kickoff_field(tx, call.actor, template_id, field_id, now))
