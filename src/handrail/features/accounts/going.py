"""Where a visitor goes: to sign in first, and then on to what they wanted, which is always a page of this server."""

from urllib.parse import urlencode, urlsplit

from handrail.features.accounts import sessions
from handrail.features.accounts.sessions import Session
from handrail.http.site import Redirect, Visit

HOME = "/account"
LONGEST = 4000


async def signed_in(visit: Visit) -> Session | Redirect:
    """The visitor's session, or the way to one. A form that came too late is not sent again by itself."""
    session = await sessions.current(visit)
    wanted = HOME if visit.method == "POST" else here(visit)
    if session is None:
        return Redirect(to("/account/sign-in", wanted))
    if session.is_half:
        return Redirect(to("/account/sign-in/code", wanted))
    return session


def here(visit: Visit) -> str:
    """This page with its query."""
    return f"{visit.request.path}?{visit.query_text}" if visit.query_text else visit.request.path


def to(path: str, then: str) -> str:
    """A page that leads on to another one."""
    return path if then == HOME else f"{path}?{urlencode({'next': then})}"


def onward(text: str) -> str:
    """What was wanted, if it is a path of this server; else the account's page. Browsers read a backslash, and leave
    control characters out, so neither is let through."""
    parts = urlsplit(text)
    is_path = text.startswith("/") and not text.startswith("//") and not parts.scheme and not parts.netloc
    is_plain = text.isascii() and text.isprintable() and "\\" not in text and len(text) <= LONGEST
    return text if is_path and is_plain else HOME
