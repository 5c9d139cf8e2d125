"""Random rules over the parts of a template, sensible and senseless ones alike."""

from hypothesis import strategies as st

from handrail.engine.definition import Action, Condition, Definition, Owners, Rule, RuleDeadline
from handrail.engine.rule_definitions import FIELD_OPERATIONS, STEP_OPERATIONS, TIME_CLAUSES

STATEMENTS = ("", "x", "y", "x,y", "1", "2027-03-02", None, ["x"])


def rules_of(
    definition: Definition, groups: tuple[str, ...] = (), limit: int = 12
) -> st.SearchStrategy[tuple[Rule, ...]]:
    """A few rules about what a definition has."""
    rules = st.builds(_Parts, conditions(definition), actions(definition, groups))
    return st.lists(rules, min_size=5, max_size=limit).map(
        lambda parts: tuple(part.rule(f"rule {index}") for index, part in enumerate(parts))
    )


class _Parts:
    def __init__(self, conditions: list[Condition], actions: list[Action]) -> None:
        self.conditions, self.actions = tuple(conditions), tuple(actions)

    def rule(self, name: str) -> Rule:
        return Rule(id=name, alias=name, conditions=self.conditions, actions=self.actions)


def conditions(definition: Definition) -> st.SearchStrategy[list[Condition]]:
    steps = st.sampled_from([step.id for step in definition.steps])
    on_step = st.builds(
        Condition,
        id=st.just("c"),
        conditionable_id=steps,
        conditionable_type=st.just("Step"),
        operation=st.sampled_from(("completed", *STEP_OPERATIONS)),
        statement=st.sampled_from((None, None, None, *TIME_CLAUSES)),
        logic=st.sampled_from(["and", "or"]),
    )
    fields = [("Prerun", field.id) for field in definition.kickoff]
    fields += [("Capture", field.id) for step in definition.steps for field in step.fields]
    on_field = st.sampled_from(fields).flatmap(
        lambda pair: st.builds(
            Condition,
            id=st.just("c"),
            conditionable_id=st.just(pair[1]),
            conditionable_type=st.just(pair[0]),
            operation=st.sampled_from(("is_not_empty", *FIELD_OPERATIONS)),
            statement=st.sampled_from(STATEMENTS),
            logic=st.sampled_from(["and", "or"]),
        )
    )
    return st.lists(on_step | on_field, min_size=1, max_size=2)


def actions(definition: Definition, groups: tuple[str, ...]) -> st.SearchStrategy[list[Action]]:
    """Actions of which no two in a rule do the same to the same step."""
    steps = st.sampled_from([step.id for step in definition.steps])
    own = st.tuples(st.none(), st.none())
    dates = [("Step", step.id) for step in definition.steps]
    people: list[tuple[str, str]] = []
    for kind, fields in [("Prerun", definition.kickoff), *(("Capture", step.fields) for step in definition.steps)]:
        dates += [(kind, field.id) for field in fields if field.field_type == "date"]
        people += [(kind, field.id) for field in fields if field.field_type == "assignees_form"]
    reads_date = own | st.sampled_from(dates)
    reads_people = own | st.sampled_from(people) if people else own
    owners = st.builds(
        Owners,
        users=st.lists(st.integers(1, 10), max_size=2).map(tuple),
        guests=st.sampled_from([(), ("g@x.example",), ("h@x.example",)]),
        groups=st.sampled_from([(), groups]),
    )
    deadline = st.builds(
        RuleDeadline,
        value=st.integers(-9, 9),
        unit=st.sampled_from(["hours", "days", "months"]),
        option=st.sampled_from(["before", "from"]),
    )
    simple = st.sampled_from(
        [
            *(("visibility", "show"), ("visibility", "hide"), ("webhook", "emit_webhook")),
            *(("status", "reopen"), ("status", "reopen"), ("status", "reopen")),
        ]
    )
    verbs = st.sampled_from(["assign", "assign_only", "unassign", "clear_assignees"])
    one = st.one_of(
        st.builds(lambda pair, step: _action(pair[0], pair[1], step), simple, steps),
        st.builds(
            lambda step, by, reads: _action("deadline", "deadline", step, deadline=by, reads=reads),
            steps,
            deadline,
            reads_date,
        ),
        st.builds(
            lambda verb, step, who, reads: _action("assignment", verb, step, assignees=who, reads=reads),
            verbs,
            steps,
            owners,
            reads_people,
        ),
    )
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda action: (action.action_verb, action.target_step_id))


def _action(
    kind: str,
    verb: str,
    step: str,
    *,
    reads: tuple[str | None, str | None] = (None, None),
    deadline: RuleDeadline | None = None,
    assignees: Owners | None = None,
) -> Action:
    return Action(
        id=f"{verb} {step}",
        action_type=kind,  # pyright: ignore[reportArgumentType]
        action_verb=verb,
        target_step_id=step,
        deadline=deadline,
        assignees=assignees or Owners(),
        actionable_type=reads[0],
        actionable_id=reads[1],
        webhook_url="https://erp.example/in" if kind == "webhook" else None,
        alias_name="erp" if kind == "webhook" else None,
    )
