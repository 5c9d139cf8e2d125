"""Records to which somebody stands in one relation and no other, by family: `make(cast, person, variant)`.

A variant is a word of the permission matrix, or one with `+group` where it reaches the person through a group;
`none` is a stranger to the record. What it returns are the ids by the names of path parameters, and every word of the
matrix that then holds: who owns a process is also involved in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handrail.kernel.ids import new_id
from handrail.schema.schedule_tables import launch_schedules
from handrail.schema.statement import Statement
from handrail.schema.tables import members, processes, tasks, templates
from handrail.schema.words import is_, own, set_all
from tests.features.builders import made
from tests.security import mirror
from tests.security.product.cast import Cast
from tests.support.server import Person

GRANTS = ("EDIT", "READ", "LAUNCH", "DUPLICATE", "PROCESS_READ")
NONE = "none"
DEADLINE = mirror.DEADLINE

schedules = launch_schedules


def _setting(table: sa.Table, column: str) -> Statement[None]:
    values = set_all(table, column)
    if table is processes:
        # or a process that was read before is believed to be as it was
        values["revision"] = table.c.revision + 1
    return Statement[None](sa.update(table).where(own(table), is_(table.c.id)).values(values))


_SET = {
    ("template", "creator"): _setting(templates, "created_by"),
    ("template", "owner"): _setting(templates, "owner_id"),
    ("process", "owner"): _setting(processes, "owner_id"),
    ("process", "starter"): _setting(processes, "started_by"),
    ("oneoff", "creator"): _setting(tasks, "starter_id"),
    ("schedule", "creator"): _setting(schedules, "created_by"),
    ("schedule", "owner"): _setting(schedules, "owner_id"),
}
_INVITED_BY = Statement[None](
    sa.update(members).where(own(members), is_(members.c.user_id)).values(set_all(members, "invited_by"))
)
_COLUMN = {"creator": "created_by", "owner": "owner_id", "starter": "started_by"}


@dataclass(frozen=True)
class Made:
    """Ids by path parameter, and the words of the matrix that hold."""

    ids: dict[str, str]
    words: frozenset[str]


Maker = Callable[[Cast, Person, str], Made]


@dataclass(frozen=True)
class Family:
    """A kind of record: how to make one, the variants, and the path parameters that it brings."""

    make: Maker
    variants: tuple[str, ...]
    parameters: frozenset[str]
    # every word that some variant makes hold
    words: frozenset[str]


def _set(cast: Cast, kind: str, relation: str, record_id: str, person: Person) -> None:
    column = "starter_id" if kind == "oneoff" else _COLUMN[relation]
    values = {"organization_id": cast.org.organization_id, "id": record_id, column: person.user_id}
    cast.server.write(lambda tx: tx.run(_SET[kind, relation], **values))


def _owners(cast: Cast, person: Person, variant: str) -> dict[str, Any]:
    """Owners of a task: the person, their group, or the administrator alone."""
    users = [person.user_id] if variant == "assignee" else [cast.org.user_id]
    return {"users": users, "guests": [], "groups": [cast.group] if variant == "assignee+group" else []}


def _template(cast: Cast, person: Person, variant: str) -> dict[str, Any]:
    """A template that nobody may use but by this variant."""
    word, _, through = variant.partition("+")
    entry = {"type": "group", "id": cast.group} if through else {"type": "user", "id": person.user_id}
    permissions: dict[str, Any] = {name: [entry] if name == word else [] for name in GRANTS}
    found = made(
        cast.org.http.post(
            "/checklists?with=steps",
            json={
                "title": "Berth booking",
                "type": "procedure",
                "prerun": [{"label": f"Boat {n}", "field_type": "text", "required": False} for n in (1, 2)],
                "steps": [
                    {
                        "title": f"Step {n}",
                        "assignees": [cast.org.user_id],
                        "captures": [{"label": "Note", "field_type": "text", "required": False}],
                    }
                    for n in (1, 2)
                ],
            },
        )
    )
    made(cast.org.http.put(f"/checklists/{found['id']}/permissions", json={"permissions": permissions}), 200)
    if ("template", word) in _SET:
        _set(cast, "template", word, found["id"], person)
    return found


def template(cast: Cast, person: Person, variant: str) -> Made:
    """A template with a stage, a rule and a saved test."""
    found = _template(cast, person, variant)
    at, steps = f"/checklists/{found['id']}", found["steps"]["data"]
    ids = {
        "template": found["id"],
        "field": found["prerun"][0]["id"],
        "step": steps[0]["id"],
        "other_step": steps[1]["id"],
        "capture": steps[0]["captures"][0]["id"],
        "stage": made(cast.org.http.post(f"{at}/stages", json={"title": "Survey"}))["id"],
    }
    ids["rule"] = made(cast.org.http.post(f"{at}/automated-actions", json=mirror.rule(ids, "New")))["id"]
    run = {"title": "Quick", "run": {"actions": [{"step": "Step 1"}]}}
    ids["test"] = made(cast.org.http.post(f"/x{at}/tests", json=run))["id"]
    ids["problem"] = made(cast.org.http.post(f"{at}/problem", json={"content": "broken"}))["id"]
    return Made(ids, frozenset({variant.partition("+")[0]} - {NONE}))


def process(cast: Cast, person: Person, variant: str) -> Made:
    """A process of two tasks of the administrator's, or one of them the person's; `task` is the first."""
    word, _, through = variant.partition("+")
    grants = variant if word == "PROCESS_READ" else NONE
    found = _template(cast, person, grants)
    run = made(cast.org.http.post("/runs?with=tasks", json={"checklist_id": found["id"], "name": "Mooring"}))
    first, second = (task["id"] for task in run["tasks"]["data"])
    ids = {
        "process": run["id"],
        "task": first,
        "capture": found["steps"]["data"][0]["captures"][0]["id"],
        "template": found["id"],
        "field": found["prerun"][0]["id"],
    }
    words = {word} - {NONE}
    if word in ("assignee", "involved"):
        owners = _owners(cast, person, f"assignee{'+group' if through else ''}")
        place = first if word == "assignee" else second
        made(cast.org.http.put(f"/runs/{run['id']}/tasks/{place}", json={"owners": owners}), 200)
        words.add("involved")
    elif word in ("owner", "starter"):
        _set(cast, "process", word, run["id"], person)
        words.add("involved")
    return Made(ids, frozenset(words))


def process_with_problem(cast: Cast, person: Person, variant: str) -> Made:
    found = process(cast, person, variant)
    problem = made(cast.org.http.post(f"/runs/{found.ids['process']}/problem", json={"content": "broken"}))
    return Made({**found.ids, "problem": problem["id"]}, found.words)


def launchable(cast: Cast, person: Person, variant: str) -> Made:
    """A process to which the person is one thing, of a template to which they are another: `process/template`."""
    seen, _, held = variant.partition("/")
    found = process(cast, person, seen)
    word, _, through = held.partition("+")
    if word in GRANTS:
        entry = {"type": "group", "id": cast.group} if through else {"type": "user", "id": person.user_id}
        grants: dict[str, Any] = {word: [entry]}
        made(cast.org.http.put(f"/checklists/{found.ids['template']}/permissions", json={"permissions": grants}), 200)
    elif ("template", word) in _SET:
        _set(cast, "template", word, found.ids["template"], person)
    return Made(found.ids, found.words | ({word} - {NONE, ""}))


def oneoff(cast: Cast, person: Person, variant: str) -> Made:
    """A one-off task of the administrator's, or the person's."""
    body = {
        "title": "Call the pilot",
        "task_type": "task",
        "deadline": DEADLINE,
        "owners": _owners(cast, person, variant),
        "form_fields": [{"label": "Note", "field_type": "text", "required": False}],
    }
    task = made(cast.org.http.post("/tasks?with=form_fields", json=body))
    if variant == "creator":
        _set(cast, "oneoff", "creator", task["id"], person)
    ids = {"task": task["id"], "capture": task["form_fields"]["data"][0]["id"]}
    ids["problem"] = made(cast.org.http.post(f"/tasks/{task['id']}/problem", json={"content": "broken"}))["id"]
    return Made(ids, frozenset({variant.partition("+")[0]} - {NONE}))


def step_task(cast: Cast, person: Person, variant: str) -> Made:
    """The same of a process."""
    found = process(cast, person, variant)
    at = f"/tasks/{found.ids['task']}"
    problem = made(cast.org.http.post(f"{at}/problem", json={"content": "broken"}))
    return Made({**found.ids, "problem": problem["id"]}, found.words)


def comment(cast: Cast, person: Person, variant: str) -> Made:
    """A comment on a task that the person sees; `author`: the person's own."""
    found = oneoff(cast, person, NONE if variant == NONE else "assignee")
    writer = person if variant == "author" else cast.org
    thread = made(writer.http.post(f"/tasks/{found.ids['task']}/comment", json={"content": "hello"}))
    words = frozenset({"author"}) if variant == "author" else frozenset[str]()
    return Made({**found.ids, "thread": thread["id"]}, words)


