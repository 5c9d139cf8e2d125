"""A small independent reading of the rules (engine sections 5.3 to 5.6), enough to walk a sample run through them.

It knows visibility and reopening; deadlines and people are not its business. An operation no sample uses is an error.
"""

from typing import Any

from tests.examples.samples import Json, Sample
from tests.examples.values import is_blank

ROUNDS = 25


class Replay:
    """One process of a sample: `visible`, `completed` and the `decision` of each step while the run goes on."""

    def __init__(self, sample: Sample, kickoff: Json) -> None:
        self.sample = sample
        self.rules: list[Json] = sample.template["automated_actions"]
        self.answers: Json = dict(kickoff)
        self.completed: set[str] = set()
        self.decision: dict[str, bool] = {}
        self.reopened: list[str] = []
        shown = {
            action["target_step_id"]
            for rule in self.rules
            for action in rule["then_actions"]
            if action["action_verb"] == "show"
        }
        self.visible = set(sample.steps) - shown
        subjects = {condition["conditionable_id"] for rule in self.rules for condition in rule["conditions"]}
        self.apply_rules(subjects, None)

    def complete(self, step: str, answers: Json, approved: bool = True) -> None:
        """Save the answers of a visible step, then complete it; `approved` is the decision, or False for expired."""
        assert step in self.visible, f"{step} is hidden"
        self.answers |= answers
        self.apply_rules(set(answers), None)
        self.completed.add(step)
        self.decision[step] = approved
        self.apply_rules({step, *answers}, step)

    def apply_rules(self, dirty: set[str], origin: str | None) -> None:
        for _ in range(ROUNDS):
            touched: set[str] = set()
            for rule in self.rules:
                if any(c["conditionable_id"] in dirty for c in rule["conditions"]) and self.holds(rule):
                    touched |= {a["target_step_id"] for a in rule["then_actions"] if self.act(a, origin)}
            if not touched:
                return
            dirty = touched
        raise AssertionError("the rules never come to rest")

    def act(self, action: Json, origin: str | None) -> bool:
        """Whether the action changed its target."""
        verb, target = action["action_verb"], action["target_step_id"]
        if verb == "reopen":
            if target not in self.completed or target == origin:
                return False
            self.completed.discard(target)
            self.reopened.append(target)
            return True
        if verb not in ("show", "hide") or target in self.completed or (target in self.visible) == (verb == "show"):
            return False
        self.visible ^= {target}
        return True

    def holds(self, rule: Json) -> bool:
        result = True
        for number, condition in enumerate(rule["conditions"]):
            true = self.is_true(condition)
            result = true if number == 0 else (result or true) if condition["logic"] == "or" else (result and true)
        return result

    def is_true(self, condition: Json) -> bool:
        name, operation = condition["conditionable_id"], condition["operation"]
        if condition["conditionable_type"] == "Step":
            done = name in self.completed and name in self.visible
            wanted = {"completed": None, "approved": True, "acknowledged": True, "rejected": False, "expired": False}
            return done and wanted[operation] in (None, self.decision[name])
        value: Any = self.answers.get(name)
        if is_blank(value):
            return False
        text = str(value["text"] if isinstance(value, dict) else value)
        statement = condition["statement"]
        match operation:
            case "is_not_empty":
                return True
            case "equals":
                return text == statement
            case "equals_any":
                return text in statement.split(",")
            case "greater_than":
                return float(text) > float(statement)
            case "less_than":
                return float(text) < float(statement)
            case _:
                raise NotImplementedError(operation)
