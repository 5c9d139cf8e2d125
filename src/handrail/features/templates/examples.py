"""One realistic example of everything templates say on the wire, for the reference: a yard that books its slipway."""

from typing import Any

ORGANIZATION_ID = "3f8a1c60d9b74e25a1c7e04b96d2f581"
TEMPLATE_ID = "b7c20f4e61a84d39905e8d17c3fa264b"
STEP_ID = "41e9d3a7c0584fb2866a5b1f9e7d0c23"
OTHER_STEP_ID = "9d06b4f2e7c14a8ab35f70c81de6a94e"
_STAGE_ID = "6ae17f05c9d24b83b8420fd6e5c3719a"
_KICKOFF_FIELD_ID = "c85b0e3f7d914a26a9f1640bd2e873c5"
_CREATED, _CHANGED = "2026-09-14T07:40:00.000Z", "2027-01-22T15:05:12.000Z"

FIELD: dict[str, Any] = {
    "id": "2b94f6d80e1c4a7f95d3a8c60b7e412d",
    "step_id": STEP_ID,
    "alias": "mooring-lines-7e412d",
    "label": "Mooring lines",
    "field_type": "dropdown",
    "guidance": "<p>As agreed with the skipper.</p>",
    "position": 1,
    "required": True,
    "options": [{"id": 1, "text": "Two"}, {"id": 2, "text": "Four"}],
    "columns": [],
    "field_validation": [],
    "default_value": None,
    "default_value_enabled": False,
    "collect_time": False,
    "use_wysiwyg_editor": False,
    "prefix": None,
    "suffix": None,
    "settings": None,
    "list": None,
    "custom_fields": None,
    "created_at": _CREATED,
    "last_updated": _CHANGED,
    "archived_at": None,
}

_KICKOFF_FIELD: dict[str, Any] = {
    **{key: value for key, value in FIELD.items() if key != "step_id"},
    "id": _KICKOFF_FIELD_ID,
    "checklist_id": TEMPLATE_ID,
    "alias": "boat-e873c5",
    "label": "Boat",
    "field_type": "text",
    "guidance": None,
    "options": [],
    "field_validation": ["min:2", "max:60"],
}

FIELD_OF_FORM: dict[str, Any] = {
    "id": FIELD["id"],
    "step_id": STEP_ID,
    "step_title": "Prepare the slipway for {{boat-e873c5}}",
    **{key: FIELD[key] for key in ("alias", "label", "field_type", "required", "position", "options", "columns")},
}

STEP: dict[str, Any] = {
    "id": STEP_ID,
    "checklist_id": TEMPLATE_ID,
    "title": "Prepare the slipway for {{boat-e873c5}}",
    "alias": "prepare-the-slipway-7d0c23",
    "summary": "<p>Clear the rails, check the winch, set out the lines.</p>",
    "step_type": "task",
    "position": 1,
    "allow_guest_owners": True,
    "max_assignable": 0,
    "skip_start_process": False,
    "can_complete_only_assignees": False,
    "everyone_must_complete": False,
    "webhook": None,
    "start_date": {"value": 0, "unit": "days"},
    "is_soft_start_date": False,
    "deadline": {"value": 2, "unit": "days", "option": "from", "step": "start_run"},
    "bp_to_launch": {"id": None, "default_name_format": None, "tasks_within_process": True},
    "assignees": [1204],
    "guests": ["skipper@boats.example"],
    "groups": [],
    "captures": [FIELD],
    "prevent_guest_comment": False,
    "roles": [],
    "role_changes_every_time": False,
    "assign_run_starter": True,
    "top_secret": False,
    "send_chromeless": False,
    "stage_id": _STAGE_ID,
    "tags": [],
    "settings": {"hide_by_default": False},
    "custom_fields": None,
    "created_at": _CREATED,
    "last_updated": _CHANGED,
    "archived_at": None,
}

STAGE: dict[str, Any] = {
    "id": _STAGE_ID,
    "checklist_id": TEMPLATE_ID,
    "title": "Before the tide",
    "position": 1,
    "created_at": _CREATED,
    "last_updated": _CREATED,
}

RULE: dict[str, Any] = {
    "id": "e02d7b91a6c34f58b4d90c6e1f8a7352",
    "automated_alias": "Survey only large boats",
    "conditions": [
        {
            "id": "7cf41a08e35d4b9692be0d7a15c3f846",
            "conditionable_id": _KICKOFF_FIELD_ID,
            "conditionable_type": "Prerun",
            "operation": "contains",
            "statement": "Ferry",
            "logic": "and",
            "position": 1,
            "column_contains_name": None,
        }
    ],
    "then_actions": [
        {
            "id": "d15e80b3f72c4a69a0c8e4f6b29d7103",
            "action_type": "visibility",
            "action_verb": "show",
            "target_step_id": OTHER_STEP_ID,
            "position": 1,
            "actionable_id": None,
            "actionable_type": None,
            "deadline": None,
            "assignees": {"users": [], "guests": [], "groups": []},
            "webhook_url": None,
            "alias_name": None,
        }
    ],
    "created_at": _CREATED,
    "last_updated": _CREATED,
    "archived_at": None,
}

