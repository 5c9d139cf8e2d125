"""Guests through the official client."""

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client, said
from tests.support.server import Org

MAIL = "rui@pilots.example"


def test_a_guest_from_first_to_last(org: Org, sdk: Client) -> None:
    here = org.organization_id
    made = sdk.users.create_guest(here, MAIL, "Rui", "Falcao", phone="+351 1", company_name="Pilot Services")
    assert (made.email, made.first_name, made.last_name) == (MAIL, "Rui", "Falcao")
    assert (made.details.phone_1, made.details.company_name) == ("+351 1", "Pilot Services")
    assert made.guest_id
    read = sdk.users.get_guest(here, MAIL)
    assert (read.guest_id, read.link) == (made.guest_id, made.link)
    changed = sdk.users.update_guest(here, MAIL, last_name="Reis", phone="+351 2")
    assert (changed.first_name, changed.last_name, changed.details.phone_1) == ("Rui", "Reis", "+351 2")
    assert sdk.users.disable_guest(here, MAIL) is True
    disabled = sdk.users.get_guest(here, MAIL)
    assert disabled.details.disabled_at is not None
    assert disabled.details.disabled_by == org.user_id
    assert sdk.users.enable_guest(here, MAIL) is True
    assert sdk.users.get_guest(here, MAIL).details.disabled_at is None


def test_lists(org: Org, sdk: Client) -> None:
    here = org.organization_id
    for name in ("ana", "bea", "eva"):
        sdk.users.create_guest(here, f"{name}@pilots.example", name, "Reis")
    found = sdk.users.get_organization_guests(here, with_stats=True)
    assert [guest.first_name for guest in found.data] == ["ana", "bea", "eva"]
    assert found.count == found.meta.total == 3
    assert found.data[0].extra["stats"]["assigned_tasks"] == 0
    page = sdk.users.get_organization_guests(here, page=2, per_page=2)
    assert ([guest.first_name for guest in page.data], page.meta.total_pages) == (["eva"], 2)
    short = sdk.users.get_organization_guests_list(here)
    assert [guest.email for guest in short.data] == [guest.email for guest in found.data]
    assert all(guest.guest_id for guest in short.data)
    assert sdk.users.get_guest_by_email(here, "BEA@pilots.example").first_name == "bea"
    together = sdk.users.get_all_organization_members(here)
    assert len(together["guests"].data) == 3


def test_tasks_of_a_guest_by_the_code_of_the_link(org: Org, sdk: Client) -> None:
    here = org.organization_id
    guest = sdk.users.create_guest(here, MAIL, "Rui", "Falcao")
    body = {"title": "Sign", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": {"guests": [MAIL]}}
    assert org.http.post("/tasks", json=body).status_code == 201
    for name in (guest.guest_id, MAIL):
        found = sdk.users.get_guest_tasks(here, name)
        assert [task.title for task in found.data] == ["Sign"]
        assert found.data[0].owners.task_urls == [guest.link]


def test_address_of_a_member_is_refused(org: Org, sdk: Client) -> None:
    with pytest.raises(TallyfyError) as failure:
        sdk.users.create_guest(org.organization_id, org.email, "Ada", "Admin")
    assert failure.value.status_code == 422
    assert "email" in said(failure)["errors"]
    with pytest.raises(TallyfyError) as unknown:
        sdk.users.get_guest(org.organization_id, "nobody@pilots.example")
    assert unknown.value.status_code == 404
