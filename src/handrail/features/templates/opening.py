"""What the audit log is told when strangers may read or launch a template, and when they no longer may (around 9)."""

from handrail.features.audit import recording as audit
from handrail.features.templates.heads import Head
from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction

_FLAGS = (
    ("is_public", "blueprint_made_public", "blueprint_made_private", "the template"),
    ("is_public_kickoff", "kickoff_form_made_public", "kickoff_form_made_private", "the kick-off form of the template"),
)


async def tell(tx: Transaction, actor: Actor, template_id: str, head: Head, before: Head | None, now: int) -> None:
    """An entry for each of the two that changes; `before` is None for a new template."""
    for flag, opened, closed, words in _FLAGS:
        is_open, was_open = getattr(head, flag), before is not None and getattr(before, flag)
        if is_open != was_open:
            event, kind = (opened, "public") if is_open else (closed, "private")
            said = f'Made {words} "{head.title}" {kind}'
            await audit.note(tx, actor, now, event, said, subject=("Checklist", template_id))
