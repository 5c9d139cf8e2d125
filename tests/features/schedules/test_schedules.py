"""Schedules (engine 3.5, decision 16): rules on the clocks of a zone, and each moment launched once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handrail.features.processes import service as processes
from handrail.features.schedules.jobs import launch_due
from handrail.kernel.errors import Impossible
from tests.features.builders import made, template
from tests.features.tasks.test_completing import at_browser
from tests.support.server import Org, Person

UNKNOWN = "0" * 32


def tomorrow(days: int = 1, hour: int = 9) -> datetime:
    day = datetime.now(UTC).replace(tzinfo=None, hour=hour, minute=0, second=0, microsecond=0)
    return day + timedelta(days=days)


def body(checklist: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {
        "title": "Every morning",
        "checklist_id": checklist["id"],
        "rule": "FREQ=DAILY",
        "starts_at": f"{tomorrow():%Y-%m-%d %H:%M:%S}",
        "timezone": "UTC",
    }
    return {**given, **more}


def scheduled(person: Person, checklist: dict[str, Any], **more: Any) -> dict[str, Any]:
    return made(person.http.post("/x/schedules", json=body(checklist, **more)))


def read(person: Person, schedule: dict[str, Any]) -> dict[str, Any]:
    return made(person.http.get(f"/x/schedules/{schedule['id']}"), 200)


def launch(org: Org) -> None:
    org.server.run(lambda: launch_due(org.server.database, org.server.clock))


@contextmanager
def at(org: Org, moment: datetime) -> Iterator[None]:
    """Inside, the server's clock shows this moment."""
    ahead = moment.replace(tzinfo=UTC).timestamp() * 1000 - org.server.clock.now()
    with org.server.later(milliseconds=int(ahead)):
        yield


def runs(org: Org, checklist: dict[str, Any]) -> list[dict[str, Any]]:
    found: Any = made(org.http.get(f"/runs?checklist_id={checklist['id']}&sort=created_at"), 200)
    return found


def wrong(person: Person, checklist: dict[str, Any], **more: Any) -> set[str]:
    answer = person.http.post("/x/schedules", json=body(checklist, **more))
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"])


def test_each_moment_is_launched_once(org: Org) -> None:
    checklist = template(org)
    schedule = scheduled(org, checklist, name="Morning of {{DATE}}")
    assert (schedule["next_at"], schedule["launches"]) == (f"{tomorrow():%Y-%m-%dT09:00:00.000Z}", 0)
    launch(org)
    assert runs(org, checklist) == []
    with at(org, tomorrow() + timedelta(seconds=3)):
        launch(org)
        launch(org)
        (run,) = runs(org, checklist)
        shown = read(org, schedule)
    assert run["name"] == f"Morning of {tomorrow():%m/%d/%Y}"
    assert (run["started_by"], run["owner_id"]) == (org.user_id, org.user_id)
    assert (shown["launches"], shown["last_run_id"]) == (1, run["id"])
    assert (shown["last_at"], shown["next_at"]) == (schedule["next_at"], f"{tomorrow(2):%Y-%m-%dT09:00:00.000Z}")
    with at(org, tomorrow(2) + timedelta(minutes=1)):
        launch(org)
        assert len(runs(org, checklist)) == 2


@pytest.mark.parametrize(("catch_up", "count"), [("last", 1), ("all", 4), ("none", 0)])
def test_what_was_missed(org: Org, catch_up: str, count: int) -> None:
    checklist = template(org)
    schedule = scheduled(org, checklist, catch_up=catch_up)
    with at(org, tomorrow(4) + timedelta(hours=5)):
        launch(org)
        assert len(runs(org, checklist)) == count
        assert read(org, schedule)["next_at"] == f"{tomorrow(5):%Y-%m-%dT09:00:00.000Z}"
    with at(org, tomorrow(5) + timedelta(seconds=30)):
        launch(org)
        assert len(runs(org, checklist)) == count + 1


def test_ends_with_its_rule(org: Org) -> None:
    checklist = template(org)
    schedule = scheduled(org, checklist, rule="FREQ=DAILY;COUNT=2")
    for days in (1, 2, 3):
        with at(org, tomorrow(days) + timedelta(seconds=1)):
            launch(org)
    assert read(org, schedule)["next_at"] is None
    assert len(runs(org, checklist)) == 2


