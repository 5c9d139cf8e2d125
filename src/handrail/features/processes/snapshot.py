"""The template version a process was launched from, ready for use: immutable, so read once and kept."""

from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from handrail.engine.definition import Definition, Field, Step, Template
from handrail.engine.rules.compile import RuleSet, compile_rules
from handrail.engine.variables import Names, names_of
from handrail.features.templates import service as templates
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader

KEPT = 512


class Snapshot(msgspec.Struct, frozen=True):
    """A frozen definition with its look-ups and its rules, compiled.

    `anchors` are the steps on which other steps' deadlines depend, `names` the fields that texts may speak of.
    """

    template: Template
    steps: dict[str, Step]
    positions: dict[str, int]
    anchors: frozenset[str]
    rules: RuleSet | None
    names: Names

    @property
    def definition(self) -> Definition:
        return self.template.definition

    def step(self, step_id: str | None) -> Step | None:
        """The step with this id."""
        return None if step_id is None else self.steps.get(step_id)

    def field(self, field_id: str) -> Field | None:
        """The form field with this id, of the kick-off form or of any step."""
        for field in self.definition.kickoff:
            if field.id == field_id:
                return field
        for step in self.definition.steps:
            for field in step.fields:
                if field.id == field_id:
                    return field
        return None


_kept: OrderedDict[tuple[str, str, int], Snapshot] = OrderedDict()


def snapshot_of(template: Template) -> Snapshot:
    """The look-ups of a template version."""
    steps = {step.id: step for step in template.definition.steps}
    return Snapshot(
        template,
        steps,
        {step_id: position for position, step_id in enumerate(steps, 1)},
        frozenset(step.deadline.step for step in steps.values() if step.deadline and step.deadline.step in steps),
        compile_rules(template.definition),
        names_of(template.definition),
    )


def rules_at_launch(organization_id: str, template: Template) -> RuleSet | None:
    """The rules of a version that is about to be launched, compiled anew while no process of it was met here."""
    found = _kept.get((organization_id, template.id, template.version))
    if found is not None and (found.template is template or found.template == template):
        return found.rules
    return compile_rules(template.definition)


async def load(reader: Reader, organization_id: str, template_id: str | None, version: int) -> Snapshot | None:
    """The snapshot of a process's template version; None for a process made without a template."""
    if template_id is None:
        return None
    key = (organization_id, template_id, version)
    found = _kept.get(key)
    if found is not None:
        _kept.move_to_end(key)
        return found
    template = await templates.frozen_template(reader, organization_id, template_id, version)
    return _keep(reader, key, snapshot_of(template))


async def load_many(
    reader: Reader, organization_id: str, wanted: Sequence[tuple[str, str | None, int]]
) -> dict[str, Snapshot | None]:
    """Snapshots by process id, for `(process id, template id, version)`; those not in memory come in one statement."""
    known: dict[tuple[str, int], Snapshot] = {}
    missing: set[tuple[str, int]] = set()
    for _, template_id, version in wanted:
        if template_id is not None:
            kept = _kept.get((organization_id, template_id, version))
            if kept is None:
                missing.add((template_id, version))
            else:
                known[template_id, version] = kept
    if missing:
        for template in await templates.frozen_templates(reader, organization_id, sorted(missing)):
            key = (organization_id, template.id, template.version)
            known[template.id, template.version] = _keep(reader, key, snapshot_of(template))
    if missing - known.keys():
        raise NotFound
    return {
        process_id: None if template_id is None else known[template_id, version]
        for process_id, template_id, version in wanted
    }


def _keep(reader: Reader, key: tuple[str, str, int], found: Snapshot) -> Snapshot:
    def put() -> None:
        _kept[key] = found
        if len(_kept) > KEPT:
            _kept.popitem(last=False)

    # a launch reads what it has just frozen itself; if it is undone, the version may be changed again
    after_commit = getattr(reader, "after_commit", None)
    if after_commit is None:
        put()
    else:
        after_commit(put)
    return found
