"""The sample templates are sound, complete and alive: references, values, coverage, and the runs under their rules."""

from copy import deepcopy
from typing import Any

import pytest

from tests.examples.definitions import STEP_TYPES, template_complaints
from tests.examples.replay import Replay
from tests.examples.samples import BY_SLUG, FOLDER, SAMPLES, Json, Sample
from tests.examples.values import CHECKS, form_complaints, value_complaints

EVERY_SAMPLE = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)


def test_the_five_kinds_of_work_are_there() -> None:
    required = {"employee-onboarding", "purchase-approval", "client-intake", "incident-response", "monthly-close"}
    assert required <= BY_SLUG.keys()
    assert len(BY_SLUG["employee-onboarding"].steps) >= 20
    assert BY_SLUG["client-intake"].template["is_public_kickoff"]


def test_every_field_type_step_type_and_switch_occurs() -> None:
    fields = [field for sample in SAMPLES for field in sample.all_fields()]
    steps = [step for sample in SAMPLES for step in sample.template["steps"]]
    assert {field["field_type"] for field in fields} == CHECKS.keys()
    assert {step["step_type"] for step in steps} == STEP_TYPES
    for switch in ("everyone_must_complete", "can_complete_only_assignees", "top_secret", "prevent_guest_comment"):
        assert any(step.get(switch) for step in steps), switch
    rules = {rule.partition(":")[0] for field in fields for rule in field.get("field_validation", [])}
    assert {"numeric", "min", "max", "url", "alpha_num", "alpha_dash"} <= rules
    for key in ("prefix", "suffix", "default_value", "collect_time", "use_wysiwyg_editor", "guidance"):
        assert any(field.get(key) for field in fields), key
    for setting in ("must_all_checked", "default_to_guest"):
        assert any((field.get("settings") or {}).get(setting) for field in fields), setting
    assert {step["deadline"]["unit"] for step in steps} >= {"minutes", "hours", "days", "months"}
    anchors = {(step["deadline"]["option"], step["deadline"]["step"] == "start_run") for step in steps}
    assert anchors == {("from", True), ("from", False), ("prior_to", False)}


def test_the_readme_lists_every_sample() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [sample.slug for sample in SAMPLES if f"`{sample.slug}`" not in readme] == []


@EVERY_SAMPLE
def test_the_template_is_sound(sample: Sample) -> None:
    assert template_complaints(sample) == []


@EVERY_SAMPLE
def test_no_person_and_no_server_made_key_is_in_the_template(sample: Sample) -> None:
    personal = {"assignees", "guests", "groups", "users", "owner_id", "created_by", "organization_id", "created_at"}
    found = [(path, key) for path, key in keys(sample.template, "template") if key in personal]
    assert found == []


def keys(value: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in [(path, key), *keys(inner, f"{path}.{key}")]]
    if isinstance(value, list):
        return [pair for number, inner in enumerate(value) for pair in keys(inner, f"{path}.{number}")]
    return []


@EVERY_SAMPLE
def test_the_values_of_the_run_fit_their_definitions(sample: Sample) -> None:
    complaints = form_complaints(sample.template["prerun"], sample.run["prerun"])
    for task in sample.run["tasks"]:
        complaints += form_complaints(sample.steps[task["step"]]["captures"], task["taskdata"])
    assert complaints == []


@EVERY_SAMPLE
def test_the_run_completes_each_step_once_after_the_steps_it_counts_from(sample: Sample) -> None:
    order = [task["step"] for task in sample.run["tasks"]]
    assert sorted(order) == sorted(sample.steps)
    for name, step in sample.steps.items():
        if step["deadline"]["option"] == "from" and step["deadline"]["step"] != "start_run":
            assert order.index(step["deadline"]["step"]) < order.index(name), name
    decided = {task["step"] for task in sample.run["tasks"] if "is_approved" in task}
    assert decided == {name for name, step in sample.steps.items() if step["step_type"] == "approval"}


@EVERY_SAMPLE
def test_the_run_is_right_about_which_steps_the_rules_hide(sample: Sample) -> None:
    replay = Replay(sample, sample.run["prerun"])
    for task in sample.run["tasks"]:
        if task.get("unless_rules"):
            assert task["step"] not in replay.visible, task["step"]
        else:
            replay.complete(task["step"], task["taskdata"], task.get("is_approved", True))
    assert replay.completed == replay.visible
    assert replay.reopened == []


def walk(slug: str, changed: Json, decisions: dict[str, bool]) -> Replay:
    """Go through the sample run in its order with some answers and decisions changed; hidden steps are passed over."""
    sample = BY_SLUG[slug]
    owner: dict[str, str | None] = dict.fromkeys(sample.kickoff_fields) | {
        field["id"]: step["id"] for step in sample.template["steps"] for field in step["captures"]
    }
    kickoff = sample.run["prerun"] | {name: value for name, value in changed.items() if owner[name] is None}
    assert form_complaints(sample.template["prerun"], kickoff) == []
    replay = Replay(sample, kickoff)
    for task in sample.run["tasks"]:
        step = task["step"]
        if step in replay.visible:
            answers = task["taskdata"] | {name: value for name, value in changed.items() if owner[name] == step}
            assert form_complaints(sample.steps[step]["captures"], answers) == []
            replay.complete(step, answers, approved=decisions.get(step, bool(task.get("is_approved", True))))
    return replay


