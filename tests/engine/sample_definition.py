"""One definition with something of everything: fields of all types, stages, anchored deadlines, rules of each kind."""

import json
import re
from typing import Any

from handrail.engine.definition import Definition
from handrail.engine.template_import import Imported, import_definition
from handrail.engine.values import AnyPeople, People
from handrail.kernel.errors import Errors

GROUP = "2d9f6a80c7e14b53b8f1049e63ad5c7e"
TAG = "f1b84e6d2c9a4075a30e8d57b6c1942f"
OTHER_TEMPLATE = "0f6b2d8e41c94a7da5e3b9c017f4682e"
NOW = 1_800_000_000_000


def sample() -> dict[str, Any]:
    """The file of the definition, with short names as ids."""
    return {
        "prerun": [
            {"id": "k1", "label": "Vendor name", "alias": "vendor-name", "field_type": "text", "required": True},
            {"id": "k2", "label": "Start", "alias": "start", "field_type": "date", "required": False},
            {
                "id": "k3",
                "label": "Region",
                "field_type": "dropdown",
                "required": True,
                "options": [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU", "value": None}],
                "default_value": "EU",
                "default_value_enabled": True,
            },
            {"id": "k4", "label": "Modes", "field_type": "checkbox", "required": False},
        ],
        "stages": [{"id": "g1", "title": "Prepare"}, {"id": "g2", "title": "Decide"}],
        "steps": [
            {
                "id": "s1",
                "title": "Collect from {{vendor-name}}",
                "alias": "collect",
                "summary": "<p>Ask {{vendor-name}}, see {{tax-number}}</p>",
                "stage_id": "g1",
                "assignees": [40817, 40822],
                "guests": ["rui@pilots.example"],
                "groups": [GROUP],
                "tags": [TAG],
                "webhook": "https://erp.example/hook",
                "captures": [
                    {
                        "id": "f1",
                        "label": "Tax number",
                        "alias": "tax-number",
                        "field_type": "text",
                        "required": False,
                        "field_validation": ["alpha_num"],
                        "guidance": "<p>of {{ vendor-name }}</p>",
                        "default_value": "{{vendor-name}}-1",
                        "default_value_enabled": True,
                    },
                    {
                        "id": "f2",
                        "label": "Equipment",
                        "field_type": "table",
                        "required": False,
                        "columns": [{"id": 1, "label": "Item"}],
                    },
                    {"id": "f3", "label": "Approver", "field_type": "assignees_form", "required": False},
                    {"id": "f4", "label": "Licence", "field_type": "file", "required": False},
                ],
            },
            {
                "id": "s2",
                "title": "Review",
                "step_type": "approval",
                "stage_id": "g2",
                "deadline": {"value": 2, "unit": "days", "option": "from", "step": "s1"},
                "start_date": {"value": 1, "unit": "day"},
                "settings": {"hide_by_default": True},
                "everyone_must_complete": True,
            },
            {
                "id": "s3",
                "title": "Pay",
                "deadline": {"value": 1, "unit": "weeks", "option": "prior_to", "step": "s2"},
                "bp_to_launch": {
                    "id": OTHER_TEMPLATE,
                    "default_name_format": "{{vendor-name}}",
                    "tasks_within_process": False,
                },
                "max_assignable": 3,
                "captures": [],
            },
        ],
        "automated_actions": [
            {
                "id": "r1",
                "automated_alias": "Pay when approved",
                "conditions": [
                    {
                        "conditionable_type": "Step",
                        "conditionable_id": "s2",
                        "operation": "approved",
                        "statement": "any_time",
                    },
                    {
                        "conditionable_type": "Prerun",
                        "conditionable_id": "k3",
                        "operation": "equals_any",
                        "statement": ["EU", "UK"],
                        "logic": "or",
                    },
                ],
                "then_actions": [
                    {"action_type": "visibility", "action_verb": "show", "target_step_id": "s3"},
                    {
                        "action_type": "deadline",
                        "action_verb": "deadline",
                        "target_step_id": "s3",
                        "deadline": {"value": 3, "unit": "days", "option": "before"},
                        "actionable_type": "Prerun",
                        "actionable_id": "k2",
                    },
                ],
            },
            {
                "id": "r2",
                "automated_alias": "Ask the picked one",
                "conditions": [
                    {
                        "conditionable_type": "Capture",
                        "conditionable_id": "f2",
                        "operation": "contains",
                        "statement": "crane",
                        "column_contains_name": "Item",
                    }
                ],
                "then_actions": [
                    {
                        "action_type": "assignment",
                        "action_verb": "assign_only",
                        "target_step_id": "s2",
                        "assignees": {"users": [40822]},
                        "actionable_type": "Capture",
                        "actionable_id": "f3",
                    },
                    {
                        "action_type": "webhook",
                        "action_verb": "emit_webhook",
                        "target_step_id": "s2",
                        "webhook_url": "https://erp.example/rule",
                        "alias_name": "erp",
                    },
                    {"action_type": "status", "action_verb": "reopen", "target_step_id": "s3"},
                ],
            },
        ],
    }


def imported(data: dict[str, Any], *, people: People | None = None, now: int = NOW, **known: Any) -> Imported:
    """What comes of a file; fails when it is refused."""
    errors = Errors()
    result = import_definition(data, people=people or AnyPeople(), errors=errors, now=now, **known)
    assert errors.found == {}
    assert result is not None
    return result


def sample_definition() -> Definition:
    """The sample, imported."""
    return imported(sample()).definition


def without_ids(data: Any, *more: Any) -> str:
    """Exported data as text, every id replaced by the order in which it first occurs."""
    text = json.dumps([data, *more])
    names: dict[str, str] = {}
    return re.sub(r'"[a-f0-9]{32}"', lambda found: names.setdefault(found[0], f'"#{len(names)}"'), text)
