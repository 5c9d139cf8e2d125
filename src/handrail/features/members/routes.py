"""Routes of members, invitations and the caller's own account (wire 2.2, 2.3)."""

from collections.abc import Awaitable, Callable

from handrail.features.members import conversion, directory, invitations, lists, profiles, standing, wire, withdrawing
from handrail.features.members.inviting import Post, mail
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.kernel.errors import Invalid
from handrail.kernel.ids import integer_id
from handrail.kernel.secrets import INVITATION, new_secret
from handrail.ports.database import Transaction

router = Router("Members")
Change = Callable[[Transaction, int], Awaitable[None]]


@router.get("/me", action="me.read", returns=wire.User, includes=directory.INCLUDES)
async def me(call: Call) -> wire.User:
    """Read the caller.

    In the organization that the token was made in.
    """
    return await shown(call, call.actor.user_id)


@router.get("/organizations/{org}/me", action="me.read", returns=wire.User, includes=directory.INCLUDES)
async def me_here(call: Call) -> wire.User:
    """Read the caller as a member of an organization."""
    return await shown(call, call.actor.user_id)


@router.put("/organizations/{org}/me", action="me.update", body=wire.MemberBody, returns=wire.User)
async def update_me(call: Call, body: wire.MemberBody) -> wire.User:
    """Change the caller's own profile.

    Keys that are left out stay as they are. Address and password have calls of their own.
    """
    return await updated(call, call.actor.user_id, body)


@router.put(
    "/organizations/{org}/me/update-email", action="me.update", body=wire.EmailBody, returns=wire.User, errors=(400,)
)
async def update_my_email(call: Call, body: wire.EmailBody) -> wire.User:
    """Change the caller's address.

    With which they sign in, in every organization. Needs the current password.
    """
    return await email_changed(call, call.actor.user_id, body)


@router.put(
    "/organizations/{org}/users/{user}/update-email",
    action="me.update",
    body=wire.EmailBody,
    returns=wire.User,
    errors=(400, 403),
)
async def update_email(call: Call, body: wire.EmailBody) -> wire.User:
    """Change the caller's address, by id.

    The same as the call under `/me`; for anybody else it is refused.
    """
    return await email_changed(call, call.integer("user"), body)


@router.put(
    "/organizations/{org}/me/update-password",
    action="me.update",
    body=wire.PasswordBody,
    returns=wire.User,
    errors=(400,),
)
async def update_my_password(call: Call, body: wire.PasswordBody) -> wire.User:
    """Change the caller's password.

    Needs the current one. Tokens go on working; revoke them with their own call.
    """
    return await password_changed(call, call.actor.user_id, body)


@router.put(
    "/organizations/{org}/users/{user}/update-password",
    action="me.update",
    body=wire.PasswordBody,
    returns=wire.User,
    errors=(400, 403),
)
async def update_password(call: Call, body: wire.PasswordBody) -> wire.User:
    """Change the caller's password, by id.

    The same as the call under `/me`; for anybody else it is refused.
    """
    return await password_changed(call, call.integer("user"), body)


@router.get(
    "/organizations/{org}/users",
    action="member.list",
    returns=wire.User,
    shape="collection",
    includes=directory.INCLUDES,
)
async def index(call: Call) -> Page:
    """List the members.

    Whatever their status. `q` looks into names and addresses; `sort` takes the name of a field, with a minus for
    descending. Light members see names only; standard members do not see where others signed in from.
    """
    paging = call.paging(directory.PER_PAGE, directory.PER_PAGE)
    async with call.database.reader() as reader:
        items, total = await directory.page(
            reader,
            call.actor,
            q=call.query.get("q", "").strip(),
            order=call.sort(lists.SORTS, "id"),
            paging=paging,
            wanted=call.includes,
            now=call.application.clock.now(),
        )
    return Page(items, total, paging)


@router.get("/organizations/{org}/users-list", action="member.list", returns=wire.ListedUser, shape="list")
async def short_list(call: Call) -> list[wire.ListedUser]:
    """List the members in short.

    All of them at once, by name.
    """
    async with call.database.reader() as reader:
        return await directory.short_list(reader, call.actor)


@router.get("/organizations/{org}/users/{user}", action="member.read", returns=wire.User, includes=directory.INCLUDES)
async def show(call: Call) -> wire.User:
    """Read a member.

    Light members can read themselves only.
    """
    return await shown(call, call.integer("user"))


