"""Changing what a process remembers of its rules."""

from typing import Any

from msgspec.structs import replace

from handrail.engine.definition import RuleDeadline
from handrail.engine.state import RuleState
from handrail.engine.working import Working


def remembered(working: Working) -> RuleState:
    """What the process remembers now."""
    assert working.process is not None
    return working.process.rule_state


def remember(working: Working, **changes: Any) -> None:
    """Set parts of it."""
    working.replace_process(rule_state=replace(remembered(working), **changes))


def set_sent(working: Working, rule_id: str, sent: bool) -> None:
    """Whether the webhooks of a rule went out since it last became true."""
    others = tuple(other for other in remembered(working).sent if other != rule_id)
    remember(working, sent=(*others, rule_id) if sent else others)


def with_shift(working: Working, step_id: str, shift: RuleDeadline) -> None:
    """Keep a shift until the step's deadline becomes firm."""
    remember(working, shifts={**remembered(working).shifts, step_id: shift})


def without_shift(working: Working, step_id: str) -> None:
    """Forget the shift of a step's deadline."""
    shifts = remembered(working).shifts
    if step_id in shifts:
        remember(working, shifts={other: shift for other, shift in shifts.items() if other != step_id})
