"""A member's standing: role, disabled or not, default administrator, deleted (around 2.3 to 2.8).

The rules that hold whatever is done: there is always an active administrator, exactly one of them is the default one,
and the bot stays as it is.
"""

import msgspec

from handrail.features.activity import service as activity
from handrail.features.audit import recording as audit
from handrail.features.members import accounts, handover, notices, store
from handrail.kernel.actor import ROLES, Actor
from handrail.kernel.errors import Impossible, Invalid, NotFound, Refused
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction

BOT_STAYS = "The bot belongs to the organization and stays as it is."
DEFAULT_STAYS = "Default administrator cannot be changed; choose another default administrator first."
LAST_STAYS = "This is the last active administrator; give somebody else the administrator role first."


async def locked(tx: Transaction, actor: Actor, user_id: int) -> store.MemberRow:
    """A member to change, locked. Raises NotFound for strangers, Refused for the bot."""
    row = await tx.one(store.lock, organization_id=actor.organization_id, user_id=user_id)
    if row is None or row.deleted_at is not None:
        raise NotFound
    if row.kind == "bot":
        raise Refused(BOT_STAYS)
    return row


def entry(verb: str, row: store.MemberRow, text: str, **detail: object) -> activity.Entry:
    """A line of the feed about a member."""
    return activity.Entry(
        verb=verb,
        subject_type="User",
        subject_id=str(row.user_id),
        description=f"{text} {row.first_name} {row.last_name}".strip(),
        detail=detail or None,
    )


async def audited(
    tx: Transaction, actor: Actor, now: int, event: str, text: str, row: store.MemberRow, **detail: object
) -> None:
    """An entry of the audit log about a member."""
    message = f"{text} {row.first_name} {row.last_name}".strip()
    await audit.note(tx, actor, now, event, message, subject=("User", str(row.user_id)), detail=detail)


def checked_role(text: str) -> str:
    """A role in lower case. Raises Invalid for other words."""
    role = text.strip().lower()
    if role not in ROLES:
        raise Invalid({"role": f"The role must be one of {', '.join(ROLES)}."})
    return role


async def change_role(tx: Transaction, actor: Actor, user_id: int, role: str, now: int) -> None:
    """Give a member another role; it counts from the next request on."""
    permit(actor, "member.manage")
    role = checked_role(role)
    admins = await _admins(tx, actor)
    row = await locked(tx, actor, user_id)
    if row.role == role:
        return
    if row.role == "admin":
        if row.is_default_admin:
            raise Refused(DEFAULT_STAYS)
        _keep_an_admin(admins, user_id)
    await tx.run(store.set_role, organization_id=actor.organization_id, user_id=user_id, role=role, updated_at=now)
    await activity.record(
        tx, actor, now, [entry("updated", row, "Changed the role of", field="role", old=row.role, new=role)]
    )
    await audited(tx, actor, now, "role_changed", "Changed the role of", row, before=row.role, after=role)
    await notices.role_changed(tx, actor, row, role, now)


async def disable(tx: Transaction, actor: Actor, user_id: int, now: int) -> None:
    """Take a member out of work: no sign-in, no tokens, in no group. What they own stays with them."""
    permit(actor, "member.manage")
    _, groups = await _disable(tx, actor, user_id, now)
    await handover.count_again(tx, actor, [f"u:{user_id}", *groups], now)


async def retire(tx: Transaction, actor: Actor, user_id: int, now: int) -> tuple[store.MemberRow, list[str]]:
    """Disable a member whose work somebody else sees to; the member as they were, and the groups they have left."""
    permit(actor, "member.manage")
    return await _disable(tx, actor, user_id, now)


async def enable(tx: Transaction, actor: Actor, user_id: int, now: int) -> None:
    """Let a disabled member back in; groups and tokens do not come back by themselves.

    Tasks that had moved to a guest with the member's address do (engine 7.6).
    """
    permit(actor, "member.manage")
    row = await locked(tx, actor, user_id)
    if row.status != "disabled":
        return
    await tx.run(
        store.enable,
        organization_id=actor.organization_id,
        user_id=user_id,
        # somebody who never accepted still has to; a new link is needed for it
        status="invited" if row.activated_at is None else "active",
        reactivated_at=now,
        reactivated_by=actor.user_id,
        disabled_at=None,
        disabled_by=None,
        updated_at=now,
    )
    await handover.adopt_guest(tx, actor, row.email, user_id, now)
    await activity.record(tx, actor, now, [entry("enabled", row, "Enabled")])
    await audited(tx, actor, now, "member_enabled", "Enabled", row)
    await notices.enabled(tx, actor, row, now)


async def approve(tx: Transaction, actor: Actor, user_id: int, now: int) -> None:
    """Approve somebody who joined by themself."""
    permit(actor, "member.manage")
    row = await locked(tx, actor, user_id)
    if row.approved_at is not None:
        return
    await tx.run(
        store.set_approved, organization_id=actor.organization_id, user_id=user_id, approved_at=now, updated_at=now
    )
    await activity.record(tx, actor, now, [entry("updated", row, "Approved")])
    await audited(tx, actor, now, "member_approved", "Approved", row)


