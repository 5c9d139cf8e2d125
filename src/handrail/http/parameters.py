"""Parameters and headers that many endpoints share, as the reference describes them."""

from collections.abc import Sequence
from typing import Any

_HEX = {"type": "string", "pattern": "^[a-f0-9]{32}$", "examples": ["0f6b2d8e41c94a7da5e3b9c017f4682e"]}
_NUMBER = {"type": "integer", "minimum": 1, "examples": [40817]}

PATH: dict[str, tuple[dict[str, Any], str]] = {
    "org": (_HEX, "The organization's id."),
    "template": (_HEX, "The template's (checklist's) id."),
    "step": (_HEX, "The step's id."),
    "capture": (_HEX, "The form field's (capture's) id."),
    "field": (_HEX, "The kick-off field's id."),
    "stage": (_HEX, "The stage's (milestone's) id."),
    "rule": (_HEX, "The rule's (automated action's) id."),
    "process": (_HEX, "The process's (run's) id."),
    "task": (_HEX, "The task's id."),
    "thread": (_HEX, "The comment's (thread's) id."),
    "test": (_HEX, "The saved test's id."),
    "schedule": (_HEX, "The schedule's id."),
    "user": (_NUMBER, "The member's id."),
    "group": (_HEX, "The group's id."),
    "role": (_HEX, "The job title's (role's) id."),
    "tag": (_HEX, "The tag's id."),
    "folder": (_HEX, "The folder's id."),
    "relation": (_NUMBER, "The id of the relation between a folder and what is in it."),
    "association": (_NUMBER, "The id of the association between a tag and a record."),
    "token": (_HEX, "The token's id."),
    "alias": (
        {"type": "string", "examples": ["vendor-intake-0f6b2d"]},
        "The template's alias, or its id.",
    ),
    "application": (_NUMBER, "The application's client id."),
    "secret": (_HEX, "The secret's id."),
    "email": ({"type": "string", "examples": ["mina@pilots.example"]}, "The member's address."),
    "mail": (_HEX, "The mail's id."),
    "guest": ({"type": "string", "examples": ["rui@pilots.example"]}, "The guest's address or code."),
}

PAGING: list[dict[str, Any]] = [
    {
        "name": "page",
        "in": "query",
        "description": "Which page, from 1.",
        "schema": {"type": "integer", "minimum": 1, "default": 1},
    },
    {
        "name": "per_page",
        "in": "query",
        "description": "Entries on a page; more than the maximum means the maximum. `limit` is another name for it.",
        "schema": {"type": "integer", "minimum": 1, "default": 10},
    },
]

HEADERS: tuple[tuple[str, str, str], ...] = (
    ("X-Request-Id", "string", "Names this answer, in logs and in the activity it caused."),
    ("X-RateLimit-Limit", "integer", "Requests a minute that the organization has."),
    ("X-RateLimit-Remaining", "integer", "How many of them are left."),
    ("X-RateLimit-Reset", "integer", "When the minute's window opens again, in seconds since 1970."),
)

# of some answers
ETAG = ("ETag", "string", "The validator of what was read, for `If-None-Match` and `If-Match`.")
REPEATED = ("Idempotent-Replayed", "boolean", "true: this is the answer to an earlier request with the same key.")

ONCE: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "However often it is sent with this key, the request has one effect, and the same answer for a day.",
    "schema": {
        "type": "string",
        "pattern": "^[!#-~]{1,255}$",
        "examples": ["3f0f1c1e-8a52-4a1f-9d0b-0c3a5b8e7d61"],
    },
}
IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the task, process or template of the path: 412 when it has changed since.",
    "schema": {"type": "string", "examples": ['"7.9f86d081884c7d659a2feaa0c55ad015"']},
}
IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the answer that is known: 304 when this one would be the same.",
    "schema": {"type": "string", "examples": ['"7.9f86d081884c7d659a2feaa0c55ad015"']},
}


def including(names: Sequence[str]) -> dict[str, Any]:
    """The `with=` parameter of an endpoint that knows these includes."""
    return {
        "name": "with",
        "in": "query",
        "description": f"What to bring along, separated by commas: {', '.join(names)}. Other names are ignored.",
        "schema": {"type": "string", "examples": [names[0]]},
    }