@router.post(
    "/organizations/{org}/users/invite", action="member.invite", body=wire.InviteBody, returns=wire.User, errors=(403,)
)
async def invite(call: Call, body: wire.InviteBody) -> wire.User:
    """Invite a member.

    Standard members can when the organization's `allow_user_invite` is on, but not invite administrators. To
    administrators the answer carries `invite_link`, which accepts the invitation and is not shown again. Whoever was
    invited already, by the caller or for an administrator by anybody, is sent another link, which ends the one before;
    they keep the role and the names they were first invited with.
    """
    invited = await invitations.invite(
        call.database, call.actor, body, call.application.clock.now(), Post(call.application, call.mail_url)
    )
    user = await shown(call, invited.user_id)
    return invitations.wanted_link(call.actor, user, call.base_url, invited.secret)


@router.post(
    "/organizations/{org}/x/users/{user}/invitation",
    action="member.invitation",
    returns=wire.User,
    errors=(403, 422),
)
async def renew_invitation(call: Call) -> wire.User:
    """Renew an invitation.

    Makes a new link for a member who has not accepted yet, and mails it; the old link stops working. Standard members
    can for those they invited, while `allow_user_invite` is on; to administrators the answer carries `invite_link`.
    """
    now = call.application.clock.now()

    async def work(tx: Transaction) -> str:
        secret = await invitations.renew(tx, call.actor, call.integer("user"), now)
        await mailed(tx, call, call.integer("user"), secret, now)
        return secret

    secret = await call.database.write(work)
    return invitations.wanted_link(call.actor, await shown(call, call.integer("user")), call.base_url, secret)


@router.delete(
    "/organizations/{org}/x/users/{user}/invitation",
    action="member.withdraw",
    returns=wire.User,
    errors=(400, 403, 422),
)
async def withdraw_invitation(call: Call) -> wire.User:
    """Withdraw an invitation.

    Of a member who has not accepted yet: the record goes, and whoever follows the link is told. Standard members can
    for those they invited. The address can be invited again.
    """
    now = call.application.clock.now()

    async def work(tx: Transaction) -> wire.User:
        row = await withdrawing.withdraw(tx, call.actor, call.integer("user"), now)
        tx.after_commit(call.application.forget_people)
        return (await directory.users(tx, call.actor, [row], (), now))[0]

    return await call.database.write(work)


@router.post(
    "/organizations/{org}/guests/{guest}/to/member",
    action="member.manage",
    body=wire.ConversionBody,
    returns=wire.User,
)
async def make_member(call: Call, body: wire.ConversionBody) -> wire.User:
    """Make a member of a guest.

    Invites them, or enables them where they were a member before; what was theirs as a guest is the member's. The
    answer carries `invite_link` when an invitation has to be accepted.
    """
    now = call.application.clock.now()
    secret = new_secret(INVITATION)

    async def work(tx: Transaction) -> tuple[invitations.Invited, bool]:
        tx.after_commit(call.application.forget_people)
        made, is_invited = await conversion.from_guest(tx, call.actor, call.path["guest"], body.role, secret, now)
        if is_invited:
            await mailed(tx, call, made.user_id, secret, now)
        return made, is_invited

    made, is_invited = await call.database.write(work)
    user = await shown(call, made.user_id)
    return invitations.wanted_link(call.actor, user, call.base_url, secret) if is_invited else user


@router.post("/auth/accept-invite", action=None, body=wire.AcceptBody, returns=wire.SignedIn, errors=(403, 429))
async def accept(call: Call, body: wire.AcceptBody) -> wire.SignedIn:
    """Accept an invitation.

    With the token of the link and a password. Somebody who signs in elsewhere already gives the password they have;
    who has a second factor accepts in a browser. The answer carries an access token.
    """
    now = call.application.clock.now()
    accepted = await invitations.accept(
        call.application, body, now, request_id=call.request_id, address=call.client_address
    )
    call.application.forget_people()
    async with call.database.reader() as reader:
        user = await directory.one(reader, accepted.actor, accepted.actor.user_id, frozenset(), now)
    return wire.SignedIn(
        **{name: getattr(user, name) for name in user.__struct_fields__},
        organization_id=accepted.actor.organization_id,
        access_token=accepted.access_token,
        expires_in=accepted.expires_in,
    )


@router.put("/organizations/{org}/users/{user}/role", action="member.manage", body=wire.RoleBody, returns=wire.User)
async def update_role(call: Call, body: wire.RoleBody) -> wire.User:
    """Change a member's role.

    Counts at once. The default and the last administrator keep theirs.
    """
    return await changed(
        call, lambda tx, now: standing.change_role(tx, call.actor, call.integer("user"), body.role, now)
    )


