"""One turn for all who write: given, waited for, and never lost for good."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator

import pytest

from handrail.adapters.sqlite_turn import PATIENCE_SECONDS, Turn


@pytest.fixture
def turn() -> Iterator[Turn]:
    with contextlib.closing(Turn()) as turn:
        yield turn


def waited(turn: Turn, given_after: float | None) -> tuple[bool, float]:
    """Whether waiting was in vain, and how long it took (seconds)."""

    async def work() -> tuple[bool, float]:
        loop = asyncio.get_running_loop()
        called: asyncio.Future[bool] = loop.create_future()
        began = time.monotonic()
        turn.when_free(called.set_result)
        if given_after is not None:
            loop.call_later(given_after, turn.give)
        return await called, time.monotonic() - began

    return asyncio.run(work())


def test_only_one_has_it(turn: Turn) -> None:
    assert turn.take()
    assert not turn.take()
    turn.give()
    assert turn.take()


def test_who_waits_is_called_when_it_is_given(turn: Turn) -> None:
    assert turn.take()
    in_vain, seconds = waited(turn, 0.01)
    assert not in_vain
    assert seconds < PATIENCE_SECONDS
    assert turn.take()


def test_who_waits_too_long_is_called_in_vain(turn: Turn) -> None:
    assert turn.take()
    in_vain, seconds = waited(turn, None)
    assert in_vain
    assert seconds >= PATIENCE_SECONDS * 0.9
    assert not turn.take()


def test_giving_what_was_not_taken_makes_no_second_one(turn: Turn) -> None:
    turn.give()
    turn.give()
    assert turn.take()
    assert not turn.take()


def test_turn_that_died_with_its_holder_is_put_back(turn: Turn) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0 if turn.take() else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert not turn.take()
    assert waited(turn, None)[0]
    # whoever found the store free gives it as if it had been taken
    turn.give()
    assert turn.take()
