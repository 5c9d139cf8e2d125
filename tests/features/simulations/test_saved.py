"""Saved tests of templates and what is wrong with them (wire 2.32, beyond the vendor)."""

import asyncio
from typing import Any

import pytest

from handrail.features.simulations.jobs import run_due
from tests.features.builders import made, template
from tests.features.simulations.test_simulate import rule, steps
from tests.support.server import Org, Person


def purchase(org: Person) -> dict[str, Any]:
    """A decision, and what follows when it is yes or no."""
    checklist = template(
        org,
        title="Purchase",
        steps=[{"title": "Decide", "step_type": "approval"}, {"title": "Buy"}, {"title": "Tell"}],
        prerun=[{"label": "What", "field_type": "text", "required": True}],
    )
    decide, buy, tell = steps(checklist)
    assert isinstance(org, Org)
    rule(org, checklist, "Approved: buy", "approved", decide, "show", buy)
    rule(org, checklist, "Rejected: tell", "rejected", decide, "show", tell)
    return checklist


def body(**expect: Any) -> dict[str, Any]:
    run = {"prerun": {"What": "Chairs"}, "actions": [{"do": "approve", "step": "Decide"}], "complete_rest": True}
    return {
        "title": "Approved",
        "run": run,
        "expect": {
            "status": "complete",
            "percent": 100,
            "tasks": {"Buy": {"visible": True, "status": "completed"}, "Tell": {"visible": False}},
            "rules": {"Approved: buy": True, "Rejected: tell": False},
            **expect,
        },
    }


def save(org: Person, checklist: dict[str, Any], **expect: Any) -> dict[str, Any]:
    return made(org.http.post(f"/x/checklists/{checklist['id']}/tests", json=body(**expect)))


def report(org: Person, checklist: dict[str, Any]) -> dict[str, Any]:
    return made(org.http.post(f"/x/checklists/{checklist['id']}/tests/run"), 200)


def run_in_background(org: Org) -> None:
    org.server.run(lambda: run_due(org.server.database, org.server.clock))


def test_saved_run_and_cover(org: Org) -> None:
    checklist = purchase(org)
    test = save(org, checklist)
    assert (test["passing"], test["waiting"], test["run"]["started_at"]) == (None, True, "2027-03-01T09:00:00.000Z")
    told = report(org, checklist)
    assert (told["passing"], told["failing"], told["rules_covered"]) == (1, 0, 1)
    assert [one["fired_in"] for one in told["rules"]] == [["Approved"], []]
    at = f"/x/checklists/{checklist['id']}/tests/{test['id']}"
    kept = made(org.http.get(at), 200)
    assert (kept["passing"], kept["failures"], kept["waiting"], kept["ran_version"]) == (True, [], False, 1)
    changed = made(org.http.put(at, json=body(status="active")), 200)
    assert changed["waiting"] is True
    told = report(org, checklist)
    assert told["tests"] == [
        {
            "id": test["id"],
            "title": "Approved",
            "passing": False,
            "failures": ["The process is complete, not active."],
        }
    ]
    assert org.http.delete(at).status_code == 204
    assert org.http.get(at).status_code == 404
    assert report(org, checklist)["tests"] == []


@pytest.mark.parametrize(
    ("expect", "failure"),
    [
        ({"percent": 50}, "The process is at 100 percent, not at 50."),
        ({"tasks": {"Buy": {"visible": False}}}, '"Buy" is visible.'),
        ({"tasks": {"Tell": {"status": "completed"}}}, '"Tell" is auto-skipped, not completed.'),
        ({"tasks": {"Decide": {"is_approved": False}}}, '"Decide" has the decision approved, not rejected.'),
        ({"tasks": {"Buy": {"is_approved": True}}}, '"Buy" has the decision none, not approved.'),
        (
            {"tasks": {"Buy": {"deadline": "2027-03-02"}}},
            '"Buy" is due 2027-03-06T09:00:00.000Z, not 2027-03-02.',
        ),
        ({"tasks": {"Buy": {"deadline": None}}}, '"Buy" is due 2027-03-06T09:00:00.000Z, not at no time.'),
        (
            {"tasks": {"Buy": {"owners": {"users": [], "guests": [], "groups": []}}}},
            '"Buy" belongs to member {user}, not to nobody.',
        ),
        ({"rules": {"Rejected: tell": True}}, 'The rule "Rejected: tell" did not fire.'),
        ({"rules": {"Approved: buy": False}}, 'The rule "Approved: buy" did fire.'),
        ({"refused": 1}, "0 actions were refused, not 1."),
    ],
)
def test_what_came_otherwise_is_said(org: Org, expect: dict[str, Any], failure: str) -> None:
    checklist = purchase(org)
    save(org, checklist, **expect)
    (result,) = report(org, checklist)["tests"]
    assert result["failures"] == [failure.replace("{user}", str(org.user_id))]


