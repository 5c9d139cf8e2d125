"""An organization with one of everything, made the same way twice, so that one can try to reach into the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import sqlalchemy as sa

from handrail.kernel.ids import new_id
from handrail.ports.database import Transaction
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import (
    SHARED_TABLES,
    accounts,
    folder_objects,
    group_people,
    groups,
    mails,
    members,
    metadata,
    taggings,
    tags,
    tokens,
)
from handrail.schema.words import insert_all, is_, own
from tests.support.server import Org, Person, TestServer

DEADLINE = "2031-05-04 12:00:00"

insert_group = Statement[None](insert_all(groups))
insert_group_person = Statement[None](insert_all(group_people))
insert_tag = Statement[None](insert_all(tags))
insert_tagging = Statement[None](insert_all(taggings))
insert_mail = Statement[None](
    insert_all(
        mails,
        *("organization_id", "id", "kind", "recipient", "subject", "sealed_text", "status", "due_at", "created_at"),
    )
)
insert_folder_object = Statement[None](insert_all(folder_objects))

_tables = [metadata.tables[name] for name in sorted(metadata.tables) if name not in SHARED_TABLES]
_dumps = {
    table.name: Statement[Any](sa.select(*table.c).where(own(table)).order_by(*table.primary_key.columns))
    for table in _tables
}
_tokens = Statement[Any](sa.select(*tokens.c).where(is_(tokens.c.organization_id)).order_by(tokens.c.id))
token_ids = Statement[tuple[str]](
    sa.select(tokens.c.id).where(is_(tokens.c.organization_id), is_(tokens.c.account_id)).order_by(tokens.c.id)
)
_people = Statement[tuple[int]](sa.select(members.c.user_id).where(own(members)))
_accounts = Statement[Any](sa.select(*accounts.c).where(any_of(accounts.c.id, "ids")).order_by(accounts.c.id))


@dataclass
class Mirror:
    """One of the two organizations: its people, and an id of each kind by the name of its path parameter."""

    org: Org
    member: Person
    word: str
    ids: dict[str, str]

    @property
    def secrets(self) -> list[str]:
        """What must not show elsewhere: the word that is in every text, addresses, and ids that cannot repeat."""
        ids = [text for text in self.ids.values() if len(text) == 32]
        return [self.word, self.word.lower(), self.org.email, self.member.email, self.ids["guest"], *ids]

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the organization, by table."""
        database = self.org.server.database
        organization_id = self.org.organization_id

        async def read() -> dict[str, list[tuple[Any, ...]]]:
            found: dict[str, list[tuple[Any, ...]]] = {}
            async with database.reader() as reader:
                for name, dump in _dumps.items():
                    found[name] = [tuple(row) for row in await reader.all(dump, organization_id=organization_id)]
                found["tokens"] = [tuple(row) for row in await reader.all(_tokens, organization_id=organization_id)]
                people = [row[0] for row in await reader.all(_people, organization_id=organization_id)]
                found["accounts"] = [tuple(row) for row in await reader.all(_accounts, ids=people)]
            return found

        return self.org.server.run(read)


