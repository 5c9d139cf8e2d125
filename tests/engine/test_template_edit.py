"""Edits of definitions: engine 1.2 (guards), 9.3 and 9.7, wire 2.8 to 2.12, and copies of whole templates."""

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from handrail.engine.definition import Definition, Field, Stage, Step
from handrail.engine.definitions import field_from, rule_from, stage_from, step_from
from handrail.engine.portable import export_definition, field_to_wire, rule_to_wire
from handrail.engine.template_copy import copy_definition, renamed_variables
from handrail.engine.template_edit import (
    add_field,
    add_rule,
    add_stage,
    add_step,
    clone_step,
    find_field,
    find_rule,
    find_stage,
    find_step,
    move_field,
    move_field_out,
    move_stage,
    move_step,
    remove_field,
    remove_rule,
    remove_stage,
    remove_step,
    replace_field,
    replace_rule,
    replace_stage,
    replace_step,
    set_kickoff,
)
from handrail.engine.values import AnyPeople
from handrail.kernel.errors import Errors, Impossible, Invalid, NotFound
from handrail.kernel.ids import new_id
from tests.engine.sample_definition import NOW, sample_definition, without_ids
from tests.engine.soundness import assert_sound


def titles(definition: Definition) -> list[str]:
    return [step.title for step in definition.steps]


def labels(fields: tuple[Field, ...]) -> list[str]:
    return [field.label for field in fields]


def test_1_2_a_step_that_rules_or_deadlines_use_cannot_be_removed() -> None:
    definition = sample_definition()
    with pytest.raises(Impossible) as refusal:
        remove_step(definition, definition.steps[1].id)
    assert '"Pay when approved", "Ask the picked one"' in refusal.value.message
    assert 'deadlines of the steps "Pay"' in refusal.value.message
    assert refusal.value.status == 422
    # the first step is no part of a rule, but its fields are
    with pytest.raises(Impossible, match="one of its fields"):
        remove_step(definition, definition.steps[0].id)


def test_a_free_step_can_be_removed() -> None:
    definition = replace(sample_definition(), rules=())
    smaller = remove_step(definition, definition.steps[2].id)
    assert titles(smaller) == titles(definition)[:2]
    with pytest.raises(Impossible, match='deadlines of the steps "Review"'):
        remove_step(definition, definition.steps[0].id)


def test_1_2_a_field_that_rules_use_cannot_be_removed() -> None:
    definition = sample_definition()
    step = definition.steps[0]
    for field, name in ((step.fields[1], "Ask the picked one"), (step.fields[2], "Ask the picked one")):
        with pytest.raises(Impossible, match=name):
            remove_field(definition, step.id, field.id)
    with pytest.raises(Impossible, match="Pay when approved"):
        remove_field(definition, None, definition.kickoff[1].id)
    assert labels(remove_field(definition, step.id, step.fields[0].id).steps[0].fields) == [
        "Equipment",
        "Approver",
        "Licence",
    ]
    assert len(remove_field(definition, None, definition.kickoff[0].id).kickoff) == 3


def test_unknown_ids_are_not_found() -> None:
    definition = sample_definition()
    for look in (find_step, find_stage, find_rule, remove_step, remove_stage, remove_rule):
        with pytest.raises(NotFound):
            look(definition, "nothing")
    with pytest.raises(NotFound):
        find_field(definition, definition.steps[1].id, definition.steps[0].fields[0].id)
    with pytest.raises(NotFound):
        replace_step(definition, Step(id="nothing", alias="x", title="x"))


@pytest.mark.parametrize(
    ("position", "order"), [(1, [2, 0, 1]), (2, [0, 2, 1]), (3, [0, 1, 2]), (99, [0, 1, 2]), (0, [2, 0, 1])]
)
def test_a_step_moves_to_a_position_counted_from_one(position: int, order: list[int]) -> None:
    definition = sample_definition()
    before = titles(definition)
    assert titles(move_step(definition, definition.steps[2].id, position)) == [before[at] for at in order]