HIDDEN_AFTERWARDS: dict[str, tuple[str, Json, dict[str, bool], set[str]]] = {
    "a remote contractor": (
        "employee-onboarding",
        {"employment-type": "Contractor", "work-location": "Remote"},
        {},
        {"set-up-payroll", "enrol-insurance", "desk-and-badge", "support-plan", "extend-or-end"},
    ),
    "concerns, and probation not passed": (
        "employee-onboarding",
        {"progress-60": "Concerns"},
        {"probation-decision": False},
        {"set-up-supplier", "ship-equipment", "probation-passed-mail"},
    ),
    "a purchase for 640 euros": (
        "purchase-approval",
        {"amount": "640"},
        {},
        {"collect-quotes", "terms-review", "finance-approval", "director-approval", "record-asset"},
    ),
    "a subscription for 48,000 euros": (
        "purchase-approval",
        {"amount": "48000", "category": {"id": 2, "text": "Software subscription"}},
        {},
        {"record-asset"},
    ),
    "an enquiry that does not fit": (
        "client-intake",
        {"fit": "No"},
        {},
        {
            *("first-call", "conflict-check", "partner-approval", "write-proposal", "send-proposal", "await-answer"),
            *("proposal-lapsed", "engagement-letter", "open-client-file", "start-meeting"),
        },
    ),
    "a proposal without an answer": (
        "client-intake",
        {},
        {"await-answer": False},
        {"decline", "engagement-letter", "open-client-file", "start-meeting"},
    ),
    "a critical incident with personal data, not solved in two hours": (
        "incident-response",
        {"confirmed-severity": {"id": 1, "text": "SEV1 Critical"}, "data-exposure": "Possible"},
        {"two-hour-clock": False},
        set(),
    ),
    "an incident nobody noticed": (
        "incident-response",
        {"confirmed-severity": {"id": 4, "text": "SEV4 Notice"}},
        {},
        {
            *("first-notice", "brief-management", "preserve-evidence", "two-hour-clock", "escalate", "all-clear"),
            *("authority-assessment", "post-mortem", "agree-actions", "approve-post-mortem", "publish-findings"),
            "check-actions",
        },
    ),
    "the end of a quarter": ("monthly-close", {"quarter-end": "Yes"}, {}, set()),
    "a form instead of an instruction": (
        "document-approval",
        {"document-kind": {"id": 3, "text": "Form"}},
        {},
        {"expert-review"},
    ),
}


@pytest.mark.parametrize(("slug", "changed", "decisions", "hidden"), HIDDEN_AFTERWARDS.values(), ids=HIDDEN_AFTERWARDS)
def test_other_answers_lead_through_other_steps(
    slug: str, changed: Json, decisions: dict[str, bool], hidden: set[str]
) -> None:
    replay = walk(slug, changed, decisions)
    assert set(BY_SLUG[slug].steps) - replay.visible == hidden
    assert replay.completed == replay.visible


@pytest.mark.parametrize(
    ("slug", "rejected", "reworked"),
    [
        ("employee-onboarding", "check-contract", ["prepare-contract"]),
        ("purchase-approval", "finance-approval", ["check-request"]),
        ("incident-response", "confirm-over", ["restore-service"]),
        ("incident-response", "approve-post-mortem", ["post-mortem", "agree-actions"]),
        ("monthly-close", "cfo-approval", ["flux-review"]),
        ("document-approval", "approve-document", ["rework-draft"]),
    ],
)
def test_a_rejection_goes_back_and_the_rework_is_decided_on_again(
    slug: str, rejected: str, reworked: list[str]
) -> None:
    sample = BY_SLUG[slug]
    replay = Replay(sample, sample.run["prerun"])
    for task in sample.run["tasks"]:
        step = task["step"]
        if step not in replay.visible:
            continue
        if step == rejected:
            replay.complete(step, task["taskdata"], approved=False)
            assert replay.reopened == reworked
            for again in reworked:
                assert rejected in replay.completed
                replay.complete(again, {})
            assert rejected not in replay.completed
            for waiting in [s for s in sample.steps if s in replay.reopened and s not in replay.completed]:
                replay.complete(waiting, {})
        else:
            replay.complete(step, task["taskdata"])
    assert replay.completed == replay.visible


# The checks themselves: each of these faults is one that they have to find.

