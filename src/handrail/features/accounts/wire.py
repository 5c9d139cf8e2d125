"""The public JSON of signing in without a browser, and of the tokens of a browser's session (wire 1.4)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

Password = Annotated[str, Meta(max_length=127)]
Address = Annotated[str, Meta(max_length=254)]
Unused = Annotated[str, Meta(max_length=100, description="Not used here.")]
Name = Annotated[str, Meta(max_length=32)]


class LoginBody(msgspec.Struct, kw_only=True):
    """An address and its password."""

    email: Address
    password: Annotated[str, Meta(max_length=500)]
    code: Annotated[str, Meta(max_length=40, description="Of the second factor, where there is one.")] = ""
    organization_id: Annotated[
        str, Meta(max_length=32, description="The organization that the token is for; the first one when left out.")
    ] = ""


class SessionToken(msgspec.Struct, kw_only=True):
    """A token and how long it works."""

    access_token: str
    token_type: str
    expires_in: Annotated[int, Meta(description="Seconds.")]
    expire: Annotated[str, Meta(description="The moment at which it ends.")]


class Login(msgspec.Struct, kw_only=True):
    """Who has signed in, where, and their token."""

    token: SessionToken
    user_id: int
    email: str
    first_name: str
    last_name: str
    organization_id: str


class RegisterBody(msgspec.Struct, kw_only=True):
    """Somebody new, and the organization that they found."""

    first_name: Name
    last_name: Name
    email: Address
    password: Password
    company_name: Annotated[str, Meta(max_length=50)]
    plan_code: Unused | UnsetType | None = UNSET
    coupon_code: Unused | UnsetType | None = UNSET
    timezone: Annotated[str, Meta(max_length=64, description="An IANA time zone.")] | None = None


class Registered(msgspec.Struct, kw_only=True):
    """What happens next."""

    status: Annotated[str, Meta(description="`verify`: a mail was sent, whose link goes on. `active`: sign in.")]
    message: str


class ForgottenBody(msgspec.Struct, kw_only=True):
    """Whose password was forgotten."""

    email: Address


class ResetBody(msgspec.Struct, kw_only=True):
    """The code out of the mail's link, and a new password."""

    code: Annotated[str, Meta(max_length=200)]
    password: Password
    password_confirmation: Password | UnsetType = UNSET


class Done(msgspec.Struct, kw_only=True):
    """What was done."""

    message: str


_TOKEN: dict[str, Any] = {
    "access_token": "hru_KN6peH8Hk65R5yUIUtctjltX4H0WxFxQKLrWvlavf76ca38c",
    "token_type": "Bearer",
    "expires_in": 3600,
    "expire": "2027-03-02T09:00:00.000Z",
}
EXAMPLES: dict[str, Any] = {
    "LoginBody": {"email": "mina@pilots.example", "password": "Ebbe und Flut 7"},
    "SessionToken": _TOKEN,
    "Login": {
        "token": _TOKEN,
        "user_id": 40817,
        "email": "mina@pilots.example",
        "first_name": "Mina",
        "last_name": "Costa",
        "organization_id": "5d1f0c7a9b3e4d62a8c4f10b7e95d233",
    },
    "RegisterBody": {
        "first_name": "Mina",
        "last_name": "Costa",
        "email": "mina@pilots.example",
        "password": "Ebbe und Flut 7",
        "company_name": "Northwind Pilots",
        "plan_code": "pro",
        "timezone": "Europe/Lisbon",
    },
    "Registered": {"status": "verify", "message": "A mail is on its way; its link finishes the registration."},
    "ForgottenBody": {"email": "mina@pilots.example"},
    "ResetBody": {
        "code": "hrl_KN6peH8Hk65R5yUIUtctjltX4H0WxFxQKLrWvlavf76ca38c",
        "password": "Ebbe und Flut 8",
        "password_confirmation": "Ebbe und Flut 8",
    },
    "Done": {"message": "If this address has an account, a link is on its way to it."},
}