def test_9_3_a_clone_follows_its_step() -> None:
    definition = sample_definition()
    step = replace(definition.steps[0], hide_by_default=True, deadline=definition.steps[1].deadline)
    definition = replace_step(definition, step)
    changed, copy = clone_step(definition, step.id, now=NOW + 5)
    assert_sound(changed)
    assert titles(changed) == [step.title, f"{step.title} - Copy", "Review", "Pay"]
    assert changed.rules == definition.rules
    assert (copy.owners, copy.tags, copy.webhook, copy.deadline, copy.stage_id) == (
        step.owners,
        step.tags,
        step.webhook,
        step.deadline,
        step.stage_id,
    )
    assert not copy.hide_by_default
    assert labels(copy.fields) == labels(step.fields)
    # variables of its own fields mean the copied ones, others stay
    assert copy.summary == f"<p>Ask {{{{vendor-name}}}}, see {{{{{copy.fields[0].alias}}}}}</p>"
    assert copy.created_at == NOW + 5


def test_the_title_of_a_clone_stays_within_its_limit() -> None:
    long = Step(id=new_id(), alias="long", title="x" * 600)
    _, copy = clone_step(Definition(steps=(long,)), long.id, now=NOW)
    assert len(copy.title) == 600
    assert copy.title.endswith(" - Copy")


def test_fields_are_added_moved_and_replaced() -> None:
    definition = sample_definition()
    step_id = definition.steps[1].id
    fields = [Field(id=new_id(), alias=f"a{n}", label=f"A{n}", field_type="text") for n in range(3)]
    for field in fields:
        definition = add_field(definition, step_id, field)
    definition = move_field(definition, step_id, fields[2].id, 1)
    definition = add_field(definition, step_id, Field(id=new_id(), alias="b", label="B", field_type="text"), position=2)
    definition = replace_field(definition, step_id, replace(fields[0], label="A0 new"))
    assert labels(definition.steps[1].fields) == ["A2", "B", "A0 new", "A1"]
    assert_sound(definition)


def test_cap_4_a_field_moves_out_to_another_step() -> None:
    definition = sample_definition()
    source, target = definition.steps[0], definition.steps[1]
    moved = move_field_out(definition, source.id, source.fields[0].id, target.id, 1)
    assert labels(moved.steps[0].fields) == ["Equipment", "Approver", "Licence"]
    assert labels(moved.steps[1].fields) == ["Tax number"]
    assert moved.steps[1].fields[0] == source.fields[0]
    assert move_field_out(definition, source.id, source.fields[0].id, source.id, None) == definition
    with pytest.raises(Invalid) as refusal:
        move_field_out(definition, source.id, source.fields[0].id, "nothing", 1)
    assert list(refusal.value.errors) == ["target_step_id"]
    # a rule looks at the field and reopens that step
    with pytest.raises(Impossible, match="Ask the picked one"):
        move_field_out(definition, source.id, source.fields[1].id, definition.steps[2].id, 1)


def kickoff_set(definition: Definition, entries: object) -> Definition:
    errors = Errors()
    changed = set_kickoff(definition, entries, errors=errors, now=NOW + 9)
    assert errors.found == {}
    return changed


def test_2_10_the_list_is_the_whole_kick_off_form() -> None:
    definition = sample_definition()
    wire = [field_to_wire(field, at, checklist_id="c") for at, field in enumerate(definition.kickoff, start=1)]
    new = {"id": "f" * 32, "label": "New", "field_type": "text", "required": False, "value": "tolerated"}
    changed = kickoff_set(definition, [{"id": wire[0]["id"], "label": "Vendor"}, *wire[1:3], new])
    assert labels(changed.kickoff) == ["Vendor", "Start", "Region", "New"]
    assert changed.kickoff[0] == replace(definition.kickoff[0], label="Vendor", updated_at=NOW + 9)
    assert changed.kickoff[3].id != "f" * 32
    assert_sound(changed)


