"""The template version a process was launched from, ready for use: immutable, so read once and kept."""

from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from handrail.engine.definition import Definition, Field, Step, Template
from handrail.engine.launch_next import combined, launching
from handrail.engine.rules.compile import RuleSet, compile_rules
from handrail.engine.state import Launched
from handrail.engine.variables import Names, names_of
from handrail.features.processes.store import ProcessRow
from handrail.features.templates import service as templates
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader

KEPT = 512
# template versions by id and number, in the order in which their steps came into a process
Injected = tuple[tuple[str, int], ...]
_launched = msgspec.json.Decoder(tuple[Launched, ...]).decode


class Snapshot(msgspec.Struct, frozen=True):
    """A frozen definition with its look-ups and its rules, compiled.

    With the steps of other templates in it, where the completion of a task brought them into the process. `anchors`
    are the steps on which other steps' deadlines depend, `names` the fields that texts may speak of, `launching` the
    steps whose completion launches a template.
    """

    template: Template
    steps: dict[str, Step]
    positions: dict[str, int]
    anchors: frozenset[str]
    rules: RuleSet | None
    names: Names
    launching: frozenset[str] = frozenset()

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


Key = tuple[str, str, int, Injected]
_kept: OrderedDict[Key, Snapshot] = OrderedDict()


def snapshot_of(template: Template, others: Sequence[Template] = ()) -> Snapshot:
    """The look-ups of a template version, and of those whose steps came into the process."""
    positions = {
        step.id: position for one in (template, *others) for position, step in enumerate(one.definition.steps, 1)
    }
    if others:
        template = combined(template, others)
    steps = {step.id: step for step in template.definition.steps}
    return Snapshot(
        template,
        steps,
        positions,
        frozenset(step.deadline.step for step in steps.values() if step.deadline and step.deadline.step in steps),
        compile_rules(template.definition),
        names_of(template.definition),
        launching(template.definition),
    )


def rules_at_launch(organization_id: str, template: Template) -> RuleSet | None:
    """The rules of a version that is about to be launched, compiled anew while no process of it was met here."""
    found = _kept.get((organization_id, template.id, template.version, ()))
    if found is not None and (found.template is template or found.template == template):
        return found.rules
    return compile_rules(template.definition)


def injected_in(launched: str) -> Injected:
    """The template versions whose steps came into a process, out of its stored `launched`."""
    if launched == "[]":
        return ()
    return tuple((one.template, one.version) for one in _launched(launched) if one.process is None)


def wanted(row: ProcessRow) -> tuple[str, str | None, int, Injected]:
    """What `load_many` has to know of a process."""
    return row.id, row.template_id, row.template_version, injected_in(row.launched)


async def load(
    reader: Reader, organization_id: str, template_id: str | None, version: int, injected: Injected = ()
) -> Snapshot | None:
    """The snapshot of a process's template version; None for a process made without a template."""
    if template_id is None:
        return None
    key = (organization_id, template_id, version, injected)
    found = _kept.get(key)
    if found is not None:
        _kept.move_to_end(key)
        return found
    template = await templates.frozen_template(reader, organization_id, template_id, version)
    if not injected:
        return _keep(reader, key, snapshot_of(template))
    versions = await _versions(reader, organization_id, set(injected))
    return _keep(reader, key, snapshot_of(template, [versions[one] for one in injected]))


async def load_many(
    reader: Reader, organization_id: str, wanted: Sequence[tuple[str, str | None, int, Injected]]
) -> dict[str, Snapshot | None]:
    """Snapshots by process id, for `(process id, template id, version, what came into it)`; the versions of those not
    in memory come in one statement."""
    known: dict[tuple[str, int, Injected], Snapshot] = {}
    missing: dict[tuple[str, int, Injected], None] = {}
    for _, template_id, version, injected in wanted:
        if template_id is not None:
            kept = _kept.get((organization_id, template_id, version, injected))
            if kept is None:
                missing[template_id, version, injected] = None
            else:
                known[template_id, version, injected] = kept
    if missing:
        needed = {(template_id, version) for template_id, version, _ in missing}
        needed.update(one for _, _, injected in missing for one in injected)
        versions = await _versions(reader, organization_id, needed)
        for template_id, version, injected in missing:
            found = snapshot_of(versions[template_id, version], [versions[one] for one in injected])
            key = (organization_id, template_id, version, injected)
            known[template_id, version, injected] = _keep(reader, key, found)
    return {
        process_id: None if template_id is None else known[template_id, version, injected]
        for process_id, template_id, version, injected in wanted
    }


async def _versions(
    reader: Reader, organization_id: str, wanted: set[tuple[str, int]]
) -> dict[tuple[str, int], Template]:
    found = await templates.frozen_templates(reader, organization_id, sorted(wanted))
    versions = {(template.id, template.version): template for template in found}
    if wanted - versions.keys():
        raise NotFound
    return versions


def _keep(reader: Reader, key: Key, found: Snapshot) -> Snapshot:
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
