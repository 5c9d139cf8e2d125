"""Inviting, accepting, and what a link can and cannot do."""

from typing import Any

import httpx
import pytest

from tests.support.server import Org, Person, TestServer

PASSWORD = "correct horse battery"


def invitation(person: Person, **changes: Any) -> httpx.Response:
    body = {"email": f"rui.{person.organization_id}@quay.example", "first_name": "Rui", "last_name": "Costa"}
    return person.http.post("/users/invite", json=body | changes)


def invited(person: Person, **changes: Any) -> dict[str, Any]:
    answer = invitation(person, **changes)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def token_of(user: dict[str, Any]) -> str:
    return user["invite_link"].partition("token=")[2]


def accept(server: TestServer, token: str, password: str = PASSWORD, **names: str) -> httpx.Response:
    # no token and no client header: the page behind the link has neither
    with httpx.Client(base_url=server.url) as client:
        return client.post("/api/auth/accept-invite", json={"token": token, "password": password, **names})


def errors(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


def test_invited_member(org: Org) -> None:
    user = invited(org, email="  Rui.Big@Quay.Example ", message="Welcome")
    assert (user["status"], user["active"], user["is_active"], user["role"]) == ("invited", False, False, "light")
    assert (user["invited_by"], user["email"]) == (org.user_id, "rui.big@quay.example")
    assert user["invite_link"].startswith(f"{org.server.url}/accept-invite?token=hri_")
    assert "invite_link" not in org.http.get(f"/users/{user['id']}").json()["data"]


def test_invited_members_cannot_sign_in_and_accepting_makes_them_active(org: Org) -> None:
    user = invited(org, role="Standard")
    answer = accept(org.server, token_of(user))
    assert answer.status_code == 200, answer.text
    member = answer.json()["data"]
    assert (member["id"], member["status"], member["role"], member["full_name"]) == (
        user["id"],
        "active",
        "standard",
        "Rui Costa",
    )
    assert member["organization_id"] == org.organization_id
    mine = org.client(member["access_token"]).get("/me").json()["data"]
    assert (mine["id"], mine["activated_at"] is not None, mine["last_login_at"] is not None) == (user["id"], True, True)


def test_link_works_once_and_names_can_be_corrected(org: Org) -> None:
    token = token_of(invited(org))
    assert errors(accept(org.server, token, "short")).keys() == {"password"}
    assert errors(accept(org.server, token, first_name="www.pilots.example")).keys() == {"first_name"}
    member = accept(org.server, token, first_name="Rui Manuel").json()["data"]
    assert member["full_name"] == "Rui Manuel Costa"
    assert "token" in errors(accept(org.server, token))


def test_links_end_after_eighteen_days(org: Org) -> None:
    token = token_of(invited(org))
    with org.server.later(days=18.01):
        assert "expired" in errors(accept(org.server, token))["token"][0]
    assert accept(org.server, token).status_code == 200


@pytest.mark.parametrize("token", ["", "hri_x", "x" * 201, "\u0000"])
def test_made_up_links_are_refused(server: TestServer, token: str) -> None:
    assert accept(server, token).status_code == 422


def test_renewed_link_replaces_the_old_one(org: Org) -> None:
    user = invited(org)
    renewed = org.http.post(f"/x/users/{user['id']}/invitation").json()["data"]
    assert "token" in errors(accept(org.server, token_of(user)))
    assert accept(org.server, token_of(renewed)).status_code == 200
    assert org.http.post(f"/x/users/{user['id']}/invitation").status_code == 422


def test_link_dies_when_the_member_is_disabled(org: Org) -> None:
    user = invited(org)
    org.http.delete(f"/users/{user['id']}/disable")
    assert "token" in errors(accept(org.server, token_of(user)))
    assert org.http.put(f"/users/{user['id']}/enable").json()["data"]["status"] == "invited"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
        ({"first_name": "r" * 33}, "first_name"),
        ({"first_name": " "}, "first_name"),
        ({"first_name": "https://quay.example"}, "first_name"),
        ({"last_name": "www.quay.example"}, "last_name"),
        ({"last_name": "quay.com"}, "last_name"),
        ({"role": "owner"}, "role"),
        ({"message": "m" * 5001}, "message"),
    ],
)
def test_wrong_invitations_are_named(org: Org, changes: dict[str, Any], path: str) -> None:
    assert list(errors(invitation(org, **changes))) == [path]


