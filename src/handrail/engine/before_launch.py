"""The texts of a kick-off form before there is a process: what is known then is filled in (engine 4.5).

Known are the template, the day, and the defaults that the form begins with; all other fields have no answer yet, and
read as nothing. As in a process, a name that is no field's stays as it is written.
"""

from handrail.engine.defaults import initial_values
from handrail.engine.definition import Template
from handrail.engine.state import Process
from handrail.engine.variables import Texts, names_of
from handrail.kernel.worktime import local


def texts_before_launch(template: Template, now: int, zone: str, date_format: str | None) -> Texts:
    """Texts as they would read in a process launched now (milliseconds UTC) and left as it begins."""
    kickoff = initial_values(template.definition.kickoff, today=local(now, zone).date(), now=now)
    process = Process(
        id="",
        increment_id=0,
        template_id=template.id,
        template_version=template.version,
        template_title=template.title,
        type=template.type,
        name="",
        summary=None,
        status="active",
        owner_id=0,
        started_by=0,
        kickoff=kickoff,
        created_at=now,
        started_at=now,
        updated_at=now,
    )
    return Texts(process, names_of(template.definition), zone, date_format)
