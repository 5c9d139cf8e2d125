"""Organizations, the caller, and members, through the official client."""

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client, Sdk, said
from tests.support.server import Org


def test_organizations_of_the_caller(org: Org, sdk: Client) -> None:
    found = sdk.get_current_user_organizations()
    assert [entry.id for entry in found.data] == [org.organization_id]
    assert found.count == 1
    assert found.meta.total == 1
    assert found.meta.current_page == found.meta.total_pages == 1
    assert found.data[0].user_role == "admin"


def test_organizations_are_paged(org: Org, sdk: Client) -> None:
    second = org.server.found(email=org.email)
    first_page = sdk.organizations.get_current_user_organizations(page=1, per_page=1)
    second_page = sdk.organizations.get_current_user_organizations(page=2, per_page=1)
    assert first_page.meta.total_pages == 2
    assert {first_page.data[0].id, second_page.data[0].id} == {org.organization_id, second.organization_id}


def test_organization(org: Org, sdk: Client) -> None:
    org.member()
    found = sdk.get_organization(org.organization_id)
    assert found.id == org.organization_id
    assert found.name.startswith("Organization")
    assert found.users_count == 2
    assert found.user_role == "admin"
    assert found.working_days.Monday["enabled"] is True
    assert found.working_days.Sunday["enabled"] is True
    assert (found.default_deadline.type, found.default_deadline.value) == ("days", 5)
    assert (found.auto_archive_processes_after.unit, found.auto_archive_processes_after.value) == ("weeks", 52)
    assert found.timezone == "UTC"
    assert found.created_on.endswith("Z")
    assert found.team_size == []
    assert found.live_support_enabled == 0
    assert sdk.get_organization(org.organization_id, with_="subscription,nonsense").id == org.organization_id


def test_me(org: Org, sdk: Client, sdk_of: Sdk) -> None:
    me = sdk.get_current_user_info(org.organization_id)
    assert (me.id, me.email, me.role, me.status) == (org.user_id, org.email, "admin", "active")
    assert me.full_name == f"{me.first_name} {me.last_name}"
    assert me.active is True
    person = org.member("light", first_name="Tomas", last_name="Reis")
    him = sdk_of(person).get_current_user_info(org.organization_id)
    assert (him.id, him.full_name, him.role) == (person.user_id, "Tomas Reis", "light")


def test_user(org: Org, sdk: Client) -> None:
    person = org.member(first_name="Tomas", last_name="Reis")
    found = sdk.get_user(org.organization_id, person.user_id)
    assert (found.id, found.email, found.role, found.status) == (person.user_id, person.email, "standard", "active")
    with pytest.raises(TallyfyError) as failure:
        sdk.get_user(org.organization_id, 999_999_999)
    assert failure.value.status_code == 404
    assert said(failure)["code"] == "RESOURCE_NOT_FOUND"


def test_users(org: Org, sdk: Client) -> None:
    people = [org.member(first_name=name) for name in ("Ana", "Bea", "Cem")]
    found = sdk.get_organization_users(org.organization_id)
    assert {user.id for user in found.data} == {org.user_id, *(person.user_id for person in people)}
    assert found.count == found.meta.total == 4
    page = sdk.users.get_organization_users(org.organization_id, page=2, per_page=3)
    assert (len(page.data), page.meta.current_page, page.meta.total_pages) == (1, 2, 2)
    with_groups = sdk.get_organization_users(org.organization_id, with_groups=True)
    assert all(user.extra["groups"] == {"data": []} for user in with_groups.data)


def test_users_list(org: Org, sdk: Client) -> None:
    person = org.member(first_name="Ana", last_name="Lopes")
    found = sdk.get_organization_users_list(org.organization_id)
    assert found.meta is None
    assert found.count == 2
    assert {(user.id, user.full_name) for user in found.data} >= {(person.user_id, "Ana Lopes")}


