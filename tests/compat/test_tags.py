"""Tags through the official client."""

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client, said
from tests.features.builders import launched, template
from tests.support.server import Org


def test_a_tag_from_first_to_last(org: Org, sdk: Client) -> None:
    here = org.organization_id
    made = sdk.tags.create_tag(here, "urgent", color="#b3541e")
    assert (made.title, made.color, made.type, made.auto_generated) == ("urgent", "#b3541e", "private", False)
    assert made.deleted_at is None
    assert sdk.tags.get_tag(here, made.id).created_at == made.created_at
    recoloured = sdk.tags.update_tag(here, made.id, color="#102030")
    assert (recoloured.title, recoloured.color) == ("urgent", "#102030")
    assert sdk.tags.update_tag(here, made.id, title="late").title == "late"
    assert [tag.title for tag in sdk.tags.get_tags(here)] == ["late"]
    assert sdk.tags.delete_tag(here, made.id) is True
    assert sdk.tags.get_tags(here) == []


def test_every_page_of_tags_is_walked(org: Org, sdk: Client) -> None:
    titles = [f"tag {number:02}" for number in range(12)]
    for title in titles:
        sdk.tags.create_tag(org.organization_id, title)
    assert [tag.title for tag in sdk.tags.get_tags(org.organization_id)] == titles


def test_template_and_process_are_tagged_and_untagged(org: Org, sdk: Client) -> None:
    here = org.organization_id
    tag = sdk.tags.create_tag(here, "urgent")
    checklist = template(org)
    run = launched(org, checklist)
    assert sdk.tags.tag_template(here, checklist["id"], tag.id) is True
    assert sdk.tags.tag_process(here, run["id"], tag.id) is True
    for path in (f"/checklists/{checklist['id']}", f"/runs/{run['id']}"):
        assert len(org.http.get(f"{path}?with=tags").json()["data"]["tags"]["data"]) == 1
    assert sdk.tags.untag_template(here, tag.id, template_id=checklist["id"]) is True
    assert sdk.tags.untag_process(here, run["id"], tag.id) is True
    for path in (f"/checklists/{checklist['id']}", f"/runs/{run['id']}"):
        assert org.http.get(f"{path}?with=tags").json()["data"]["tags"]["data"] == []


def test_refusals(org: Org, sdk: Client) -> None:
    here = org.organization_id
    tag = sdk.tags.create_tag(here, "urgent")
    with pytest.raises(TallyfyError) as taken:
        sdk.tags.create_tag(here, "urgent")
    assert "title" in said(taken)["errors"]
    with pytest.raises(TallyfyError) as unknown:
        sdk.tags.tag_template(here, "0" * 32, tag.id)
    assert unknown.value.status_code == 422
    with pytest.raises(TallyfyError) as public:
        sdk.tags.tag_template(here, template(org)["id"], tag.id, tag_type="public")
    assert "tag_id" in said(public)["errors"]
