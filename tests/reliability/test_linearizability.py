"""The checker of histories tells the possible from the impossible."""

from collections.abc import Hashable

import pytest

from tests.reliability.linearizability import Call, explained


def register(state: Hashable, call: Call) -> Hashable | None:
    """A register: `write` sets it, `read` answers it."""
    if call.name == "write":
        return call.argument
    return state if call.answer == state else None


def write(value: int, began: float, ended: float) -> Call:
    return Call("write", value, None, began, ended)


def read(value: int, began: float, ended: float) -> Call:
    return Call("read", None, value, began, ended)


@pytest.mark.parametrize(
    "calls",
    [
        [],
        [write(1, 0, 1), read(1, 2, 3)],
        [write(1, 0, 9), read(0, 1, 2), read(1, 3, 4)],
        [write(1, 0, 9), write(2, 0, 9), read(2, 1, 2), read(1, 3, 4)],
    ],
)
def test_possible_histories(calls: list[Call]) -> None:
    assert explained(calls, 0, register)


@pytest.mark.parametrize(
    "calls",
    [
        [write(1, 0, 1), read(0, 2, 3)],
        [write(1, 0, 9), read(1, 1, 2), read(0, 3, 4)],
        [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)],
        [write(1, 0, 9), write(2, 0, 9), read(2, 1, 2), read(1, 3, 4), read(2, 5, 6)],
    ],
)
def test_impossible_histories(calls: list[Call]) -> None:
    assert not explained(calls, 0, register)
