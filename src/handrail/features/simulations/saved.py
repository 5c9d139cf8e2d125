"""Saved runs of a template: kept with what is expected of them, run by hand and after every change of the template."""

from collections.abc import Sequence

import msgspec

from handrail.engine import lint as engine
from handrail.engine.definition import Template
from handrail.features.activity.service import Entry, record
from handrail.features.members import service as members
from handrail.features.people.bot import bot_of
from handrail.features.simulations import expecting, running, store, wire
from handrail.features.simulations.keeping import MOST, check_names, insert, with_start
from handrail.features.simulations.running import Prepared
from handrail.features.simulations.store import SavedRow
from handrail.features.templates import access, reading
from handrail.http.call import Call
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso, iso_or_none
from handrail.kernel.errors import Errors, Impossible, Invalid, NotFound
from handrail.ports.database import Reader, Transaction

_body = msgspec.json.Decoder(wire.TemplateTestBody).decode
_texts = msgspec.json.Decoder(list[str]).decode
_encode = msgspec.json.Encoder().encode


class Outcome(msgspec.Struct, frozen=True):
    """What came of one saved run; `fired` are the ids of rules that did something."""

    row: SavedRow
    failures: tuple[str, ...]
    fired: frozenset[str] = frozenset()

    @property
    def passing(self) -> bool:
        return not self.failures


async def listed(call: Call, template_id: str) -> list[wire.TemplateTest]:
    """The saved runs of a template, in the order in which they were made. NotFound, Denied."""
    async with call.database.reader() as reader:
        await access.find(reader, call.actor, template_id, "template.simulate")
        rows = await reader.all(store.of_template, organization_id=call.organization_id, template_id=template_id)
    return [shown(row) for row in rows]


async def one(call: Call, template_id: str, test_id: str) -> wire.TemplateTest:
    """One of them. NotFound, Denied."""
    async with call.database.reader() as reader:
        await access.find(reader, call.actor, template_id, "template.simulate")
        return shown(await _found(reader, call.actor, template_id, test_id))


async def create(call: Call, template_id: str, body: wire.TemplateTestBody, now: int) -> wire.TemplateTest:
    """A new saved run. NotFound, Denied; Invalid for names of nothing; Impossible when there are too many."""
    body = await _checked(call, template_id, body, now)

    async def work(tx: Transaction) -> wire.TemplateTest:
        await access.lock(tx, call.actor, template_id, "template.edit")
        known = {"organization_id": call.organization_id, "template_id": template_id}
        if int(await tx.value(store.count, **known)) >= MOST:
            raise Impossible(f"A template may have {MOST} saved tests; delete one first.")
        (row,) = await insert(tx, call.actor, template_id, [body], now)
        await _tell(tx, call.actor, template_id, f'saved the test "{body.title}"', now)
        return shown(row)

    return await call.database.write(work)


async def change(
    call: Call, template_id: str, test_id: str, body: wire.TemplateTestBody, now: int
) -> wire.TemplateTest:
    """Another run in its place. Raises as `create` does."""
    body = await _checked(call, template_id, body, now)

    async def work(tx: Transaction) -> wire.TemplateTest:
        await access.lock(tx, call.actor, template_id, "template.edit")
        row = await _found(tx, call.actor, template_id, test_id)
        values = {"title": body.title, "body": _encode(body).decode(), "due_at": now, "updated_at": now}
        await tx.run(store.update, organization_id=call.organization_id, id=row.id, **values)
        await _tell(tx, call.actor, template_id, f'changed the test "{body.title}"', now)
        return shown(msgspec.structs.replace(row, **values))

    return await call.database.write(work)


async def delete(tx: Transaction, actor: Actor, template_id: str, test_id: str, now: int) -> None:
    """Delete a saved run. NotFound, Denied."""
    await access.lock(tx, actor, template_id, "template.edit")
    row = await _found(tx, actor, template_id, test_id)
    await tx.run(store.delete, organization_id=actor.organization_id, id=row.id)
    await _tell(tx, actor, template_id, f'deleted the test "{row.title}"', now)


def shown(row: SavedRow) -> wire.TemplateTest:
    """A saved run as the wire has it."""
    body = _body(row.body)
    return wire.TemplateTest(
        id=row.id,
        checklist_id=row.template_id,
        title=body.title,
        run=body.run,
        expect=body.expect,
        passing=None if row.passing is None else bool(row.passing),
        failures=_texts(row.failures),
        waiting=row.due_at is not None,
        ran_at=iso_or_none(row.ran_at),
        ran_version=row.ran_version,
        created_by=row.created_by,
        created_at=iso(row.created_at),
        last_updated=iso(row.updated_at),
    )


