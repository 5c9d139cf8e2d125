"""What somebody new has filled in to found an organization, checked; the password only as its hash."""

import msgspec


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A registration that waits for its address to be shown, or is carried out at once."""

    first_name: str
    last_name: str
    email: str
    password_hash: str
    organization: str
    timezone: str = "UTC"
    # the browser that registered (`Visit.browser`), if one did: there the password is whoever's who follows the link
    browser: str | None = None
