"""The public JSON of threads (wire 2.20)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Content = Annotated[str, Meta(max_length=100_000, description="HTML; `@[<member id>]` mentions a member.")]
State = Literal["open", "hide-for-guests", "collapsed"]
Label = Literal["comment", "problem", "resolve", "improvement", "advice"]
Ignored = Annotated[Any, Meta(description="Accepted and ignored: whoever is mentioned is told.")]


class Author(msgspec.Struct, kw_only=True):
    """Who wrote a thread."""

    id: int
    full_name: str
    profile_pic: str | None = None


class Subject(msgspec.Struct, kw_only=True):
    """What a thread is about."""

    id: str
    type: Annotated[str, Meta(description="Task, Run or Checklist.")]


class Thread(msgspec.Struct, kw_only=True):
    """A comment, a problem or a resolution."""

    id: str
    content: Annotated[str, Meta(description="HTML, with the names of those who are mentioned.")]
    label: Annotated[str, Meta(description="comment, problem, resolve, improvement or advice.")]
    state: Annotated[str, Meta(description="open, hide-for-guests or collapsed.")]
    author_id: int
    author_type: str = "user"
    author: Author
    task_id: str | None
    subject: Subject
    sent_by: int
    sent_to: Annotated[list[int], Meta(description="The members who are mentioned.")]
    resolve_id: Annotated[str | None, Meta(description="Of a problem: the thread that resolved it.")]
    created_at: str
    created_ago: str
    updated_at: str
    recent_updated_at: str
    archived_at: str | None = None


class CommentBody(msgspec.Struct, kw_only=True):
    """A comment. With the label `problem` it raises an issue, as `/problem` does."""

    content: Content
    label: Label | None = None
    state: State | None = None
    sent_to: Ignored = None


class CommentChange(msgspec.Struct, kw_only=True):
    """Another text for a comment; its label stays."""

    content: Content
    label: Annotated[Label, Meta(description="What it is already; a comment does not become another thing.")] | None = (
        None
    )
    state: State | None = None
    sent_to: Ignored = None


class BotCommentBody(msgspec.Struct, kw_only=True):
    """What the organization's bot is to say."""

    content: Content
    state: State | None = None


class ProblemBody(msgspec.Struct, kw_only=True):
    """What is wrong."""

    content: Content
    state: State | None = None


class ResolutionBody(msgspec.Struct, kw_only=True):
    """Resolves a problem."""

    thread_id: Annotated[str, Meta(max_length=64, description="The problem.")]
    content: Annotated[str, Meta(max_length=100_000, description="How it was resolved.")] | None = None
    state: State | None = None


_SAYING: dict[str, Any] = {
    "content": "<p>Licence copy is unreadable, @[40817] please check</p>",
    "label": "comment",
    "state": "open",
}
_TASK = "72f9c05e8d1b4a36bc40e5a91d7f8263"
EXAMPLES: dict[str, Any] = {
    "Thread": {
        "id": "8e15c3b7d06f4a92bd74f6a09c21e58d",
        "content": "<p>Licence copy is unreadable, <strong>Mira Santos</strong> please check</p>",
        "label": "comment",
        "state": "open",
        "author_id": 40822,
        "author_type": "user",
        "author": {"id": 40822, "full_name": "Tomas Reis", "profile_pic": None},
        "task_id": _TASK,
        "subject": {"id": _TASK, "type": "Task"},
        "sent_by": 40822,
        "sent_to": [40817],
        "resolve_id": None,
        "created_at": "2027-03-02T08:00:00.000Z",
        "created_ago": "2 hours ago",
        "updated_at": "2027-03-02T08:00:00.000Z",
        "recent_updated_at": "2027-03-02T08:00:00.000Z",
        "archived_at": None,
    },
    "Author": {"id": 40822, "full_name": "Tomas Reis", "profile_pic": None},
    "Subject": {"id": _TASK, "type": "Task"},
    "CommentBody": _SAYING,
    "CommentChange": {"content": "<p>Licence copy is readable now.</p>"},
    "BotCommentBody": {"content": "<p>The invoice was found in the mailbox.</p>"},
    "ProblemBody": {"content": "<p>The supplier's bank rejects the account number.</p>"},
    "ResolutionBody": {
        "thread_id": "8e15c3b7d06f4a92bd74f6a09c21e58d",
        "content": "<p>They sent the right number.</p>",
    },
}
