"""Routes of simulated runs (wire 2.32)."""

from handrail.features.simulations import service, wire
from handrail.http.call import Call
from handrail.http.endpoint import Router

router = Router("Simulations")
TEMPLATE = "/organizations/{org}/x/checklists/{template}"


@router.post(
    f"{TEMPLATE}/simulate", action="template.simulate", body=wire.SimulationBody, returns=wire.Simulation, errors=(403,)
)
async def simulate(call: Call, body: wire.SimulationBody) -> wire.Simulation:
    """Try a template.

    The template runs with the answers and actions given, on a virtual clock, and leaves no trace: no process, no mail,
    no entry in a feed. The answer tells every moment, the tasks as they ended, and which rules did something when.
    Steps are named by id, alias or title, fields by id, alias or label. What the run's people may not do is told in the
    timeline as refused, and the run goes on.
    """
    return await service.simulated(call, call.id("template"), body)
