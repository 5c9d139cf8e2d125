"""Who calls: one organization with somebody of every kind, each with a token that has been used before."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from handrail.kernel.scopes import SCOPES, covers
from tests.features.builders import made
from tests.features.guests.codes import Guest, guest_of
from tests.security.mirror import Mirror
from tests.support.server import Org, Person, TestServer

ROLES = ("admin", "standard", "light")


@dataclass
class Cast:
    """The people of one organization, and those who are not of it."""

    org: Org
    standard: Person
    light: Person
    # of which both are members, and a guest
    group: str
    guest: Guest
    outsider: Org
    # disabled here: with a token that was made here, and with one that was made where they still are
    left: Person
    left_elsewhere: Person
    disabled_guest: Guest
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> TestServer:
        return self.org.server

    def person(self, role: str) -> Person:
        return self.org if role == "admin" else self.standard if role == "standard" else self.light

    def fresh(self, role: str) -> Person:
        """Somebody new, for what ends the caller's own tokens."""
        return used(self.org.member(role))

    @cached_property
    def mirror(self) -> Mirror:
        """For reading every row of the organization."""
        return Mirror(self.org, self.standard, "", {})

    def token_beside(self, action: str) -> str | None:
        """A token of the administrator with every scope that does not cover the action; None when all do."""
        return self._token(sorted(scope for scope in SCOPES - {"*"} if not covers(frozenset({scope}), action)))

    def token_for(self, *actions: str) -> str | None:
        """A token of the administrator with one scope for each of the actions, the narrowest there is."""
        wanted: set[str] = set()
        for action in actions:
            fitting = sorted(
                (s for s in SCOPES - {"*"} if covers(frozenset({s}), action)), key=lambda s: ("read" not in s, s)
            )
            wanted.update(fitting[:1])
        return self._token(sorted(wanted))

    def _token(self, scopes: list[str]) -> str | None:
        if not scopes:
            return None
        key = " ".join(scopes)
        if key not in self._tokens:
            body = {"name": "narrow", "scopes": scopes}
            self._tokens[key] = made(self.org.http.post("/me/tokens", json=body))["access_token"]
            used(Person(self.server, self.org.organization_id, self.org.user_id, "", self._tokens[key]))
        return self._tokens[key]


def used(person: Person) -> Person:
    """The person, whose token has been seen: the first use of one is written down."""
    assert person.http.get("/me").status_code in (200, 401, 404)
    return person


def cast(server: TestServer) -> Cast:
    """A new organization with all of them."""
    org, outsider = server.found("Aldebaran Works"), server.found("Betelgeuse Works")
    standard, light = org.member("standard"), org.member("light")
    left, elsewhere = org.member("standard"), org.member("admin")
    other = outsider.member("standard", email=elsewhere.email)
    there = Person(server, org.organization_id, other.user_id, other.email, other.token)
    used(there)
    for gone in (left, elsewhere):
        assert org.http.delete(f"/users/{gone.user_id}/disable").status_code == 200
    guest = guest_of(org, f"rui.{org.organization_id[:8]}@quay.example")
    out = guest_of(org, f"out.{org.organization_id[:8]}@quay.example")
    assert org.http.delete(f"/guests/{out.email}/disable").status_code == 200
    members = [standard.user_id, light.user_id]
    group = made(org.http.post("/groups", json={"name": "Pilots", "members": members, "guests": [guest.email]}))
    guest.get()
    for person in (org, outsider, standard, light):
        used(person)
    return Cast(org, standard, light, group["id"], guest, outsider, left, there, out)


def client_of(person: Person) -> httpx.Client:
    """A client whose paths begin at the mount."""
    return person.server.client(person.token, path="/api")


def asking(client: httpx.Client, method: str, path: str, body: Any) -> httpx.Response:
    return client.request(method, path) if body is None else client.request(method, path, json=body)
