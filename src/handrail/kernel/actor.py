"""Who acts: a member, a guest or the bot of one organization, and by which client."""

from typing import Literal

import msgspec

Role = Literal["admin", "standard", "light"]
ROLES: tuple[Role, ...] = ("admin", "standard", "light")


class Token(msgspec.Struct, frozen=True):
    """A bearer token: whose it is, which organization it was made in, what it may be used for."""

    id: str
    account_id: int
    organization_id: str
    scopes: frozenset[str]
    expires_at: int | None
    revoked_at: int | None
    # through which application it was got
    application_id: int | None = None
    # of which browser's session it is
    session_id: str | None = None


class Rates(msgspec.Struct, frozen=True, gc=False):
    """How many requests an organization may make, where the operator has set that; None means as the installation
    says, 0 no limit."""

    per_minute: int | None = None
    per_hour: int | None = None


class Actor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The caller of one request, already authenticated, in the organization the request names.

    `principals` are the words under which things may be granted or assigned to the caller: `everyone`,
    `standard` (all full members), `u:<member id>` and `r:<group id>` for each of their groups. To a guest things are
    assigned, as `g:<address>` or through a group, and never granted.
    """

    organization_id: str
    # 0 for a guest
    user_id: int
    role: Role | Literal["guest"]
    groups: tuple[str, ...] = ()
    client: str | None = None
    token_id: str | None = None
    # through which the token was got
    application_id: int | None = None
    # of which browser's session the token is
    session_id: str | None = None
    # where the request comes from
    address: str | None = None
    request_id: str = ""
    # of the token; they narrow what the person may do
    scopes: frozenset[str] = frozenset({"*"})
    # of a guest: the address and the number in the organization
    guest: str | None = None
    guest_id: int | None = None
    # of the organization
    rates: Rates = Rates()

    @property
    def is_guest(self) -> bool:
        return self.role == "guest"

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"

    @property
    def owner_principals(self) -> tuple[str, ...]:
        """The principals under which a task can belong to this person: direct, and through a group."""
        person = f"g:{self.guest}" if self.is_guest else f"u:{self.user_id}"
        return (person, *(f"r:{group}" for group in self.groups))

    @property
    def grant_principals(self) -> tuple[str, ...]:
        """The principals under which a permission can be granted to this person (engine 12)."""
        if self.is_guest:
            return ()
        words = ("everyone",) if self.role == "light" else ("everyone", "standard")
        return (*words, *self.owner_principals)
