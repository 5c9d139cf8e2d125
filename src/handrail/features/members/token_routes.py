"""Routes of personal access tokens (wire 1.4, 2.32)."""

from handrail.features.members import personal_tokens, wire
from handrail.http.call import Call
from handrail.http.endpoint import Router
from handrail.ports.database import Transaction

router = Router("Tokens")


@router.get("/organizations/{org}/me/tokens", action="token.manage", returns=wire.PersonalToken, shape="list")
async def index(call: Call) -> list[wire.PersonalToken]:
    """List the caller's personal tokens.

    Of this organization, those that still work; never their values.
    """
    async with call.database.reader() as reader:
        return await personal_tokens.listed(reader, call.actor, call.application.clock.now())


@router.post(
    "/organizations/{org}/me/tokens",
    action="token.manage",
    body=wire.TokenBody,
    returns=wire.PersonalToken,
    status=201,
)
async def create(call: Call, body: wire.TokenBody) -> wire.PersonalToken:
    """Make a personal token.

    The value, `access_token`, is shown in this answer only. Scopes narrow what the token may be used for.
    """
    now = call.application.clock.now()

    async def work(tx: Transaction) -> wire.PersonalToken:
        return await personal_tokens.make(tx, call.actor, body, now)

    return await call.database.write(work)


@router.delete("/organizations/{org}/me/tokens/{token}", action="token.revoke", shape="empty", status=204)
async def revoke(call: Call) -> None:
    """Revoke a personal token.

    It stops working at once.
    """
    now = call.application.clock.now()

    async def work(tx: Transaction) -> None:
        await personal_tokens.revoke(tx, call.actor, call.id("token"), now)
        tx.after_commit(call.application.forget_people)

    await call.database.write(work)


@router.delete("/organizations/{org}/me/tokens", action="token.revoke", returns=wire.Revoked)
async def revoke_all(call: Call) -> wire.Revoked:
    """Revoke all personal tokens.

    Every one that the caller has in this organization, also the one this request is made with.
    """
    now = call.application.clock.now()

    async def work(tx: Transaction) -> int:
        revoked = await personal_tokens.revoke_all(tx, call.actor, now)
        tx.after_commit(call.application.forget_people)
        return revoked

    return wire.Revoked(await call.database.write(work))
