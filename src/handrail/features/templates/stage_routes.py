"""Routes of a template's stages (wire 2.12)."""

from typing import Any

from handrail.features.templates import parts, reading
from handrail.features.templates.parts_bodies import StageBody, given
from handrail.features.templates.parts_wire import Stage
from handrail.features.templates.wire import VersionQuery
from handrail.http.call import Call
from handrail.http.endpoint import Router

router = Router("Stages")

ALL = "/organizations/{org}/checklists/{template}/stages"
ONE = ALL + "/{stage}"


@router.get(ALL, action="template.read", query=VersionQuery, returns=Stage, shape="list")
async def list_stages(call: Call) -> list[dict[str, Any]]:
    """List the stages of a template."""
    return await reading.stages(call, call.id("template"))


@router.post(ALL, action="template.edit", body=StageBody, returns=Stage, status=201)
async def add_stage(call: Call, body: StageBody) -> dict[str, Any]:
    """Add a stage."""
    template_id, data, now = call.id("template"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.add_stage(tx, call.actor, template_id, data, now))


@router.put(ONE, action="template.edit", body=StageBody, returns=Stage)
async def change_stage(call: Call, body: StageBody) -> dict[str, Any]:
    """Change or move a stage."""
    template_id, stage_id, data, now = call.id("template"), call.id("stage"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.change_stage(tx, call.actor, template_id, stage_id, data, now))


@router.delete(ONE, action="template.edit", shape="empty", status=204)
async def delete_stage(call: Call) -> None:
    """Delete a stage.

    Its steps stay, and belong to no stage.
    """
    template_id, stage_id, now = call.id("template"), call.id("stage"), call.application.clock.now()
    await call.database.write(lambda tx: parts.remove_stage(tx, call.actor, template_id, stage_id, now))
