"""Whether what several clients saw could have happened one thing after the other.

Each call is recorded with the moments it began and ended and with what it answered. The history is explained when
the calls can be put into an order in which each lies between its two moments and a small model, applied in that
order, answers the same (Wing and Gong's search, with the states that were tried already left out).
"""

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

# applied to a state, a call gives the next state, or None when the model would have answered otherwise
Model = Callable[[Hashable, "Call"], Hashable | None]


@dataclass(frozen=True)
class Call:
    """One call: what was asked, what was answered, and between which moments."""

    name: str
    argument: Hashable
    answer: Hashable
    began: float
    ended: float


@dataclass
class History:
    """Collects calls from several threads."""

    calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, name: str, argument: Hashable, work: Callable[[], Hashable]) -> None:
        """Make a call and remember it."""
        began = time.monotonic()
        answer = work()
        ended = time.monotonic()
        with self._lock:
            self.calls.append(Call(name, argument, answer, began, ended))


def explained(calls: list[Call], start: Hashable, model: Model) -> bool:
    """Whether some order of the calls explains what every one of them answered."""
    ordered = sorted(calls, key=lambda call: call.began)
    everything = (1 << len(ordered)) - 1
    tried: set[tuple[int, Hashable]] = set()
    stack: list[tuple[int, Hashable]] = [(0, start)]
    while stack:
        done, state = stack.pop()
        if done == everything:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        waiting = [index for index in range(len(ordered)) if not done >> index & 1]
        # nothing can come before a call that had ended when it began
        first_end = min(ordered[index].ended for index in waiting)
        for index in waiting:
            if ordered[index].began > first_end:
                break
            following = model(state, ordered[index])
            if following is not None:
                stack.append((done | 1 << index, following))
    return False


def told(calls: list[Call]) -> str:
    """The history for a failing test's message."""
    start = min((call.began for call in calls), default=0.0)
    ordered = sorted(calls, key=lambda call: call.began)
    times = [f"{(call.began - start) * 1000:8.2f} {(call.ended - start) * 1000:8.2f}" for call in ordered]
    words = [f"{call.name}({call.argument}) -> {call.answer}" for call in ordered]
    return "\n".join(f"{time} {word}" for time, word in zip(times, words, strict=True))


def together(work: list[Callable[[], Any]]) -> list[Any]:
    """Do everything at the same moment, each in a thread of its own; the results in order. Raises what one raised."""
    barrier = threading.Barrier(len(work))
    results: list[Any] = [None] * len(work)
    failures: list[BaseException] = []

    def run(index: int) -> None:
        try:
            with suppress(threading.BrokenBarrierError):
                barrier.wait(30)
            results[index] = work[index]()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results
