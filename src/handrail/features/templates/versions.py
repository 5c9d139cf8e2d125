"""Template versions: read, kept in memory once frozen, written anew when an edit meets a frozen one (engine 1.2).

A version is frozen when the first process is launched from it. From then on it never changes, so this process may
keep it for ever; versions that are not frozen are read anew each time.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable

import msgspec
from msgspec.structs import replace

from handrail.engine.definition import Definition, Template
from handrail.features.simulations import marking
from handrail.features.templates import store
from handrail.features.templates.properties import (
    LaunchSettings,
    definition_from,
    document,
    launch_settings,
    launch_settings_of,
    properties_of,
    settings_from,
)
from handrail.features.templates.store import TemplateRow, VersionRow
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader, Transaction

KEPT = 512
Key = tuple[str, str, int]


class FrozenVersions:
    """The frozen versions used last, by organization, template and version number."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._kept: OrderedDict[Key, Template] = OrderedDict()

    def get(self, key: Key) -> Template | None:
        """The version, if it is here."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Key, template: Template) -> None:
        """Keep a version that is frozen for good: committed, that is."""
        self._kept[key] = template
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything, as a new process would."""
        self._kept.clear()


frozen_versions = FrozenVersions()


class Version(msgspec.Struct, frozen=True):
    """One version, decoded."""

    template: Template
    frozen: bool

    @property
    def definition(self) -> Definition:
        return self.template.definition


def decoded(row: VersionRow) -> Version:
    """A stored version as the engine sees it."""
    settings = settings_from(row.settings)
    return Version(settings.template(row.template_id, row.version, definition_from(row.definition)), bool(row.frozen))


async def load(reader: Reader, organization_id: str, template_id: str, version: int) -> Version | None:
    """A version, from memory when it is frozen; None when there is none of that number."""
    key = (organization_id, template_id, version)
    kept = frozen_versions.get(key)
    if kept is not None:
        return Version(kept, True)
    row = await reader.one(store.get_version, organization_id=organization_id, template_id=template_id, version=version)
    if row is None:
        return None
    found = decoded(row)
    if found.frozen:
        _keep(reader, key, found.template)
    return found


async def frozen_template(reader: Reader, organization_id: str, template_id: str, version: int) -> Template:
    """The version that a process was launched from, whatever became of the template since. Raises NotFound."""
    found = await load(reader, organization_id, template_id, version)
    if found is None:
        raise NotFound
    return found.template


async def frozen_templates(reader: Reader, organization_id: str, wanted: Iterable[tuple[str, int]]) -> list[Template]:
    """Versions that processes were launched from, by `(template id, version)`: one statement for those not here."""
    found: list[Template] = []
    missing: set[tuple[str, int]] = set()
    for template_id, number in wanted:
        kept = frozen_versions.get((organization_id, template_id, number))
        if kept is None:
            missing.add((template_id, number))
        else:
            found.append(kept)
    if missing:
        rows = await reader.all(
            store.versions_numbered,
            organization_id=organization_id,
            ids=sorted({template_id for template_id, _ in missing}),
            numbers=sorted({number for _, number in missing}),
        )
        for row in rows:
            if (row.template_id, row.version) in missing:
                version = decoded(row)
                found.append(version.template)
                if version.frozen:
                    _keep(reader, (organization_id, row.template_id, row.version), version.template)
    return found


async def definition_of(reader: Reader, organization_id: str, template_id: str, version: int) -> Definition:
    """The definition of a version. Raises NotFound."""
    return (await frozen_template(reader, organization_id, template_id, version)).definition


async def shown_versions(
    reader: Reader, organization_id: str, wanted: Iterable[tuple[str, int]]
) -> dict[str, Template]:
    """One current version of each template, by the template's id; those not in memory come in one statement."""
    found: dict[str, Template] = {}
    missing: dict[str, int] = {}
    for template_id, version in wanted:
        kept = frozen_versions.get((organization_id, template_id, version))
        if kept is None:
            missing[template_id] = version
        else:
            found[template_id] = kept
    if missing:
        for row in await reader.all(store.versions_named, organization_id=organization_id, ids=list(missing)):
            if row.version == missing[row.template_id]:
                version = decoded(row)
                found[row.template_id] = version.template
                if version.frozen:
                    _keep(reader, (organization_id, row.template_id, row.version), version.template)
    return found


