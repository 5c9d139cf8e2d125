"""Explains a task to somebody who may see it: reads its process, its rules and the feed, and asks the engine."""

from collections.abc import Sequence

import msgspec

from handrail.engine import explain as engine
from handrail.engine.context import Context
from handrail.engine.definition import Owners
from handrail.engine.explain import Explanation, Happened
from handrail.engine.explained import Anchor, ConditionTold, RuleTold
from handrail.engine.variables import Texts, has_variables, people_named
from handrail.features.explain import store, wire
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.people.names import display_names
from handrail.features.processes import access, aggregate, snapshot
from handrail.features.roles import titles as roles
from handrail.features.tasks import service as tasks
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso_or_none
from handrail.kernel.errors import Impossible, NotFound
from handrail.ports.database import Reader


class _Detail(msgspec.Struct):
    """What the feed keeps of what a rule did."""

    rule: str = ""
    verb: str = ""


_detail = msgspec.json.Decoder(_Detail).decode


async def explained(reader: Reader, actor: Actor, task_id: str, now: int) -> wire.Explanation:
    """Why a task of a process is as it is. NotFound for what the caller may not see, Impossible for a single task."""
    process_id = await tasks.process_of(reader, actor, task_id)
    if process_id is None:
        raise Impossible("Only tasks of processes are explained: no rule touches a one-off task.")
    found = await aggregate.load(reader, actor.organization_id, process_id)
    task = found.process.task(task_id)
    if task is None:
        raise NotFound
    relations = await access.of_process(reader, actor, found.row, found.process.tasks)
    access.of_task(actor, task, relations)
    frozen = (await snapshot.load_many(reader, actor.organization_id, [snapshot.wanted(found.row)])).get(process_id)
    directory = await people.directory(reader, actor)
    context = Context(
        organization=await organizations.load(reader, actor.organization_id),
        directory=directory,
        people=directory,
        now=now,
        template=None if frozen is None else frozen.template,
        rules=None if frozen is None else frozen.rules,
    )
    rows = await reader.all(store.done_by_rules, organization_id=actor.organization_id, subject_id=task_id)
    happened = [Happened(at, told.rule, told.verb) for at, text in rows if (told := _detail(text)).rule]
    texts = None
    if frozen is not None and any(has_variables(other.title) for other in found.process.tasks):
        named = people_named(found.process, frozen.names)
        called = await display_names(reader, actor.organization_id, named, with_addresses=True) if any(named) else {}
        liking = await people.liking(reader, actor)
        zone = liking.timezone or context.organization.timezone
        texts = Texts(found.process, frozen.names, zone, liking.date_format, called)
    picks = await roles.picks_of(reader, actor.organization_id, task_id)
    told = engine.explain(
        context, found.process, task, happened, lambda other: access.may_see(actor, other), texts, picks
    )
    return _shown(told, task_id, process_id, task.step_id)


def _shown(told: Explanation, task_id: str, process_id: str, step_id: str | None) -> wire.Explanation:
    return wire.Explanation(
        task_id=task_id,
        run_id=process_id,
        step_id=step_id,
        checklist_id=told.template_id,
        checklist_version=told.template_version,
        visibility=wire.ExplainedVisibility(
            visible=told.visible, because=told.visibility, rules=_rules(told.visibility_rules)
        ),
        assignment=wire.ExplainedAssignment(
            owners=_people(told.owners),
            because=told.assigned,
            from_step=_people(told.owners_of_step),
            from_roles={title: _people(owners) for title, owners in told.owners_of_titles.items()},
            watching=told.owner_who_watches,
            starter_fills_in=told.starter_fills_in,
            rules=_rules(told.assignment_rules),
        ),
        deadline=wire.ExplainedDeadline(
            deadline=iso_or_none(told.deadline),
            because=told.due,
            before_rules=iso_or_none(told.deadline_base),
            of_step=None if told.deadline_of_step is None else dict(told.deadline_of_step),
            anchor=None if told.anchor is None else _anchor(told.anchor),
            rules=_rules(told.deadline_rules),
        ),
        reopening=_rules(told.reopening_rules),
        would_change=list(told.would_change),
    )


def _people(owners: Owners) -> wire.ExplainedPeople:
    return wire.ExplainedPeople(users=list(owners.users), guests=list(owners.guests), groups=list(owners.groups))


def _anchor(anchor: Anchor) -> wire.ExplainedAnchor:
    return wire.ExplainedAnchor(
        step_id=anchor.step_id,
        title=anchor.title,
        status=anchor.status,
        completed_at=iso_or_none(anchor.completed_at),
        deadline=iso_or_none(anchor.deadline),
    )


def _rules(rules: Sequence[RuleTold]) -> list[wire.ExplainedRule]:
    return [
        wire.ExplainedRule(
            id=rule.id,
            automated_alias=rule.alias,
            holds=rule.holds,
            verbs=list(rule.actions),
            conditions=[_condition(condition) for condition in rule.conditions],
            waiting_for=list(rule.waiting),
            last_acted_at=iso_or_none(rule.last_acted),
            last_verb=rule.last_did,
        )
        for rule in rules
    ]


def _condition(condition: ConditionTold) -> wire.ExplainedCondition:
    return wire.ExplainedCondition(
        conditionable_id=condition.subject,
        conditionable_type=condition.type,
        name=condition.name,
        operation=condition.operation,
        statement=condition.statement,
        logic=condition.logic,
        holds=condition.holds,
        current=condition.current,
        withheld=condition.withheld,
    )
