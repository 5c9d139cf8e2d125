"""Folders through the official client."""

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client
from tests.features.builders import launched, template
from tests.support.server import Org


def test_a_folder_from_first_to_last(org: Org, sdk: Client) -> None:
    here = org.organization_id
    made = sdk.folders.create_folder(here, "Suppliers")
    assert (made.name, made.folder_type, made.position, made.total) == ("Suppliers", "checklist", 1, 0)
    inside = sdk.folders.create_folder(here, "Agents", parent_id=made.id)
    assert (inside.parent_id, inside.parent) == (made.id, "Suppliers")
    assert sdk.folders.get_folder(here, inside.id).name == "Agents"
    found = {folder.name: folder for folder in sdk.folders.get_folders(here)}
    assert set(found) == {"Suppliers", "Agents"}
    assert [child.name for child in found["Suppliers"].children] == ["Agents"]
    assert sdk.folders.get_folders(here, folder_type="run") == []
    assert [folder.name for folder in sdk.folders.get_folders(here, q="AGE")] == ["Agents"]
    # the client reads the name first and sends it back
    other = sdk.folders.create_folder(here, "Others")
    moved = sdk.folders.update_folder(here, inside.id, parent_id=other.id)
    assert (moved.name, moved.parent) == ("Agents", "Others")
    assert sdk.folders.update_folder(here, inside.id, name="Brokers").name == "Brokers"
    assert sdk.folders.delete_folder(here, other.id) is True
    assert sdk.folders.get_folder(here, inside.id).parent_id is None


def test_template_and_process_are_filed(org: Org, sdk: Client) -> None:
    here = org.organization_id
    shelf = sdk.folders.create_folder(here, "Suppliers")
    body = {"name": "Running", "folder_type": "run"}
    running = org.http.post("/folders", json=body).json()["data"]["id"]
    checklist = template(org)
    assert sdk.folders.add_object_to_folder(here, shelf.id, checklist["id"], "checklist") is True
    assert sdk.folders.get_folder(here, shelf.id).total == 1
    run = launched(org, checklist)
    relation = sdk.folders.add_object_to_folder(here, running, run["id"], "run")
    assert relation["folder_id"] == running
    assert sdk.folders.get_folder(here, running).total == 1
    assert sdk.folders.remove_object_from_folder(here, relation["id"]) is True
    assert sdk.folders.get_folder(here, running).total == 0
    with pytest.raises(TallyfyError) as failure:
        sdk.folders.add_object_to_folder(here, shelf.id, run["id"], "run")
    assert failure.value.status_code == 422
