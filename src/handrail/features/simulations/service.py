"""Trying a template out, for whoever may read it."""

from handrail.features.organizations import engine as organizations
from handrail.features.simulations import running, view, wire
from handrail.features.templates import reading
from handrail.http.call import Call


async def simulated(call: Call, template_id: str, body: wire.SimulationBody) -> wire.Simulation:
    """A run of the version that the caller sees. NotFound, Denied; Invalid as a launch, and for names of nothing."""
    now = call.application.clock.now()
    async with call.database.reader() as reader:
        _, template, _ = await reading.find(call, reader, template_id, "template.simulate")
        ready = await running.prepared(reader, call.actor, template, body)
        zone = (await organizations.load(reader, call.organization_id)).timezone
    return view.shown(await running.run(ready, now), zone)
