"""What letting a request in costs, its token and its quota: `python -m bench.floors.admission [URL OF REDIS]`.

The parts that the server is made of, with a member who has been read a moment ago, as for all but one request in two
seconds.
"""

import asyncio
import sys
from time import perf_counter, process_time
from typing import Any

import msgspec
import uvloop

from handrail.adapters.limits_memory import MemoryLimiter
from handrail.adapters.limits_shared import Book, SharedLimiter
from handrail.http.auth import Authenticator
from handrail.http.limits import Quota
from handrail.kernel.actor import Actor, Token
from handrail.kernel.clock import SystemClock

ORGANIZATION = "0" * 32
AT_ONCE = 32
TIMES = 100
ROUNDS = 30


class Admitted(msgspec.Struct, frozen=True):
    """Milliseconds: of one alone from the question to the answer, and of CPU for each of 32 at once. The best of 30
    rounds: what others take of the machine is not the cost."""

    alone_ms: float
    cpu_ms: float


class _People:
    """One member, without a store."""

    async def find_token(self, reader: Any, token_hash: str) -> Token:
        return Token("t", 1, ORGANIZATION, frozenset({"*"}), None, None)

    async def load_actor(self, reader: Any, organization_id: str, user_id: int) -> Actor:
        return Actor(organization_id=organization_id, user_id=user_id, role="admin")

    async def note_use(self, *_: Any) -> None:
        return


class _Nothing:
    """A store that is not asked."""

    def reader(self) -> "_Nothing":
        return self

    async def __aenter__(self) -> None:
        return

    async def __aexit__(self, *_: object) -> None:
        return


# where one server counts: of one process, of several
OF_ONE_SERVER = ("memory", "shared memory")


async def admission(place: str) -> Admitted:
    """Let requests in: one after another, then many at once. `place`: where they are counted, or the address of a
    Redis."""
    clock, nothing = SystemClock(), _Nothing()
    if place == "memory":
        limiter = MemoryLimiter(clock)
    elif place == "shared memory":
        limiter = SharedLimiter(Book(), clock)
    else:
        from handrail.adapters.limits_redis import RedisLimiter

        limiter = RedisLimiter(place)
    authenticator = Authenticator(nothing, clock, _People())  # pyright: ignore[reportArgumentType] - never written to
    quota = Quota(limiter, 10_000_000, 100_000_000)

    async def admit(times: int) -> None:
        for _ in range(times):
            token = await authenticator.token(b"Bearer hrp_" + b"x" * 48)
            member = await authenticator.actor(token, ORGANIZATION)
            await quota.count(member.organization_id, member.rates)

    await admit(TIMES)
    alone: list[float] = []
    together: list[float] = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        await admit(TIMES)
        alone.append((perf_counter() - begun) / TIMES)
        begun = process_time()
        await asyncio.gather(*(admit(TIMES // 10) for _ in range(AT_ONCE)))
        together.append((process_time() - begun) / (AT_ONCE * (TIMES // 10)))
    if place not in OF_ONE_SERVER and limiter.is_alone:  # pyright: ignore[reportAttributeAccessIssue]
        raise RuntimeError("Redis did not answer")
    await limiter.close()
    return Admitted(alone_ms=1000 * min(alone), cpu_ms=1000 * min(together))


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(admission(sys.argv[1]))).decode())
