"""Whether what a server keeps in memory is what its store holds: versions, processes, rendered tasks."""

from typing import Any

from handrail.features.organizations import engine as organizations
from handrail.features.processes import aggregate, snapshot
from handrail.features.tasks.rendered import renderings
from handrail.features.templates import versions
from tests.support.server import TestServer


def misremembered(server: TestServer) -> list[str]:
    """Everything that is kept and differs from what is stored under the same key and revision."""
    return server.run(lambda: _misremembered(server))


async def _misremembered(server: TestServer) -> list[str]:
    found: list[str] = []
    kept_versions: Any = versions.frozen_versions
    kept_processes: Any = aggregate.kept
    templates = dict(kept_versions._kept)
    snapshots: Any = dict(snapshot._kept)  # pyright: ignore[reportPrivateUsage]
    async with server.database.reader() as reader:
        for (organization_id, template_id, number), template in templates.items():
            row = await reader.one(
                versions.store.get_version, organization_id=organization_id, template_id=template_id, version=number
            )
            if row is not None and (not row.frozen or versions.decoded(row).template != template):
                found.append(f"version {number} of template {template_id}")
        for (organization_id, template_id, number, injected), kept in snapshots.items():
            rows = [
                await reader.one(
                    versions.store.get_version, organization_id=organization_id, template_id=one, version=version
                )
                for one, version in ((template_id, number), *injected)
            ]
            stored = [versions.decoded(row).template for row in rows if row is not None]
            if len(stored) == len(rows) and snapshot.snapshot_of(stored[0], stored[1:]).template != kept.template:
                found.append(f"snapshot {number} of template {template_id}")
        for (organization_id, process_id), kept in dict(kept_processes._found).items():
            row = await reader.one(aggregate.store.by_id, organization_id=organization_id, id=process_id)
            if row is None or row.revision != kept.row.revision:
                continue
            aggregated = await aggregate.load(reader, organization_id, process_id)
            if aggregated != kept:
                found.append(f"process {process_id}: {_difference(aggregated, kept)}")
    return found


def _difference(stored: Any, kept: Any) -> str:
    parts: list[str] = []
    for name in ("row", "process"):
        left, right = getattr(stored, name), getattr(kept, name)
        parts += [
            f"{field} {getattr(left, field)!r} is kept as {getattr(right, field)!r}"
            for field in left.__struct_fields__
            if getattr(left, field) != getattr(right, field)
        ]
    return "; ".join(parts) or "extras"


async def forget_all() -> None:
    """Forget everything, as a server that has just been started."""
    tasks: Any = renderings
    tasks._readers.clear()
    tasks._count = 0
    versions.frozen_versions.clear()
    snapshot._kept.clear()  # pyright: ignore[reportPrivateUsage]
    organizations._kept.clear()  # pyright: ignore[reportPrivateUsage]
    processes: Any = aggregate.kept
    for key in list(processes._found):
        processes.drop(*key)
