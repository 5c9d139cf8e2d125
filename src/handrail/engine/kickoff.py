"""The kick-off form of a running process: its answers, submitting it and reopening it (engine 3.3)."""

from collections.abc import Mapping
from typing import Any

from handrail.engine.context import Context
from handrail.engine.definition import Field
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer
from handrail.engine.saving import changed_keys, refuse_read_only
from handrail.engine.settle import settle
from handrail.engine.state import Process
from handrail.engine.values import check_values, is_filled, missing_required
from handrail.engine.working import Working
from handrail.kernel.errors import Errors, Invalid


def complete_kickoff(context: Context, process: Process, doer: Doer) -> Outcome:
    """Submit the kick-off form; submitting it once more is an event again. Invalid with `prerun.<field id>`."""
    working = Working.of_process(process, context.now)
    working.require_writable()
    missing = missing_required(_fields(context), process.kickoff, path_prefix="prerun", at_launch=True)
    if missing:
        raise Invalid(missing)
    working.replace_process(
        kickoff_completed_at=context.now, kickoff_completed_by=doer.user_id, kickoff_submitted_by=doer.user_id
    )
    working.emit("kickoff.completed")
    return settle(working, context)


def reopen_kickoff(context: Context, process: Process) -> Outcome:
    """Take the submission back. A process without a kick-off form, or with one not submitted, stays as it is."""
    working = Working.of_process(process, context.now)
    working.require_writable()
    if process.kickoff_completed_at is not None and _fields(context):
        working.replace_process(kickoff_completed_at=None, kickoff_completed_by=None)
        working.emit("kickoff.reopened")
    return settle(working, context)


def save_kickoff(context: Context, process: Process, given: Mapping[str, Any], doer: Doer) -> Outcome:
    """Merge answers by field id; unknown ids are dropped.

    Invalid with `prerun.<field id>` for what does not fit, and for a required answer that would be emptied while the
    form is submitted (decision 67).
    """
    working = Working.of_process(process, context.now)
    working.require_writable()
    fields = _fields(context)
    errors = Errors()
    accepted = check_values(fields, given, context.people, path_prefix="prerun", errors=errors)
    refuse_read_only(fields, accepted, process.kickoff, doer, path_prefix="prerun", errors=errors)
    differing = changed_keys(process.kickoff, accepted)
    if process.kickoff_completed_at is not None:
        for field in fields:
            emptied = field.required and field.id in differing
            if emptied and not is_filled(field, accepted[field.id], at_launch=True):
                errors.add(f"prerun.{field.id}", f"{field.label} is required")
    errors.raise_if_any()
    if differing:
        working.replace_process(kickoff={**process.kickoff, **accepted})
        working.emit("process.updated", kickoff=differing)
    return settle(working, context)


def _fields(context: Context) -> tuple[Field, ...]:
    return () if context.template is None else context.template.definition.kickoff
