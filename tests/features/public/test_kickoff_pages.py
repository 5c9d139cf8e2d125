"""The page of a public kick-off form, in a browser without scripts (wire 2.24, engine 3.3)."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.features.builders import made, template
from tests.support.browser import Browser
from tests.support.server import Org

OPTIONS = [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}]
FIELDS: list[dict[str, Any]] = [
    {"id": "a", "label": "Vendor name", "alias": "vendor", "field_type": "text", "required": True, "prefix": "Mr"},
    {"id": "b", "label": "Story", "alias": "story", "field_type": "textarea", "required": False},
    {"id": "c", "label": "Region", "alias": "region", "field_type": "dropdown", "required": True, "options": OPTIONS},
    {"id": "d", "label": "Kind", "alias": "kind", "field_type": "radio", "required": False, "options": OPTIONS},
    {"id": "e", "label": "Parts", "alias": "parts", "field_type": "multiselect", "required": True, "options": OPTIONS},
    {"id": "f", "label": "Start", "alias": "start", "field_type": "date", "required": False},
    {"id": "g", "label": "Call", "alias": "call", "field_type": "date", "required": False, "collect_time": True},
    {"id": "h", "label": "Billing", "alias": "billing", "field_type": "email", "required": False},
    {"id": "i", "label": "Contacts", "alias": "contacts", "field_type": "assignees_form", "required": False},
    {"id": "j", "label": "Papers", "alias": "papers", "field_type": "file", "required": False},
    {
        "id": "k",
        "label": "Prices",
        "alias": "prices",
        "field_type": "table",
        "required": False,
        "columns": [{"id": 1, "label": "What"}],
    },
    {
        "id": "l",
        "label": "Rich",
        "alias": "rich",
        "field_type": "textarea",
        "required": False,
        "use_wysiwyg_editor": True,
    },
]


def opened(org: Org, fields: list[dict[str, Any]] | None = None, **body: Any) -> dict[str, Any]:
    given = {"prerun": FIELDS if fields is None else fields, "is_public_kickoff": True, "kickoff_title": "Join us"}
    return template(org, **{**given, **body})


def names(checklist: dict[str, Any]) -> dict[str, str]:
    """The names of inputs by label."""
    return {field["label"]: f"f-{field['id']}" for field in checklist["prerun"]}


def addresses(org: Org, checklist: dict[str, Any]) -> list[str]:
    return [
        f"/{org.organization_id}/public/kickoff/{checklist['alias']}",
        f"/public/library/{org.organization_id}/blueprint/{checklist['id']}/kick-off",
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_filled_in_and_sent(org: Org, number: int) -> None:
    made(org.http.put("", json={"timezone": "Europe/Lisbon"}), 200)
    checklist = opened(org, kickoff_description="<p>Tell us <b>all</b>.</p>")
    browser = Browser(org.server.url).open(addresses(org, checklist)[number])
    assert (browser.status, browser.title) == (200, "Join us")
    assert "Tell us all." in browser.text
    assert "A file cannot be sent with this page." in browser.text
    assert "A table cannot be filled in on this page." in browser.text
    of = names(checklist)
    shown = browser.forms[0].visible
    assert of["Papers"] not in shown
    assert of["Prices"] not in shown
    typed = {
        "email": " Rui@Pilots.example",
        "name": "From the web",
        of["Vendor name"]: "Atlantic & <i>Sons</i>",
        of["Story"]: "one\r\ntwo",
        of["Region"]: "2",
        of["Kind"]: "1",
        f"{of['Parts']}-2": "on",
        of["Start"]: "2031-05-06",
        of["Call"]: "2031-05-06T10:30",
        of["Billing"]: "money@pilots.example",
        of["Contacts"]: "bia@pilots.example, leo@pilots.example",
        of["Rich"]: "a < b\r\nc",
    }
    browser.submit(**typed)
    assert (browser.status, browser.title) == (200, "Thank you")
    assert "From the web" in browser.text
    found: Any = made(org.http.get("/runs"), 200)
    (run,) = found
    ids = {field["alias"]: field["id"] for field in checklist["prerun"]}
    answers = {alias: run["prerun"].get(field) for alias, field in ids.items()}
    assert answers == {
        "vendor": "Atlantic & <i>Sons</i>",
        "story": "one\ntwo",
        "region": {"id": 2, "text": "EU"},
        "kind": "UK",
        "parts": [{"id": 2, "text": "EU", "selected": True}],
        "start": "2031-05-06",
        "call": "2031-05-06T09:30:00.000Z",
        "billing": "money@pilots.example",
        "contacts": {"users": [], "guests": ["bia@pilots.example", "leo@pilots.example"], "groups": []},
        "papers": None,
        "prices": None,
        "rich": "a &lt; b<br>c",
    }
    assert run["name"] == "From the web"
    # the link to the guest's tasks is secret, and nobody has proven the address: it never stands on the page
    assert "/guest/" not in browser.text


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(org: Org) -> None:
    checklist = opened(org)
    of = names(checklist)
    browser = Browser(org.server.url).open(addresses(org, checklist)[0])
    browser.submit(email="a@x.example", **{of["Story"]: "kept", of["Region"]: "7", f"{of['Parts']}-1": "on"})
    assert browser.status == 422
    assert f'id="{of["Vendor name"]}-error" role="alert">Vendor name is required' in browser.text
    assert f'id="{of["Region"]}-error"' in browser.text
    held = browser.forms[0].fields
    assert (held["email"], held[of["Story"]], held[f"{of['Parts']}-1"]) == ("a@x.example", "kept", "on")
    assert f"{of['Parts']}-2" not in held
    browser.submit(email="nobody")
    assert 'id="email-error"' in browser.text
    assert made(org.http.get("/runs"), 200) == []
    browser.submit(email="a@x.example", **{of["Vendor name"]: "A", of["Region"]: "1"})
    assert browser.title == "Thank you"


def test_filled_in_by_the_link(org: Org) -> None:
    checklist = opened(org)
    of = names(checklist)
    carried = [
        {"vendor": 'A "B" <c>'},
        {"region": "EU"},
        {"kind": "UK"},
        {"parts": "UK;EU"},
        {"start": "2031-05-06"},
        {"unknown": "x"},
        {"story": "two\nlines"},
    ]
    query = f"?ko_fields={quote(json.dumps(carried))}&default_run_name=Night%20shift"
    held = Browser(org.server.url).open(addresses(org, checklist)[0] + query).forms[0].fields
    assert (held[of["Vendor name"]], held[of["Region"]], held[of["Kind"]]) == ('A "B" <c>', "2", "1")
    assert (held[f"{of['Parts']}-1"], held[f"{of['Parts']}-2"]) == ("on", "on")
    assert (held[of["Start"]], held[of["Story"]], held["name"]) == ("2031-05-06", "two\nlines", "Night shift")
    for odd in ("{", "[1, []]", "5", '{"region": 7, "kind": {}, "parts": [3], "start": [], "vendor": {"x": 1}}'):
        assert Browser(org.server.url).open(f"{addresses(org, checklist)[0]}?ko_fields={quote(odd)}").status == 200


def test_only_while_it_is_open(org: Org) -> None:
    closed = opened(org, is_public_kickoff=False)
    checklist = opened(org)
    browser = Browser(org.server.url).open(addresses(org, checklist)[0])
    for path in (*addresses(org, closed), f"/{'0' * 32}/public/kickoff/x", "/x/public/kickoff/%00"):
        assert Browser(org.server.url).open(path).status == 404
    made(org.http.put(f"/checklists/{checklist['id']}", json={"is_public_kickoff": False}), 200)
    assert browser.submit(email="a@x.example").status == 404


def test_a_form_that_needs_a_file_says_so(org: Org) -> None:
    checklist = opened(org, [{"label": "Papers", "field_type": "file", "required": True}])
    browser = Browser(org.server.url).open(addresses(org, checklist)[0])
    assert "This form cannot be sent from here" in browser.text
    assert "<button" not in browser.text
    assert browser.submit(email="a@x.example").status == 422


def test_fixed_fields_and_names(org: Org) -> None:
    fixed = {
        "label": "Source",
        "field_type": "text",
        "required": False,
        "settings": {"read_only": True},
        "default_value": "web",
        "default_value_enabled": True,
    }
    naming = {"auto_naming": True, "default_process_name_format": "Web", "allow_launcher_change_name": False}
    checklist = opened(org, [fixed], **naming)
    browser = Browser(org.server.url).open(addresses(org, checklist)[0])
    assert browser.forms[0].visible == ["email"]
    browser.submit(email="a@x.example", name="Mine", **{names(checklist)["Source"]: "mine"})
    found: Any = made(org.http.get("/runs"), 200)
    assert [(run["name"], *run["prerun"].values()) for run in found] == [("Web", "web")]


CLIENT = {"label": "Client", "alias": "client-name", "field_type": "text", "required": False}
SUBJECT = {
    "label": "Subject",
    "alias": "subject",
    "field_type": "text",
    "required": True,
    "guidance": "<p>What {{TEMPLATE_NAME}} & {{client-name}}, {{nobody}}</p>",
    "default_value_enabled": True,
    "default_value": "{{TEMPLATE_NAME}} for {{client-name}}",
}


def test_texts_read_as_far_as_they_are_known_before_there_is_a_process(org: Org) -> None:
    more = {"kickoff_title": "{{TEMPLATE_NAME}}!", "kickoff_description": "<b>Join {{TEMPLATE_NAME}}</b>"}
    checklist = opened(org, [CLIENT, SUBJECT], title="R&D", **more)
    of = names(checklist)
    browser = Browser(org.server.url).open(addresses(org, checklist)[0])
    assert browser.title == "R&D!"
    assert "<p>Join R&amp;D</p>" in browser.text
    assert "What R&amp;D &amp; , {{nobody}}" in browser.text
    assert browser.forms[0].fields[of["Subject"]] == "R&D for "
    asked = org.server.client(path=f"/api/organizations/{org.organization_id}")
    shown = made(asked.get(f"/public/checklists/{checklist['alias']}"), 200)
    assert (shown["kickoff_title"], shown["kickoff_description"]) == ("R&D!", "<b>Join R&amp;D</b>")
    assert shown["prerun"][1]["guidance"] == "<p>What R&amp;D &amp; , {{nobody}}</p>"
    # what was not touched goes on to say what the others say; what was is what was typed
    browser.submit(**{"email": "a@x.example", of["Client"]: "Ann"})
    assert browser.title == "Thank you"
    again = Browser(org.server.url).open(addresses(org, checklist)[0])
    again.submit(**{"email": "a@x.example", of["Client"]: "Bob", of["Subject"]: "Mine"})
    found: Any = made(org.http.get("/runs"), 200)
    ids = {field["alias"]: field["id"] for field in checklist["prerun"]}
    assert {run["prerun"][ids["subject"]] for run in found} == {"R&D for Ann", "Mine"}