@router.put(
    "/organizations/{org}/users/{user}", action="member.update", body=wire.MemberBody, returns=wire.User, errors=(400,)
)
async def update(call: Call, body: wire.MemberBody) -> wire.User:
    """Change a member.

    Keys that are left out stay as they are. People who belong to several organizations change their profile
    themselves. `is_default_admin: true` makes an active administrator the default one.
    """
    return await updated(call, call.integer("user"), body)


@router.delete("/organizations/{org}/users/{user}/disable", action="member.manage", returns=wire.User, errors=(400,))
async def disable(call: Call) -> wire.User:
    """Disable a member.

    Ends their tokens and takes them out of every group; what they own stays with them.
    """
    return await changed(call, lambda tx, now: standing.disable(tx, call.actor, call.integer("user"), now))


@router.put("/organizations/{org}/users/{user}/enable", action="member.manage", returns=wire.User, errors=(400,))
async def enable(call: Call) -> wire.User:
    """Enable a disabled member."""
    return await changed(call, lambda tx, now: standing.enable(tx, call.actor, call.integer("user"), now))


@router.put("/organizations/{org}/users/{user}/approve", action="member.manage", returns=wire.User, errors=(400,))
async def approve(call: Call) -> wire.User:
    """Approve a member who joined by themself."""
    return await changed(call, lambda tx, now: standing.approve(tx, call.actor, call.integer("user"), now))


@router.delete("/organizations/{org}/users/{user}", action="member.manage", returns=wire.User, errors=(400, 422))
async def remove(call: Call) -> wire.User:
    """Disable a member and hand over.

    With `with_reassignment=true&to={id}` their open tasks, template steps, templates and processes move to another
    active member.
    """
    heir: int | None = None
    if call.truth("with_reassignment"):
        heir = integer_id(call.query.get("to", ""))
        if heir is None:
            raise Invalid({"to": "The to field must be the id of the member who takes over."})
    return await changed(call, lambda tx, now: standing.remove(tx, call.actor, call.integer("user"), heir, now))


@router.delete("/organizations/{org}/users/{user}/delete", action="member.manage", returns=wire.User, errors=(400, 422))
async def delete(call: Call) -> wire.User:
    """Delete a disabled member for good.

    What they did stays, under their name with a mark. Their address can be invited again.
    """
    now = call.application.clock.now()

    async def work(tx: Transaction) -> wire.User:
        row = await standing.delete(tx, call.actor, call.integer("user"), now)
        tx.after_commit(call.application.forget_people)
        return (await directory.users(tx, call.actor, [row], (), now))[0]

    return await call.database.write(work)


async def mailed(tx: Transaction, call: Call, user_id: int, secret: str, now: int) -> None:
    """Promise the mail of an invitation that the caller has made."""
    post = Post(call.application, call.mail_url)
    await mail(tx, post, call.organization_id, call.actor.user_id, user_id, secret, None, now)


async def shown(call: Call, user_id: int) -> wire.User:
    """A member with the includes of the request."""
    async with call.database.reader() as reader:
        return await directory.one(reader, call.actor, user_id, call.includes, call.application.clock.now())


async def changed(call: Call, change: Change) -> wire.User:
    """Carry a change out and read the member that the path names."""
    now = call.application.clock.now()

    async def work(tx: Transaction) -> wire.User:
        await change(tx, now)
        tx.after_commit(call.application.forget_people)
        return await directory.one(tx, call.actor, call.integer("user"), call.includes, now)

    return await call.database.write(work)


async def updated(call: Call, user_id: int, body: wire.MemberBody) -> wire.User:
    """Change a profile and read the member."""
    now = call.application.clock.now()

    async def work(tx: Transaction) -> wire.User:
        await profiles.change(tx, call.actor, user_id, body, now)
        return await directory.one(tx, call.actor, user_id, call.includes, now)

    return await call.database.write(work)


async def email_changed(call: Call, user_id: int, body: wire.EmailBody) -> wire.User:
    """Change an address and read the member."""
    now = call.application.clock.now()
    await profiles.change_email(Post(call.application, call.mail_url), call.actor, user_id, body, now)
    return await shown(call, user_id)


async def password_changed(call: Call, user_id: int, body: wire.PasswordBody) -> wire.User:
    """Change a password and read the member."""
    now = call.application.clock.now()
    await profiles.change_password(Post(call.application, call.mail_url), call.actor, user_id, body, now)
    return await shown(call, user_id)
