"""Routes of signing in, registering and new passwords, for whoever has no browser; and the token of a browser's session
(wire 1.4)."""

from handrail.features.accounts import joining, resetting, tokens, wire
from handrail.features.accounts.caller import of_call
from handrail.features.members import personal_tokens
from handrail.features.organizations import service as organizations
from handrail.http.call import Call
from handrail.http.endpoint import Router
from handrail.kernel.errors import Invalid
from handrail.ports.database import Transaction

router = Router("Signing in")


@router.post("/auth/login", action=None, body=wire.LoginBody, returns=wire.Login, errors=(403, 409, 422, 429))
async def login(call: Call, body: wire.LoginBody) -> wire.Login:
    """Sign in.

    With an address and its password, and a code where the account has a second factor. The token works for a day.
    Programs are better off with a personal token, or with OAuth.
    """
    return await tokens.login(of_call(call), body)


@router.post("/auth/logout", action="token.revoke", returns=wire.Done)
async def logout(call: Call) -> wire.Done:
    """Sign out.

    The token of this request stops working at once; where the organization wants it so, every personal token of the
    caller does.
    """
    actor, now = call.actor, call.application.clock.now()
    assert actor.token_id is not None
    token_id = actor.token_id

    async def work(tx: Transaction) -> None:
        await personal_tokens.revoke(tx, actor, token_id, now)
        settings = await organizations.settings_of(tx, actor.organization_id)
        if settings.end_tokens_at_sign_out:
            await personal_tokens.end_of_person(tx, actor.organization_id, actor.user_id, now)
        tx.after_commit(call.application.forget_people)

    await call.database.write(work)
    return wire.Done(message="You are signed out.")


@router.post("/auth/session-token", action=None, returns=wire.Login, errors=(401, 403, 404, 409))
async def session_token(call: Call) -> wire.Login:
    """Get a token of the browser's session.

    With the cookie of a session, from a page of this server. The token works for an hour and ends with the session;
    its calls count against a limit of the person, not of the organization. `organization_id` in the query chooses
    another organization than the session's.
    """
    return await tokens.of_session(call, call.query.get("organization_id") or None)


@router.post(
    "/auth/register",
    action=None,
    body=wire.RegisterBody,
    returns=wire.Registered,
    status=201,
    errors=(403, 422, 429),
)
async def register(call: Call, body: wire.RegisterBody) -> wire.Registered:
    """Register and found an organization.

    Where this server sends mail, the link of a mail goes on; the answer is the same when the address has an account.
    """
    caller = of_call(call)
    settings = call.application.settings
    fields = {
        "first_name": body.first_name,
        "last_name": body.last_name,
        "email": body.email,
        "password": body.password,
        "organization": body.company_name,
        "timezone": body.timezone or "",
    }
    try:
        registration = await joining.checked(caller, fields)
    except Invalid as error:
        if "organization" in error.errors:
            error.errors["company_name"] = error.errors.pop("organization")
        raise
    if settings.smtp_url is None:
        await joining.at_once(caller, registration)
        return wire.Registered(status="active", message="Sign in with the address and the password.")
    await joining.ask(caller, registration)
    return wire.Registered(status="verify", message="A mail is on its way; its link finishes the registration.")


@router.post("/auth/forgot-password", action=None, body=wire.ForgottenBody, returns=wire.Done, errors=(429,))
async def forgotten(call: Call, body: wire.ForgottenBody) -> wire.Done:
    """Ask for a new password.

    If the address has an account, a mail with a link is sent to it; the answer is the same either way.
    """
    if call.application.settings.smtp_url is not None:
        await resetting.ask(of_call(call), body.email)
    return wire.Done(message="If this address has an account, a link is on its way to it.")


@router.post("/auth/reset-password", action=None, body=wire.ResetBody, returns=wire.Done, errors=(422,))
async def reset(call: Call, body: wire.ResetBody) -> wire.Done:
    """Set a new password.

    With the code out of the mail's link. Every session of the account ends.
    """
    if isinstance(body.password_confirmation, str) and body.password_confirmation != body.password:
        raise Invalid({"password_confirmation": "The confirmation differs from the password."})
    await resetting.choose(of_call(call), body.code, body.password)
    return wire.Done(message="The password is changed. Sign in with it.")
