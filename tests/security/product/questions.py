"""What the product asks of each route: which families of records, which rows of the matrix, and with which body.

All of it follows from the route's declaration, except what is listed here.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handrail.http.endpoint import Endpoint
from handrail.kernel.ids import new_id
from handrail.kernel.permission import MATRIX
from tests.security import mirror
from tests.security.product.cast import Cast
from tests.security.product.records import FAMILIES, Made

PARAMETER = re.compile(r"\{(\w+)\}")
ORG = "/organizations/{org}"
Key = tuple[str, str]
Body = Callable[[Cast, dict[str, str]], dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """One route with one family of records. It is allowed when every action is."""

    route: Endpoint
    family: str
    actions: tuple[str, ...]
    body: Body | None
    # also administrators need the relation `self`
    own: bool = False

    def __str__(self) -> str:
        extra = "" if self.actions == (self.route.action,) else f" as {'+'.join(self.actions)}"
        return f"{self.route.method} {self.route.path.removeprefix(ORG)} [{self.family}]{extra}"

    def allows(self, role: str, words: frozenset[str]) -> bool:
        """What the matrix says."""
        if self.own and "self" not in words:
            return False
        cells = [getattr(MATRIX[action], role) for action in self.actions]
        return all("*" in cell or not cell.isdisjoint(words) for cell in cells)


def _key(route: Endpoint) -> Key:
    return route.method, route.path.removeprefix(ORG)


# families of routes whose path does not tell
ASKED: dict[Key, tuple[str, ...]] = {
    ("POST", "/runs"): ("template",),
    ("POST", "/x/runs/bulk"): ("template",),
    ("POST", "/x/schedules"): ("template",),
    ("POST", "/x/runs/{process}/relaunch"): ("launchable",),
    ("POST", "/completed-tasks"): ("oneoff",),
    ("POST", "/guests/{guest}/completed-tasks"): ("guest_task",),
    ("POST", "/guests/{guest}/form-field/value"): ("guest_task",),
    ("PUT", "/form-field/value"): ("step_task", "oneoff"),
    ("GET", "/x/tasks/{task}/explain"): ("step_task",),
    ("POST", "/runs/{process}/completed-tasks"): ("step_task",),
    ("POST", "/checklists/tags"): ("tagged",),
    ("POST", "/folders/add-object"): ("filed",),
    ("POST", "/users/invite"): ("inviting",),
    ("POST", "/x/users/{user}/invitation"): ("invitation",),
    ("DELETE", "/x/users/{user}/invitation"): ("invitation",),
    ("POST", "/groups"): ("grouping",),
    ("GET", "/groups/{group}"): ("plain",),
}
# one-off tasks alone can be archived, deleted and copied; the task of a step can be all that the others ask
ALSO_OF_STEPS = frozenset({"comment.write", "task.read", "task.remind", "task.update"})
# what a route asks beyond its own row
BESIDES: dict[Key, tuple[str, ...]] = {
    ("POST", "/tasks/{task}/clone"): ("task.update",),
    ("POST", "/x/schedules"): ("template.launch",),
    ("POST", "/x/runs/{process}/relaunch"): ("template.launch",),
    ("GET", "/guests/{guest}/tasks"): ("guest.read",),
    ("GET", "/guests/{guest}/x/preferences"): ("guest.read",),
    ("PUT", "/guests/{guest}/x/preferences"): ("guest.update",),
}
# routes that stand on another row, depending on what is in the body
INSTEAD: dict[Key, dict[str, Body]] = {
    ("PUT", "/runs/{process}"): {
        "process.update": lambda cast, ids: {"name": "Changed"},
        "process.answer": lambda cast, ids: {"prerun": {ids["field"]: "x"}},
    },
    ("PUT", "/checklists/{template}"): {
        "template.edit": lambda cast, ids: {"title": "Changed"},
        "template.edit+template.pin": lambda cast, ids: {"title": "Changed", "is_pinned": True},
    },
}
OWN = frozenset(
    {
        ("PUT", "/users/{user}/update-email"),
        ("PUT", "/users/{user}/update-password"),
        ("DELETE", "/me/tokens/{token}"),
    }
)
# routes that end the caller's own tokens
ENDING = frozenset({("POST", "/auth/logout"), ("DELETE", "/me/tokens"), ("DELETE", "/me/tokens/{token}")})
# a record in the body that the caller may not see is told as a value that is not right, as if it did not exist
INVALID_WHEN_UNSEEN = frozenset({("POST", "/checklists/tags"), ("POST", "/folders/add-object")})


def _owners(cast: Cast) -> dict[str, Any]:
    return {"users": [cast.org.user_id], "guests": [], "groups": []}


def _schedule(cast: Cast, ids: dict[str, str]) -> dict[str, Any]:
    begin = {"rule": "FREQ=DAILY", "starts_at": "2031-01-01 09:00:00"}
    return {"title": "Again", "checklist_id": ids["template"], **begin}


# bodies that go far enough to be refused for who asks; the others are the examples of the reference
BODIES: dict[Key, Body] = {
    ("PUT", ""): lambda cast, ids: {"name": "Aldebaran Works"},
    ("POST", "/users/invite"): lambda cast, ids: {
        "email": f"{new_id()[-16:]}@pilots.example",
        "first_name": "Eva",
        "last_name": "Nova",
        "role": "light",
    },
    ("POST", "/guests"): lambda cast, ids: {"email": f"{new_id()[-16:]}@quay.example"},
    ("PUT", "/guests/{guest}"): lambda cast, ids: {"phone_1": "+351 910 000 223"},
    ("POST", "/groups"): lambda cast, ids: {"name": new_id(), "members": [cast.org.user_id]},
    ("PUT", "/groups/{group}"): lambda cast, ids: {"description": "Changed"},
    ("PUT", "/checklists/{template}"): lambda cast, ids: {"title": "Changed"},
    ("POST", "/checklists/{template}/clone"): lambda cast, ids: {"title": "Copy"},
    ("PUT", "/checklists/{template}/permissions"): lambda cast, ids: {"permissions": {"READ": "everyone"}},
    ("PUT", "/x/checklists/{template}/status"): lambda cast, ids: {"status": "finishing"},
    ("POST", "/checklists/{template}/steps"): lambda cast, ids: {"title": "Another"},
    ("PUT", "/checklists/{template}/steps/{step}"): lambda cast, ids: {"title": "Changed"},
    ("PUT", "/checklists/{template}/steps/{step}/captures"): lambda cast, ids: {
        "capture_id": ids["capture"],
        "position": 1,
    },
    ("PUT", "/checklists/{template}/steps/{step}/captures/{capture}/move-out"): lambda cast, ids: {
        "target_step_id": ids["other_step"],
        "position": 1,
    },
    ("POST", "/checklists/{template}/automated-actions"): lambda cast, ids: mirror.rule(ids, "Other"),
    ("PUT", "/checklists/{template}/automated-actions/{rule}"): lambda cast, ids: mirror.rule(ids, "Other"),
    ("POST", "/x/checklists/{template}/simulate"): lambda cast, ids: {"actions": []},
    ("POST", "/runs"): lambda cast, ids: {"checklist_id": ids["template"], "name": "Mooring"},
    ("POST", "/x/runs/bulk"): lambda cast, ids: {"checklist_id": ids["template"], "rows": [{}], "batch": new_id()},
    ("POST", "/x/checklists/{template}/magic-launch"): lambda cast, ids: {"default_run_name": "Mooring"},
    ("POST", "/x/runs/{process}/relaunch"): lambda cast, ids: {"name": "Mooring"},
    ("PUT", "/runs/{process}/tasks/{task}"): lambda cast, ids: {"taskdata": {ids["capture"]: "x"}},
    ("PUT", "/tasks/{task}"): lambda cast, ids: {"taskdata": {ids["capture"]: "x"}},
    ("PUT", "/guests/{guest}/tasks/{task}"): lambda cast, ids: {"taskdata": {}},
    ("POST", "/runs/{process}/completed-tasks"): lambda cast, ids: {"task_id": ids["task"]},
    ("POST", "/completed-tasks"): lambda cast, ids: {"task_id": ids["task"]},
    ("POST", "/guests/{guest}/completed-tasks"): lambda cast, ids: {"task_id": ids["task"]},
    ("POST", "/tasks"): lambda cast, ids: {
        "title": "New",
        "task_type": "task",
        "owners": _owners(cast),
        "deadline": mirror.DEADLINE,
    },
    ("POST", "/tasks/{task}/captures"): lambda cast, ids: {"id": ids["capture"], "value": "x"},
    ("PUT", "/form-field/value"): lambda cast, ids: {"id": f"{ids['task']}-{ids['capture']}", "form_value": "x"},
    ("POST", "/guests/{guest}/form-field/value"): lambda cast, ids: {
        "id": f"{ids['task']}-{ids['capture']}",
        "form_value": "x",
    },
    ("POST", "/x/schedules"): _schedule,
    ("PUT", "/x/schedules/{schedule}"): lambda cast, ids: {"title": "Changed"},
    ("POST", "/tags"): lambda cast, ids: {"title": new_id()[-20:], "color": "#102030"},
    ("PUT", "/tags/{tag}"): lambda cast, ids: {"color": "#405060"},
    ("POST", "/checklists/tags"): lambda cast, ids: {
        "subject_id": ids["subject_id"],
        "subject_type": ids["subject_type"],
        "tag_id": ids["tag"],
        "tag_type": "private",
    },
    ("POST", "/folders"): lambda cast, ids: {"name": new_id()},
    ("POST", "/folders/add-object"): lambda cast, ids: {
        "subject_id": ids["subject_id"],
        "subject_type": ids["subject_type"],
        "folder_id": ids["folder"],
    },
    **{
        ("POST", f"{place}/{kind}"): lambda cast, ids: {"content": "hello"}
        for place in ("/tasks/{task}", "/runs/{process}", "/checklists/{template}", "/guests/{guest}/tasks/{task}")
        for kind in ("comment", "bot-comment", "problem")
    },
    **{
        ("POST", f"{place}/resolved-threads"): lambda cast, ids: {"thread_id": ids["problem"], "content": "well again"}
        for place in ("/tasks/{task}", "/runs/{process}", "/checklists/{template}", "/guests/{guest}/tasks/{task}")
    },
}


def _archived(path: str) -> Callable[[Cast, dict[str, str]], None]:
    def prepare(cast: Cast, ids: dict[str, str]) -> None:
        answer = cast.org.http.delete(PARAMETER.sub(lambda match: ids[match[1]], path))
        assert answer.is_success, answer.text

    return prepare


def _completed(cast: Cast, ids: dict[str, str]) -> None:
    # an open problem is in the way
    solved = {"thread_id": ids["problem"], "content": "well again"}
    assert cast.org.http.post(f"/tasks/{ids['task']}/resolved-threads", json=solved).is_success
    at = f"/runs/{ids['process']}/completed-tasks" if "process" in ids else "/completed-tasks"
    assert cast.org.http.post(at, json={"task_id": ids["task"]}).is_success


def _answered(cast: Cast, ids: dict[str, str]) -> None:
    at = f"/runs/{ids['process']}/tasks/{ids['task']}" if "process" in ids else f"/tasks/{ids['task']}"
    assert cast.org.http.put(at, json={"taskdata": {ids["capture"]: "y"}}).is_success


def _blocked(cast: Cast, ids: dict[str, str]) -> None:
    answer = cast.org.http.post(f"/tasks/{ids['task']}/problem", json={"content": "broken", "state": "open"})
    ids["problem"] = answer.json()["data"]["id"]


def _left(cast: Cast, ids: dict[str, str]) -> None:
    assert cast.org.http.post("/completed-tasks", json={"task_id": ids["errand"]}).is_success
    assert cast.org.http.delete(f"/guests/{ids['guest']}/disable").is_success


# what the administrator does first, so that there is something to allow
BEFORE: dict[Key, Callable[[Cast, dict[str, str]], None]] = {
    ("PUT", "/checklists/{template}/restore"): _archived("/checklists/{template}"),
    ("PUT", "/runs/{process}/activate"): _archived("/runs/{process}"),
    ("DELETE", "/runs/{process}/delete"): _archived("/runs/{process}"),
    ("PUT", "/tasks/{task}/restore"): _archived("/tasks/{task}"),
    ("DELETE", "/tasks/{task}/delete"): _archived("/tasks/{task}"),
    ("PUT", "/users/{user}/enable"): _archived("/users/{user}/disable"),
    ("DELETE", "/users/{user}/delete"): _archived("/users/{user}/disable"),
    ("PUT", "/guests/{guest}/enable"): _left,
    ("POST", "/guests/{guest}/tasks/{task}/resolved-threads"): _blocked,
    ("PUT", "/form-field/value"): _answered,
    ("DELETE", "/runs/{process}/completed-tasks/{task}"): _completed,
    ("POST", "/runs/{process}/completed-tasks/{task}"): _completed,
    ("DELETE", "/completed-tasks/{task}"): _completed,
}


def families(route: Endpoint) -> tuple[str, ...]:
    """The families of records that a route is asked with. LookupError for one that nobody has thought of."""
    asked = ASKED.get(_key(route))
    if asked is not None:
        return asked
    names = frozenset(PARAMETER.findall(route.path)) - {"org"}
    if not names:
        return ("nothing",)
    if route.action == "group.manage":
        return ("grouping",)
    fitting = [name for name, family in FAMILIES.items() if names <= family.parameters]
    if "comment" in fitting and "thread" not in names:
        fitting.remove("comment")
    if not fitting:
        raise LookupError(
            f"{route.method} {route.path}: no family of tests/security/product/records.py has {sorted(names)}; "
            "write one, with a variant for each relation of its row, or name the families in questions.ASKED"
        )
    first = min(fitting, key=lambda name: (len(FAMILIES[name].parameters), name != "oneoff"))
    if first == "oneoff" and route.action in ALSO_OF_STEPS:
        return ("oneoff", "step_task")
    return (first,)


def questions(route: Endpoint) -> list[Question]:
    """Everything that is asked of a route."""
    assert route.action is not None
    key = _key(route)
    body = BODIES.get(key) or _example(route)
    rows: dict[str, Body | None] = {**INSTEAD.get(key, {})} or {route.action: body}
    return [
        Question(route, family, (*action.split("+"), *BESIDES.get(key, ())), made, key in OWN)
        for family in families(route)
        for action, made in rows.items()
    ]


def _example(route: Endpoint) -> Body | None:
    if route.body is None:
        return None
    kind: Any = route.body
    found = getattr(sys.modules[kind.__module__], "EXAMPLES", {}).get(kind.__name__, {})
    return lambda cast, ids: dict(found)


def prepare(cast: Cast, question: Question, made: Made) -> None:
    """Bring the record into the state in which the route has something to do."""
    before = BEFORE.get(_key(question.route))
    # nobody can be asked to act who is disabled
    if before is not None and "self" not in made.words:
        before(cast, made.ids)


def address(question: Question, cast: Cast, made: Made) -> str:
    """The route's path with these ids, from the mount on."""
    ids = {**made.ids, "org": cast.org.organization_id}
    return PARAMETER.sub(lambda match: ids[match[1]], question.route.path)


def has_state(route: Endpoint) -> bool:
    """Whether its records are brought into a state first."""
    return _key(route) in BEFORE


def is_ending(route: Endpoint) -> bool:
    """Whether the route ends tokens of whoever calls it."""
    return _key(route) in ENDING


def may_say_invalid(route: Endpoint) -> bool:
    """Whether a record that the caller does not see is told as a wrong value."""
    return _key(route) in INVALID_WHEN_UNSEEN
