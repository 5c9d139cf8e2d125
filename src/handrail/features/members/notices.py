"""What members are told by mail of their place in an organization, when others change it (around 2.3, 2.8, 6.4: 3, 8,
9, 16 to 20). Whoever does something to others is told nothing of it, and neither is whoever is not active."""

from collections.abc import Sequence

from handrail.features.mails import frame
from handrail.features.mails.service import Letter, send
from handrail.features.members import store
from handrail.features.organizations import service as organizations
from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction
from handrail.settings import Settings

ROLES = {"admin": "administrator", "standard": "standard member", "light": "light member"}


async def role_changed(tx: Transaction, actor: Actor, row: store.MemberRow, role: str, now: int) -> None:
    """Tell a member of their new role. `row` is as it was before."""
    before, after = _a(ROLES[row.role]), _a(ROLES[role])
    text = f"{await _name(tx, actor)} has made you {after} of {{organization}}; you were {before}."
    await tell(tx, actor, row.user_id, "role_changed", "Your role has changed", [text], now)


async def enabled(tx: Transaction, actor: Actor, row: store.MemberRow, now: int) -> None:
    """Tell a member that they are let in again."""
    text = f"{await _name(tx, actor)} has made your account in {{organization}} active again. Sign in as before."
    await tell(tx, actor, row.user_id, "account_enabled", "Your account is active again", [text], now)


async def profile_changed(tx: Transaction, actor: Actor, row: store.MemberRow, names: Sequence[str], now: int) -> None:
    """Tell a member which parts of their profile somebody else has changed, by their names on the wire."""
    if not names:
        return
    changed = ", ".join(name.replace("_", " ") for name in names)
    text = f"{await _name(tx, actor)} has changed this in your profile in {{organization}}: {changed}."
    await tell(tx, actor, row.user_id, "profile_changed", "Your profile was changed", [text], now)


async def accepted(tx: Transaction, newcomer: Actor, now: int) -> None:
    """Tell whoever invited somebody that they have come."""
    row = await tx.one(store.get, organization_id=newcomer.organization_id, user_id=newcomer.user_id)
    if row is not None and row.invited_by is not None:
        text = f"{row.first_name} {row.last_name} ({row.email}) has accepted your invitation to {{organization}}."
        await tell(tx, newcomer, row.invited_by, "invitation_accepted", "Your invitation was accepted", [text], now)


def account_link(settings: Settings) -> str | None:
    """Where somebody reaches their account, if the server knows its address."""
    return None if settings.public_url is None else f"{settings.public_url}/account"


async def welcome(tx: Transaction, newcomer: Actor, now: int, link: str | None) -> None:
    """Tell somebody that they are in (6.4: 3 and 8), with the way to their account where it is known. Whoever did not
    do it themself learns that somebody else did."""
    row = await tx.one(store.get, organization_id=newcomer.organization_id, user_id=newcomer.user_id)
    if row is None:
        return
    name = (await organizations.head_of(tx, newcomer.organization_id)).name
    subject = f"Welcome to {name}"
    texts = [
        f"You are {_a(ROLES[row.role])} of {name} from now on, as {row.email}.",
        "If it was not you who joined, ask whoever invited you, or the people who run this server, for help.",
    ]
    html = frame.letter(title=subject, paragraphs=texts, link=link, organization=name)
    plain = "\n\n".join([*texts, *([] if link is None else [link])])
    letter = Letter(kind="welcome", recipient=row.email, subject=subject, html=html, plain=plain)
    await send(tx, newcomer.organization_id, [letter], now)


async def password_set(tx: Transaction, organization_id: str, email: str, now: int) -> None:
    """Tell somebody that the people who run the server have set their password (6.4: 16, 17)."""
    subject = "Your password was set"
    texts = [
        "The people who run this server have set a new password for you, and ended all your sessions.",
        "If you did not ask for it, ask them why.",
    ]
    name = (await organizations.head_of(tx, organization_id)).name
    html = frame.letter(title=subject, paragraphs=texts, link=None, organization=name)
    letter = Letter(kind="password_changed", recipient=email, subject=subject, html=html, plain="\n\n".join(texts))
    await send(tx, organization_id, [letter], now)


async def _name(tx: Transaction, actor: Actor) -> str:
    row = await tx.one(store.get, organization_id=actor.organization_id, user_id=actor.user_id)
    return "Somebody" if row is None else f"{row.first_name} {row.last_name}".strip()


def _a(role: str) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"


async def tell(
    tx: Transaction, actor: Actor, user_id: int, kind: str, subject: str, paragraphs: list[str], now: int
) -> None:
    """Promise a mail to an active member who is not the actor; `{organization}` in it is the organization's name."""
    if user_id == actor.user_id:
        return
    row = await tx.one(store.get, organization_id=actor.organization_id, user_id=user_id)
    if row is None or row.kind == "bot" or row.status != "active" or row.deleted_at is not None:
        return
    name = (await organizations.head_of(tx, actor.organization_id)).name
    texts = [text.replace("{organization}", name) for text in paragraphs]
    html = frame.letter(title=subject, paragraphs=texts, link=None, organization=name)
    letter = Letter(kind=kind, recipient=row.email, subject=subject, html=html, plain="\n\n".join(texts))
    await send(tx, actor.organization_id, [letter], now)