def test_days_that_nobody_works(org: Org) -> None:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    week = {name: {"enabled": name in ("Monday", "Friday")} for name in names}
    made(org.http.put("", json={"working_days": week}), 200)
    rule = {"rule": "FREQ=DAILY;COUNT=7", "starts_at": "2031-03-01 09:00:00", "timezone": "UTC", "count": 10}

    def preview(non_working_days: str) -> list[str]:
        answer = org.http.post("/x/schedules/preview", json={**rule, "non_working_days": non_working_days})
        return [text[8:10] for text in made(answer, 200)["local"]]

    # 1 March 2031 is a Saturday
    assert preview("launch") == ["01", "02", "03", "04", "05", "06", "07"]
    assert preview("skip") == ["03", "07"]
    assert preview("next") == ["03", "07"]


def test_single_dates_are_left_out_and_added(org: Org) -> None:
    checklist = template(org)
    rule = f"FREQ=DAILY\nEXDATE:{tomorrow(2):%Y%m%d}\nRDATE:{tomorrow(2, 15):%Y%m%dT%H%M%S}"
    preview = {"rule": rule, "starts_at": f"{tomorrow():%Y-%m-%d %H:%M:%S}", "timezone": "UTC", "count": 3}
    told = made(org.http.post("/x/schedules/preview", json=preview), 200)
    # the day that is left out takes what was added on it along
    assert told["local"] == [f"{tomorrow(days):%Y-%m-%d} 09:00:00" for days in (1, 3, 4)]
    rule = rule.replace(f"{tomorrow(2):%Y%m%d}\n", f"{tomorrow(2):%Y%m%dT%H%M%S}\n")
    schedule = scheduled(org, checklist, rule=rule, catch_up="all")
    assert schedule["rule"] == rule
    told = made(org.http.get(f"/x/schedules/{schedule['id']}/occurrences?count=3"), 200)
    assert [text[11:16] for text in told["local"]] == ["09:00", "15:00", "09:00"]
    with at(org, tomorrow(3) + timedelta(minutes=1)):
        launch(org)
        assert read(org, schedule)["launches"] == 3
    assert wrong(org, checklist, rule="FREQ=DAILY\nEXDATE:soon") == {"rule"}


def test_clocks_of_the_zone(org: Org) -> None:
    lisbon = {"rule": "FREQ=DAILY", "starts_at": "2031-03-29 09:00", "timezone": "Europe/Lisbon", "count": 2}
    told = made(org.http.post("/x/schedules/preview", json=lisbon), 200)
    assert told["moments"] == ["2031-03-29T09:00:00.000Z", "2031-03-30T08:00:00.000Z"]
    assert told["local"] == ["2031-03-29 09:00:00", "2031-03-30 09:00:00"]
    made(org.http.put("", json={"timezone": "Asia/Kolkata"}), 200)
    schedule = scheduled(org, template(org), timezone=None)
    assert schedule["timezone"] == "Asia/Kolkata"
    told = made(org.http.get(f"/x/schedules/{schedule['id']}/occurrences?count=3"), 200)
    assert [text[11:16] for text in told["moments"]] == ["03:30"] * 3
    assert org.http.get(f"/x/schedules/{schedule['id']}/occurrences?count=101").status_code == 422


def test_answers_of_the_form(org: Org) -> None:
    prerun = [{"label": "Month", "field_type": "text", "required": True, "field_validation": ["max:10"]}]
    checklist = template(org, prerun=prerun)
    month = checklist["prerun"][0]["id"]
    assert wrong(org, checklist) == {f"prerun.{month}"}
    assert wrong(org, checklist, prerun={month: "x" * 11}) == {f"prerun.{month}"}
    assert wrong(org, checklist, prerun={month: "May", UNKNOWN: "x"}) == {f"prerun.{UNKNOWN}"}
    scheduled(org, checklist, prerun={month: "May"})
    with at(org, tomorrow() + timedelta(seconds=1)):
        launch(org)
        (run,) = runs(org, checklist)
    assert run["prerun"] == {month: "May"}


def test_a_launch_that_fails_is_told_and_the_fifth_pauses(org: Org) -> None:
    checklist = template(org)
    schedule = scheduled(org, checklist)
    required = {"prerun": [{"label": "Month", "field_type": "text", "required": True}]}
    made(org.http.put(f"/checklists/{checklist['id']}", json=required), 200)
    for days in range(1, 6):
        with at(org, tomorrow(days) + timedelta(seconds=1)):
            launch(org)
            shown = read(org, schedule)
            assert (shown["failures"], shown["last_error"]) == (days, "Month is required")
            assert shown["paused"] == (days == 5)
    assert runs(org, checklist) == []
    made(org.http.put(f"/checklists/{checklist['id']}", json={"prerun": []}), 200)
    changed = made(org.http.put(f"/x/schedules/{schedule['id']}", json={"paused": False}), 200)
    assert (changed["failures"], changed["last_error"], changed["paused"]) == (0, None, False)
    with at(org, tomorrow() + timedelta(seconds=1)):
        launch(org)
        assert len(runs(org, checklist)) == 1


