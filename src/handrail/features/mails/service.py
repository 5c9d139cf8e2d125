"""Promises a mail: a row of the caller's transaction. It is sent once that is committed, and never otherwise."""

import msgspec

from handrail.features.mails import store
from handrail.kernel.html import strip_tags
from handrail.kernel.ids import new_id
from handrail.ports.database import Transaction
from handrail.ports.sealer import Sealer


class Text(msgspec.Struct, frozen=True, array_like=True):
    """What a mail says. It may hold links that are keys, so it is sealed until it is sent, and then forgotten."""

    html: str
    plain: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent to whom. `html` is a whole document; the plain text is made of it when none is given."""

    kind: str
    recipient: str
    subject: str
    html: str
    plain: str | None = None
    reply_to: str | None = None
    task_id: str | None = None


async def send(tx: Transaction, organization_id: str, letters: list[Letter], now: int) -> None:
    """Promise these mails."""
    await tx.many(
        store.insert,
        [
            {
                "organization_id": organization_id,
                "id": new_id(),
                "kind": letter.kind,
                "recipient": letter.recipient,
                "reply_to": letter.reply_to,
                "subject": letter.subject,
                "sealed_text": _sealed(tx.sealer, letter),
                "task_id": letter.task_id,
                "due_at": now,
                "created_at": now,
            }
            for letter in letters
        ],
    )


def _sealed(sealer: Sealer, letter: Letter) -> str:
    plain = strip_tags(letter.html) if letter.plain is None else letter.plain
    return sealer.seal(msgspec.json.encode(Text(letter.html, plain)).decode())


def opened(sealer: Sealer, sealed_text: str) -> Text:
    """What a mail that was not sent says. Raises Broken."""
    return msgspec.json.decode(sealer.open(sealed_text), type=Text)
