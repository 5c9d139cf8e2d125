"""Comments and issues through the official client."""

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client
from tests.features.builders import launched, made, template
from tests.support.server import Org


def test_comment_from_first_to_last(org: Org, sdk: Client) -> None:
    here = org.organization_id
    process = launched(org, template(org))
    task = process["tasks"][0]["id"]
    comment = sdk.add_task_comment(here, task, "<p>Please check</p>", state="open", label="advice")
    assert (comment.content, comment.label, comment.state) == ("<p>Please check</p>", "advice", "open")
    assert (comment.author_id, comment.author_type, comment.task_id) == (org.user_id, "user", task)
    assert (comment.sent_to, comment.resolve_id, comment.archived_at) == ([], None, None)
    changed = sdk.update_task_comment(here, task, comment.id, "<p>Checked</p>")
    assert (changed.id, changed.content, changed.state) == (comment.id, "<p>Checked</p>", "open")
    assert [one.content for one in sdk.get_task_comments(here, process["id"], task)] == ["<p>Checked</p>"]
    assert sdk.delete_task_comment(here, task, comment.id) is True
    assert sdk.get_task_comments(here, process["id"], task) == []
    with pytest.raises(TallyfyError) as failure:
        sdk.delete_task_comment(here, task, comment.id)
    assert failure.value.status_code == 404


def test_comments_of_a_standalone_task(org: Org, sdk: Client) -> None:
    here = org.organization_id
    owners = {"users": [org.user_id], "guests": [], "groups": []}
    body = {"title": "Errand", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners}
    task = made(org.http.post("/tasks", json=body))["id"]
    sdk.add_task_comment(here, task, f"For @[{org.user_id}]")
    (comment,) = sdk.get_standalone_task_comments(here, task)
    assert comment.sent_to == [org.user_id]
    assert comment.content.startswith("For <strong>")


def test_issue_is_reported_and_resolved(org: Org, sdk: Client) -> None:
    here = org.organization_id
    process = launched(org, template(org))
    task = process["tasks"][0]["id"]
    issue = sdk.report_task_issue(here, task, "The form is empty")
    assert (issue.label, issue.resolve_id) == ("problem", None)
    assert sdk.get_process(here, process["id"]).status == "problem"
    # the shortcut on the client itself leaves the thread out
    assert sdk.threads.resolve_task_issues(here, task, issue.id) is True
    problem, resolution = sdk.get_task_comments(here, process["id"], task)
    assert (problem.resolve_id, resolution.label, resolution.content) == (resolution.id, "resolve", "Resolved")
    assert sdk.get_process(here, process["id"]).status == "active"
