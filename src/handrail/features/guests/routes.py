"""Routes of guests (wire 2.4)."""

from collections.abc import Awaitable, Callable

from handrail.features.guests import conversion, lists, preferences, service, wire
from handrail.features.guests.store import GuestRow
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.ports.database import Transaction

router = Router("Guests")
ALL = "/organizations/{org}/guests"
ONE = "/organizations/{org}/guests/{guest}"


@router.get(
    ALL, action="guest.list", query=wire.GuestQuery, returns=wire.Guest, shape="collection", includes=service.INCLUDES
)
async def index(call: Call) -> Page:
    """List guests.

    Light members see those with whom they have a task.
    """
    paging = call.paging(service.PER_PAGE, service.PER_PAGE, whole=True)
    async with call.database.reader() as reader:
        items, total = await service.page(
            reader,
            call.actor,
            call.base_url,
            q=call.query.get("q", "").strip(),
            order=call.sort(lists.SORTS, "created_at"),
            paging=paging,
            wanted=call.includes,
        )
    return Page(items, total, paging)


@router.get("/organizations/{org}/guests-list", action="guest.list", returns=wire.ListedGuest, shape="list")
async def short_list(call: Call) -> list[wire.ListedGuest]:
    """List the guests in short.

    All of them at once, by address.
    """
    async with call.database.reader() as reader:
        return await service.short_list(reader, call.actor, call.base_url)


@router.post(ALL, action="guest.create", body=wire.NewGuestBody, returns=wire.Guest, status=201, errors=(429,))
async def create(call: Call, body: wire.NewGuestBody) -> wire.Guest:
    """Invite a guest.

    An address that is a guest here already comes back as it is, with blank fields filled in. An organization can
    invite thirty guests in an hour.
    """
    return await changed(call, lambda tx, now: service.create(tx, call.actor, body, now))


@router.get(ONE, action="guest.read", returns=wire.Guest, includes=service.INCLUDES)
async def show(call: Call) -> wire.Guest:
    """Read a guest.

    By address, or by the code that ends their link.
    """
    async with call.database.reader() as reader:
        return await service.one(reader, call.actor, call.base_url, call.path["guest"], call.includes)


@router.put(ONE, action="guest.update", body=wire.GuestBody, returns=wire.Guest)
async def update(call: Call, body: wire.GuestBody) -> wire.Guest:
    """Change a guest.

    Keys that are left out stay as they are. The address stays.
    """
    return await changed(call, lambda tx, now: service.change(tx, call.actor, call.path["guest"], body, now))


@router.delete(ONE, action="guest.manage", returns=wire.Guest)
async def delete(call: Call) -> wire.Guest:
    """Delete a guest.

    Takes them off unfinished tasks, out of groups and out of templates; their link is dead. What they did stays.
    """
    return await changed(call, lambda tx, now: service.delete(tx, call.actor, call.path["guest"], now))


@router.delete(ONE + "/disable", action="guest.manage", returns=wire.Guest, errors=(422,))
async def disable(call: Call) -> wire.Guest:
    """Disable a guest.

    Their link stops working. Refused while they have open tasks.
    """
    return await changed(call, lambda tx, now: service.disable(tx, call.actor, call.path["guest"], now))


@router.put(ONE + "/enable", action="guest.manage", returns=wire.Guest)
async def enable(call: Call) -> wire.Guest:
    """Enable a disabled guest."""
    return await changed(call, lambda tx, now: service.enable(tx, call.actor, call.path["guest"], now))


@router.post("/organizations/{org}/x/guests/{guest}/link", action="guest.manage", returns=wire.Guest)
async def renew_link(call: Call) -> wire.Guest:
    """Give a guest another link.

    The old one stops working at once.
    """
    return await changed(call, lambda tx, now: service.renew_link(tx, call.actor, call.path["guest"], now))


@router.get(ONE + "/x/preferences", action="me.read", returns=wire.GuestPreferences, errors=(429,), by_code=True)
async def show_preferences(call: Call) -> wire.GuestPreferences:
    """Read on which days a guest gets a digest.

    Their own with the code of their link; members read those of guests whom they may read.
    """
    async with call.database.reader() as reader:
        return await preferences.show(reader, call.actor, call.path["guest"])


@router.put(
    ONE + "/x/preferences",
    action="me.update",
    body=wire.GuestPreferencesBody,
    returns=wire.GuestPreferences,
    errors=(403, 422, 429),
    by_code=True,
)
async def change_preferences(call: Call, body: wire.GuestPreferencesBody) -> wire.GuestPreferences:
    """Choose on which days a guest gets a digest, or that none comes.

    Their own with the code of their link; members those of guests whom they may change. A member's own are part of
    `PUT /me`.
    """
    now = call.application.clock.now()

    async def work(tx: Transaction) -> wire.GuestPreferences:
        tx.after_commit(call.application.forget_people)
        return await preferences.change(tx, call.actor, call.path["guest"], body, now)

    return await call.database.write(work)


@router.put("/organizations/{org}/users/{user}/to/guest", action="member.manage", returns=wire.Guest, errors=(400, 422))
async def make_guest(call: Call) -> wire.Guest:
    """Make a guest of a member.

    They keep their open tasks, are disabled as a member, and lose groups and permissions. Enabling the member brings
    them back. The last administrator stays.
    """
    user_id = call.integer("user")
    return await changed(call, lambda tx, now: conversion.make_guest(tx, call.actor, user_id, now))


async def changed(call: Call, change: Callable[[Transaction, int], Awaitable[GuestRow]]) -> wire.Guest:
    """Carry a change out and show the guest."""
    now = call.application.clock.now()

    async def work(tx: Transaction) -> wire.Guest:
        row = await change(tx, now)
        tx.after_commit(call.application.forget_people)
        return (await service.shown(tx, call.actor, call.base_url, [row], call.includes))[0]

    return await call.database.write(work)
