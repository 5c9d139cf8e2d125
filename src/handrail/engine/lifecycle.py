"""Archiving processes and bringing them back (engine 1.3, 9.2)."""

from handrail.engine.context import Context
from handrail.engine.events import Outcome
from handrail.engine.settle import settle
from handrail.engine.state import Process
from handrail.engine.working import Working


def archive_process(context: Context, process: Process) -> Outcome:
    """Archive a process; one that is archived already stays as it is. Its tasks keep their state."""
    working = Working.of_process(process, context.now)
    if process.archived_at is None:
        working.replace_process(archived_at=context.now)
        working.emit("process.archived")
    return settle(working, context)


def activate_process(context: Context, process: Process) -> Outcome:
    """Bring an archived process back with the status it had; one that is not archived stays as it is."""
    working = Working.of_process(process, context.now)
    if process.archived_at is not None:
        working.replace_process(archived_at=None)
        working.emit("process.activated")
    return settle(working, context)