TEMPLATE: dict[str, Any] = {
    "id": TEMPLATE_ID,
    "increment_id": 31,
    "organization_id": ORGANIZATION_ID,
    "title": "Slipway booking",
    "summary": "<p>From the request to the boat back in the water.</p>",
    "starred": False,
    "webhook": "https://yard.example/hooks/slipway",
    "explanation_video": None,
    "guidance": "<p>One booking for one boat.</p>",
    "icon": "anchor",
    "alias": "slipway-booking-fa264b",
    "folder_id": None,
    "prerun": [_KICKOFF_FIELD],
    "automated_actions": [RULE],
    "created_by": 1199,
    "owner_id": 1199,
    "last_updated_by": 1204,
    "started_processes": 86,
    "steps_count": 2,
    "kickoff_title": "Which boat, and when?",
    "kickoff_description": None,
    "created_at": _CREATED,
    "last_updated": _CHANGED,
    "archived_at": None,
    "status": "active",
    "type": "procedure",
    "is_public": False,
    "is_featured": False,
    "is_public_kickoff": False,
    "is_pinned": True,
    "is_published_state": True,
    "dual_version_enabled": False,
    "version": 4,
    "auto_naming": True,
    "default_process_name_format": "Slipway: {{boat-e873c5}} on {{DATE}}",
    "public_cover": None,
    "industry_tags": [],
    "topic_tags": [],
    "users": [1204],
    "groups": [],
    "folderize_process": False,
    "tag_process": False,
    "allow_launcher_change_name": True,
    "can_add_oot": True,
    "ko_form_blueprint_id": None,
    "default_folder": None,
    "folder_changeable_by_launcher": True,
    "kickoff_sharing_user_id": None,
    "settings": {"reverse_rules_on_reopen": False},
    "custom_fields": {},
}

PERMISSIONS: dict[str, Any] = {
    "permissions": {
        "EDIT": [{"type": "user", "id": 1204}],
        "READ": "everyone",
        "LAUNCH": [{"type": "role", "id": "standard"}],
        "DUPLICATE": None,
        "PROCESS_READ": [{"type": "group", "id": "58c9e1d0b3a74f62970fd64a2be85c17"}],
    }
}

REFERENCE: dict[str, Any] = {"type": "Step", "title": "Hand over to the paint shop", "id": OTHER_STEP_ID}

ARCHIVED: dict[str, Any] = {
    "message": "Template archived. References to it were also removed from the listed objects.",
    "deleted_references": [REFERENCE],
}

FORMS: dict[str, Any] = {
    "id": TEMPLATE_ID,
    "title": "Slipway booking",
    "form_fields": [FIELD_OF_FORM],
    "ko_form_fields": [
        {
            key: _KICKOFF_FIELD[key]
            for key in ("id", "alias", "label", "field_type", "required", "position", "options", "columns")
        }
    ],
}

FIELD_BODY: dict[str, Any] = {
    "label": "Mooring lines",
    "field_type": "dropdown",
    "required": True,
    "options": [{"id": 1, "text": "Two"}, {"id": 2, "text": "Four"}],
}

STEP_BODY: dict[str, Any] = {
    "title": "Prepare the slipway for {{boat-e873c5}}",
    "summary": "<p>Clear the rails, check the winch, set out the lines.</p>",
    "assignees": [1204],
    "guests": ["skipper@boats.example"],
    "deadline": {"value": 2, "unit": "days", "option": "from", "step": "start_run"},
}

RULE_BODY: dict[str, Any] = {
    "automated_alias": "Survey only large boats",
    "conditions": [
        {
            "conditionable_id": _KICKOFF_FIELD_ID,
            "conditionable_type": "Prerun",
            "operation": "contains",
            "statement": "Ferry",
        }
    ],
    "then_actions": [{"action_type": "visibility", "action_verb": "show", "target_step_id": OTHER_STEP_ID}],
}

TEMPLATE_BODY: dict[str, Any] = {
    "title": "Slipway booking",
    "summary": "<p>From the request to the boat back in the water.</p>",
    "prerun": [
        {"id": _KICKOFF_FIELD_ID, "label": "Boat", "field_type": "text", "required": True},
        {"label": "Wanted day", "field_type": "date", "required": False},
    ],
}

NEW_TEMPLATE_BODY: dict[str, Any] = {
    "title": "Slipway booking",
    "type": "procedure",
    "prerun": [{"id": "boat", "alias": "boat", "label": "Boat", "field_type": "text", "required": True}],
    "steps": [
        {"id": "prepare", "title": "Prepare the slipway for {{boat}}", "captures": [FIELD_BODY]},
        {"id": "survey", "title": "Survey the hull", "deadline": {"value": 1, "unit": "days", "step": "prepare"}},
    ],
    "automated_actions": [
        {
            "automated_alias": "Survey only large boats",
            "conditions": [
                {
                    "conditionable_id": "boat",
                    "conditionable_type": "Prerun",
                    "operation": "contains",
                    "statement": "Ferry",
                }
            ],
            "then_actions": [{"action_type": "visibility", "action_verb": "show", "target_step_id": "survey"}],
        }
    ],
}

EXPORTED: dict[str, Any] = {
    **{
        key: TEMPLATE[key]
        for key in (
            "title",
            "type",
            "summary",
            "guidance",
            "icon",
            "webhook",
            "explanation_video",
            "kickoff_title",
            "kickoff_description",
            "auto_naming",
            "default_process_name_format",
            "allow_launcher_change_name",
            "folder_changeable_by_launcher",
            "folderize_process",
            "tag_process",
            "is_public_kickoff",
            "can_add_oot",
            "settings",
        )
    },
    "prerun": [FIELD_BODY],
    "stages": [{"id": _STAGE_ID, "title": "Before the tide", "position": 1}],
    "steps": [{"id": STEP_ID, **STEP_BODY, "captures": []}],
    "automated_actions": [RULE_BODY],
}