WRONG_VALUES: list[tuple[str, str, Any]] = [
    ("employee-onboarding", "weekly-hours", "60"),
    ("employee-onboarding", "weekly-hours", "full-time"),
    ("employee-onboarding", "access-ticket", "tickets.company.example/1"),
    ("employee-onboarding", "employee-number", "E-10482"),
    ("employee-onboarding", "personal-email", "marta at mail.example"),
    ("employee-onboarding", "department", "Sales"),
    ("employee-onboarding", "department", {"id": 1, "text": "Sales"}),
    ("employee-onboarding", "employment-type", {"id": 1, "text": "Permanent"}),
    ("employee-onboarding", "employment-type", "permanent"),
    ("employee-onboarding", "device", ["ThinkPad", "NB-0731"]),
    ("employee-onboarding", "documents-seen", [{"id": 1, "text": "Passport or identity card", "selected": True}]),
    ("employee-onboarding", "equipment", {"id": 1, "text": "Laptop", "selected": True}),
    ("employee-onboarding", "start-date", "5 October"),
    ("employee-onboarding", "start-date", "2026-10-05 09:00:00"),
    ("employee-onboarding", "arrived-at", "2026-10-05"),
    ("employee-onboarding", "it-notes", 12),
    ("employee-onboarding", "contract-draft", [{"filename": "a.pdf", "source": "url", "url": "a.pdf"}]),
    ("employee-onboarding", "manager", {"users": [1]}),
    ("monthly-close", "period", "September"),
]


@pytest.mark.parametrize(("slug", "name", "value"), WRONG_VALUES)
def test_a_value_that_does_not_fit_is_found(slug: str, name: str, value: Any) -> None:
    field = next(field for field in BY_SLUG[slug].all_fields() if field["id"] == name)
    assert value_complaints(field, value)


def test_a_required_answer_that_is_missing_or_blank_is_found() -> None:
    sample = BY_SLUG["purchase-approval"]
    for answer in (None, "", "   "):
        complaints = form_complaints(sample.template["prerun"], sample.run["prerun"] | {"reason": answer})
        assert complaints == ["reason: required and not answered"]
    assert form_complaints(sample.template["prerun"], sample.run["prerun"] | {"colour": "red"})


REMOVED = object()
WRONG_TEMPLATES: dict[str, tuple[tuple[str | int, ...], Any, str]] = {
    "unknown anchor": (("steps", 1, "deadline", "step"), "sign-contract", "no step 'sign-contract'"),
    "anchors in a circle": (("steps", 0, "deadline", "step"), "check-contract", "waits for itself"),
    "deadline before the launch": (("steps", 0, "deadline", "option"), "prior_to", "before the launch"),
    "unknown unit": (("steps", 0, "deadline", "unit"), "fortnights", "is no period"),
    "unknown stage": (("steps", 0, "stage_id"), "legal", "no stage 'legal'"),
    "unknown step type": (("steps", 0, "step_type"), "review", "no step type"),
    "duplicate step": (("steps", 1, "id"), "prepare-contract", "'prepare-contract' occurs twice"),
    "duplicate alias": (("prerun", 1, "alias"), "employee-name", "alias 'employee-name' occurs twice"),
    "gap in the positions": (("steps", 1, "position"), 3, "positions are"),
    "unknown variable": (("steps", 0, "summary"), "{{name}} " * 20, "'name' is not known yet"),
    "variable of a later step": (("steps", 0, "summary"), "{{buddy-name}} " * 20, "'buddy-name' is not known yet"),
    "long text in a title": (("steps", 0, "title"), "Note {{it-notes}}", "cannot stand in a title"),
    "optional answer in the name": (("default_process_name_format",), "{{it-notes}}", "cannot stand in it"),
    "radio with one option": (("prerun", 5, "options"), [{"id": 1, "text": "Permanent"}], "1 options"),
    "default that is no option": (("prerun", 5, "default_value"), "Part-time", "is no option"),
    "table without columns": (("steps", 10, "captures", 0, "columns"), REMOVED, "columns belong to tables"),
    "misspelt key": (("steps", 0, "everyone_must_completes"), True, "unknown key"),
    "missing key": (("can_add_oot",), REMOVED, "'can_add_oot' is missing"),
    "rule on a missing field": (
        ("automated_actions", 0, "conditions", 0, "conditionable_id"),
        "contract",
        "no Prerun 'contract'",
    ),
    "rule on a missing option": (
        ("automated_actions", 0, "conditions", 0, "statement"),
        "Freelancer",
        "no option 'Freelancer'",
    ),
    "rule without a statement": (
        ("automated_actions", 0, "conditions", 0, "statement"),
        REMOVED,
        "a condition needs a statement",
    ),
    "action on a missing step": (
        ("automated_actions", 0, "then_actions", 0, "target_step_id"),
        "invoice",
        "no step 'invoice'",
    ),
    "wrong verb": (("automated_actions", 0, "then_actions", 0, "action_verb"), "reopen", "cannot reopen"),
    "step that would wait forever": (
        ("automated_actions", 0, "then_actions", 1, "target_step_id"),
        "first-day",
        "which may stay hidden",
    ),
}


@pytest.mark.parametrize(("path", "value", "complaint"), WRONG_TEMPLATES.values(), ids=WRONG_TEMPLATES)
def test_a_fault_in_a_template_is_found(path: tuple[str | int, ...], value: Any, complaint: str) -> None:
    good = BY_SLUG["employee-onboarding"]
    template: Any = deepcopy(good.template)
    target = template
    for key in path[:-1]:
        target = target[key]
    if value is REMOVED:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    assert complaint in "\n".join(template_complaints(Sample(good.slug, template, good.run)))