def test_members_together_and_by_address_and_name(org: Org, sdk: Client) -> None:
    person = org.member(first_name="Zora", last_name="Quint")
    together = sdk.users.get_all_organization_members(org.organization_id, include_guests=False)
    assert {user.id for user in together["users"].data} == {org.user_id, person.user_id}
    found = sdk.users.get_user_by_email(org.organization_id, person.email.upper())
    assert found.id == person.user_id
    assert sdk.users.get_user_by_email(org.organization_id, "nobody@pilots.example") is None
    by_name = sdk.users.search_members_by_name(org.organization_id, "zora q", include_guests=False)
    assert [user.id for user in by_name["users"]] == [person.user_id]


def test_invitation(org: Org, sdk: Client) -> None:
    address = f"rui.{org.organization_id}@pilots.example"
    text = sdk.users.get_invitation_template_message("Harbor", "See you.")
    invited = sdk.invite_user_to_organization(org.organization_id, address, "Rui", "Falcao", "standard", text)
    assert (invited.email, invited.role, invited.status) == (address, "standard", "invited")
    assert invited.active is False
    assert invited.invited_by == org.user_id
    assert address in {user.email for user in sdk.get_organization_users(org.organization_id).data}


def test_invitation_of_somebody_who_is_a_member_is_refused(org: Org, sdk: Client) -> None:
    person = org.member()
    with pytest.raises(TallyfyError) as failure:
        sdk.invite_user_to_organization(org.organization_id, person.email, "Rui", "Falcao")
    assert failure.value.status_code == 422
    assert "email" in said(failure)["errors"]


def test_several_invitations_and_another_way_to_invite(org: Org, sdk: Client) -> None:
    addresses = [f"{name}.{org.organization_id}@pilots.example" for name in ("one", "two")]
    people = [{"email": address, "first_name": "A", "last_name": "B", "role": "light"} for address in addresses]
    cleaned = sdk.users.validate_invitation_data({**people[0], "message": "Hello"})
    invited = sdk.users.invite_multiple_users(org.organization_id, [cleaned, people[1]])
    assert [user.email for user in invited] == addresses
    assert all(user.role == "light" for user in invited)
    third = sdk.users.invite_user_with_custom_role_permissions(
        org.organization_id, f"three.{org.organization_id}@pilots.example", "C", "D", "admin"
    )
    assert third.role == "admin"


def test_invitation_is_sent_again(org: Org, sdk: Client) -> None:
    address = f"again.{org.organization_id}@pilots.example"
    first = sdk.invite_user_to_organization(org.organization_id, address, "Rui", "Falcao")
    assert sdk.users.resend_invitation(org.organization_id, address) is True
    waiting = [user for user in sdk.get_organization_users(org.organization_id).data if user.email == address]
    assert [(user.id, user.status, user.first_name) for user in waiting] == [(first.id, "invited", "Rui")]


def test_role(org: Org, sdk: Client, sdk_of: Sdk) -> None:
    person = org.member("light")
    assert sdk.change_user_role(org.organization_id, person.user_id, "standard") is True
    assert sdk.get_user(org.organization_id, person.user_id).role == "standard"
    with pytest.raises(TallyfyError) as failure:
        sdk_of(person).change_user_role(org.organization_id, org.user_id, "light")
    assert failure.value.status_code == 403
    with pytest.raises(TallyfyError) as refused:
        sdk.change_user_role(org.organization_id, org.user_id, "light")
    assert refused.value.status_code == 400


def test_disable_and_enable(org: Org, sdk: Client, sdk_of: Sdk) -> None:
    person = org.member()
    assert sdk.disable_user(org.organization_id, person.user_id) is True
    disabled = sdk.get_user(org.organization_id, person.user_id)
    assert (disabled.status, disabled.disabled_by) == ("disabled", org.user_id)
    assert disabled.disabled_at is not None
    with pytest.raises(TallyfyError) as failure:
        sdk_of(person).get_current_user_info(org.organization_id)
    assert failure.value.status_code in (401, 403, 404)
    assert sdk.enable_user(org.organization_id, person.user_id) is True
    enabled = sdk.get_user(org.organization_id, person.user_id)
    assert (enabled.status, enabled.reactivated_by) == ("active", org.user_id)


def test_approve(org: Org, sdk: Client) -> None:
    person = org.member()
    assert sdk.approve_user(org.organization_id, person.user_id) is True
    assert sdk.get_user(org.organization_id, person.user_id).approved_at is not None