async def _checked(call: Call, template_id: str, body: wire.TemplateTestBody, now: int) -> wire.TemplateTestBody:
    """The body with its moment of launch, if every name in it is that of something."""
    body = with_start(body)
    errors = Errors()
    if not body.title.strip():
        errors.add("title", "The title must not be blank.")
    async with call.database.reader() as reader:
        _, template, _ = await reading.find(call, reader, template_id, "template.edit")
        ready = await running.prepared(reader, call.actor, template, body.run)
    check_names(body, template.definition, ready.doers, now, errors)
    errors.raise_if_any()
    return body


async def _found(reader: Reader, actor: Actor, template_id: str, test_id: str) -> SavedRow:
    row = await reader.one(store.one, organization_id=actor.organization_id, template_id=template_id, id=test_id)
    if row is None:
        raise NotFound
    return row


async def _tell(tx: Transaction, actor: Actor, template_id: str, said: str, now: int) -> None:
    entry = Entry(verb="updated", subject_type="Checklist", subject_id=template_id, description=said)
    await record(tx, actor, now, [entry])


# running


class Ready(msgspec.Struct, frozen=True):
    """A saved run with everything that it needs."""

    row: SavedRow
    expect: wire.Expectation
    run: Prepared


async def prepared(reader: Reader, organization_id: str, template: Template, rows: Sequence[SavedRow]) -> list[Ready]:
    """Read what these need to run on a version of their template, each as whoever saved it."""
    found: list[Ready] = []
    for row in rows:
        body = _body(row.body)
        actor = await members.load_actor(reader, organization_id, row.created_by)
        if actor is None:
            actor = await bot_of(reader, organization_id)
        found.append(Ready(row, body.expect, await running.prepared(reader, actor, template, body.run)))
    return found


async def outcomes(ready: Sequence[Ready], now: int) -> list[Outcome]:
    """Run them, without a connection to the store: some runs take long."""
    found: list[Outcome] = []
    for one in ready:
        try:
            simulation = await running.run(one.run, now)
        except Invalid as invalid:
            found.append(Outcome(one.row, tuple(running.messages(invalid))))
            continue
        failed = expecting.failures(one.expect, simulation)
        found.append(Outcome(one.row, tuple(failed), frozenset(simulation.fired())))
    return found


async def note(tx: Transaction, template: Template, outcome: Outcome, now: int) -> None:
    """Remember what came of a run; one that became due again meanwhile stays due."""
    row = outcome.row
    await tx.run(
        store.ran,
        organization_id=row.organization_id,
        id=row.id,
        known_due_at=row.due_at,
        passing=outcome.passing,
        failures=_encode(outcome.failures).decode(),
        ran_version=template.version,
        ran_at=now,
    )


async def run_all(call: Call, template_id: str, now: int) -> wire.TemplateTestReport:
    """Run every saved run of a template on the version that the caller sees. NotFound, Denied."""
    async with call.database.reader() as reader:
        row, template, _ = await reading.find(call, reader, template_id, "template.test")
        rows = await reader.all(store.of_template, organization_id=call.organization_id, template_id=template_id)
        ready = await prepared(reader, call.organization_id, template, rows)
    done = await outcomes(ready, now)
    if template.version == row.working_version:

        async def work(tx: Transaction) -> None:
            for outcome in done:
                await note(tx, template, outcome, now)

        await call.database.write(work)
    rules = [
        wire.CoveredRule(id=rule.id, alias=rule.alias, fired_in=[one.row.title for one in done if rule.id in one.fired])
        for rule in template.definition.rules
    ]
    return wire.TemplateTestReport(
        checklist_id=template.id,
        checklist_version=template.version,
        passing=sum(one.passing for one in done),
        failing=sum(not one.passing for one in done),
        tests=[
            wire.TemplateTestResult(
                id=one.row.id, title=one.row.title, passing=one.passing, failures=list(one.failures)
            )
            for one in done
        ],
        rules=rules,
        rules_covered=sum(bool(rule.fired_in) for rule in rules),
    )


async def linted(call: Call, template_id: str) -> list[wire.Finding]:
    """What is wrong with the version that the caller sees. NotFound, Denied."""
    async with call.database.reader() as reader:
        _, template, _ = await reading.find(call, reader, template_id, "template.simulate")
    return [
        wire.Finding(
            code=one.code,
            severity=one.severity,
            path=one.path,
            message=one.message,
            advice=one.advice,
            step_id=one.step,
            rule_id=one.rule,
        )
        for one in engine.lint(template.definition)
    ]
