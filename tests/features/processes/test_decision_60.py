"""Dates in texts made once are written as the launcher writes them (decision 60); what the bot says of launches."""

from tests.features.builders import launched, made, template
from tests.features.processes.test_rules import complete
from tests.support.server import Org, Person

START = {"label": "Start", "alias": "start", "field_type": "date", "required": True}


def european(org: Org) -> Person:
    """A member who writes the day before the month."""
    person = org.member("admin")
    made(person.http.put(f"/users/{person.user_id}", json={"date_format": "dd/mm/yyyy"}), 200)
    return person


def test_decision_60_names_take_the_format_of_their_launcher(org: Org) -> None:
    naming = {"auto_naming": True, "default_process_name_format": "From {{start}}"}
    checklist = template(org, prerun=[START], **naming)
    answers = {checklist["prerun"][0]["id"]: "2031-03-09"}
    body = {"checklist_id": checklist["id"], "prerun": answers}
    assert made(org.http.post("/runs", json=body))["name"] == "From 03/09/2031"
    ann = european(org)
    assert made(ann.http.post("/runs", json=body))["name"] == "From 09/03/2031"
    # whoever calls, it counts for the launcher
    assert made(org.http.post("/runs", json=body | {"user_id": ann.user_id}))["name"] == "From 09/03/2031"


def test_decision_60_so_do_names_of_processes_that_tasks_launch(org: Org) -> None:
    following = {
        "id": template(org, title="Parcel")["id"],
        "tasks_within_process": False,
        "default_name_format": "Of {{start}}",
    }
    steps = [{"title": "Confirm", "bp_to_launch": following}]
    checklist = template(org, prerun=[START], steps=steps)
    process = launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "2031-03-09"})
    body = {"task_id": process["tasks"][0]["id"]}
    made(european(org).http.post(f"/runs/{process['id']}/completed-tasks", json=body), 200)
    (child,) = org.http.get(f"/x/runs/{process['id']}/children").json()["data"]
    assert child["name"] == "Of 09/03/2031"


def test_the_next_task_of_a_process_is_named_as_it_reads(org: Org) -> None:
    client = {"label": "Client", "alias": "client", "field_type": "text", "required": False}
    checklist = template(org, prerun=[client], steps=[{"title": "Call {{client}}"}])
    launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "Ann"})
    (listed,) = org.http.get("/runs?with=next_task").json()["data"]
    assert listed["next_task"]["data"][0]["title"] == "Call Ann"


def test_the_bot_says_what_a_task_has_launched(org: Org) -> None:
    parcel = template(org, title="Parcel")
    own = {"id": parcel["id"], "tasks_within_process": False, "default_name_format": "Parcel <1>"}
    within = {"id": parcel["id"], "tasks_within_process": True}
    steps = [{"title": "Own", "bp_to_launch": own}, {"title": "Within", "bp_to_launch": within}]
    process = launched(org, template(org, steps=steps))
    said: list[str] = []
    for task in process["tasks"]:
        complete(org, process, task["title"])
        read = made(org.http.get(f"/tasks/{task['id']}?with=threads"), 200)
        said += [thread["content"] for thread in read["threads"]["data"]]
    (child,) = org.http.get(f"/x/runs/{process['id']}/children").json()["data"]
    assert said == [
        f'Launched the process "Parcel &lt;1&gt;" ({child["id"]}).',
        'Added the steps of "Parcel" to this process.',
    ]
