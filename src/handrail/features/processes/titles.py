"""The titles of tasks as the feed writes them down: once, with the answers of that moment (engine 4.5).

What is written once has no reader yet, so dates are written as the launcher writes them, in the organization's zone
(decision 60). Nothing is read unless a title speaks of something.
"""

from collections.abc import Iterable

from handrail.engine.state import Process, Task
from handrail.engine.variables import Names, Texts, has_variables, people_named
from handrail.features.organizations import service as organizations
from handrail.features.people import service as people
from handrail.features.people.names import display_names
from handrail.features.processes import snapshot
from handrail.kernel.actor import Actor
from handrail.ports.database import Reader


async def filled(reader: Reader, actor: Actor, process: Process, tasks: Iterable[Task]) -> dict[str, str]:
    """The titles of those of the process's tasks that have variables, by task id."""
    speaking = [task for task in tasks if has_variables(task.title)]
    if not speaking:
        return {}
    organization_id = actor.organization_id
    frozen = await snapshot.load(
        reader, organization_id, process.template_id, process.template_version, process.injected
    )
    names: Names = {} if frozen is None else frozen.names
    about = await organizations.head_of(reader, organization_id)
    liking = await people.liking(reader, actor, process.started_by)
    named = people_named(process, names)
    called = await display_names(reader, organization_id, named, with_addresses=False) if any(named) else {}
    texts = Texts(process, names, about.timezone, liking.date_format, called)
    return {task.id: texts.plain(task.title, task.id) for task in speaking}
