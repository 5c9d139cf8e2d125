"""A task that completes by the clock launches as any other does (engine 3.9)."""

from tests.features.builders import launched, made, template
from tests.features.timers.clockwork import HOUR, Clockwork
from tests.support.server import Org


def test_the_clock_launches_too_and_it_counts_for_the_owner(org: Org, clockwork: Clockwork) -> None:
    target = template(org, title="Inner")
    soon = {"value": 1, "unit": "hours", "option": "from", "step": "start_run"}
    following = {"id": target["id"], "tasks_within_process": False}
    step = {"title": "Confirm", "step_type": "expiring", "deadline": soon, "bp_to_launch": following}
    ann = org.member()
    process = launched(org, template(org, steps=[step, {"title": "Other"}]), owner_id=ann.user_id)
    assert clockwork.expire(clockwork.now() + 2 * HOUR) == 1
    (child,) = org.client().get(f"/x/runs/{process['id']}/children").json()["data"]
    assert child["started_by"] == child["owner_id"] == ann.user_id
    assert made(org.client().get(f"/runs/{process['id']}"), 200)["progress"]["complete"] == 1
