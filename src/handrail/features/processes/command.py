"""What every command on a process begins with: the aggregate, what the caller is to it, and the engine's context."""

from collections.abc import Iterable

import msgspec

from handrail.engine.context import Context
from handrail.engine.definition import Owners
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer
from handrail.engine.rules.people import people_of
from handrail.engine.state import Process
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.processes import access, aggregate, snapshot
from handrail.features.processes.aggregate import Aggregate
from handrail.features.processes.snapshot import Snapshot
from handrail.kernel.actor import Actor
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction


class Ready(msgspec.Struct, frozen=True):
    """A locked process, ready to be commanded."""

    aggregate: Aggregate
    snapshot: Snapshot | None
    relations: access.Relations
    doer: Doer

    async def context(
        self,
        tx: Transaction,
        actor: Actor,
        now: int,
        named: Iterable[Owners] = (),
        users: Iterable[int] = (),
    ) -> Context:
        """The surroundings of the command; `named` and `users` are the people it may have to know, beside those
        that the rules are about."""
        rules = None if self.snapshot is None else self.snapshot.rules
        if rules is not None:
            named = [*named, *people_of(rules, self.aggregate.process)]
        directory = await people.directory(tx, actor, named, users)
        return Context(
            organization=await organizations.load(tx, actor.organization_id),
            directory=directory,
            people=directory,
            now=now,
            template=None if self.snapshot is None else self.snapshot.template,
            rules=rules,
            oneoff_fields=self.aggregate.oneoff_fields(),
            launching=frozenset() if self.snapshot is None else self.snapshot.launching,
        )


async def prepare(tx: Transaction, actor: Actor, process_id: str, action: str | None = None) -> Ready:
    """Load and lock a process; check the action of the permission matrix. NotFound, Denied."""
    found = await aggregate.lock(tx, actor.organization_id, process_id)
    process = found.process
    relations = await access.of_process(tx, actor, found.row, process.tasks)
    if action is not None:
        permit(actor, action, relations)
    frozen = await snapshot.load(
        tx, actor.organization_id, process.template_id, process.template_version, process.injected
    )
    return Ready(found, frozen, relations, access.doer(actor, relations))


async def take(tx: Transaction, actor: Actor, process_id: str) -> Ready:
    """Load and lock a process for what follows there from a change elsewhere; whoever made it need not see it."""
    found = await aggregate.lock(tx, actor.organization_id, process_id)
    process = found.process
    frozen = await snapshot.load(
        tx, actor.organization_id, process.template_id, process.template_version, process.injected
    )
    return Ready(found, frozen, access.ALL, access.doer(actor, access.ALL))


async def invite(tx: Transaction, actor: Actor, before: Process, outcome: Outcome, context: Context, now: int) -> None:
    """Make guests of the addresses that the command or a rule gave tasks to. Who had a task before is one already."""
    emails = {email for task in outcome.changed_tasks() for email in task.owners.guests}
    if emails:
        emails.difference_update(email for task in before.tasks for email in task.owners.guests)
        assert isinstance(context.directory, people.Directory)
        await people.invite_guests(tx, actor, emails, context.directory, now)