def schedule(cast: Cast, person: Person, variant: str) -> Made:
    """A schedule of a template that the person may launch."""
    found = _template(cast, person, "LAUNCH")
    body = {
        "title": "Every day",
        "checklist_id": found["id"],
        "rule": "FREQ=DAILY",
        "starts_at": "2031-01-01 09:00:00",
        "owner_id": cast.org.user_id,
    }
    made_one = made(cast.org.http.post("/x/schedules", json=body))
    if variant != NONE:
        _set(cast, "schedule", variant, made_one["id"], person)
    return Made({"schedule": made_one["id"]}, frozenset({variant} - {NONE}))


def guest(cast: Cast, person: Person, variant: str) -> Made:
    """A guest; `coworker`: who has a task together with the person."""
    email = f"{new_id()[-16:]}@quay.example"
    users = [person.user_id if variant == "coworker" else cast.org.user_id]
    body = {
        "title": "Meet",
        "task_type": "task",
        "deadline": DEADLINE,
        "owners": {"users": users, "guests": [email], "groups": []},
    }
    errand = made(cast.org.http.post("/tasks", json=body))
    return Made({"guest": email, "errand": errand["id"]}, frozenset({variant} - {NONE}))


def guest_task(cast: Cast, person: Person, variant: str) -> Made:
    """A one-off task of a guest's, with whom the person has another one: that they know of them is not the question."""
    known = guest(cast, person, "coworker").ids["guest"]
    owners = _owners(cast, person, variant)
    owners["guests"] = [known]
    field = {"label": "Note", "field_type": "text", "required": False}
    body = {"title": "Sign", "task_type": "task", "deadline": DEADLINE, "owners": owners, "form_fields": [field]}
    task = made(cast.org.http.post("/tasks?with=form_fields", json=body))
    if variant == "creator":
        _set(cast, "oneoff", "creator", task["id"], person)
    ids = {"guest": known, "task": task["id"], "capture": task["form_fields"]["data"][0]["id"]}
    return Made(ids, frozenset({variant.partition("+")[0]} - {NONE}))


