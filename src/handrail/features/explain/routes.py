"""The route of explanations (wire 2.32)."""

from handrail.features.explain import service, wire
from handrail.http.call import Call
from handrail.http.endpoint import Router

router = Router("Explain")


@router.get("/organizations/{org}/x/tasks/{task}/explain", action="task.read", returns=wire.Explanation, errors=(422,))
async def explain(call: Call) -> wire.Explanation:
    """Explain a task.

    Why it is visible or hidden, whose it is, and why it is due when it is: the rules that have a say, each condition
    with its present truth and the answer behind it, what each rule did last, what was set by hand, and what would
    change it.
    Conditions about tasks that the caller may not see are told without their answers.
    """
    async with call.database.reader() as reader:
        return await service.explained(reader, call.actor, call.id("task"), call.application.clock.now())
