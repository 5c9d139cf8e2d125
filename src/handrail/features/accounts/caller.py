"""Who asks, whether by a page or by a call: what signing in, registering and resetting need to know of a request."""

from typing import Protocol

import msgspec

from handrail.http.call import Application, Call


class Asker(Protocol):
    """When and from where somebody asked."""

    @property
    def now(self) -> int: ...
    @property
    def address(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def client(self) -> str: ...


class Caller(Asker, Protocol):
    """A request of somebody who may not have signed in yet."""

    @property
    def application(self) -> Application: ...
    @property
    def mail_url(self) -> str: ...


class ByCall(msgspec.Struct, frozen=True):
    """A call of the API as a caller."""

    application: Application
    mail_url: str
    now: int
    address: str
    request_id: str
    client: str


def of_call(call: Call) -> ByCall:
    """The caller of a call."""
    client = call.headers.get(b"x-tallyfy-client", b"").decode("latin-1").strip()[:200]
    return ByCall(
        call.application,
        call.mail_url,
        call.application.clock.now(),
        call.client_address,
        call.request_id,
        client or "sign-in",
    )
