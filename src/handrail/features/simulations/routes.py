"""Routes of simulated runs (wire 2.32)."""

from handrail.features.simulations import saved, service, wire
from handrail.http.call import Call
from handrail.http.endpoint import Router

router = Router("Simulations")
TEMPLATE = "/organizations/{org}/x/checklists/{template}"
TESTS = f"{TEMPLATE}/tests"
ONE = f"{TESTS}/{{test}}"


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


@router.get(f"{TEMPLATE}/lint", action="template.simulate", returns=wire.Finding, shape="list", errors=(403,))
async def lint(call: Call) -> list[wire.Finding]:
    """See what is wrong with a template.

    Rules that can never fire, options that do not exist, steps that no rule shows, contradictions, deadlines that wait
    for ever. Only what follows from the template itself is told; nothing is found in a sound one.
    """
    return await saved.linted(call, call.id("template"))


@router.get(TESTS, action="template.simulate", returns=wire.TemplateTest, shape="list", errors=(403,))
async def index(call: Call) -> list[wire.TemplateTest]:
    """List the saved tests of a template.

    Each with what came of its last run; they run again after every change of the template.
    """
    return await saved.listed(call, call.id("template"))


@router.post(
    TESTS,
    action="template.edit",
    body=wire.TemplateTestBody,
    returns=wire.TemplateTest,
    status=201,
    errors=(403, 422),
)
async def create(call: Call, body: wire.TemplateTestBody) -> wire.TemplateTest:
    """Save a test of a template.

    A run with what is expected at its end. Without a `started_at` it is launched on Monday, 1 March 2027, 09:00 UTC, so
    that it ends the same on every day.
    """
    return await saved.create(call, call.id("template"), body, call.application.clock.now())


@router.post(f"{TESTS}/run", action="template.test", returns=wire.TemplateTestReport, errors=(403,))
async def run(call: Call) -> wire.TemplateTestReport:
    """Run the saved tests of a template now.

    With the rules that they cover: one that fires in no test is one whose effect nobody has written down.
    """
    return await saved.run_all(call, call.id("template"), call.application.clock.now())


@router.get(ONE, action="template.simulate", returns=wire.TemplateTest, errors=(403,))
async def show(call: Call) -> wire.TemplateTest:
    """Read a saved test."""
    return await saved.one(call, call.id("template"), call.id("test"))


@router.put(ONE, action="template.edit", body=wire.TemplateTestBody, returns=wire.TemplateTest, errors=(403, 422))
async def change(call: Call, body: wire.TemplateTestBody) -> wire.TemplateTest:
    """Put another test in the place of a saved one."""
    return await saved.change(call, call.id("template"), call.id("test"), body, call.application.clock.now())


@router.delete(ONE, action="template.edit", shape="empty", status=204, errors=(403,))
async def delete(call: Call) -> None:
    """Delete a saved test."""
    now = call.application.clock.now()
    await call.database.write(lambda tx: saved.delete(tx, call.actor, call.id("template"), call.id("test"), now))