def test_2_10_positions_order_the_form_when_each_field_has_its_own() -> None:
    definition = sample_definition()
    wire = [field_to_wire(field, 4 - at, checklist_id="c") for at, field in enumerate(definition.kickoff)]
    assert labels(kickoff_set(definition, wire).kickoff) == ["Modes", "Region", "Start", "Vendor name"]
    for entry in wire:
        entry["position"] = 1
    assert labels(kickoff_set(definition, wire).kickoff) == ["Vendor name", "Start", "Region", "Modes"]


def test_1_2_a_kick_off_field_that_rules_use_cannot_be_left_out() -> None:
    definition = sample_definition()
    with pytest.raises(Impossible, match='"Start" cannot be removed'):
        set_kickoff(definition, [], errors=Errors(), now=NOW)


def test_errors_of_the_kick_off_form_leave_it_as_it_was() -> None:
    definition = sample_definition()
    first = {"id": definition.kickoff[0].id, "label": "", "position": 0}
    radio = {"label": "R", "field_type": "radio", "required": True, "options": [{"id": 1, "text": "a"}, {"id": 2}]}
    errors = Errors()
    assert set_kickoff(definition, [first, radio, 5], errors=errors, now=NOW) is definition
    assert set(errors.found) == {"prerun.0.label", "prerun.0.position", "prerun.1.options.1.text", "prerun.2"}
    errors = Errors()
    assert set_kickoff(definition, {"a": 1}, errors=errors, now=NOW) is definition
    assert list(errors.found) == ["prerun"]
    twice = [{"id": definition.kickoff[0].id}, {"id": definition.kickoff[0].id, "label": "again"}]
    errors = Errors()
    set_kickoff(definition, twice, errors=errors, now=NOW)
    assert "prerun.1.id" in errors.found


def test_9_7_removing_a_stage_unmaps_its_steps() -> None:
    definition = sample_definition()
    first, second = definition.stages
    definition = move_stage(definition, second.id, 1)
    assert definition.stages == (second, first)
    renamed = replace_stage(definition, replace(first, title="Start"))
    assert [stage.title for stage in renamed.stages] == ["Decide", "Start"]
    removed = remove_stage(renamed, first.id)
    assert [step.stage_id for step in removed.steps] == [None, second.id, None]
    assert_sound(removed)
    stage = Stage(id=new_id(), title="Zero")
    assert add_stage(removed, stage, position=1).stages == (stage, second)


def test_rules_are_added_at_the_end_replaced_and_removed() -> None:
    definition = sample_definition()
    first, second = definition.rules
    without = remove_rule(definition, first.id)
    assert without.rules == (second,)
    assert add_rule(without, first).rules == (second, first)
    renamed = replace(second, alias="Other name")
    assert replace_rule(definition, renamed).rules == (first, renamed)


def test_limits_of_a_template() -> None:
    definition = sample_definition()
    full = replace(definition, rules=tuple(replace(definition.rules[0], id=new_id()) for _ in range(500)))
    with pytest.raises(Impossible, match="at most 500 rules"):
        add_rule(full, definition.rules[0])


