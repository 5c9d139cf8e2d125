"""The keys that clients rely on, written down a second time and by hand: wire 2.7, 2.8, 2.9, 2.11, 2.12."""

from typing import Any

# what may be in an answer under a key: one of these kinds
Kinds = tuple[type | None, ...]
TEXT: Kinds = (str,)
TEXT_OR_NULL: Kinds = (str, None)
NUMBER: Kinds = (int,)
FLAG: Kinds = (bool,)
LIST: Kinds = (list,)
OBJECT: Kinds = (dict,)
OBJECT_OR_NULL: Kinds = (dict, None)

TEMPLATE: dict[str, Kinds] = {
    "id": TEXT,
    "increment_id": NUMBER,
    "organization_id": TEXT,
    "title": TEXT,
    "summary": TEXT_OR_NULL,
    "starred": FLAG,
    "webhook": TEXT_OR_NULL,
    "explanation_video": TEXT_OR_NULL,
    "guidance": TEXT_OR_NULL,
    "icon": TEXT_OR_NULL,
    "alias": TEXT,
    "folder_id": TEXT_OR_NULL,
    "prerun": LIST,
    "automated_actions": LIST,
    "created_by": NUMBER,
    "owner_id": NUMBER,
    "last_updated_by": NUMBER,
    "started_processes": NUMBER,
    "steps_count": NUMBER,
    "kickoff_title": TEXT_OR_NULL,
    "kickoff_description": TEXT_OR_NULL,
    "created_at": TEXT,
    "last_updated": TEXT,
    "archived_at": TEXT_OR_NULL,
    "status": TEXT,
    "type": TEXT,
    "is_public": FLAG,
    "is_featured": FLAG,
    "is_public_kickoff": FLAG,
    "is_pinned": FLAG,
    "is_published_state": FLAG,
    "dual_version_enabled": FLAG,
    "auto_naming": FLAG,
    "default_process_name_format": TEXT_OR_NULL,
    "public_cover": TEXT_OR_NULL,
    "industry_tags": LIST,
    "topic_tags": LIST,
    "users": LIST,
    "groups": LIST,
    "folderize_process": FLAG,
    "tag_process": FLAG,
    "allow_launcher_change_name": FLAG,
    "can_add_oot": FLAG,
    "ko_form_blueprint_id": TEXT_OR_NULL,
    "default_folder": TEXT_OR_NULL,
    "folder_changeable_by_launcher": FLAG,
    "kickoff_sharing_user_id": (int, None),
    "settings": OBJECT_OR_NULL,
    "custom_fields": OBJECT,
}

FIELD: dict[str, Kinds] = {
    "id": TEXT,
    "alias": TEXT,
    "label": TEXT,
    "field_type": TEXT,
    "guidance": TEXT_OR_NULL,
    "position": NUMBER,
    "required": FLAG,
    "use_wysiwyg_editor": FLAG,
    "collect_time": FLAG,
    "options": LIST,
    "columns": LIST,
    "field_validation": LIST,
    "default_value_enabled": FLAG,
    "prefix": TEXT_OR_NULL,
    "suffix": TEXT_OR_NULL,
    "settings": OBJECT_OR_NULL,
    "custom_fields": OBJECT_OR_NULL,
    "created_at": TEXT,
    "last_updated": TEXT,
}
KICKOFF_FIELD = {**FIELD, "checklist_id": TEXT}
CAPTURE = {**FIELD, "step_id": TEXT, "archived_at": TEXT_OR_NULL}

STEP: dict[str, Kinds] = {
    "id": TEXT,
    "checklist_id": TEXT,
    "title": TEXT,
    "alias": TEXT,
    "summary": TEXT_OR_NULL,
    "step_type": TEXT,
    "position": NUMBER,
    "allow_guest_owners": FLAG,
    "max_assignable": NUMBER,
    "skip_start_process": FLAG,
    "can_complete_only_assignees": FLAG,
    "everyone_must_complete": FLAG,
    "webhook": TEXT_OR_NULL,
    "start_date": OBJECT,
    "is_soft_start_date": FLAG,
    "deadline": OBJECT_OR_NULL,
    "bp_to_launch": OBJECT,
    "assignees": LIST,
    "guests": LIST,
    "groups": LIST,
    "captures": LIST,
    "prevent_guest_comment": FLAG,
    "roles": LIST,
    "role_changes_every_time": FLAG,
    "assign_run_starter": FLAG,
    "top_secret": FLAG,
    "send_chromeless": FLAG,
    "stage_id": TEXT_OR_NULL,
    "tags": LIST,
    "custom_fields": OBJECT_OR_NULL,
    "created_at": TEXT,
    "last_updated": TEXT,
    "archived_at": TEXT_OR_NULL,
}

STAGE: dict[str, Kinds] = {
    "id": TEXT,
    "checklist_id": TEXT,
    "title": TEXT,
    "position": NUMBER,
    "created_at": TEXT,
    "last_updated": TEXT,
}

RULE: dict[str, Kinds] = {
    "id": TEXT,
    "automated_alias": TEXT,
    "conditions": LIST,
    "then_actions": LIST,
    "created_at": TEXT,
    "last_updated": TEXT,
    "archived_at": TEXT_OR_NULL,
}

CONDITION: dict[str, Kinds] = {
    "id": TEXT,
    "conditionable_id": TEXT,
    "conditionable_type": TEXT,
    "operation": TEXT,
    "logic": TEXT,
    "position": NUMBER,
    "column_contains_name": TEXT_OR_NULL,
}

ACTION: dict[str, Kinds] = {
    "id": TEXT,
    "action_type": TEXT,
    "action_verb": TEXT,
    "target_step_id": TEXT,
    "position": NUMBER,
    "actionable_id": TEXT_OR_NULL,
    "actionable_type": TEXT_OR_NULL,
    "deadline": OBJECT_OR_NULL,
    "assignees": OBJECT,
    "webhook_url": TEXT_OR_NULL,
    "alias_name": TEXT_OR_NULL,
}


def broken(answer: dict[str, Any], contract: dict[str, Kinds]) -> list[str]:
    """What in an answer is missing or of another kind than clients expect."""
    wrong = [f"{key} is missing" for key in contract if key not in answer]
    for key, kinds in contract.items():
        value = answer.get(key)
        fits = (value is None and None in kinds) or type(value) in kinds
        if key in answer and not fits:
            wrong.append(f"{key} is {value!r}")
    return wrong
