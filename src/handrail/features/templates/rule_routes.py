"""Routes of a template's rules (wire 2.11); they are read with the template."""

from typing import Any

from handrail.features.templates import parts
from handrail.features.templates.parts_bodies import RuleBody, given
from handrail.features.templates.parts_wire import Rule
from handrail.http.call import Call
from handrail.http.endpoint import Router

router = Router("Rules")

ALL = "/organizations/{org}/checklists/{template}/automated-actions"
ONE = ALL + "/{rule}"


@router.post(ALL, action="template.edit", body=RuleBody, returns=Rule, status=201)
async def add_rule(call: Call, body: RuleBody) -> dict[str, Any]:
    """Add a rule.

    It runs after those that are there. Read rules with the template, in `automated_actions`.
    """
    template_id, data, now = call.id("template"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.add_rule(tx, call.actor, template_id, data, now))


@router.put(ONE, action="template.edit", body=RuleBody, returns=Rule)
async def change_rule(call: Call, body: RuleBody) -> dict[str, Any]:
    """Change a rule.

    Keys that are left out stay as they are; `conditions` and `then_actions` replace what is stored.
    """
    template_id, rule_id, data, now = call.id("template"), call.id("rule"), given(body), call.application.clock.now()
    return await call.database.write(lambda tx: parts.change_rule(tx, call.actor, template_id, rule_id, data, now))


@router.delete(ONE, action="template.edit", shape="empty", status=204)
async def delete_rule(call: Call) -> None:
    """Delete a rule."""
    template_id, rule_id, now = call.id("template"), call.id("rule"), call.application.clock.now()
    await call.database.write(lambda tx: parts.remove_rule(tx, call.actor, template_id, rule_id, now))
