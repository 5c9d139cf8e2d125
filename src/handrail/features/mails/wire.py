"""The public JSON of mails: what became of each, never what is in it."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta


class Mail(msgspec.Struct, kw_only=True):
    """A mail that was promised."""

    id: Annotated[str, Meta(description="Also the first part of its Message-ID, the same at each attempt.")]
    kind: Annotated[
        str,
        Meta(
            description="What it is about: `email_step`, `digest`, `notice`, `role_changed`, `account_enabled`, "
            "`profile_changed`, `invitation_accepted`, `invitation_expired`."
        ),
    ]
    recipient: str
    subject: str
    status: Annotated[
        str,
        Meta(
            description="`waiting`, `sent`, `refused` (by the receiving side, or tried too often), or `unsent` (there "
            "was no mail server)."
        ),
    ]
    attempts: int
    error: Annotated[str | None, Meta(description="What the mail server said last.")]
    task_id: str | None
    due_at: Annotated[str, Meta(description="When it is tried next, while it waits.")]
    created_at: str
    sent_at: str | None


class MailQuery(msgspec.Struct, kw_only=True):
    """Which mails."""

    status: Annotated[str, Meta(description="waiting, sent, refused or unsent.")] = ""


_MAIL: dict[str, Any] = {
    "id": "01a20300993a70e2bdfd3c64774c54c1",
    "kind": "email_step",
    "recipient": "rui@pilots.example",
    "subject": "Your order 4711 has left our house",
    "status": "waiting",
    "attempts": 2,
    "error": "451 4.7.1 try again later",
    "task_id": "72f9c05e8d1b4a36bc40e5a91d7f8263",
    "due_at": "2027-03-02T08:01:30.000Z",
    "created_at": "2027-03-02T08:00:00.000Z",
    "sent_at": None,
}
EXAMPLES: dict[str, Any] = {"Mail": _MAIL, "MailQuery": {"status": "refused"}}