def test_missing_fields_are_all_named(org: Org) -> None:
    assert errors(org.http.post("/users/invite", json={})).keys() == {"email", "first_name", "last_name"}


def test_members_cannot_be_invited_again(org: Org) -> None:
    person = org.member()
    assert "email" in errors(invitation(org, email=person.email.upper()))
    org.http.delete(f"/users/{person.user_id}/disable")
    assert "email" in errors(invitation(org, email=person.email))


def test_whoever_waits_is_sent_another_link_and_stays_as_they_were(org: Org) -> None:
    inviter, other = org.member(), org.member()
    first = invited(inviter, role="standard")
    assert "email" in errors(invitation(other))
    again = invited(org, role="light", first_name="Somebody", last_name="Else")
    kept = ("id", "first_name", "last_name", "role", "status", "invited_by")
    assert [again[key] for key in kept] == [first[key] for key in kept]
    assert again["status"] == "invited"
    renewed = invited(inviter)
    assert renewed["id"] == first["id"]
    # each link ends the one before
    assert accept(org.server, token_of(again)).status_code == 422


def test_standard_members_invite_when_allowed_but_no_administrators(org: Org) -> None:
    person = org.member()
    user = invited(person, role="standard")
    assert "invite_link" not in user
    assert invitation(person, email="x@quay.example", role="admin").status_code == 403
    org.http.put("", json={"allow_user_invite": False})
    assert invitation(person, email="x@quay.example").status_code == 403
    assert invitation(org, email="x@quay.example").status_code == 200


def test_standard_members_send_their_own_invitations_again(org: Org) -> None:
    person, other = org.member(), org.member()
    user = invited(person)
    path = f"/x/users/{user['id']}/invitation"
    again = person.http.post(path)
    assert again.status_code == 200
    assert "invite_link" not in again.json()["data"]
    assert other.http.post(path).status_code == 403
    assert org.member("light").http.post(path).status_code == 403
    token = token_of(org.http.post(path).json()["data"])
    assert org.http.put(f"/users/{user['id']}/role", json={"role": "admin"}).status_code == 200
    # an administrator by now, whom a standard member could not invite
    assert person.http.post(path).status_code == 403
    org.http.put(f"/users/{user['id']}/role", json={"role": "light"})
    org.http.put("", json={"allow_user_invite": False})
    assert person.http.post(path).status_code == 403
    assert accept(org.server, token).status_code == 200
    entries = org.http.get(f"/x/audit?event=member_invited&subject_id={user['id']}").json()["data"]
    assert [entry["detail"].get("again", False) for entry in reversed(entries)] == [False, True, True]


def test_light_members_never_invite(org: Org) -> None:
    assert invitation(org.member("light")).status_code == 403


def test_person_with_an_account_needs_its_password(two_orgs: tuple[Org, Org]) -> None:
    """An inviter who knows the link must not be able to take over an account that exists."""
    one, other = two_orgs
    email = f"shared.{one.organization_id}@quay.example"
    first = accept(one.server, token_of(invited(one, email=email))).json()["data"]
    second = invited(other, email=email, first_name="Somebody", last_name="Else")
    assert second["id"] == first["id"]
    assert second["full_name"] == "Somebody Else"
    assert second["last_login_at"] is None
    token = token_of(second)
    assert "password" in errors(accept(one.server, token, "a guessed password"))
    assert one.client(first["access_token"]).get("/me").status_code == 200
    joined = accept(one.server, token, PASSWORD, first_name="Changed").json()["data"]
    assert joined["full_name"] == "Rui Costa"
    assert other.client(joined["access_token"]).get("/me").json()["data"]["status"] == "active"
    assert one.http.get(f"/users/{first['id']}").json()["data"]["full_name"] == "Rui Costa"


def test_invitation_of_a_known_person_does_not_open_the_door(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    person = one.member()
    invited(other, email=person.email)
    assert other.client(person.token).get("").status_code == 404


def test_organizations_do_not_see_each_others_invitations(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    email = f"both.{one.organization_id}@quay.example"
    invited(one, email=email, first_name="One")
    invited(other, email=email, first_name="Other")
    names = [
        next(user["first_name"] for user in org.http.get("/users").json()["data"] if user["email"] == email)
        for org in two_orgs
    ]
    assert names == ["One", "Other"]
