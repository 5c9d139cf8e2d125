"""The public JSON of the audit log (around 9)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from handrail.features.audit.events import EVENTS


class AuditEntry(msgspec.Struct, kw_only=True):
    """One entry. `hash` covers it and the hash before it."""

    position: Annotated[int, Meta(description="From 1, without gaps.")]
    at: str
    event: Annotated[
        str,
        Meta(description=f"One of {', '.join(EVENTS)}."),
    ]
    category: Annotated[
        str, Meta(description="sign-in, tokens, people, guests, rights, processes, log or, of an older version, other.")
    ]
    severity: Annotated[str, Meta(description="info, warning or error.")]
    pre_auth: Annotated[
        bool, Meta(description="Whether nobody had signed in for it: the entry is about whose address was given.")
    ]
    message: str
    actor_id: int | None
    application_id: int | None
    token_id: str | None
    address: str | None
    client: str | None
    request_id: str
    subject_type: str | None
    subject_id: str | None
    detail: dict[str, Any]
    previous: str
    hash: str


class AuditQuery(msgspec.Struct, kw_only=True):
    """Filters of the log."""

    event: Annotated[str, Meta(description="One event.")] = ""
    actor_id: Annotated[str, Meta(description="The member who did it.")] = ""
    subject_type: Annotated[str, Meta(description="User, Guest, Application, Token, Checklist or Organization.")] = ""
    subject_id: Annotated[str, Meta(description="What it was done to.")] = ""
    since: Annotated[str, Meta(description="ISO 8601 or YYYY-MM-DD: this moment and later.")] = ""
    until: Annotated[str, Meta(description="This moment and earlier.")] = ""


class AuditCheck(msgspec.Struct, kw_only=True):
    """Whether the chain is whole."""

    intact: bool
    entries: int
    first_broken: Annotated[int | None, Meta(description="The position of the first entry that does not follow.")]
    last_hash: Annotated[str, Meta(description="Keep it elsewhere: entries cut off the end show against it.")]


_ENTRY: dict[str, Any] = {
    "position": 17,
    "at": "2027-03-02T08:00:00.000Z",
    "event": "role_changed",
    "category": "rights",
    "severity": "info",
    "pre_auth": False,
    "message": "Changed the role of Tomas Reis",
    "actor_id": 40817,
    "application_id": None,
    "token_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
    "address": "198.51.100.9",
    "client": "APIClient",
    "request_id": "3d01a625b83d8d32c13c5c28",
    "subject_type": "User",
    "subject_id": "40822",
    "detail": {"before": "light", "after": "standard"},
    "previous": "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
    "hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}
EXAMPLES: dict[str, Any] = {
    "AuditEntry": _ENTRY,
    "AuditQuery": {"event": "role_changed", "since": "2027-03-01"},
    "AuditCheck": {"intact": True, "entries": 17, "first_broken": None, "last_hash": _ENTRY["hash"]},
}
