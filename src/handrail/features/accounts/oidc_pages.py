"""Pages: to an OpenID Connect provider, and back from it.

What they stand on is imported when somebody comes: most servers have no provider, and every start would wait for it.
"""

from handrail.features.accounts import going
from handrail.http.site import Answer, Redirect, Site, Visit
from handrail.kernel.errors import NotFound

site = Site()


@site.get("/account/oidc")
async def begin(visit: Visit) -> Answer:
    """Go to the provider."""
    if visit.application.settings.oidc_issuer is None:
        raise NotFound("This server knows no such provider.")
    from handrail.features.accounts import oidc

    return Redirect(await oidc.begin(visit, going.onward(visit.query.get("next", going.HOME))))


@site.get("/account/oidc/back")
async def back(visit: Visit) -> Answer:
    """Come back from the provider, signed in."""
    if visit.application.settings.oidc_issuer is None:
        raise NotFound("This server knows no such provider.")
    from handrail.features.accounts import oidc

    begun = oidc.begun_here(visit)
    found = await oidc.person(visit, begun)
    outcome = await visit.application.database.write(lambda tx: oidc.admit(tx, visit, found))
    path = "/account/sign-in/code" if outcome == "code" else "/account/choose"
    return Redirect(going.to(path, begun.wanted))
