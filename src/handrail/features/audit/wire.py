"""The public JSON of the audit log (around 9)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta


class AuditEntry(msgspec.Struct, kw_only=True):
    """One entry. `hash` covers it and the hash before it."""

    position: Annotated[int, Meta(description="From 1, without gaps.")]
    at: str
    event: Annotated[
        str,
        Meta(
            description="login_succeeded, login_failed, token_created, token_revoked, oauth_app_created, "
            "oauth_app_changed, oauth_app_deleted, member_invited, member_accepted, member_created, member_enabled, "
            "member_approved, member_disabled, member_deleted, role_changed, default_admin_changed, group_changed, "
            "job_title_changed, guest_link_reset, guest_changed, guest_enabled, guest_disabled, guest_deleted, "
            "guest_to_member, "
            "member_to_guest, permission_changed, settings_changed, member_withdrawn, email_verified, "
            "system_log_viewed or audit_exported."
        ),
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
