"""Variables in the texts of a template that no field answers to: they are shown as they are written (engine 4.5)."""

from collections.abc import Iterator
from typing import NamedTuple

from handrail.engine.definition import Definition, Field
from handrail.engine.variables import BUILT_IN, has_live_default, names_of
from handrail.kernel.text import placeholders


class Unknown(NamedTuple):
    """A name that nothing answers to: the place in the template's document, what is there, and the step it is in."""

    path: str
    about: str
    name: str
    step: str | None


def unknown_names(definition: Definition) -> Iterator[Unknown]:
    """Each place once for each name, in the order of the document."""
    known = names_of(definition).keys() | BUILT_IN
    for path, about, text, step in _texts(definition):
        for name in dict.fromkeys(placeholders(text)):
            if name not in known:
                yield Unknown(path, about, name, step)


def _texts(definition: Definition) -> Iterator[tuple[str, str, str, str | None]]:
    for index, field in enumerate(definition.kickoff):
        yield from _of_field(f"prerun.{index}", field, None)
    for index, step in enumerate(definition.steps):
        path = f"steps.{index}"
        yield f"{path}.title", f'The title of "{step.title}"', step.title, step.id
        if step.summary:
            yield f"{path}.summary", f'The description of "{step.title}"', step.summary, step.id
        for place, field in enumerate(step.fields):
            yield from _of_field(f"{path}.captures.{place}", field, step.id)


def _of_field(path: str, field: Field, step: str | None) -> Iterator[tuple[str, str, str, str | None]]:
    if field.guidance:
        yield f"{path}.guidance", f'The guidance of "{field.label}"', field.guidance, step
    if has_live_default(field):
        yield f"{path}.default_value", f'The default of "{field.label}"', str(field.default_value), step
