"""The process keeps its name and the last form in viewflow's JSON column."""

from viewflow import jsonstore
from viewflow.workflow.models import Process


class IntakeProcess(Process):
    """A process without a table of its own."""

    name = jsonstore.CharField(max_length=200)
    note = jsonstore.TextField()

    class Meta:
        proxy = True