def data(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json()["data"]


def mirror(server: TestServer, word: str) -> Mirror:
    """A new organization in which every text contains the word."""
    number = new_id()[-10:]
    org = server.found(f"{word} Works", email=f"{word.lower()}.admin.{number}@pilots.example")
    member = org.member(first_name=word, last_name=f"{word}son", email=f"{word.lower()}.member.{number}@pilots.example")
    http = org.http
    ids = {"org": org.organization_id, "user": str(member.user_id), "group": new_id(), "tag": new_id()}
    server.write(lambda tx: _labels(tx, org, member, word, ids))
    template = data(
        http.post(
            "/checklists",
            json={
                "title": f"{word} intake",
                "type": "procedure",
                "summary": f"<p>{word} summary</p>",
                "is_public_kickoff": True,
                "prerun": [
                    {"label": f"{word} name", "field_type": "text", "required": False, "position": 1},
                    {"label": f"{word} place", "field_type": "text", "required": False, "position": 2},
                ],
            },
        )
    )
    at = f"/checklists/{template['id']}"
    stage = data(http.post(f"{at}/stages", json={"title": f"{word} stage"}))
    steps = [
        data(http.post(f"{at}/steps", json={"title": f"{word} step {n}", "assignees": [member.user_id]}))
        for n in (1, 2)
    ]
    capture = data(
        http.post(
            f"{at}/steps/{steps[0]['id']}/captures",
            json={"label": f"{word} answer", "field_type": "text", "required": False, "position": 1},
        )
    )
    ids |= {
        "template": template["id"],
        "alias": template["alias"],
        "field": template["prerun"][0]["id"],
        "stage": stage["id"],
        "step": steps[0]["id"],
        "other_step": steps[1]["id"],
        "capture": capture["id"],
    }
    ids["role"] = data(http.post("/roles", json={"name": f"{word} officer", "users": [member.user_id]}))["id"]
    data(http.put(f"/x{at}/steps/{ids['step']}/roles", json={"roles": [ids["role"]]}))
    ids["rule"] = data(http.post(f"{at}/automated-actions", json=rule(ids, word)))["id"]
    process = data(
        http.post(
            "/runs?with=tasks",
            json={"checklist_id": template["id"], "name": f"{word} run", "prerun": {ids["field"]: f"{word} Ltd"}},
        )
    )
    ids["process"] = process["id"]
    ids["task"] = process["tasks"]["data"][0]["id"]
    ids["oneoff"] = data(http.post("/tasks", json=oneoff(ids, word)))["id"]
    guest = data(http.post("/guests", json={"email": f"{word.lower()}.{number}@quay.example", "first_name": word}))
    ids["guest"] = guest["email"]
    ids["code"] = guest["link"].rpartition("/")[2]
    data(http.put(f"/tasks/{ids['task']}", json={"owners": {"guests": [guest["email"]]}}))
    # numbers that differ between the two, and are no other's
    ids["association"] = ids["relation"] = str(int.from_bytes(ids["tag"].encode()[-4:], "big"))
    ids["folder"] = data(http.post("/folders", json={"name": f"{word} folder", "folder_type": "run"}))["id"]
    ids["shelf"] = data(http.post("/folders", json={"name": f"{word} shelf"}))["id"]
    server.write(lambda tx: _associate(tx, org, ids))
    made = data(http.post("/x/applications", json={"name": f"{word} portal"}))
    ids["application"], ids["secret"] = str(made["id"]), made["secrets"][0]["id"]
    ids["email"] = org.email
    ids["mail"] = new_id()
    server.write(lambda tx: refused_mail(tx, org, ids, word))
    ids["thread"] = data(http.post(f"/tasks/{ids['task']}/comment", json={"content": f"{word} comment"}))["id"]
    # where it blocks nothing
    ids["problem"] = data(http.post(f"{at}/problem", json={"content": f"{word} problem"}))["id"]
    run = {"title": f"{word} test", "run": {"actions": [{"step": f"{word} step 1"}]}}
    ids["test"] = data(http.post(f"/x/checklists/{template['id']}/tests", json=run))["id"]
    recurring = {"title": f"{word} every day", "checklist_id": template["id"], "rule": "FREQ=DAILY"}
    ids["schedule"] = data(http.post("/x/schedules", json={**recurring, "starts_at": "2031-01-01 09:00:00"}))["id"]
    ids["token"] = data(http.post("/me/tokens", json={"name": f"{word} token", "scopes": ["*"]}))["id"]
    return Mirror(org, member, word, ids)


async def _labels(tx: Transaction, org: Org, member: Person, word: str, ids: dict[str, str]) -> None:
    own_id = {"organization_id": org.organization_id}
    await tx.run(
        insert_group, **own_id, id=ids["group"], name=f"{word} group", description=word, created_at=0, updated_at=0
    )
    await tx.run(insert_group_person, **own_id, group_id=ids["group"], principal=f"u:{member.user_id}")
    await tx.run(
        insert_tag, **own_id, id=ids["tag"], title=f"{word} tag", color="#b3541e", auto_generated=False, created_at=0
    )


async def _associate(tx: Transaction, org: Org, ids: dict[str, str]) -> None:
    await tx.run(
        insert_tagging,
        organization_id=org.organization_id,
        id=int(ids["association"]),
        tag_id=ids["tag"],
        subject_type="Checklist",
        subject_id=ids["template"],
        created_at=0,
    )
    await tx.run(
        insert_folder_object,
        organization_id=org.organization_id,
        id=int(ids["relation"]),
        folder_id=ids["folder"],
        subject_type="Task",
        subject_id=ids["oneoff"],
        created_at=0,
    )


async def refused_mail(tx: Transaction, org: Org, ids: dict[str, str], word: str) -> None:
    """A mail that was refused."""
    await tx.run(
        insert_mail,
        organization_id=org.organization_id,
        id=ids["mail"],
        kind="email_step",
        recipient=f"{word.lower()}@pilots.example",
        subject=f"{word} mail",
        sealed_text="",
        status="refused",
        due_at=2_000_000_000_000,
        created_at=0,
    )


def rule(ids: dict[str, str], word: str) -> dict[str, Any]:
    return {
        "automated_alias": f"{word} rule",
        "conditions": [
            {
                "conditionable_id": ids["step"],
                "conditionable_type": "Step",
                "operation": "completed",
                "statement": "any_time",
                "logic": "and",
            }
        ],
        "then_actions": [
            {"action_type": "visibility", "action_verb": "show", "target_step_id": ids["other_step"]},
        ],
    }


def owners(ids: dict[str, str]) -> dict[str, Any]:
    return {"users": [int(ids["user"])], "guests": [], "groups": [ids["group"]]}


def oneoff(ids: dict[str, str], word: str) -> dict[str, Any]:
    return {
        "title": f"{word} errand",
        "task_type": "task",
        "owners": {"users": [int(ids["user"])], "guests": [], "groups": []},
        "deadline": DEADLINE,
    }


def _saying(ids: dict[str, str]) -> dict[str, Any]:
    return {"content": f"@[{ids['user']}]", "thread_id": ids["problem"]}


# deleting what there is not is no error here, so what is somebody else's looks the same
SILENT = {("DELETE", "/organizations/{org}/tags/{tag}")}

Bodies = dict[tuple[str, str], Callable[[dict[str, str]], dict[str, Any]]]

_STEP = "/organizations/{org}/checklists/{template}/steps"
_RUN = "/organizations/{org}/runs"

# bodies that name records; the others are called with an empty body
BODIES: Bodies = {
    ("POST", "/organizations/{org}/x/runs/bulk"): lambda ids: {
        "checklist_id": ids["template"],
        "rows": [{ids["field"]: "x", "owner": ids["user"], "tags": ids["tag"], "folders": ids["folder"]}],
        "batch": "mirror",
    },
    ("POST", "/organizations/{org}/guests/{guest}/form-field/value"): lambda ids: {
        "id": f"{ids['task']}-{ids['capture']}",
        "form_value": "x",
    },
    ("PUT", "/organizations/{org}"): lambda ids: {"onboarding_template_id": ids["template"]},
    ("POST", "/organizations/{org}/checklists"): lambda ids: {
        "title": "Copy",
        "owner_id": int(ids["user"]),
        "users": [int(ids["user"])],
        "groups": [ids["group"]],
        "prerun": [{"id": ids["field"], "label": "x", "field_type": "text", "required": False}],
        "folder_id": ids["shelf"],
        "default_folder": ids["folder"],
    },
    ("PUT", "/organizations/{org}/checklists/{template}"): lambda ids: {
        "title": "Changed",
        "owner_id": int(ids["user"]),
        "users": [int(ids["user"])],
        "groups": [ids["group"]],
        "prerun": [{"id": ids["field"], "label": "x", "field_type": "text", "required": False}],
        "folder_id": ids["shelf"],
        "default_folder": ids["folder"],
    },
    ("POST", "/organizations/{org}/checklists/{template}/clone"): lambda ids: {"tenant": ids["org"]},
    ("PUT", "/organizations/{org}/checklists/{template}/permissions"): lambda ids: {
        "permissions": {
            "READ": [{"type": "user", "id": int(ids["user"])}, {"type": "group", "id": ids["group"]}],
            "LAUNCH": [{"type": "user", "id": int(ids["user"])}],
            "EDIT": [],
            "DUPLICATE": [],
            "PROCESS_READ": [],
        }
    },
    ("POST", _STEP): lambda ids: _step(ids),
    ("PUT", f"{_STEP}/{{step}}"): lambda ids: _step(ids),
    ("PUT", f"{_STEP}/{{step}}/captures"): lambda ids: {"capture_id": ids["capture"], "position": 1},
    ("PUT", f"{_STEP}/{{step}}/captures/{{capture}}/move-out"): lambda ids: {
        "target_step_id": ids["other_step"],
        "position": 1,
    },
    ("POST", "/organizations/{org}/checklists/{template}/automated-actions"): lambda ids: rule(ids, "New"),
    ("PUT", "/organizations/{org}/checklists/{template}/automated-actions/{rule}"): lambda ids: rule(ids, "New"),
    ("POST", _RUN): lambda ids: {
        "checklist_id": ids["template"],
        "owner_id": int(ids["user"]),
        "users": [int(ids["user"])],
        "groups": [ids["group"]],
        "tags": [ids["tag"]],
        "folders": [ids["folder"]],
        "tasks": {ids["step"]: {"owners": owners(ids)}},
        "prerun": {ids["field"]: "x"},
        "parent_id": ids["process"],
    },
    ("PUT", f"{_RUN}/{{process}}"): lambda ids: {
        "name": "Changed",
        "owner_id": int(ids["user"]),
        "users": [int(ids["user"])],
        "groups": [ids["group"]],
        "tags": [ids["tag"]],
        "folders": [ids["folder"]],
        "prerun": {ids["field"]: "x"},
    },
    ("PUT", f"{_RUN}/{{process}}/tasks/{{task}}"): lambda ids: {
        "owners": owners(ids),
        "taskdata": {ids["capture"]: "x"},
    },
    ("PUT", "/organizations/{org}/tasks/{task}"): lambda ids: {
        "owners": owners(ids),
        "taskdata": {ids["capture"]: "x"},
    },
    ("POST", "/organizations/{org}/tasks"): lambda ids: {
        **oneoff(ids, "New"),
        "owners": owners(ids),
        "tags": [ids["tag"]],
        "run_id": ids["process"],
    },
    ("POST", "/organizations/{org}/x/schedules"): lambda ids: {
        "title": "Again",
        "checklist_id": ids["template"],
        "rule": "FREQ=DAILY",
        "starts_at": "2031-01-01 09:00:00",
        "owner_id": int(ids["user"]),
        "prerun": {ids["field"]: "x"},
    },
    ("PUT", "/organizations/{org}/x/schedules/{schedule}"): lambda ids: {
        "owner_id": int(ids["user"]),
        "prerun": {ids["field"]: "x"},
    },
    **{
        (method, f"/organizations/{{org}}/{place}"): _saying
        for method, place in (
            ("POST", "tasks/{task}/comment"),
            ("PUT", "tasks/{task}/comment/{thread}"),
            ("POST", "tasks/{task}/bot-comment"),
            ("POST", "guests/{guest}/tasks/{task}/comment"),
            ("PUT", "guests/{guest}/tasks/{task}/comment/{thread}"),
            ("POST", "guests/{guest}/tasks/{task}/problem"),
            ("POST", "guests/{guest}/tasks/{task}/resolved-threads"),
            ("POST", "tasks/{task}/problem"),
            ("POST", "tasks/{task}/resolved-threads"),
            ("POST", "runs/{process}/comment"),
            ("POST", "runs/{process}/problem"),
            ("POST", "runs/{process}/resolved-threads"),
            ("POST", "checklists/{template}/comment"),
            ("POST", "checklists/{template}/problem"),
            ("POST", "checklists/{template}/resolved-threads"),
        )
    },
    ("POST", f"{_RUN}/{{process}}/completed-tasks"): lambda ids: {
        "task_id": ids["task"],
        "override_user": int(ids["user"]),
        "taskdata": {ids["capture"]: "x"},
    },
    ("POST", "/organizations/{org}/completed-tasks"): lambda ids: {
        "task_id": ids["oneoff"],
        "override_user": int(ids["user"]),
    },
    ("POST", "/organizations/{org}/tasks/{task}/captures"): lambda ids: {"id": ids["capture"], "value": "x"},
    ("POST", "/organizations/{org}/x/runs/{process}/tasks/{task}/visibility"): lambda ids: {"visible": False},
    ("PUT", "/organizations/{org}/guests/{guest}/tasks/{task}"): lambda ids: {"taskdata": {ids["capture"]: "x"}},
    ("POST", "/organizations/{org}/guests/{guest}/x/tasks/{task}/guests"): lambda ids: {"email": "new@quay.example"},
    ("PUT", "/organizations/{org}/guests/{guest}/x/tasks/{task}/kickoff"): lambda ids: {"prerun": {ids["field"]: "x"}},
    ("POST", "/organizations/{org}/guests/{guest}/completed-tasks"): lambda ids: {
        "task_id": ids["task"],
        "taskdata": {ids["capture"]: "x"},
    },
    ("POST", "/organizations/{org}/guests"): lambda ids: {
        "email": "new@quay.example",
        "associated_members": [int(ids["user"])],
    },
    ("PUT", "/organizations/{org}/guests/{guest}"): lambda ids: {"associated_members": [int(ids["user"])]},
    ("POST", "/organizations/{org}/folders"): lambda ids: {"name": "New", "parent_id": ids["shelf"]},
    ("PUT", "/organizations/{org}/folders/{folder}"): lambda ids: {"name": "Changed", "parent_id": ids["folder"]},
    ("POST", "/organizations/{org}/folders/add-object"): lambda ids: {
        "folder_id": ids["folder"],
        "subject_id": ids["process"],
        "subject_type": "Run",
    },
    ("POST", "/organizations/{org}/tags"): lambda ids: {"title": "New", "color": "#102030"},
    ("PUT", "/organizations/{org}/tags/{tag}"): lambda ids: {"title": "Changed"},
    ("POST", "/organizations/{org}/checklists/tags"): lambda ids: {
        "subject_id": ids["process"],
        "subject_type": "Run",
        "tag_id": ids["tag"],
        "tag_type": "private",
    },
    ("POST", "/organizations/{org}/roles"): lambda ids: {"name": "New", **owners(ids)},
    ("PUT", "/organizations/{org}/roles/{role}"): lambda ids: {"name": "Changed", **owners(ids)},
    ("PUT", "/organizations/{org}/x/checklists/{template}/steps/{step}/roles"): lambda ids: {"roles": [ids["role"]]},
    ("POST", "/organizations/{org}/groups"): lambda ids: {"name": "New", "members": [int(ids["user"])]},
    ("PUT", "/organizations/{org}/groups/{group}"): lambda ids: {"name": "Changed", "members": [int(ids["user"])]},
    ("PUT", "/organizations/{org}/users/{user}/role"): lambda ids: {"role": "light"},
    ("PUT", "/organizations/{org}/users/{user}"): lambda ids: {"first_name": "Changed", "last_name": "Name"},
    ("PUT", "/organizations/{org}/users/{user}/update-password"): lambda ids: {
        "password": "does-not-matter",
        "new_password": "another-long-word",
    },
    ("PUT", "/organizations/{org}/users/{user}/update-email"): lambda ids: {
        "email": "changed@pilots.example",
        "password": "does-not-matter",
    },
    ("PUT", "/organizations/{org}/x/checklists/{template}/status"): lambda ids: {"status": "draft"},
}


def _step(ids: dict[str, str]) -> dict[str, Any]:
    return {
        "title": "Changed",
        "assignees": [int(ids["user"])],
        "groups": [ids["group"]],
        "tags": [ids["tag"]],
        "stage_id": ids["stage"],
        "deadline": {"value": 1, "unit": "days", "option": "from", "step": ids["other_step"]},
        "settings": {"bp_to_launch": {"id": ids["template"]}},
        "bp_to_launch": {"id": ids["template"], "default_name_format": None, "tasks_within_process": True},
    }