def test_1_2_a_duplicate_has_new_ids_and_aliases_for_everything() -> None:
    definition = sample_definition()
    copy = copy_definition(definition, now=NOW + 5)
    assert_sound(copy.definition)
    both = replace(
        definition,
        kickoff=definition.kickoff + copy.definition.kickoff,
        steps=definition.steps + copy.definition.steps,
        stages=definition.stages + copy.definition.stages,
        rules=definition.rules + copy.definition.rules,
    )
    assert_sound(both)
    name, tax = copy.aliases["vendor-name"], copy.aliases["tax-number"]
    first = copy.definition.steps[0]
    assert first.title == f"Collect from {{{{{name}}}}}"
    assert first.summary == f"<p>Ask {{{{{name}}}}}, see {{{{{tax}}}}}</p>"
    assert first.fields[0].guidance == f"<p>of {{{{{name}}}}}</p>"
    assert first.fields[0].default_value == f"{{{{{name}}}}}-1"
    following = copy.definition.steps[2].next_launch
    assert following is not None
    assert following.default_name_format == f"{{{{{name}}}}}"
    assert copy.ids[definition.steps[0].id] == first.id
    exported, original = export_definition(copy.definition), export_definition(definition)
    aliases = str(without_ids(exported))
    for old, new in copy.aliases.items():
        aliases = aliases.replace(new, old)
    assert aliases.replace("{{vendor-name}}</p>", "{{ vendor-name }}</p>") == without_ids(original)


def test_renamed_variables_keep_what_follows_the_alias() -> None:
    renamed = {"collect": "collect-1", "a": "b"}
    text = "{{collect.completed_by}} {{ a | none }} {{a}} {{ab}} {{x}} {{}}"
    assert renamed_variables(text, renamed) == "{{collect-1.completed_by}} {{b | none}} {{b}} {{ab}} {{x}} {{}}"


# ------------------------------------------------------------------------------------------ any sequence of edits


