"""What people are told by mail when their account changes, or their place in an organization."""

from typing import Any

import httpx

from tests.features.accounts.conftest import PASSWORD, Mailing, with_password
from tests.features.builders import made
from tests.support.server import Person


def changed(person: Person, path: str, **body: Any) -> dict[str, Any]:
    answer: httpx.Response = person.http.put(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_both_addresses_are_told_of_a_change(mailing: Mailing) -> None:
    mina = with_password(mailing.server.found().member())
    new = f"new.{mina.email}"
    assert mina.http.put("/me/update-email", json={"email": new, "password": "wrong"}).status_code == 422
    assert mina.http.put("/me/update-email", json={"email": new}).status_code == 422
    assert mailing.told(mina.email) == []
    changed(mina, "/me/update-email", email=new, password=PASSWORD)
    for address in (mina.email, new):
        ((subject, text),) = mailing.told(address)
        assert subject == "Your address was changed"
        assert mina.email in text
        assert new in text
    # only the new one gets a link, which verifies it in a browser of the account
    assert "http" not in mailing.told(mina.email)[0][1]
    link = mailing.link(new)
    assert mailing.browser().open(link).submit(password="not this one").status == 422
    assert mailing.browser().open(link).submit(password=PASSWORD).title == "Your address is verified"


def test_addresses_change_a_few_times_an_hour_at_most(mailing: Mailing) -> None:
    mina = with_password(mailing.server.found().member())
    bodies = [{"email": f"{number}.{mina.email}", "password": PASSWORD} for number in range(6)]
    assert [mina.http.put("/me/update-email", json=body).status_code for body in bodies] == [200] * 5 + [429]


def test_a_changed_password_is_told_however_it_is_changed(mailing: Mailing) -> None:
    mina = with_password(mailing.server.found().member())
    changed(mina, "/me/update-password", password=PASSWORD, new_password="Springflut 12")
    browser = mailing.browser().sign_in(mina.email, "Springflut 12").open("/account/password")
    browser.submit(current_password="Springflut 12", password=PASSWORD)
    assert browser.title == "Your account"
    assert [subject for subject, _ in mailing.told(mina.email)] == ["Your password was changed"] * 2


def test_a_new_role_is_told_with_the_old_one_and_by_whom(mailing: Mailing) -> None:
    org = mailing.server.found()
    mina, admin = org.member("standard"), org.member("admin", first_name="Rui")
    changed(admin, f"/users/{mina.user_id}/role", role="light")
    changed(admin, f"/users/{mina.user_id}/role", role="light")
    ((subject, text),) = mailing.told(mina.email)
    assert subject == "Your role has changed"
    assert "Rui" in text
    assert "a light member of" in text
    assert "you were a standard member" in text
    # not of what one does oneself
    changed(admin, f"/users/{admin.user_id}/role", role="standard")
    assert mailing.told(admin.email) == []


def test_whoever_is_let_in_again_is_told(mailing: Mailing) -> None:
    org = mailing.server.found()
    mina = org.member()
    org.http.delete(f"/users/{mina.user_id}/disable")
    changed(org, f"/users/{mina.user_id}/role", role="light")
    assert mailing.told(mina.email) == []
    changed(org, f"/users/{mina.user_id}/enable")
    assert [subject for subject, _ in mailing.told(mina.email)] == ["Your account is active again"]


def test_a_profile_that_somebody_else_changes_is_told(mailing: Mailing) -> None:
    org = mailing.server.found()
    mina = org.member(first_name="Mina")
    same = {"first_name": "Mina", "timezone": mina.http.get("/me").json()["data"]["timezone"]}
    changed(mina, "/me", phone="+351 1")
    changed(org, f"/users/{mina.user_id}", **same)
    assert mailing.told(mina.email) == []
    changed(org, f"/users/{mina.user_id}", **same, phone="+351 2", job_title="Pilot", date_format="dd/mm/yyyy")
    ((subject, text),) = mailing.told(mina.email)
    assert subject == "Your profile was changed"
    assert "date format, phone, job title" in text


def test_whoever_invites_is_told_that_they_have_come(mailing: Mailing) -> None:
    org = mailing.server.found()
    changed(org, "", allow_user_invite=True)
    mina, eva = org.member("standard"), f"eva.{org.organization_id}@pilots.example"
    body = {"email": eva, "first_name": "Eva", "last_name": "Nova", "role": "light"}
    assert mina.http.post("/users/invite", json=body).status_code == 200
    mailing.browser().open(mailing.link(eva)).submit(password=PASSWORD, first_name="Evita")
    ((subject, text),) = mailing.told(mina.email)
    assert subject == "Your invitation was accepted"
    assert f"Evita Nova ({eva})" in text


def test_whoever_comes_is_welcomed(mailing: Mailing) -> None:
    org = mailing.server.found()
    eva = f"eva.{org.organization_id}@pilots.example"
    body = {"email": eva, "first_name": "Eva", "last_name": "Nova", "role": "light"}
    assert org.http.post("/users/invite", json=body).status_code == 200
    mailing.browser().open(mailing.link(eva)).submit(password=PASSWORD)
    name = made(org.http.get(""), 200)["name"]
    subject, text = mailing.told(eva)[-1]
    assert subject == f"Welcome to {name}"
    assert f"You are a light member of {name}" in text


def test_whoever_founds_an_organization_is_welcomed(mailing: Mailing) -> None:
    rosa = "rosa.founds@pilots.example"
    fields = {"first_name": "Rosa", "last_name": "Vale", "organization": "Vale Desk", "timezone": "UTC"}
    browser = mailing.browser().open("/account/register").submit(**fields, email=rosa, password=PASSWORD)
    assert "Welcome to Vale Desk" not in [subject for subject, _ in mailing.told(rosa)]
    browser.open(mailing.link(rosa)).submit()
    subject, text = mailing.told(rosa)[-1]
    assert (subject, "an administrator of Vale Desk" in text) == ("Welcome to Vale Desk", True)
