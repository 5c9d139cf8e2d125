"""Is a template file sound? Keys, limits, references and variables (wire sections 2.7 to 2.12, engine 4.5 and 5.2)."""

import re
from collections.abc import Iterator
from typing import Any

from tests.examples.samples import Json, Sample
from tests.examples.values import CHECKS, default_complaints

TEMPLATE_KEYS = {
    *("title", "type", "summary", "guidance", "icon", "kickoff_title", "kickoff_description", "auto_naming"),
    *("default_process_name_format", "allow_launcher_change_name", "is_public_kickoff", "can_add_oot", "settings"),
    *("prerun", "stages", "steps", "automated_actions"),
}
STEP_KEYS = {
    *("id", "title", "step_type", "position", "summary", "stage_id", "deadline", "captures", "start_date"),
    *("is_soft_start_date", "everyone_must_complete", "can_complete_only_assignees", "top_secret"),
    *("assign_run_starter", "prevent_guest_comment", "send_chromeless"),
}
FIELD_KEYS = {
    *("id", "alias", "label", "field_type", "position", "required", "guidance", "options", "columns"),
    *("field_validation", "default_value", "default_value_enabled", "collect_time", "use_wysiwyg_editor"),
    *("prefix", "suffix", "settings"),
}
STEP_TYPES = {"task", "approval", "expiring", "email", "expiring_email"}
UNITS = {"minutes", "hours", "days", "weeks", "months"}
VERBS = {"visibility": {"show", "hide"}, "deadline": {"deadline"}, "status": {"reopen"}}
STEP_OPERATIONS = {"completed", "reopened", "approved", "rejected", "acknowledged", "expired", "not_assigned"}
FIELD_OPERATIONS = {
    *("contains", "not_contains", "equals", "not_equals", "equals_any"),
    *("greater_than", "less_than", "is_empty", "is_not_empty"),
}
TIME_CLAUSES = {"any_time", "on-time", "early_24", "late_24"}
BUILT_IN_VARIABLES = {"DATE", "TEMPLATE_NAME", "current-task-id", "current-process-id"}
NAMEABLE_TYPES = {"text", "email", "date", "dropdown", "radio", "multiselect", "assignees_form"}
VARIABLE = re.compile(r"\{\{(.*?)\}\}")
ALIAS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def variables(text: str | None) -> list[str]:
    return VARIABLE.findall(text or "")


def order_complaints(items: list[Json], what: str) -> list[str]:
    positions = [item["position"] for item in items]
    return [] if positions == list(range(1, len(items) + 1)) else [f"{what}: positions are {positions}"]


def duplicates(names: list[str], what: str) -> list[str]:
    return [f"{what} {name!r} occurs twice" for name in sorted({n for n in names if names.count(n) > 1})]


def field_complaints(field: Json) -> Iterator[str]:
    name, kind = field["id"], field["field_type"]
    yield from (f"{name}: unknown key {key!r}" for key in field.keys() - FIELD_KEYS)
    if kind not in CHECKS:
        yield f"{name}: there is no field type {kind!r}"
        return
    if not ALIAS.fullmatch(field["alias"]) or not field["label"].strip():
        yield f"{name}: needs an alias in lower-case words and a label"
    if not isinstance(field["required"], bool):
        yield f"{name}: required is true or false"
    least = {"radio": 2, "dropdown": 1, "multiselect": 1}.get(kind, 0)
    options = field.get("options", [])
    if len(options) < least or (options and not least):
        yield f"{name}: {len(options)} options do not suit {kind}"
    if bool(field.get("columns")) != (kind == "table"):
        yield f"{name}: columns belong to tables and to nothing else"
    for part, text in [(o, "text") for o in options] + [(c, "label") for c in field.get("columns", [])]:
        if not isinstance(part["id"], int) or not part[text].strip():
            yield f"{name}: {part} needs an integer id and a {text}"
    for parts, text in ((options, "text"), (field.get("columns", []), "label")):
        yield from duplicates([str(part["id"]) for part in parts], f"{name}: option or column id")
        yield from duplicates([part[text] for part in parts], f"{name}: option or column")
    only_for = {"field_validation": "text", "collect_time": "date", "use_wysiwyg_editor": "textarea"}
    yield from (
        f"{name}: {key} belongs to {owner}" for key, owner in only_for.items() if key in field and kind != owner
    )
    if ("default_value" in field) != field.get("default_value_enabled", False):
        yield f"{name}: a default and its switch go together"
    elif "default_value" in field:
        yield from default_complaints(field)


def period_complaints(period: Json, where: str) -> Iterator[str]:
    if not isinstance(period["value"], int) or period["value"] < 0 or period["unit"] not in UNITS:
        yield f"{where}: {period} is no period"


