"""What a new process is called (engine 3.4). Names are made once, at launch."""

from collections.abc import Mapping
from typing import Any

from handrail.engine.definition import Template
from handrail.engine.rendering import date_text, plain
from handrail.engine.state import Organization
from handrail.engine.variables import is_live_default
from handrail.kernel.text import substitute, without_tags
from handrail.kernel.worktime import local

NAME_LENGTH = 550


def process_name(
    template: Template,
    organization: Organization,
    *,
    given: str | None,
    kickoff: Mapping[str, Any],
    now: int,
    date_format: str | None = None,
) -> str:
    """The name of a process that a person or a program launches.

    With automatic naming the template's format wins, unless the launcher may and does give a name; else the given
    name; else the template's title and the day in the organization's zone. `date_format` is the launcher's.
    """
    given = (given or "").strip()
    name_format = template.default_process_name_format
    if template.auto_naming and name_format and not (given and template.allow_launcher_change_name):
        rendered = render_name(name_format, template, organization, kickoff=kickoff, now=now, date_format=date_format)
        if rendered:
            return rendered
    if given:
        return given[:NAME_LENGTH]
    return _titled(template, f"{local(now, organization.timezone):%Y-%m-%d}", last=True)


def name_after_completion(template: Template, organization: Organization, *, now: int) -> str:
    """The name of a process launched because a task was completed: `Mar 4, 9:05am - Vendor intake`."""
    here = local(now, organization.timezone)
    half = "am" if here.hour < 12 else "pm"
    return _titled(template, f"{here:%b} {here.day}, {here.hour % 12 or 12}:{here:%M}{half}", last=False)


def render_name(
    name_format: str,
    template: Template,
    organization: Organization,
    *,
    kickoff: Mapping[str, Any],
    now: int,
    date_format: str | None = None,
) -> str:
    """A name format with `{{DATE}}`, `{{TEMPLATE_NAME}}` and the answers of kick-off fields by alias filled in.

    Trimmed, without tags, at most 550 characters; empty when nothing is left.
    """
    zone = organization.timezone

    def lookup(name: str) -> str | None:
        if name == "DATE":
            return date_text(now, date_format=date_format, zone=zone)
        if name == "TEMPLATE_NAME":
            return template.title
        return answer(name, nested=False)

    def answer(name: str, *, nested: bool) -> str | None:
        for field in template.definition.kickoff:
            if field.alias == name:
                value = kickoff.get(field.id)
                if not nested and is_live_default(field, value):
                    # filled in once, like every default with variables (decision 22)
                    value = substitute(str(value), inner)
                return plain(field, value, date_format=date_format, zone=zone)
        return None

    def inner(name: str) -> str | None:
        return lookup(name) if name in ("DATE", "TEMPLATE_NAME") else answer(name, nested=True)

    one_line = " ".join(without_tags(substitute(name_format, lookup)).split())
    return one_line[:NAME_LENGTH].strip()


def _titled(template: Template, moment: str, *, last: bool) -> str:
    title = template.title[: NAME_LENGTH - len(moment) - 3]
    return f"{title} - {moment}" if last else f"{moment} - {title}"