def test_changes(org: Org) -> None:
    checklist = template(org)
    schedule = scheduled(org, checklist, paused=True)
    with at(org, tomorrow() + timedelta(seconds=1)):
        launch(org)
        assert runs(org, checklist) == []
    place = f"/x/schedules/{schedule['id']}"
    changed = made(org.http.put(place, json={"rule": "FREQ=WEEKLY", "title": "Weekly", "paused": False}), 200)
    assert (changed["title"], changed["rule"], changed["starts_at"]) == ("Weekly", "FREQ=WEEKLY", schedule["starts_at"])
    assert changed["next_at"] == schedule["next_at"]
    assert org.http.delete(place).status_code == 204
    assert org.http.get(place).status_code == 404


def test_what_is_wrong_is_named(org: Org) -> None:
    checklist = template(org)
    assert wrong(org, checklist, rule="FREQ=SECONDLY") == {"rule"}
    assert wrong(org, checklist, starts_at="soon") == {"starts_at"}
    assert wrong(org, checklist, timezone="Mars/Olympus") == {"timezone"}
    assert wrong(org, checklist, title=" ") == {"title"}
    assert wrong(org, checklist, owner_id=999_999) == {"owner_id"}
    assert wrong(org, checklist, catch_up="some") == {"catch_up"}
    assert wrong(org, checklist, checklist_id="x") == {"checklist_id"}
    draft = template(org, dual_version_enabled=True)
    assert wrong(org, draft) == {"checklist_id"}
    assert org.http.post("/x/schedules", json=body({"id": UNKNOWN})).status_code == 404
    # a rule that nothing matches is refused in bounded time
    answer = org.http.post("/x/schedules/preview", json={"rule": "FREQ=MONTHLY;BYSETPOS=2", "starts_at": "2027-01-01"})
    assert answer.status_code == 422


def test_who_may(org: Org) -> None:
    checklist = template(org)
    member, other, light = org.member("standard"), org.member("standard"), org.member("light")
    theirs = scheduled(member, checklist)
    made(org.http.put(f"/x/schedules/{theirs['id']}", json={"owner_id": other.user_id}), 200)
    ours = scheduled(org, checklist)

    def ids(person: Person) -> set[str]:
        found: Any = made(person.http.get("/x/schedules"), 200)
        return {one["id"] for one in found}

    assert (ids(org), ids(member), ids(other)) == ({theirs["id"], ours["id"]}, {theirs["id"]}, {theirs["id"]})
    assert other.http.put(f"/x/schedules/{theirs['id']}", json={"title": "x"}).status_code == 403
    assert member.http.get(f"/x/schedules/{ours['id']}").status_code == 404
    assert light.http.get("/x/schedules").status_code == 403
    assert light.http.post("/x/schedules", json=body(checklist)).status_code == 403


def test_only_administrators_launch_for_somebody_else(org: Org) -> None:
    checklist = template(org)
    member, other = org.member("standard"), org.member("standard")
    for whom in (org, other):
        refused = member.http.post("/x/schedules", json=body(checklist, owner_id=whom.user_id))
        assert refused.status_code == 403
    mine = scheduled(member, checklist, owner_id=member.user_id)
    path = f"/x/schedules/{mine['id']}"
    assert member.http.put(path, json={"owner_id": org.user_id}).status_code == 403
    # whom an administrator has named may stay, and be sent back
    made(org.http.put(path, json={"owner_id": other.user_id}), 200)
    assert made(member.http.put(path, json={"title": "Mine", "owner_id": other.user_id}), 200)["title"] == "Mine"
    assert made(member.http.put(path, json={"owner_id": member.user_id}), 200)["owner_id"] == member.user_id
    assert member.http.put(path, json={"owner_id": other.user_id}).status_code == 403