def step_complaints(sample: Sample, step: Json) -> Iterator[str]:
    name = step["id"]
    yield from (f"{name}: unknown key {key!r}" for key in step.keys() - STEP_KEYS)
    if step["step_type"] not in STEP_TYPES:
        yield f"{name}: there is no step type {step['step_type']!r}"
    if not 1 <= len(step["title"]) <= 600 or len(step["summary"]) < 80:
        yield f"{name}: needs a title and instructions"
    if step["stage_id"] not in [stage["id"] for stage in sample.template["stages"]]:
        yield f"{name}: there is no stage {step['stage_id']!r}"
    if "start_date" in step:
        yield from period_complaints(step["start_date"], name)
    deadline = step["deadline"]
    yield from period_complaints(deadline, name)
    if deadline["option"] not in ("from", "prior_to"):
        yield f"{name}: deadlines count from or prior_to"
    if deadline["step"] == "start_run":
        if deadline["option"] == "prior_to":
            yield f"{name}: nothing is due before the launch"
    elif deadline["step"] not in sample.steps or deadline["step"] == name:
        yield f"{name}: there is no step {deadline['step']!r} to count from"
    yield from order_complaints(step["captures"], name)


def anchor_cycles(sample: Sample) -> Iterator[str]:
    for start in sample.steps:
        seen, name = {start}, sample.steps[start]["deadline"]["step"]
        while name in sample.steps and name not in seen:
            seen.add(name)
            name = sample.steps[name]["deadline"]["step"]
        if name == start:
            yield f"{start}: its deadline waits for itself"


def condition_complaints(sample: Sample, rule: str, condition: Json) -> Iterator[str]:
    kind, target, operation = (condition[k] for k in ("conditionable_type", "conditionable_id", "operation"))
    homes: dict[str, dict[str, Json]] = {
        "Step": sample.steps,
        "Capture": sample.step_fields,
        "Prerun": sample.kickoff_fields,
    }
    if kind not in homes or target not in homes[kind]:
        yield f"{rule}: there is no {kind} {target!r}"
        return
    if operation not in (STEP_OPERATIONS if kind == "Step" else FIELD_OPERATIONS):
        yield f"{rule}: {operation!r} is no operation of {kind}"
    if "statement" not in condition or condition.get("logic") not in ("and", "or"):
        yield f"{rule}: a condition needs a statement (even if null) and a logic"
        return
    statement, field = condition["statement"], homes[kind][target]
    if kind == "Step":
        kinds = {"approved": {"approval"}, "rejected": {"approval"}}
        kinds |= {"acknowledged": {"expiring", "expiring_email"}, "expired": {"expiring", "expiring_email"}}
        if statement not in TIME_CLAUSES or field["step_type"] not in kinds.get(operation, STEP_TYPES):
            yield f"{rule}: {operation} {statement} never happens to {target!r}"
    elif "options" in field and operation in ("equals", "not_equals", "equals_any"):
        wanted = statement.split(",") if operation == "equals_any" else [statement]
        texts = [option["text"] for option in field["options"]]
        yield from (f"{rule}: {target!r} has no option {text!r}" for text in wanted if text not in texts)


def action_complaints(sample: Sample, rule: Json, action: Json) -> Iterator[str]:
    name, kind, target = rule["id"], action["action_type"], action["target_step_id"]
    if action["action_verb"] not in VERBS.get(kind, set()):
        yield f"{name}: {kind} cannot {action['action_verb']}"
    if target not in sample.steps:
        yield f"{name}: there is no step {target!r}"
        return
    if kind == "deadline":
        yield from period_complaints(action["deadline"], name)
        if action["deadline"]["option"] not in ("from", "before"):
            yield f"{name}: deadlines of rules count from or before"
        if "actionable_id" in action:
            homes: dict[str, Any] = {
                "Step": sample.steps,
                "Prerun": {k: f for k, f in sample.kickoff_fields.items() if f["field_type"] == "date"},
                "Capture": {k: f for k, f in sample.step_fields.items() if f["field_type"] == "date"},
            }
            if action["actionable_id"] not in homes[action["actionable_type"]]:
                yield f"{name}: nothing to count from in {action}"
    if kind == "status":
        owners = {field["id"]: step["id"] for step in sample.template["steps"] for field in step["captures"]}
        watched = {owners.get(c["conditionable_id"], c["conditionable_id"]) for c in rule["conditions"]}
        if target in watched:
            yield f"{name}: reopens the step it watches"


