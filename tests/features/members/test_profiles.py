"""Changing profiles, addresses and passwords."""

from typing import Any

import pytest

from tests.features.members.test_invitations import PASSWORD, accept, invited, token_of
from tests.support.server import Org, Person, TestServer


def joined(org: Org, **changes: Any) -> Person:
    """A member who accepted an invitation, and so has a password."""
    user = invited(org, **changes)
    member = accept(org.server, token_of(user)).json()["data"]
    return Person(org.server, org.organization_id, user["id"], user["email"], member["access_token"])


def errors(person: Person, path: str, **body: Any) -> dict[str, list[str]]:
    answer = person.http.put(path, json=body)
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


PROFILE: dict[str, Any] = {
    "first_name": "Mira Luísa",
    "last_name": "Santos",
    "timezone": "Asia/Kathmandu",
    "phone": "+351 220 000 222",
    "job_title": "Coordinator",
    "job_description": "Coordinates",
    "team": "Harbour desk",
    "country_id": 174,
    "date_format": "dd/mm/yyyy",
}


def test_every_key_is_kept_and_others_stay(org: Org) -> None:
    person = org.member("light")
    for key, value in PROFILE.items():
        answer = person.http.put("/me", json={key: value})
        assert answer.status_code == 200, answer.text
    found = person.http.get("/me").json()["data"]
    assert {key: found[key] for key in PROFILE} == PROFILE
    assert found["UTC_offset"] == "+05:45"
    assert found["full_name"] == "Mira Luísa Santos"
    cleared = person.http.put("/me", json={"phone": None, "timezone": None, "country_id": None}).json()["data"]
    assert (cleared["phone"], cleared["timezone"], cleared["country_id"]) == (None, "UTC", None)
    assert cleared["team"] == "Harbour desk"


def test_administrators_change_others(org: Org) -> None:
    person = org.member()
    found = org.http.put(f"/users/{person.user_id}", json=PROFILE | {"email": "x@y.example", "username": "x"})
    assert found.status_code == 200, found.text
    assert found.json()["data"]["email"] == person.email
    assert person.http.get("/me").json()["data"]["team"] == "Harbour desk"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"first_name": " "}, "first_name"),
        ({"first_name": None}, "first_name"),
        ({"last_name": "n" * 33}, "last_name"),
        ({"last_name": "http://quay.example"}, "last_name"),
        ({"timezone": "Mars"}, "timezone"),
        ({"phone": "1" * 21}, "phone"),
        ({"country_id": 0}, "country_id"),
        ({"country_id": "x"}, "country_id"),
        ({"date_format": "yyyy"}, "date_format"),
        ({"step_preferences": "maybe"}, "step_preferences"),
    ],
)
def test_wrong_profiles_are_named(org: Org, body: dict[str, Any], path: str) -> None:
    assert list(errors(org, "/me", **body)) == [path]


@pytest.mark.parametrize("name", ["O'Neill", "J.R.", "Étienne", "李", "van der Berg", "Smith-Jones", "St.John"])
def test_names_of_people_are_no_addresses(org: Org, name: str) -> None:
    assert org.http.put("/me", json={"last_name": name}).json()["data"]["last_name"] == name


def test_people_in_several_organizations_change_themselves(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    person = one.member()
    other.member(email=person.email)
    answer = one.http.put(f"/users/{person.user_id}", json={"first_name": "Renamed"})
    assert answer.status_code == 403
    assert person.http.put("/me", json={"first_name": "Renamed"}).status_code == 200


def test_name_of_somebody_who_was_invited_can_be_corrected(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    person = one.member(first_name="Mira")
    user = invited(other, email=person.email, first_name="Mria")
    found = other.http.put(f"/users/{user['id']}", json={"first_name": "Mia"}).json()["data"]
    assert found["first_name"] == "Mia"
    assert person.http.get("/me").json()["data"]["first_name"] == "Mira"


def test_new_address_needs_the_password(org: Org) -> None:
    person = joined(org)
    new = f"new.{person.user_id}.{org.organization_id}@quay.example"
    assert errors(person, "/me/update-email", email=new).keys() == {"password"}
    assert errors(person, "/me/update-email", email=new, password="wrong one").keys() == {"password"}
    assert errors(person, "/me/update-email", email="nobody", password=PASSWORD).keys() == {"email"}
    assert errors(person, "/me/update-email", email=org.email, password=PASSWORD).keys() == {"email"}
    found = person.http.put("/me/update-email", json={"email": new.upper(), "current_password": PASSWORD})
    assert found.status_code == 200, found.text
    assert found.json()["data"]["email"] == new
    other = person.http.put(f"/users/{person.user_id}/update-email", json={"email": person.email, "password": PASSWORD})
    assert other.json()["data"]["email"] == person.email


def test_new_password_needs_the_old_one(org: Org) -> None:
    person = joined(org)
    new = "staple the next harbour"
    path = "/me/update-password"
    assert errors(person, path, new_password="short", password=PASSWORD).keys() == {"new_password"}
    assert errors(person, path, new_password="x" * 128, password=PASSWORD).keys() == {"new_password"}
    assert errors(person, path, new_password=new, password="wrong one").keys() == {"password"}
    twice = errors(person, path, new_password=new, new_password_confirmation="other", password=PASSWORD)
    assert twice.keys() == {"new_password_confirmation"}
    assert person.http.put(path, json={"new_password": new, "password": PASSWORD}).status_code == 200
    assert errors(person, path, new_password=PASSWORD, password=PASSWORD).keys() == {"password"}
    assert person.http.put(path, json={"new_password": PASSWORD, "password": new}).status_code == 200


def test_nobody_changes_the_sign_in_of_others(org: Org) -> None:
    person = joined(org)
    for path, body in (
        ("update-email", {"email": "x@quay.example", "password": PASSWORD}),
        ("update-password", {"new_password": "something else", "password": PASSWORD}),
    ):
        assert org.http.put(f"/users/{person.user_id}/{path}", json=body).status_code == 403


def test_without_a_password_nothing_can_be_proven(org: Org) -> None:
    answer = org.http.put("/me/update-password", json={"new_password": "something else", "password": "anything"})
    assert answer.status_code == 400


def test_passwords_are_hashed_and_never_answered(server: TestServer, org: Org) -> None:
    person = joined(org)
    answer = person.http.get("/me?with=auth_methods")
    assert answer.json()["data"]["auth_methods"] == {"data": [{"name": "native"}]}
    assert "argon2" not in answer.text
    assert PASSWORD not in answer.text
