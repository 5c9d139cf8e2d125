"""The flow's own pages, the list of a member's tasks among them."""

from django.http import HttpResponse
from django.urls import path
from intake.flows import IntakeFlow
from viewflow.urls import Site
from viewflow.workflow.flow import FlowAppViewset

site = Site(viewsets=[FlowAppViewset(IntakeFlow, app_name="intake", title="Intake")])

urlpatterns = [path("ready/", lambda request: HttpResponse(b"ok")), path("", site.urls)]
