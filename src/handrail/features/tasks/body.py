"""From the bodies of task routes to the engine's commands; dates and people are checked here, naming the field."""

from typing import Any

from msgspec import UNSET, UnsetType

from handrail.engine.definition import Owners, StepType
from handrail.engine.edit_task import EditTask, OwnersEdit
from handrail.engine.permit import Doer
from handrail.features.tasks import wire
from handrail.kernel.addresses import is_web_address
from handrail.kernel.clock import parse_moment
from handrail.kernel.errors import Errors
from handrail.kernel.html import sanitise

STEP_TYPES = ("task", "approval", "expiring", "email", "expiring_email")
MAX_OWNERS = 1000


def moment(text: str | UnsetType | None, path: str, errors: Errors) -> int | UnsetType:
    """A date-time in either form of the wire; an error at `path` for anything else. Null counts as left out."""
    if text is UNSET or text is None:
        return UNSET
    assert isinstance(text, str)
    found = parse_moment(text)
    if found is None:
        errors.add(path, f"The {path} is not a valid date; write YYYY-MM-DD HH:MM:SS (UTC) or ISO 8601.")
        return UNSET
    return found


def owners(body: wire.TaskOwnersBody | UnsetType | None, path: str, errors: Errors) -> OwnersEdit | UnsetType:
    """Owners bucket by bucket; addresses in lower case."""
    if not isinstance(body, wire.TaskOwnersBody):
        return UNSET
    for name in ("users", "guests", "groups"):
        bucket = getattr(body, name)
        if bucket is not UNSET and len(bucket) > MAX_OWNERS:
            errors.add(f"{path}.{name}", f"At most {MAX_OWNERS} entries.")
    return OwnersEdit(
        users=None if body.users is UNSET else tuple(body.users),
        guests=None if body.guests is UNSET else tuple(email.strip().lower() for email in body.guests),
        groups=None if body.groups is UNSET else tuple(body.groups),
    )


def named(edit: OwnersEdit | UnsetType) -> Owners:
    """Everybody whom new owners name."""
    if isinstance(edit, UnsetType):
        return Owners()
    return Owners(users=edit.users or (), guests=edit.guests or (), groups=edit.groups or ())


def values(
    given: dict[str, Any] | list[Any] | UnsetType | None, path: str, errors: Errors
) -> dict[str, Any] | UnsetType:
    """Answers by field id; `[]` is how some clients write nothing."""
    if given is UNSET or given is None or given == []:
        return UNSET
    if isinstance(given, list):
        errors.add(path, f"The {path} must be an object keyed by field id, not a list.")
        return UNSET
    return given


def web_address(text: str | UnsetType | None, path: str, errors: Errors) -> str | UnsetType | None:
    """An http(s) URL, or nothing."""
    if not text or text is UNSET:
        return None if text == "" else text
    if not is_web_address(text):
        errors.add(path, f"The {path} must be an http or https URL.")
    return text


def step_type(text: str | UnsetType | None, errors: Errors) -> StepType | UnsetType:
    """One of the five types."""
    if text is UNSET or text is None:
        return UNSET
    if text not in STEP_TYPES:
        errors.add("task_type", f"The task_type must be one of {', '.join(STEP_TYPES)}.")
        return UNSET
    return text


def rich_text(first: str | UnsetType | None, second: str | UnsetType | None) -> str | UnsetType | None:
    """`summary`, or `description` where only that is sent; sanitised."""
    text = first if first is not UNSET else second
    return sanitise(text) if isinstance(text, str) else text


def edit(task_id: str, body: wire.TaskBody, errors: Errors) -> tuple[EditTask, Owners]:
    """The command for a task's PUT (its doer still to be set), and everybody it names."""
    changed = owners(body.owners, "owners", errors)
    title = body.title if body.title is not UNSET else body.name
    if isinstance(title, str) and not title.strip():
        errors.add("title", "The title must not be blank.")
    if isinstance(title, str) and len(title) > 600:
        errors.add("title", "The title may have at most 600 characters.")
    command = EditTask(
        task_id=task_id,
        doer=Doer(),
        title=title,
        summary=rich_text(body.summary, body.description),
        deadline=None if body.deadline is None else moment(body.deadline, "deadline", errors),
        started_at=moment(body.started_at, "started_at", errors),
        owners=changed,
        status=body.status if isinstance(body.status, str) else UNSET,
        position=UNSET if body.position is None else body.position,
        max_assignable=0 if body.max_assignable is None else body.max_assignable,
        task_type=step_type(body.task_type, errors),
        webhook=web_address(body.webhook, "webhook", errors),
        top_secret=UNSET if body.top_secret is None else body.top_secret,
        prevent_guest_comment=UNSET if body.prevent_guest_comment is None else body.prevent_guest_comment,
        values=values(body.taskdata, "taskdata", errors),
    )
    return command, named(changed)
