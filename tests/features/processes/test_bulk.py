"""Launching many processes from a sheet, and with the parameters of a magic link: engine 3.5 and 3.6."""

from typing import Any

from tests.features.builders import made, template
from tests.support.server import Org, Person

FORM = [
    {"id": "n", "label": "Vendor", "field_type": "text", "required": True},
    {
        "id": "r",
        "label": "Region",
        "field_type": "dropdown",
        "required": False,
        "options": [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}],
    },
    {"id": "w", "label": "Who", "field_type": "assignees_form", "required": False},
]


def upload(org: Person, checklist: dict[str, Any], csv: str, **query: str) -> dict[str, Any]:
    answer = org.client().post(
        "/x/runs/bulk",
        params={"checklist_id": checklist["id"], **query},
        content=csv.encode(),
        headers={"Content-Type": "text/csv; charset=utf-8"},
    )
    return made(answer, 200)


def processes(org: Person) -> list[dict[str, Any]]:
    return org.client().get("/runs?per_page=100&sort=created_at&with=tags,folders").json()["data"]


def test_one_row_one_process(org: Org) -> None:
    ann = org.member()
    checklist = template(org, prerun=FORM)
    vendor, region, who = (field["id"] for field in checklist["prerun"])
    tag = made(org.client().post("/tags", json={"title": "urgent"}))
    folder = made(org.client().post("/folders", json={"name": "Suppliers", "folder_type": "run"}))
    csv = (
        "Vendor,Region,Who,name,owner,tags,folders,starred\n"
        f"Atlantic,EU,{ann.email};rui@y.example,First,{ann.email},urgent,Suppliers,yes\n"
        "Nordwind,uk,,,,,,\n"
    )
    report = upload(org, checklist, csv)
    assert (report["launched"], report["invalid"]) == (2, 0)
    first, second = processes(org)
    assert [row["run_id"] for row in report["rows"]] == [first["id"], second["id"]]
    assert first["name"] == "First"
    assert first["prerun"] == {
        vendor: "Atlantic",
        region: {"id": 2, "text": "EU"},
        who: {"users": [ann.user_id], "guests": ["rui@y.example"], "groups": []},
    }
    assert (first["owner_id"], first["started_by"], first["starred"]) == (ann.user_id, org.user_id, True)
    assert [entry["title"] for entry in first["tags"]["data"]] == [tag["title"]]
    assert first["folders"]["data"][0]["name"] == folder["name"]
    assert second["prerun"] == {vendor: "Nordwind", region: {"id": 1, "text": "UK"}}


def test_rows_that_are_wrong_are_reported_and_the_others_launched(org: Org) -> None:
    checklist = template(org, prerun=FORM)
    csv = "Vendor,Region,owner,tags\nA,Mars,,\n,EU,,\nB,EU,nobody@x.example,none\nC,EU,,\n"
    report = upload(org, checklist, csv)
    assert [row["status"] for row in report["rows"]] == ["invalid", "invalid", "invalid", "launched"]
    assert [set(row["errors"]) for row in report["rows"]] == [{"Region"}, {"Vendor"}, {"owner"}, set()]
    assert [process["prerun"][checklist["prerun"][0]["id"]] for process in processes(org)] == ["C"]


def test_repeating_an_upload_launches_nothing_twice(org: Org) -> None:
    checklist = template(org, prerun=FORM)
    broken = "Vendor,Region\nA,EU\nA,EU\nB,Mars\n"
    first = upload(org, checklist, broken, batch="march")
    assert [row["status"] for row in first["rows"]] == ["launched", "launched", "invalid"]
    again = upload(org, checklist, broken.replace("Mars", "UK"), batch="march")
    assert [row["status"] for row in again["rows"]] == ["repeated", "repeated", "launched"]
    assert [row["run_id"] for row in again["rows"][:2]] == [row["run_id"] for row in first["rows"][:2]]
    assert len(processes(org)) == 3
    assert upload(org, checklist, "Vendor,Region\nA,EU\n", batch="april")["launched"] == 1


def test_a_dry_run_leaves_nothing_behind(org: Org) -> None:
    checklist = template(org, prerun=FORM)
    report = upload(org, checklist, "Vendor,Who\nA,new@guest.example\n,\n", dry_run="true")
    assert [row["status"] for row in report["rows"]] == ["valid"]
    assert report["rows"][0]["name"].startswith("Vendor intake - ")
    assert processes(org) == []
    assert org.client().get("/guests/new@guest.example").status_code == 404
    assert upload(org, checklist, "Vendor,Who\nA,new@guest.example\n")["launched"] == 1


def test_more_rows_than_share_a_transaction(org: Org) -> None:
    checklist = template(org, prerun=FORM, plain_steps=1)
    csv = "Vendor\n" + "".join(f"V{number}\n" for number in range(45))
    assert upload(org, checklist, csv)["launched"] == 45
    assert made(org.client().get(f"/checklists/{checklist['id']}"), 200)["started_processes"] == 45


def test_what_is_wrong_with_the_whole_sheet(org: Org) -> None:
    checklist = template(org, prerun=FORM)
    http = org.client()
    text = {"Content-Type": "text/csv"}
    where = f"/x/runs/bulk?checklist_id={checklist['id']}"
    assert set(http.post(where, content="Vendor,Colour\nA,red\n", headers=text).json()["errors"]) == {"columns.Colour"}
    assert set(http.post(where, content="", headers=text).json()["errors"]) == {"csv"}
    many = "Vendor\n" + "A\n" * 1001
    assert set(http.post(where, content=many, headers=text).json()["errors"]) == {"csv"}
    assert http.post(where, content=b"Vendor\n\xff", headers=text).status_code == 400
    assert set(http.post(where, json={}).json()["errors"]) == {"rows"}
    assert http.post("/x/runs/bulk", json={"rows": [{"Vendor": "A"}]}).status_code == 404
    assert processes(org) == []


def test_lines_of_json(org: Org) -> None:
    checklist = template(org, prerun=FORM)
    answer = org.client().post(
        f"/x/runs/bulk?checklist_id={checklist['id']}",
        content='{"Vendor": "A", "Region": {"id": 2, "text": "EU"}}\n{"Vendor": "B", "starred": true}\n',
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert made(answer, 200)["launched"] == 2
    assert [process["starred"] for process in processes(org)] == [False, True]


def test_who_may_not_launch_uploads_nothing(org: Org) -> None:
    checklist = template(org, prerun=FORM)
    body = {"checklist_id": checklist["id"], "rows": [{"Vendor": "A"}]}
    assert org.member("light").client().post("/x/runs/bulk", json=body).status_code in (403, 404)
    assert processes(org) == []


def test_a_magic_link_launches_by_alias(org: Org) -> None:
    checklist = template(org, prerun=FORM)
    vendor, region, _ = checklist["prerun"]
    where = f"/x/checklists/{checklist['id']}/magic-launch"
    body = {"ko_fields": [{vendor["alias"]: "A"}, {region["alias"]: "EU"}], "default_run_name": "By link"}
    process = made(org.client().post(where, json=body))
    assert process["name"] == "By link"
    assert process["prerun"] == {vendor["id"]: "A", region["id"]: {"id": 2, "text": "EU"}}
    missing = org.client().post(where, json={"ko_fields": {region["alias"]: "EU"}})
    assert missing.json()["errors"] == {f"prerun.{vendor['id']}": ["Vendor is required"]}