def test_they_run_after_every_change_of_the_template(org: Org) -> None:
    checklist = purchase(org)
    at = f"/x/checklists/{checklist['id']}/tests/{save(org, checklist)['id']}"
    run_in_background(org)
    assert made(org.http.get(at), 200)["passing"] is True
    decide, buy, _ = steps(checklist)
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{buy}", json={"title": "Purchase"}), 200)
    assert made(org.http.get(at), 200)["waiting"] is True
    run_in_background(org)
    broken = made(org.http.get(at), 200)
    assert (broken["passing"], broken["waiting"]) == (False, False)
    assert broken["failures"] == ['There is no task of the step "Buy".']
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{decide}", json={"title": "Choose"}), 200)
    run_in_background(org)
    assert made(org.http.get(at), 200)["failures"] == [
        "actions.0.step: The step must be the id, alias or title of a step of this template."
    ]
    # nothing that changes no version
    made(org.http.put(f"/checklists/{checklist['id']}", json={"title": "Purchase", "starred": True}), 200)
    assert made(org.http.get(at), 200)["waiting"] is False


def test_a_change_while_they_run_makes_them_run_again(org: Org) -> None:
    checklist = purchase(org)
    at = f"/x/checklists/{checklist['id']}/tests/{save(org, checklist)['id']}"
    buy = steps(checklist)[1]
    original = org.server.database.write

    async def late(*given: Any, **named: Any) -> Any:
        """The template is changed between the run and its being noted."""
        org.server.database.write = original  # pyright: ignore[reportAttributeAccessIssue]
        change = {"title": "Purchase"}
        path = f"/checklists/{checklist['id']}/steps/{buy}"
        await asyncio.to_thread(lambda: made(org.client().put(path, json=change), 200))
        return await original(*given, **named)

    org.server.database.write = late  # pyright: ignore[reportAttributeAccessIssue]
    run_in_background(org)
    assert made(org.http.get(at), 200)["passing"] is False


def test_exported_and_imported_with_names_that_survive(org: Org) -> None:
    checklist = purchase(org)
    decide = steps(checklist)[0]
    what = checklist["prerun"][0]["id"]
    given = body()
    given["run"]["actions"][0] |= {"step": decide, "by": org.user_id}
    given["run"]["prerun"] = {what: "Chairs"}
    made(org.http.post(f"/x/checklists/{checklist['id']}/tests", json=given))
    document = org.http.get(f"/checklists/{checklist['id']}/export").json()
    (test,) = document["template_tests"]
    assert test["run"]["actions"][0]["step"] == "Decide"
    assert test["run"]["prerun"] == {"What": "Chairs"}
    # members are others elsewhere
    assert "by" not in test["run"]["actions"][0]
    copy = made(org.http.post("/checklists", json=document))
    told = report(org, copy)
    assert (told["passing"], told["failing"]) == (1, 0)
    assert "template_tests" not in org.http.get(f"/checklists/{template(org)['id']}/export").json()
    for wrong, path in (
        ("x", "template_tests"),
        ([{"title": "T"}], "template_tests.0"),
        ([{"title": "T", "run": {"actions": [{"step": "Nowhere"}]}}], "template_tests.0.run.actions.0.step"),
        ([{"title": "T", "run": {}, "expect": {"tasks": {"Nowhere": {}}}}], "template_tests.0.expect.tasks.Nowhere"),
    ):
        answer = org.http.post("/checklists", json={**document, "template_tests": wrong})
        assert answer.status_code == 422
        assert path in answer.json()["errors"]


def test_what_is_wrong_is_named(org: Org) -> None:
    checklist = purchase(org)

    def wrong(**changes: Any) -> set[str]:
        answer = org.http.post(f"/x/checklists/{checklist['id']}/tests", json={**body(), **changes})
        assert answer.status_code == 422, answer.text
        return set(answer.json()["errors"])

    assert wrong(title="  ") == {"title"}
    assert wrong(title="x" * 251) == {"title"}
    assert wrong(run={"actions": [{"step": "Nowhere"}]}) == {"run.actions.0.step"}
    assert wrong(run={"prerun": {"Nothing": 1}}) == {"run.prerun.Nothing"}
    assert wrong(expect={"tasks": {"Nowhere": {}}}) == {"expect.tasks.Nowhere"}
    assert wrong(expect={"tasks": {"Buy": {"deadline": "soon"}}}) == {"expect.tasks.Buy.deadline"}
    assert wrong(expect={"rules": {"None": True}}) == {"expect.rules.None"}
    assert wrong(expect={"percent": 101}) == {"expect.percent"}


def test_who_may(org: Org) -> None:
    checklist = purchase(org)
    test = save(org, checklist)
    at = f"/x/checklists/{checklist['id']}/tests"
    reader = org.member("standard")
    assert len(made(reader.http.get(at), 200)) == 1
    assert reader.http.post(f"{at}/run").status_code == 200
    assert reader.http.post(at, json=body()).status_code == 403
    assert reader.http.put(f"{at}/{test['id']}", json=body()).status_code == 403
    assert reader.http.delete(f"{at}/{test['id']}").status_code == 403
    elsewhere = template(org)
    assert org.http.get(f"/x/checklists/{elsewhere['id']}/tests/{test['id']}").status_code == 404


def test_lint_over_the_api(org: Org) -> None:
    checklist = purchase(org)
    assert made(org.http.get(f"/x/checklists/{checklist['id']}/lint"), 200) == []
    _, buy, tell = steps(checklist)
    rule(org, checklist, "Never", "approved", buy, "show", tell)
    findings: Any = made(org.http.get(f"/x/checklists/{checklist['id']}/lint"), 200)
    (found,) = findings
    assert (found["code"], found["severity"], found["path"]) == ("rule-never-fires", "error", "automated_actions.2")
    assert found["message"] == 'The rule "Never" can never fire: "Buy" is of type task, which is never approved.'
