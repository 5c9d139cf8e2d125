"""Reading and changing an organization, over HTTP."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.features.organizations.changes import changed
from handrail.features.organizations.document import WEEK
from handrail.features.organizations.store import OrganizationRow
from handrail.features.organizations.wire import OrganizationBody, week
from handrail.kernel.errors import Errors
from handrail.kernel.worktime import into_working_time
from tests.features.builders import template
from tests.support.server import Org, TestServer

_KEYS = """
id name slug industry description welcome_title welcome_description address1 address2 address3 city state zipcode
country created_on last_updated live_support_enabled org_logo settings users_count payment_state team_size
signup_survey in_trial analytics_enabled limit_trial_features real_time_billing saml_enabled saml_login_url
sso_default_role preferred_trial_plan google_analytics_id mixpanel_token plan_code auto_join_signups home_bg
homepage_snippet onboarding_snippet guest_onboarding_snippet light_role_error_snippet maximum_group_assignment_limit
allow_user_invite allow_manage_groups working_days deadline_setting wyiwyg cadence_days guest_cadence_days timezone
default_deadline auto_archive auto_archive_processes_after auto_complete_tasks auto_complete_task_months
azure_cognitive_service global_css error_404_template enable_custom_404_error enable_custom_smtp
onboarding_template_id enable_onboarding_template disable_min_members_billing enable_light_users_billing
webhook_date_field_format purpose process_today restrict_blueprint_permissions use_generative_ai user_role
user_status joined_on disabled_on last_accessed created_at remind_future_start
"""
KEYS = _KEYS.split()


def put(org: Org, **body: Any) -> dict[str, Any]:
    answer = org.http.put("", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def wrong(org: Org, **body: Any) -> dict[str, list[str]]:
    answer = org.http.put("", json=body)
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


def test_every_key_is_there(org: Org) -> None:
    found = org.http.get("").json()["data"]
    assert set(KEYS) <= found.keys()
    assert found["working_days"] == {name: {"enabled": True} for name in WEEK}
    assert found["default_deadline"] == {"type": "days", "value": 5}
    assert (found["user_role"], found["user_status"], found["users_count"]) == ("admin", "active", 1)
    assert found["joined_on"] == found["created_on"] == found["created_at"]


def test_only_active_members_are_counted(org: Org) -> None:
    person = org.member()
    org.http.post("/users/invite", json={"email": "later@pilots.example", "first_name": "L", "last_name": "R"})
    assert org.http.get("").json()["data"]["users_count"] == 2
    org.http.delete(f"/users/{person.user_id}/disable")
    assert org.http.get("").json()["data"]["users_count"] == 1


SETTABLE: dict[str, Any] = {
    "name": "Harbour Pilots",
    "slug": "harbour-pilots",
    "timezone": "Europe/Lisbon",
    "industry": "Shipping",
    "description": "Sea and air",
    "purpose": "Onboarding",
    "process_today": "Paper",
    "signup_survey": "A friend",
    "team_size": [11, 50],
    "address1": "14 Quay Street",
    "address2": "Floor 2",
    "address3": "Room 3",
    "city": "Porto",
    "state": "Norte",
    "zipcode": "4050-123",
    "country": "Portugal",
    "welcome_title": "Hello",
    "welcome_description": "<p>Come in</p>",
    "org_logo": "https://pilots.example/logo.png",
    "home_bg": "https://pilots.example/bg.png",
    "global_css": "p { color: teal }",
    "homepage_snippet": "<p>Home</p>",
    "onboarding_snippet": "<p>Welcome</p>",
    "guest_onboarding_snippet": "<p>Guest</p>",
    "light_role_error_snippet": "<p>Ask</p>",
    "error_404_template": "<p>Lost</p>",
    "enable_custom_404_error": True,
    "deadline_setting": "next",
    "default_deadline": {"type": "hours", "value": 36},
    "auto_archive": True,
    "auto_archive_processes_after": {"unit": "days", "value": 90},
    "auto_complete_tasks": True,
    "auto_complete_task_months": 24,
    "allow_user_invite": False,
    "allow_manage_groups": False,
    "maximum_group_assignment_limit": 12,
    "restrict_blueprint_permissions": True,
    "wyiwyg": False,
    "cadence_days": ["Monday", "Thursday"],
    "guest_cadence_days": ["Friday"],
    "auto_join_signups": True,
    "sso_default_role": "light",
    "enable_custom_smtp": True,
    "enable_onboarding_template": True,
    "webhook_date_field_format": "d/m/Y h:i A T",
    "use_generative_ai": True,
    "azure_cognitive_service": {"region": "north"},
    "google_analytics_id": "G-1",
    "mixpanel_token": "mx",
    "remind_future_start": False,
    "escape_csv_formulas": True,
}


def test_every_setting_is_kept_and_others_stay(org: Org) -> None:
    settable = {**SETTABLE, "onboarding_template_id": template(org)["id"]}
    for key, value in settable.items():
        assert put(org, **{key: value})[key] == value
    found = org.http.get("").json()["data"]
    assert {key: found[key] for key in settable} == settable


def test_onboarding_template_must_exist_when_it_is_chosen(org: Org) -> None:
    chosen = template(org)["id"]
    assert put(org, onboarding_template_id=chosen)["onboarding_template_id"] == chosen
    answer = org.http.put("", json={"onboarding_template_id": "0" * 32})
    assert list(answer.json()["errors"]) == ["onboarding_template_id"]
    assert org.http.delete(f"/checklists/{chosen}").status_code == 200
    assert org.http.delete(f"/checklists/{chosen}/delete").status_code == 200
    assert put(org, onboarding_template_id=chosen, name="Sent back")["onboarding_template_id"] == chosen
    assert put(org, onboarding_template_id=None)["onboarding_template_id"] is None


def test_what_was_read_can_be_sent_back(org: Org) -> None:
    put(org, **SETTABLE)
    found = org.http.get("").json()["data"]
    again = put(org, **found)
    assert {key: again[key] for key in KEYS if key not in ("last_updated",)} == {
        key: found[key] for key in KEYS if key not in ("last_updated",)
    }


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 51}, "name"),
        ({"name": None}, "name"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc"}, "timezone"),
        ({"working_days": {"Funday": {"enabled": True}}}, "working_days.Funday"),
        ({"working_days": {"Monday": {"enabled": True, "start": "09:00"}}}, "working_days.Monday.end"),
        ({"working_days": {"Monday": {"start": "17:00", "end": "09:00"}}}, "working_days.Monday.end"),
        ({"working_days": {"Monday": {"start": "25:00", "end": "26:00"}}}, "working_days.Monday.start"),
        ({"working_days": {"Monday": 7}}, "working_days.Monday"),
        ({"working_days": {}}, "working_days"),
        ({"default_deadline": {"type": "years", "value": 1}}, "default_deadline.type"),
        ({"default_deadline": {"type": "days", "value": -1}}, "default_deadline.value"),
        ({"default_deadline": {"type": "days"}}, "default_deadline.value"),
        ({"auto_archive_processes_after": {"unit": "months", "value": 2}}, "auto_archive_processes_after.unit"),
        ({"auto_archive_processes_after": {"unit": "weeks", "value": 91}}, "auto_archive_processes_after.value"),
        ({"auto_complete_task_months": 1}, "auto_complete_task_months"),
        ({"auto_complete_task_months": 25}, "auto_complete_task_months"),
        ({"auto_archive": "perhaps"}, "auto_archive"),
        ({"cadence_days": ["Monday", "Payday"]}, "cadence_days.1"),
        ({"maximum_group_assignment_limit": -1}, "maximum_group_assignment_limit"),
        ({"sso_default_role": "owner"}, "sso_default_role"),
        ({"onboarding_template_id": "nope"}, "onboarding_template_id"),
        ({"webhook_date_field_format": "Y-m-d"}, "webhook_date_field_format"),
        ({"org_logo": "javascript:alert(1)"}, "org_logo"),
        ({"team_size": [1, 2, 3]}, "team_size"),
    ],
)
def test_wrong_settings_are_named(org: Org, body: dict[str, Any], path: str) -> None:
    before = org.http.get("").json()["data"]
    assert list(wrong(org, **body)) == [path]
    assert org.http.get("").json()["data"] == before


def test_words_and_numbers_may_be_written_loosely(org: Org) -> None:
    found = put(
        org,
        auto_archive="true",
        auto_complete_task_months="12",
        cadence_days=["thursday", "MONDAY", "Monday"],
        default_deadline={"type": "week", "value": "2"},
        working_days={"monday": {"enabled": 1, "start": "8:05", "end": "00:00"}, "Tuesday": {"all_hours": True}},
    )
    assert (found["auto_archive"], found["auto_complete_task_months"]) == (True, 12)
    assert found["cadence_days"] == ["Monday", "Thursday"]
    assert found["default_deadline"] == {"type": "weeks", "value": 2}
    assert found["working_days"]["Monday"] == {"enabled": True, "start": "08:05", "end": "24:00"}
    assert found["working_days"]["Tuesday"] == {"enabled": True}
    assert found["working_days"]["Wednesday"] == {"enabled": False}
    assert put(org, working_days=None)["working_days"]["Sunday"] == {"enabled": True}


def test_snippets_lose_scripts(org: Org) -> None:
    found = put(org, homepage_snippet="<p>Hi</p><script>alert(1)</script>")
    assert found["homepage_snippet"] == "<p>Hi</p>"


def test_keys_of_other_services_are_for_administrators(org: Org) -> None:
    put(org, google_analytics_id="G-1", mixpanel_token="mx", azure_cognitive_service={"key": "k"})
    found = org.member().http.get("").json()["data"]
    assert [found[key] for key in ("google_analytics_id", "mixpanel_token", "azure_cognitive_service")] == [None] * 3


@pytest.mark.parametrize("role", ["standard", "light"])
def test_others_read_but_do_not_change(org: Org, role: str) -> None:
    person = org.member(role)
    assert person.http.get("").json()["data"]["user_role"] == role
    assert person.http.put("", json={"name": "Mine"}).status_code == 403


def test_billing_includes_are_empty_and_for_administrators(org: Org) -> None:
    found = org.http.get("?with=subscription,billing_info,other").json()["data"]
    assert found["subscription"] == found["billing_info"] == {"data": None}
    assert "subscription" not in org.member().http.get("?with=subscription").json()["data"]


def test_patch_means_put(org: Org) -> None:
    assert org.http.patch("", json={"city": "Lagos"}).json()["data"]["city"] == "Lagos"


def test_my_organizations_are_paged(server: TestServer) -> None:
    first, second, third = server.found(), server.found(), server.found()
    for other in (second, third):
        other.member("light", email=first.email)
    server.found()
    client = server.client(first.token, path="/api")
    whole = client.get("/me/organizations").json()
    assert [found["id"] for found in whole["data"]] == [org.organization_id for org in (first, second, third)]
    assert [found["user_role"] for found in whole["data"]] == ["admin", "light", "light"]
    assert [found["users_count"] for found in whole["data"]] == [1, 2, 2]
    page = client.get("/me/organizations?per_page=2&page=2").json()
    assert [found["id"] for found in page["data"]] == [third.organization_id]
    assert page["meta"]["pagination"]["total"] == 3


def test_organizations_that_i_left_are_not_mine(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    person = one.member()
    other.member(email=person.email)
    one.http.delete(f"/users/{person.user_id}/disable")
    token = other.people[0].token
    found = one.server.client(token).get("/me/organizations").json()["data"]
    assert [organization["id"] for organization in found] == [other.organization_id]


def test_page_of_my_organizations_costs_the_same_for_many(server: TestServer) -> None:
    one = server.found()
    client = server.client(one.token)
    client.get("/me/organizations")
    with server.count_statements() as few:
        client.get("/me/organizations")
    for _ in range(4):
        server.found().member(email=one.email)
    with server.count_statements() as many:
        assert len(client.get("/me/organizations").json()["data"]) == 5
    assert len(many) == len(few)


DAY = st.one_of(
    st.booleans(),
    st.fixed_dictionaries(
        {},
        optional={
            "enabled": st.sampled_from([True, False, 1, 0, "true", "x", None]),
            "start": st.sampled_from(["00:00", "9:00", "09:30", "24:00", "24:30", "noon", 9, None]),
            "end": st.sampled_from(["00:00", "17:00", "24:00", "x", None]),
            "all_hours": st.booleans(),
        },
    ),
    st.none(),
    st.integers(),
)


@given(st.dictionaries(st.sampled_from([*WEEK, "monday", "Funday", ""]), DAY), st.integers(0, 2**42))
def test_any_week_is_refused_or_understood_alike_everywhere(days: dict[str, Any], moment: int) -> None:
    row = OrganizationRow("0" * 32, "N", "n", "Europe/Lisbon", None, "days", 5, "{}", 0, 0)
    errors = Errors()
    after = changed(row, OrganizationBody(working_days=days), errors)
    if errors:
        assert all(path.startswith("working_days") for path in errors.found)
        return
    shown = week(after.working_days)
    assert list(shown) == list(WEEK)
    assert any(day.enabled for day in shown.values())
    # sending back what was read changes nothing
    again = {
        name: {
            key: value
            for key, value in (("enabled", day.enabled), ("start", day.start), ("end", day.end))
            if isinstance(value, bool | str)
        }
        for name, day in shown.items()
    }
    assert changed(row, OrganizationBody(working_days=again), Errors()).working_days == after.working_days
    assert into_working_time(moment, again, row.timezone) >= moment
