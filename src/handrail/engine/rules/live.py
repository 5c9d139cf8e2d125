"""How rules read a default with variables that nobody has edited yet: as it reads at that moment (decision 22).

Hardly any field has one, so whether it has is found out once for each version, and all others cost nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from handrail.engine.definition import Field
from handrail.engine.rule_definitions import Parts
from handrail.engine.rules.situation import Situation
from handrail.engine.variables import Names, Texts, has_live_default, is_live_default
from handrail.kernel.text import placeholders

Reading = Callable[[Situation, Any], Any]


def reading(field: Field, parts: Parts) -> Reading | None:
    """What an answer to the field reads as; None where it is always what is stored."""
    if not has_live_default(field):
        return None
    names = _names(parts)
    step_id = parts.step_of.get(field.id)

    def read(situation: Situation, value: Any) -> Any:
        if not is_live_default(field, value):
            return value
        process = replace(situation.process, tasks=tuple(situation.tasks.values()))
        task = None if step_id is None else situation.task(step_id)
        texts = Texts(process, names, situation.zone)
        return texts.answers([field], {field.id: value}, None if task is None else task.id)[field.id]

    return read


def spoken_of(fields: Iterable[Field], parts: Parts) -> dict[str, set[str]]:
    """The fields of which the defaults of other fields speak, each with those others."""
    found: dict[str, set[str]] = {}
    names = _names(parts)
    for field in fields:
        if has_live_default(field):
            for name in placeholders(str(field.default_value)):
                if name in names:
                    found.setdefault(names[name][0].id, set()).add(field.id)
    return found


def _names(parts: Parts) -> Names:
    found: dict[str, tuple[Field, str | None]] = {field.alias: (field, None) for field in parts.kickoff.values()}
    found.update({field.alias: (field, parts.step_of[field.id]) for field in parts.captures.values()})
    return found