def rule_complaints(sample: Sample, rule: Json) -> Iterator[str]:
    name, conditions, actions = rule["id"], rule["conditions"], rule["then_actions"]
    if not rule["automated_alias"] or len(rule["automated_alias"]) > 300 or not conditions or not actions:
        yield f"{name}: needs a name, a condition and an action"
    yield from order_complaints(conditions, f"{name} conditions")
    yield from order_complaints(actions, f"{name} actions")
    for condition in conditions:
        yield from condition_complaints(sample, name, condition)
    for action in actions:
        yield from action_complaints(sample, rule, action)
    yield from duplicates([f"{a['action_type']} of {a['target_step_id']}" for a in actions], name)


def variable_complaints(sample: Sample) -> Iterator[str]:
    """Texts of a step may use the kick-off answers, the answers of earlier steps and, in a mail, its own."""
    template = sample.template
    known = {field["alias"]: field for field in template["prerun"]}
    name_format = variables(template["default_process_name_format"])
    for alias in name_format:
        field = known.get(alias)
        if alias not in ("DATE", "TEMPLATE_NAME") and (
            field is None or not field["required"] or field["field_type"] not in NAMEABLE_TYPES
        ):
            yield f"process name: {alias!r} cannot stand in it"
    for key in ("title", "summary", "guidance", "kickoff_title", "kickoff_description"):
        yield from (f"{key}: {alias!r} is not known here" for alias in variables(template[key]))
    for field in template["prerun"]:
        used = variables(field.get("guidance")) + variables(str(field.get("default_value", "")))
        yield from (f"{field['id']}: {alias!r} is not known in the kick-off form" for alias in used)
    for step in template["steps"]:
        for alias in variables(step["title"]):
            if alias not in BUILT_IN_VARIABLES and known.get(alias, {}).get("field_type") not in NAMEABLE_TYPES:
                yield f"{step['id']}: {alias!r} cannot stand in a title"
        own = {field["alias"]: field for field in step["captures"]}
        texts = [step["summary"]]
        texts += [text for f in step["captures"] for text in (f.get("guidance"), str(f.get("default_value", "")))]
        for text in texts:
            for alias in variables(text):
                if alias not in known.keys() | own.keys() | BUILT_IN_VARIABLES:
                    yield f"{step['id']}: {alias!r} is not known yet"
        known |= own


def waiting_complaints(sample: Sample) -> Iterator[str]:
    """A step that counts from one which may stay hidden must be able to stay hidden with it, else it waits forever."""
    shown = {target for _, verb, target in visibility_actions(sample) if verb == "show"}
    for name, step in sample.steps.items():
        deadline = step["deadline"]
        anchor = deadline["step"]
        if anchor == "start_run" or deadline["option"] != "from" or name in shown:
            continue
        hiders = {rule for rule, verb, target in visibility_actions(sample) if verb == "hide" and target == anchor}
        followers = {rule for rule, verb, target in visibility_actions(sample) if verb == "hide" and target == name}
        if anchor in shown or not hiders <= followers:
            yield f"{name}: waits for {anchor!r}, which may stay hidden"


def visibility_actions(sample: Sample) -> list[tuple[str, str, str]]:
    return [
        (rule["id"], action["action_verb"], action["target_step_id"])
        for rule in sample.template["automated_actions"]
        for action in rule["then_actions"]
        if action["action_type"] == "visibility"
    ]


def template_complaints(sample: Sample) -> list[str]:
    """Everything that is wrong with the template of a sample; empty when it is sound."""
    template = sample.template
    keys = template.keys() - {"template_tests"}
    complaints = [f"key {key!r} is missing or unknown" for key in keys ^ TEMPLATE_KEYS]
    if not 1 <= len(template["title"]) <= 250 or len(template["summary"]) > 2000:
        complaints.append("title or summary is missing or too long")
    if template["auto_naming"] != bool(template["default_process_name_format"]):
        complaints.append("automatic naming and the name format go together")
    for what in ("prerun", "stages", "steps"):
        complaints += order_complaints(template[what], what)
        complaints += duplicates([item["id"] for item in template[what]], what)
    fields = list(sample.all_fields())
    complaints += duplicates([field["id"] for field in fields], "field")
    complaints += duplicates([field["alias"] for field in fields], "alias")
    complaints += duplicates([rule["id"] for rule in template["automated_actions"]], "rule")
    everything = [*fields, *template["steps"], *template["stages"], *template["automated_actions"]]
    complaints += duplicates([item["id"] for item in everything], "id")
    for field in fields:
        complaints += field_complaints(field)
    for step in template["steps"]:
        complaints += step_complaints(sample, step)
    for rule in template["automated_actions"]:
        complaints += rule_complaints(sample, rule)
    complaints += anchor_cycles(sample)
    complaints += variable_complaints(sample)
    return complaints + list(waiting_complaints(sample))
