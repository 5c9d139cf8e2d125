"""Guests choose when their digests come: around 2.7 (edit own preferences), 3.4."""

from typing import Any

import pytest

from tests.features.builders import made
from tests.features.guests.codes import guest_of, oneoff, stranger
from tests.support.server import Org

AT = "/x/preferences"


def test_guests_choose_the_days_of_their_digest(org: Org) -> None:
    rui = guest_of(org)
    made(org.http.put("", json={"guest_cadence_days": ["Tuesday"]}), 200)
    shown = made(rui.http.get(AT), 200)
    assert shown == {"daily_digest": True, "cadence_days": ["Tuesday"], "is_own_choice": False, "timezone": None}
    wanted = {"cadence_days": ["friday", "Monday"], "timezone": "Europe/Lisbon", "daily_digest": False}
    kept = made(rui.http.put(AT, json=wanted), 200)
    assert kept["cadence_days"] == ["Monday", "Friday"]
    assert (kept["daily_digest"], kept["is_own_choice"], kept["timezone"]) == (False, True, "Europe/Lisbon")
    details = made(org.http.get(f"/guests/{rui.email}"), 200)["details"]
    assert (details["cadence_days"], details["daily_digest"]) == (["Monday", "Friday"], False)
    # what is left out stays; null goes back to what the organization decided
    assert made(rui.http.put(AT, json={"daily_digest": True}), 200)["cadence_days"] == ["Monday", "Friday"]
    assert made(rui.http.put(AT, json={"cadence_days": None}), 200)["cadence_days"] == ["Tuesday"]


@pytest.mark.parametrize(
    ("body", "path"),
    [({"cadence_days": ["Someday"]}, "cadence_days.0"), ({"timezone": "Europe/Atlantis"}, "timezone")],
)
def test_wrong_preferences_are_named(org: Org, body: dict[str, Any], path: str) -> None:
    answer = guest_of(org).http.put(AT, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"].keys() == {path}


def test_a_guest_changes_nothing_else_and_nobody_else(org: Org) -> None:
    rui, other = guest_of(org), guest_of(org, "ana@pilots.example")
    made(rui.http.put(AT, json={"first_name": "Somebody", "phone_1": "1", "cadence_days": ["Sunday"]}), 200)
    details = made(org.http.get(f"/guests/{rui.email}"), 200)
    assert (details["first_name"], details["details"]["phone_1"]) == (None, None)
    assert made(org.http.get(f"/guests/{other.email}"), 200)["details"]["cadence_days"] is None
    # the address of somebody is no key
    assert stranger(org, f"/guests/{other.email}").put(AT, json={"daily_digest": False}).status_code == 401


def test_members_do_it_for_guests_whom_they_may_change(org: Org) -> None:
    rui = guest_of(org)
    at = f"/guests/{rui.email}{AT}"
    standard, light = org.member("standard"), org.member("light")
    assert made(standard.http.put(at, json={"cadence_days": ["Monday"]}), 200)["cadence_days"] == ["Monday"]
    assert light.http.get(at).status_code == 404
    owners = {"users": [org.user_id, light.user_id]}
    oneoff(org, "Together", rui.email, owners={**owners, "guests": [rui.email], "groups": []})
    assert made(light.http.get(at), 200)["cadence_days"] == ["Monday"]
    assert light.http.put(at, json={"cadence_days": []}).status_code == 403


def test_it_is_in_the_audit_log(org: Org) -> None:
    rui = guest_of(org)
    made(rui.http.put(AT, json={"daily_digest": False}), 200)
    (entry,) = org.http.get("/x/audit", params={"event": "guest_changed"}).json()["data"]
    assert (entry["actor_id"], entry["detail"]["changed"]) == (None, ["daily_digest"])
    assert entry["detail"]["guest"] == made(org.http.get(f"/guests/{rui.email}"), 200)["id"]
