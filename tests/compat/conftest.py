"""The official client of the API we are compatible with, unmodified, pointed at a running server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tallyfy import TallyfyError, TallyfySDK

from tests.support.server import Org, Person

# a TallyfySDK; its annotations leave out what it returns and say None where it raises
Client = Any
Sdk = Callable[[Person], Client]


def said(failure: pytest.ExceptionInfo[TallyfyError]) -> dict[str, Any]:
    """The body of the answer that the client raised for."""
    assert isinstance(failure.value.response_data, dict)
    return failure.value.response_data


@pytest.fixture
def sdk_of() -> Iterator[Sdk]:
    """Makes a client that acts as a person. It does not try again, so that a failure shows."""
    made: list[TallyfySDK] = []

    def make(person: Person) -> TallyfySDK:
        sdk = TallyfySDK(api_key=person.token, base_url=person.server.url, max_retries=0, timeout=60)
        made.append(sdk)
        return sdk

    yield make
    for sdk in made:
        sdk.session.close()


@pytest.fixture
def sdk(org: Org, sdk_of: Sdk) -> Client:
    """A client that acts as the organization's administrator."""
    return sdk_of(org)