def guest_comment(cast: Cast, person: Person, variant: str) -> Made:
    """A comment on a task of a guest's; `author`: the person's own."""
    found = guest_task(cast, person, NONE if variant == NONE else "assignee")
    writer = person if variant == "author" else cast.org
    thread = made(writer.http.post(f"/tasks/{found.ids['task']}/comment", json={"content": "hello"}))
    words = frozenset({"author"}) if variant == "author" else frozenset[str]()
    return Made({**found.ids, "thread": thread["id"]}, words)


def member(cast: Cast, person: Person, variant: str) -> Made:
    """A member; `self`: the caller."""
    return Made(
        {"user": str(person.user_id if variant == "self" else cast.org.member("standard").user_id)},
        frozenset({variant} - {NONE}),
    )


def invitation(cast: Cast, person: Person, variant: str) -> Made:
    """Somebody who has not accepted yet; `inviter`: invited by the person, as their organization lets them."""
    made(cast.org.http.put("", json={"allow_user_invite": True}), 200)
    body = {"email": f"{new_id()[-16:]}@pilots.example", "first_name": "Eva", "last_name": "Nova", "role": "light"}
    user = made(cast.org.http.post("/users/invite", json=body), 200)
    if variant == "inviter":
        values = {"organization_id": cast.org.organization_id, "user_id": user["id"], "invited_by": person.user_id}
        cast.server.write(lambda tx: tx.run(_INVITED_BY, **values))
    return Made({"user": str(user["id"])}, frozenset({variant} - {NONE}))