class Editor(RuleBasedStateMachine):
    """A template in the hands of somebody who tries everything; refusals are fine, unsoundness is not."""

    @initialize()
    def begin(self) -> None:
        self.definition = sample_definition()
        self.now = NOW

    def edited(self, definition: Definition | None) -> None:
        if definition is not None:
            self.definition = definition

    def a_step(self, number: int) -> Step:
        steps = self.definition.steps or (Step(id="none", alias="none", title="none"),)
        return steps[number % len(steps)]

    @rule(number=st.integers(0, 9), anchor=st.integers(0, 9), option=st.sampled_from(["from", "prior_to"]))
    def save_step(self, number: int, anchor: int, option: str) -> None:
        step = self.a_step(number) if number < 7 else None
        deadline = {"value": 1, "unit": "days", "option": option, "step": self.a_step(anchor).id}
        stage_id = self.definition.stages[0].id if self.definition.stages and anchor % 2 else None
        errors = Errors()
        saved = step_from(
            {"title": f"Step {number}", "deadline": deadline, "stage_id": stage_id},
            current=step if step and step.id != "none" else None,
            definition=self.definition,
            people=AnyPeople(),
            path="",
            errors=errors,
            now=self.now,
        )
        if saved is not None:
            known = any(other.id == saved.id for other in self.definition.steps)
            self.edited(replace_step(self.definition, saved) if known else add_step(self.definition, saved))

    @rule(number=st.integers(0, 9), action=st.sampled_from(["remove", "move", "clone"]), position=st.integers(0, 12))
    def change_step(self, number: int, action: str, position: int) -> None:
        step_id = self.a_step(number).id
        try:
            if action == "remove":
                self.edited(remove_step(self.definition, step_id))
            elif action == "move":
                self.edited(move_step(self.definition, step_id, position))
            elif len(self.definition.steps) < 12:
                self.edited(clone_step(self.definition, step_id, now=self.now)[0])
        except (Impossible, NotFound):
            pass

    @rule(number=st.integers(0, 9), field_type=st.sampled_from(["text", "date", "assignees_form"]))
    def save_field(self, number: int, field_type: str) -> None:
        step = self.a_step(number) if number < 7 and self.definition.steps else None
        fields = step.fields if step else self.definition.kickoff
        current = fields[number % len(fields)] if fields and number % 2 else None
        data = {"label": f"Field {number}", "field_type": field_type, "required": False}
        taken = {field.alias for field in fields}
        field = field_from(data, current=current, path="", errors=Errors(), now=self.now, taken_aliases=taken)
        assert field is not None
        step_id = step.id if step else None
        if current is None:
            self.edited(add_field(self.definition, step_id, field, position=number))
        else:
            self.edited(replace_field(self.definition, step_id, field))

    @rule(number=st.integers(0, 9), other=st.integers(0, 9), action=st.sampled_from(["remove", "move", "out"]))
    def change_field(self, number: int, other: int, action: str) -> None:
        step = self.a_step(number)
        if not step.fields:
            return
        field_id = step.fields[other % len(step.fields)].id
        try:
            if action == "remove":
                self.edited(remove_field(self.definition, step.id, field_id))
            elif action == "move":
                self.edited(move_field(self.definition, step.id, field_id, other))
            else:
                self.edited(move_field_out(self.definition, step.id, field_id, self.a_step(other).id, other))
        except Impossible:
            pass

    @rule(kept=st.integers(0, 15), shuffled=st.randoms(use_true_random=False))
    def save_kickoff(self, kept: int, shuffled: object) -> None:
        entries: list[dict[str, object]] = [
            {"id": field.id} for at, field in enumerate(self.definition.kickoff) if kept & 1 << at % 4
        ]
        entries.append({"id": "elsewhere", "label": "New", "field_type": "date", "required": True})
        shuffled.shuffle(entries)  # pyright: ignore[reportAttributeAccessIssue]
        with suppress(Impossible):
            self.edited(set_kickoff(self.definition, entries[:8], errors=Errors(), now=self.now))

    @rule(number=st.integers(0, 9))
    def change_stages(self, number: int) -> None:
        stages = self.definition.stages
        if number < 4 or not stages:
            stage = stage_from({"title": "Stage"}, current=None, path="", errors=Errors(), now=self.now)
            assert stage is not None
            self.edited(add_stage(self.definition, stage, position=number))
        elif number < 7:
            self.edited(remove_stage(self.definition, stages[number % len(stages)].id))
        else:
            self.edited(move_stage(self.definition, stages[number % len(stages)].id, number))

    @rule(number=st.integers(0, 9), subject=st.integers(0, 9))
    def change_rules(self, number: int, subject: int) -> None:
        rules = self.definition.rules
        if number < 3 and rules:
            self.edited(remove_rule(self.definition, rules[number % len(rules)].id))
            return
        step, target = self.a_step(subject), self.a_step(number)
        kind, subject_id = ("Capture", step.fields[0].id) if step.fields else ("Step", step.id)
        data = {
            "automated_alias": "Rule",
            "conditions": [
                {
                    "conditionable_type": kind,
                    "conditionable_id": subject_id,
                    "operation": "is_empty" if kind == "Capture" else "completed",
                    "statement": None,
                }
            ],
            "then_actions": [
                {"action_type": "visibility", "action_verb": "show", "target_step_id": target.id},
                {"action_type": "status", "action_verb": "reopen", "target_step_id": target.id},
            ],
        }
        made = rule_from(
            data,
            current=None,
            definition=self.definition,
            people=AnyPeople(),
            path="",
            errors=Errors(),
            now=self.now,
        )
        if made is not None:
            self.edited(add_rule(self.definition, made))

    @rule()
    def copy(self) -> None:
        self.edited(copy_definition(self.definition, now=self.now).definition)

    @rule(number=st.integers(0, 9))
    def save_an_echoed_rule(self, number: int) -> None:
        if self.definition.rules:
            current = self.definition.rules[number % len(self.definition.rules)]
            errors = Errors()
            echoed = rule_from(
                rule_to_wire(current),
                current=current,
                definition=self.definition,
                people=AnyPeople(),
                path="",
                errors=errors,
                now=current.updated_at,
            )
            # a field may have changed its type since, which can make a rule that reads it unfit to be saved again
            assert echoed == current or all(path.endswith("actionable_id") for path in errors.found)

    @invariant()
    def is_sound(self) -> None:
        if hasattr(self, "definition"):
            assert_sound(self.definition)


TestEditor = Editor.TestCase
TestEditor.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