async def freeze(tx: Transaction, organization_id: str, version: Version) -> None:
    """Say that a process is being launched from this version. The template must be locked when it was not frozen."""
    if version.frozen:
        return
    template = version.template
    await tx.run(
        store.freeze_version, organization_id=organization_id, template_id=template.id, version=template.version
    )
    _keep(tx, (organization_id, template.id, template.version), template)


async def insert(
    tx: Transaction,
    organization_id: str,
    template_id: str,
    version: int,
    definition: Definition,
    settings: LaunchSettings,
    now: int,
) -> None:
    """A new version."""
    await tx.run(
        store.insert_version,
        organization_id=organization_id,
        template_id=template_id,
        version=version,
        definition=document(definition),
        settings=document(settings),
        frozen=False,
        created_at=now,
    )


async def write(
    tx: Transaction, row: TemplateRow, current: Version, definition: Definition, now: int
) -> tuple[int, int | None]:
    """Store a changed definition or changed launch settings of the locked template `row`.

    In place while the working version is not frozen; else, or when a template with dual versions has no draft yet, as
    a new version. Returns the template's new `version` and `draft_version`.
    """
    settings = launch_settings(row.title, row.type, properties_of(row))
    needs_draft = bool(row.dual_version_enabled) and row.draft_version is None
    unchanged = settings.template(row.id, current.template.version, definition) == current.template
    if unchanged:
        return row.version, row.draft_version
    await marking.changed(tx, row.organization_id, row.id, now)
    if not current.frozen and not needs_draft:
        await _write_in_place(tx, row, current.template.version, definition, settings)
        return row.version, row.draft_version
    number = max(row.version, row.draft_version or 0) + 1
    await insert(tx, row.organization_id, row.id, number, definition, settings, now)
    return (row.version, number) if row.dual_version_enabled else (number, row.draft_version)


async def rewrite(
    tx: Transaction, row: TemplateRow, change: Callable[[Definition], Definition], now: int
) -> TemplateRow:
    """Change the working version of a locked template, and the live one beside a draft; the row as it has to become.

    For changes that are about the world outside: a person leaves, another template is archived.
    """
    draft = row.draft_version
    if draft is not None and row.version:
        live = await _existing(tx, row, row.version)
        definition = change(live.definition)
        if definition != live.definition:
            row = replace(row, version=await _write_live(tx, row, live, definition, now))
    current = await working(tx, row)
    definition = change(current.definition)
    if definition == current.definition:
        return row
    version, draft_version = await write(tx, row, current, definition, now)
    return replace(row, version=version, draft_version=draft_version)


async def working(reader: Reader, row: TemplateRow) -> Version:
    """The version that edits of a template start from."""
    return await _existing(reader, row, row.working_version)


async def _existing(reader: Reader, row: TemplateRow, number: int) -> Version:
    found = await load(reader, row.organization_id, row.id, number)
    if found is None:
        raise LookupError(f"template {row.id} has no version {number}")
    return found


async def _write_live(tx: Transaction, row: TemplateRow, live: Version, definition: Definition, now: int) -> int:
    settings = launch_settings_of(live.template)
    number = live.template.version
    if live.frozen:
        number = max(row.version, row.draft_version or 0) + 1
        await insert(tx, row.organization_id, row.id, number, definition, settings, now)
    else:
        await _write_in_place(tx, row, number, definition, settings)
    return number


async def _write_in_place(
    tx: Transaction, row: TemplateRow, number: int, definition: Definition, settings: LaunchSettings
) -> None:
    touched = await tx.run(
        store.rewrite_version,
        organization_id=row.organization_id,
        template_id=row.id,
        version=number,
        definition=document(definition),
        settings=document(settings),
    )
    if touched != 1:
        raise LookupError(f"version {number} of template {row.id} is frozen")


def _keep(reader: Reader, key: Key, template: Template) -> None:
    # what a transaction reads as frozen may be frozen by that very transaction, and undone
    after_commit = getattr(reader, "after_commit", None)
    if after_commit is None:
        frozen_versions.keep(key, template)
    else:
        after_commit(lambda: frozen_versions.keep(key, template))