def token(cast: Cast, person: Person, variant: str) -> Made:
    """A personal token; `self`: one of the caller's. Light members cannot make any, and have what they were given."""
    owner = person if variant == "self" and person is not cast.light else cast.org.member("standard")
    if variant == "self" and person is cast.light:
        rows = cast.server.run(lambda: _tokens_of(cast, person))
        return Made({"token": rows[-1]}, frozenset({"self"}))
    return Made(
        {"token": made(owner.http.post("/me/tokens", json={"name": "one", "scopes": ["*"]}))["id"]},
        frozenset({variant} - {NONE}),
    )


async def _tokens_of(cast: Cast, person: Person) -> list[str]:
    async with cast.server.database.reader() as reader:
        rows = await reader.all(mirror.token_ids, organization_id=cast.org.organization_id, account_id=person.user_id)
        return [row[0] for row in rows]


def switch(name: str) -> Maker:
    """A setting of the organization."""

    def make(cast: Cast, person: Person, variant: str) -> Made:
        made(cast.org.http.put("", json={name: variant == "switch"}), 200)
        group = made(cast.org.http.post("/groups", json={"name": new_id(), "members": []}))
        return Made({"group": group["id"]}, frozenset({variant} - {NONE}))

    return make


def plain(cast: Cast, person: Person, variant: str) -> Made:
    """One of each of what belongs to the organization as a whole."""
    http, number = cast.org.http, new_id()[-8:]
    application = made(http.post("/x/applications", json={"name": f"Portal {number}"}))
    ids = {
        "tag": made(http.post("/tags", json={"title": f"urgent {number}", "color": "#102030"}))["id"],
        "group": made(http.post("/groups", json={"name": f"Desk {number}", "members": [cast.org.user_id]}))["id"],
        "role": made(http.post("/roles", json={"name": f"Officer {number}"}))["id"],
        "folder": made(http.post("/folders", json={"name": f"Folder {number}"}))["id"],
        "application": str(application["id"]),
        "secret": application["secrets"][0]["id"],
        "mail": new_id(),
    }
    cast.server.write(lambda tx: mirror.refused_mail(tx, cast.org, ids, "x"))
    return Made(ids, frozenset())


def tagged(cast: Cast, person: Person, variant: str) -> Made:
    """A record of one of three kinds that bears a tag, and is in a folder unless it is a template."""
    kind, _, inner = variant.partition(":")
    type_, family = {"t": ("Checklist", template), "p": ("Run", process), "o": ("Task", oneoff)}[kind]
    found = family(cast, person, inner)
    subject = found.ids[{"t": "template", "p": "process", "o": "task"}[kind]]
    http, number = cast.org.http, new_id()[-8:]
    tag = made(http.post("/tags", json={"title": number, "color": "#102030"}))["id"]
    about = {"subject_id": subject, "subject_type": type_}
    link = made(http.post("/checklists/tags", json={**about, "tag_id": tag, "tag_type": "private"}))
    ids = {**about, "tag": tag, "association": str(link["id"])}
    if kind != "t":
        folder = made(http.post("/folders", json={"name": number, "folder_type": "run"}))["id"]
        relation = made(http.post("/folders/add-object", json={**about, "folder_id": folder}))
        ids |= {"folder": folder, "relation": str(relation["id"])}
    return Made(ids, found.words)