async def remove(tx: Transaction, actor: Actor, user_id: int, to: int | None, now: int) -> None:
    """Disable a member and, when `to` is given, move everything they are responsible for to that member."""
    permit(actor, "member.manage")
    if to is not None:
        await _check_heir(tx, actor, user_id, to)
    row, groups = await _disable(tx, actor, user_id, now)
    if to is not None:
        await handover.hand_over(tx, actor, user_id, to, now)
    await handover.count_again(tx, actor, [f"u:{user_id}", *groups], now)
    if to is not None:
        await activity.record(tx, actor, now, [entry("updated", row, "Handed over the work of", to=to)])


async def delete(tx: Transaction, actor: Actor, user_id: int, now: int) -> store.MemberRow:
    """Delete a disabled member for good; what they did stays. Their address can be invited again.

    The row after the change. The account is only touched when no other organization has it.
    """
    permit(actor, "member.manage")
    organization_id = actor.organization_id
    row = await locked(tx, actor, user_id)
    if row.status != "disabled":
        raise Impossible("Only disabled members can be deleted; disable this member first.")
    elsewhere = await tx.value(store.other_organizations, organization_id=organization_id, user_id=user_id)
    marked = tombstone(row, now)
    if not elsewhere:
        await tx.run(
            store.bury_account,
            id=user_id,
            email=marked.email,
            last_name=marked.last_name,
            password_hash=None,
            updated_at=now,
        )
    await tx.run(
        store.bury, organization_id=organization_id, user_id=user_id, deleted_at=now, invite_hash=None, updated_at=now
    )
    await activity.record(tx, actor, now, [entry("deleted", row, "Deleted")])
    await audited(tx, actor, now, "member_deleted", "Deleted", row)
    return marked


def tombstone(row: store.MemberRow, now: int) -> store.MemberRow:
    """A member as they are shown once they are gone; the address is free for somebody new."""
    return msgspec.structs.replace(
        row, last_name=f"{row.last_name}(Deleted)", email=f"{row.email}.deleted.{row.user_id}", updated_at=now
    )


async def make_default_admin(tx: Transaction, actor: Actor, row: store.MemberRow, now: int) -> None:
    """Move the mark of the default administrator to this active administrator."""
    permit(actor, "member.manage")
    admins = await _admins(tx, actor)
    if row.user_id not in admins:
        raise Invalid({"is_default_admin": "Only an active administrator can be the default one."})
    await _move_mark(tx, actor, row.user_id, now)
    await audited(tx, actor, now, "default_admin_changed", "Made the default administrator of", row)


async def _admins(tx: Transaction, actor: Actor) -> list[int]:
    """The active administrators, locked, by id."""
    return [row[0] for row in await tx.all(store.lock_admins, organization_id=actor.organization_id)]


def _keep_an_admin(admins: list[int], user_id: int) -> None:
    if admins == [user_id]:
        raise Refused(LAST_STAYS)


async def _move_mark(tx: Transaction, actor: Actor, user_id: int, now: int) -> None:
    await tx.run(store.clear_default_admin, organization_id=actor.organization_id, updated_at=now)
    await tx.run(
        store.set_default_admin,
        organization_id=actor.organization_id,
        user_id=user_id,
        is_default_admin=True,
        updated_at=now,
    )


async def _disable(tx: Transaction, actor: Actor, user_id: int, now: int) -> tuple[store.MemberRow, list[str]]:
    """The member as they were, and the principals of the groups that they have left."""
    organization_id = actor.organization_id
    admins = await _admins(tx, actor)
    row = await locked(tx, actor, user_id)
    if row.status == "disabled":
        return row, []
    _keep_an_admin(admins, user_id)
    if row.is_default_admin:
        heir = next(admin for admin in admins if admin != user_id)
        await _move_mark(tx, actor, heir, now)
        await audited(tx, actor, now, "default_admin_changed", "Passed the mark on of", row, after=heir)
    await tx.run(
        store.disable,
        organization_id=organization_id,
        user_id=user_id,
        status="disabled",
        is_default_admin=False,
        invite_hash=None,
        disabled_at=now,
        disabled_by=actor.user_id,
        updated_at=now,
    )
    whose = {"organization_id": organization_id, "account_id": user_id}
    await tx.run(store.revoke_refresh_of_person, **whose, revoked_at=now)
    await tx.run(store.revoke_tokens, **whose, revoked_at=now)
    if not any(place.status == "active" for place in await accounts.places(tx, user_id)):
        # a browser's session is of the person, not of the organization: it goes with the last place
        await accounts.end_sessions(tx, user_id, now)
    groups = await handover.leave_groups(tx, organization_id, user_id)
    await activity.record(tx, actor, now, [entry("disabled", row, "Disabled")])
    await audited(tx, actor, now, "member_disabled", "Disabled", row)
    return row, groups


async def _check_heir(tx: Transaction, actor: Actor, user_id: int, to: int) -> None:
    heir = await tx.one(store.get, organization_id=actor.organization_id, user_id=to)
    if to == user_id:
        raise Invalid({"to": "The work cannot be moved to the member who leaves."})
    if heir is None or heir.deleted_at is not None or heir.kind == "bot" or heir.status != "active":
        raise Invalid({"to": "This must be the id of an active member."})
