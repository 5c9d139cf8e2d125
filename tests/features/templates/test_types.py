"""Types of templates (engine 1.2): procedures have steps, forms and documents kick-off fields alone."""

import pytest

from tests.features.builders import made, template
from tests.support.server import Org

NAME = {"label": "Vendor", "field_type": "text", "required": False}


@pytest.mark.parametrize("kind", ["form", "document"])
def test_engine_1_2_forms_and_documents_have_no_steps(org: Org, kind: str) -> None:
    body = {"title": "Contract", "type": kind, "prerun": [NAME], "steps": [{"title": "Sign"}]}
    refused = org.http.post("/checklists", json=body)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["steps"])
    found = template(org, type=kind, prerun=[NAME], plain_steps=0)
    added = org.http.post(f"/checklists/{found['id']}/steps", json={"title": "Sign"})
    assert (added.status_code, list(added.json()["errors"])) == (422, ["type"])
    made(org.http.put(f"/checklists/{found['id']}", json={"title": "Renamed"}), 200)


@pytest.mark.parametrize("kind", ["form", "document"])
def test_engine_1_2_a_template_with_steps_stays_a_procedure(org: Org, kind: str) -> None:
    found = template(org, plain_steps=1)
    at = f"/checklists/{found['id']}"
    refused = org.http.put(at, json={"title": "Contract", "type": kind})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["type"])
    assert org.http.delete(f"{at}/steps/{found['steps']['data'][0]['id']}").is_success
    assert made(org.http.put(at, json={"title": "Contract", "type": kind}), 200)["type"] == kind
    assert made(org.http.put(at, json={"title": "Contract", "type": "procedure"}), 200)["type"] == "procedure"
    made(org.http.post(f"{at}/steps", json={"title": "Sign"}))