def test_archiving_a_template_ends_its_schedules(org: Org) -> None:
    checklist = template(org)
    schedule = scheduled(org, checklist)
    told = org.http.delete(f"/checklists/{checklist['id']}").json()
    reference = {"type": "Schedule", "title": "Every morning", "id": schedule["id"]}
    assert reference in (told.get("data") or told)["deleted_references"]
    assert org.http.get(f"/x/schedules/{schedule['id']}").status_code == 404


def test_nobody_launches_for_whoever_left(org: Org) -> None:
    checklist = template(org)
    member = org.member("standard")
    schedule = scheduled(org, checklist, owner_id=member.user_id)
    made(org.http.delete(f"/users/{member.user_id}/disable"), 200)
    with at(org, tomorrow() + timedelta(seconds=1)):
        launch(org)
        shown = read(org, schedule)
    assert shown["last_error"] == "Whom the processes count for is no longer an active member."


def test_one_moment_that_fails_costs_no_other(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three are owed; the first is refused, then the second meets an error of ours, which passes."""
    checklist = template(org)
    schedule = scheduled(org, checklist, catch_up="all")
    original = processes.launch_unattended
    happens: list[Exception | None] = [Impossible("Not on this day."), ConnectionError("gone"), None, None]

    async def launch_unattended(tx: Any, actor: Any, *given: Any, **named: Any) -> Any:
        # other tests have schedules in this store, too
        problem = happens.pop(0) if actor.organization_id == org.organization_id else None
        if problem is not None:
            raise problem
        return await original(tx, actor, *given, **named)

    monkeypatch.setattr(processes, "launch_unattended", launch_unattended)
    with at(org, tomorrow(3) + timedelta(seconds=1)):
        launch(org)
        shown = read(org, schedule)
        if happens:  # a store that tries again by itself has got over it
            assert shown["last_error"] == "Not on this day."
            assert shown["next_at"] == f"{tomorrow(2):%Y-%m-%dT09:00:00.000Z}"
            launch(org)
        shown = read(org, schedule)
        assert (shown["launches"], shown["failures"], shown["last_error"]) == (2, 0, None)
        assert len(runs(org, checklist)) == 2
        assert shown["next_at"] == f"{tomorrow(4):%Y-%m-%dT09:00:00.000Z}"


def test_a_change_of_the_title_keeps_what_is_owed(org: Org) -> None:
    checklist = template(org)
    schedule = scheduled(org, checklist)
    with at(org, tomorrow() + timedelta(seconds=1)):
        made(org.http.put(f"/x/schedules/{schedule['id']}", json={"title": "Other"}), 200)
        launch(org)
        assert len(runs(org, checklist)) == 1


def test_decision_23_what_was_saved_for_a_read_only_field_is_launched_with(org: Org) -> None:
    fixed = {"label": "Source", "field_type": "text", "required": True, "settings": {"read_only": True}}
    default = {"default_value": "web", "default_value_enabled": True}
    checklist = template(org, prerun=[fixed | default, {"label": "Note", "field_type": "text", "required": False}])
    source, note = (field["id"] for field in checklist["prerun"])
    at_screen = at_browser(org)
    answer = at_screen.post("/x/schedules", json=body(checklist, prerun={source: "mine"}))
    assert (answer.status_code, answer.json()["errors"]) == (422, {f"prerun.{source}": ["Source is read-only"]})
    made(at_screen.post("/x/schedules", json=body(checklist, prerun={source: "web"}, paused=True)))
    # a program may, and whoever keeps what it wrote does not change it
    schedule = scheduled(org, checklist, prerun={source: "night"})
    path = f"/x/schedules/{schedule['id']}"
    kept = {source: "night", note: "Well"}
    made(at_screen.put(path, json={"prerun": kept}), 200)
    assert at_screen.put(path, json={"prerun": {source: "mine"}}).status_code == 422
    with at(org, tomorrow() + timedelta(seconds=3)):
        launch(org)
        (run,) = runs(org, checklist)
        shown = read(org, schedule)
    assert (run["prerun"], shown["launches"], shown["last_error"]) == (kept, 1, None)


def test_a_default_named_by_its_text_counts_as_an_answer(org: Org) -> None:
    region = {
        "label": "Region",
        "field_type": "dropdown",
        "required": True,
        "options": [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}],
        "default_value": "EU",
        "default_value_enabled": True,
    }
    checklist = template(org, prerun=[region])
    scheduled(org, checklist)
    with at(org, tomorrow() + timedelta(seconds=3)):
        launch(org)
        (run,) = runs(org, checklist)
    assert [answer["text"] for answer in run["prerun"].values()] == ["EU"]
