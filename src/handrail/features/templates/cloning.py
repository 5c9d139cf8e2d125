"""Duplicates of templates, within an organization and from another one the person belongs to (wire CHK-8)."""

from collections.abc import Iterable

from msgspec.structs import replace

from handrail.engine.definition import Template
from handrail.engine.portable import export_definition
from handrail.engine.template_copy import copy_definition
from handrail.engine.template_import import import_definition
from handrail.features.people.roster import roster_of
from handrail.features.templates import access, creating, grants, references, store, versions
from handrail.features.templates.heads import TITLE, Head, head_of
from handrail.features.templates.store import GrantRow, TemplateRow
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors
from handrail.kernel.permission import may
from handrail.ports.database import Reader, Transaction


async def clone(tx: Transaction, actor: Actor, template_id: str, *, origin: Actor, title: str | None, now: int) -> str:
    """A copy with new ids and aliases for everything; its id. NotFound or Denied as for `origin`.

    `origin` is the person in the organization the template is in. From another organization come no permissions and
    none of the people and tags that are not known here.
    """
    row, shown = await _source(tx, origin, template_id)
    head = _head(row, actor, title)
    if origin.organization_id == actor.organization_id:
        copy = copy_definition(shown.definition, now=now)
        rows = await tx.all(store.grants_of, organization_id=actor.organization_id, ids=[row.id])
        properties = creating.with_renamed_aliases(head.properties, copy.aliases)
        return await creating.add(
            tx,
            actor,
            replace(head, properties=properties),
            copy.definition,
            now,
            granted=_granted(rows, row),
            verb="duplicated",
        )
    data = export_definition(shown.definition)
    errors = Errors()
    imported = import_definition(
        data,
        people=await roster_of(tx, actor.organization_id, data),
        errors=errors,
        now=now,
        known_tags=await references.known_tags(tx, actor.organization_id, data),
        known_templates=frozenset[str](),
    )
    errors.raise_if_any()
    assert imported is not None
    foreign = replace(head, users=(), groups=(), folder_id=None)
    foreign = replace(foreign, properties=replace(head.properties, default_folder=None))
    return await creating.add(tx, actor, foreign, imported.definition, now, verb="duplicated")


async def _source(reader: Reader, origin: Actor, template_id: str) -> tuple[TemplateRow, Template]:
    row, held = await access.find(reader, origin, template_id, "template.duplicate")
    may_edit = may(origin, "template.edit", held)
    number = row.working_version if may_edit or not row.version else row.version
    found = await versions.load(reader, origin.organization_id, row.id, number)
    assert found is not None
    return row, found.template


def _head(row: TemplateRow, actor: Actor, title: str | None) -> Head:
    """A copy belongs to whoever makes it, and nobody outside sees it before they say so."""
    return replace(
        head_of(row),
        title=title if title and title.strip() else f"COPY OF - {row.title}"[:TITLE],
        owner_id=actor.user_id,
        starred=False,
        is_pinned=False,
        is_public=False,
        is_public_kickoff=False,
    )


def _granted(rows: Iterable[GrantRow], source: TemplateRow) -> list[tuple[str, str]]:
    """The permissions of the source, without the one that its maker has for having made it."""
    makers = ("PROCESS_READ", grants.user(source.created_by))
    return [pair for grant in rows if (pair := (grant.permission, grant.principal)) != makers]
