"""The flow: start, ten tasks of the one who started it, end."""

from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.flow.views import CreateProcessView, UpdateProcessView

from .models import IntakeProcess


def _step(following: object) -> flow.View:
    return flow.View(UpdateProcessView.as_view(fields=["note"])).Assign(this.start.owner).Next(following)


class IntakeFlow(flow.Flow):
    """Ten human tasks one after another."""

    process_class = IntakeProcess

    start = flow.Start(CreateProcessView.as_view(fields=["name"])).Next(this.step1)
    step1 = _step(this.step2)
    step2 = _step(this.step3)
    step3 = _step(this.step4)
    step4 = _step(this.step5)
    step5 = _step(this.step6)
    step6 = _step(this.step7)
    step7 = _step(this.step8)
    step8 = _step(this.step9)
    step9 = _step(this.step10)
    step10 = _step(this.end)
    end = flow.End()
