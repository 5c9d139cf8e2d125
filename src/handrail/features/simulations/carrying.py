"""Saved runs in the document of a template: what an export writes, and what a new template takes from one."""

from collections.abc import Mapping
from typing import Any

import msgspec

from handrail.engine.definition import Template
from handrail.engine.permit import Doer
from handrail.features.simulations import store, wire
from handrail.features.simulations.expecting import portable
from handrail.features.simulations.keeping import MOST, check_names, insert, with_start
from handrail.kernel.actor import Actor
from handrail.kernel.decoded import as_list
from handrail.kernel.errors import Errors
from handrail.ports.database import Reader, Transaction

KEY = "template_tests"
# who a guest is turns out when the test runs
STRANGER = Doer(kind="guest", role="light")
_body = msgspec.json.Decoder(wire.TemplateTestBody).decode


async def exported(reader: Reader, template: Template, organization_id: str) -> list[dict[str, Any]]:
    """The saved runs of a template with names that another organization understands, without what is the default."""
    rows = await reader.all(store.of_template, organization_id=organization_id, template_id=template.id)
    return [_compact(portable(_body(row.body), template.definition)) for row in rows]


def _compact(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {
            field.encode_name: _compact(given)
            for field in msgspec.structs.fields(value)
            if (given := getattr(value, field.name)) != _default(field)
        }
    if isinstance(value, dict):
        return {key: _compact(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return [_compact(inner) for inner in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def imported(data: Mapping[str, Any], template: Template, now: int) -> list[wire.TemplateTestBody]:
    """The saved runs of a document, checked against the template that was made of it. Invalid, by path."""
    given = data.get(KEY)
    if given is None:
        return []
    errors = Errors()
    listed = as_list(given)
    if listed is None or len(listed) > MOST:
        errors.add(KEY, f"The {KEY} must be a list of at most {MOST} saved tests.")
        errors.raise_if_any()
    bodies: list[wire.TemplateTestBody] = []
    for index, entry in enumerate(listed or ()):
        path = f"{KEY}.{index}"
        try:
            body = msgspec.convert(entry, wire.TemplateTestBody)
        except msgspec.ValidationError as problem:
            errors.add(path, str(problem))
            continue
        body = with_start(body)
        people: dict[int | str, Doer] = {}
        people |= {action.by.strip().lower(): STRANGER for action in body.run.actions if isinstance(action.by, str)}
        check_names(body, template.definition, people, now, errors, f"{path}.")
        bodies.append(body)
    errors.raise_if_any()
    return bodies


async def store_imported(
    tx: Transaction, actor: Actor, template_id: str, bodies: list[wire.TemplateTestBody], now: int
) -> None:
    """Keep them with the new template."""
    if bodies:
        await insert(tx, actor, template_id, bodies, now)
