"""Groups through the official client."""

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client, said
from tests.support.server import Org


def test_a_group_from_first_to_last(org: Org, sdk: Client) -> None:
    here, person = org.organization_id, org.member()
    made = sdk.groups.create_group(
        here, "Customs desk", "Clears declarations", members=[person.user_id], guests=["rui@pilots.example"]
    )
    assert (made.name, made.description) == ("Customs desk", "Clears declarations")
    assert (made.members, made.guests, made.logo, made.deleted_at) == (
        [person.user_id],
        ["rui@pilots.example"],
        None,
        None,
    )
    assert made.created_at == made.updated_at
    read = sdk.groups.get_group(here, made.id, with_data="assets,users")
    assert (read.id, read.members) == (made.id, made.members)
    # the client reads the group first and sends everything back
    renamed = sdk.groups.update_group(here, made.id, name="Customs")
    assert (renamed.name, renamed.description, renamed.members, renamed.guests) == (
        "Customs",
        "Clears declarations",
        [person.user_id],
        ["rui@pilots.example"],
    )
    emptied = sdk.groups.update_group(here, made.id, members=[], guests=[])
    assert (emptied.members, emptied.guests) == ([], [])
    assert sdk.groups.delete_group(here, made.id) is True
    with pytest.raises(TallyfyError) as failure:
        sdk.groups.get_group(here, made.id)
    assert failure.value.status_code == 404


def test_every_page_of_groups_is_walked(org: Org, sdk: Client) -> None:
    here = org.organization_id
    for number in range(5):
        sdk.groups.create_group(here, f"Group {number}")
    names = [f"Group {number}" for number in range(5)]
    assert [group.name for group in sdk.groups.get_groups(here, per_page=2)] == names
    assert [group.name for group in sdk.groups.get_groups(here, page=2, per_page=2)] == names[2:4]
    assert [group.name for group in sdk.groups.get_groups(here, sort_by="name", sort="desc")] == names[::-1]
    assert [group.name for group in sdk.groups.get_groups(here, q="p 3")] == ["Group 3"]


def test_name_that_is_taken_is_refused(org: Org, sdk: Client) -> None:
    sdk.groups.create_group(org.organization_id, "Customs")
    with pytest.raises(TallyfyError) as failure:
        sdk.groups.create_group(org.organization_id, "Customs")
    assert failure.value.status_code == 422
    assert "name" in said(failure)["errors"]