_OF_TEMPLATE = (NONE, "creator", "owner", *GRANTS, *(f"{grant}+group" for grant in GRANTS))
_OF_PROCESS = (NONE, "owner", "starter", "involved", "involved+group", "PROCESS_READ", "PROCESS_READ+group")
_OF_TASK = (NONE, "assignee", "assignee+group", *_OF_PROCESS[1:])
_OF_ONEOFF = (NONE, "creator", "assignee", "assignee+group")
_OF_LAUNCHABLE = (
    NONE,
    *(f"{seen}/LAUNCH" for seen in _OF_PROCESS),
    *(f"involved/{held}" for held in (NONE, "creator", "owner", "READ", "EDIT", "LAUNCH+group")),
)
_FILED = (*(f"p:{variant}" for variant in _OF_PROCESS), *(f"o:{variant}" for variant in _OF_ONEOFF))
_ON_TASK = frozenset({"owner", "starter", "involved", "assignee", "PROCESS_READ"})
_TEMPLATE_IDS = frozenset({"template", "field", "step", "capture", "stage", "rule", "test"})

FAMILIES: dict[str, Family] = {
    "template": Family(template, _OF_TEMPLATE, _TEMPLATE_IDS, frozenset({"creator", "owner", *GRANTS})),
    "process": Family(process_with_problem, _OF_PROCESS, frozenset({"process"}), _ON_TASK - {"assignee"}),
    "launchable": Family(
        launchable,
        _OF_LAUNCHABLE,
        frozenset({"process"}),
        frozenset({"creator", "owner", "READ", "EDIT", "LAUNCH"}) | _ON_TASK - {"assignee"},
    ),
    "step_task": Family(step_task, _OF_TASK, frozenset({"process", "task"}), _ON_TASK),
    "oneoff": Family(oneoff, _OF_ONEOFF, frozenset({"task"}), frozenset({"creator", "assignee"})),
    "comment": Family(comment, (NONE, "assignee", "author"), frozenset({"task", "thread"}), frozenset({"author"})),
    "schedule": Family(schedule, (NONE, "creator", "owner"), frozenset({"schedule"}), frozenset({"creator", "owner"})),
    "guest": Family(guest, (NONE, "coworker"), frozenset({"guest"}), frozenset({"coworker"})),
    "guest_task": Family(guest_task, _OF_ONEOFF, frozenset({"guest", "task"}), frozenset({"creator", "assignee"})),
    "guest_comment": Family(
        guest_comment, (NONE, "assignee", "author"), frozenset({"guest", "task", "thread"}), frozenset({"author"})
    ),
    "member": Family(member, (NONE, "self"), frozenset({"user"}), frozenset({"self"})),
    "invitation": Family(invitation, (NONE, "inviter"), frozenset(), frozenset({"inviter"})),
    "token": Family(token, (NONE, "self"), frozenset({"token"}), frozenset({"self"})),
    "inviting": Family(switch("allow_user_invite"), (NONE, "switch"), frozenset(), frozenset({"switch"})),
    "grouping": Family(switch("allow_manage_groups"), (NONE, "switch"), frozenset({"group"}), frozenset({"switch"})),
    "tagged": Family(
        tagged,
        (*(f"t:{variant}" for variant in _OF_TEMPLATE), *_FILED),
        frozenset({"association"}),
        frozenset({"creator", "owner", *GRANTS}) | _ON_TASK,
    ),
    "filed": Family(tagged, _FILED, frozenset({"relation"}), _ON_TASK | {"creator"}),
    "plain": Family(
        plain, (NONE,), frozenset({"tag", "group", "role", "folder", "application", "secret", "mail"}), frozenset()
    ),
}
