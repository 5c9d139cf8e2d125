"""How often somebody may try: by address, account, form or organization, whatever their quota is."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from ipaddress import ip_address, ip_network
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

import msgspec

from handrail.kernel.errors import TooMany
from handrail.ports.limiter import Allowance, Counted, Limiter


class Rate(msgspec.Struct, frozen=True):
    """So many in so many seconds."""

    limit: int
    seconds: int


Wanted: TypeAlias = Sequence[tuple[Rate, tuple[str, ...]]]


def network(address: str) -> str:
    """Whose attempts are counted together: an IPv4 address; of IPv6 the network, of which one person has as many
    addresses as they like."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))


def an_hour(amount: int) -> Rate:
    """So many an hour."""
    return Rate(amount, 3600)


def a_minute(amount: int) -> Rate:
    """So many a minute."""
    return Rate(amount, 60)


async def take(limiter: Limiter, wanted: Wanted) -> None:
    """Count one of each. TooMany when one is used up, and then nothing is counted."""
    if wanted:
        _refuse_unless_fitting(await limiter.take(_allowances(wanted)))


async def require(limiter: Limiter, wanted: Wanted) -> None:
    """Raise TooMany when one of these is used up; nothing is counted."""
    if wanted:
        _refuse_unless_fitting(await limiter.look(_allowances(wanted)))


async def give_back(limiter: Limiter, wanted: Wanted) -> None:
    """Count what was taken no more. What is limited only when it goes wrong is taken before it is tried and given back
    when it went well: counted afterwards, many at once, in however many processes, would all find room."""
    if wanted:
        await limiter.give_back(_allowances(wanted))


@asynccontextmanager
async def in_turn(*words: str) -> AsyncGenerator[None]:
    """Inside, nobody else of this process is who names the same words. What is taken and given back is tried one after
    another, so that many at once that would all go well do not refuse each other."""
    key = (asyncio.get_running_loop(), *words)
    lock = _turns.get(key)
    if lock is None:
        lock = _turns[key] = asyncio.Lock()
    async with lock:
        yield


_turns: WeakValueDictionary[tuple[Any, ...], asyncio.Lock] = WeakValueDictionary()


def _allowances(wanted: Wanted) -> list[Allowance]:
    return [Allowance(_key(words), rate.limit, rate.seconds) for rate, words in wanted]


def _key(words: tuple[str, ...]) -> str:
    """Short and always the same for the same words; addresses of people and networks cannot be read out of it."""
    return f"{words[0]}:{blake2b(msgspec.json.encode(words), digest_size=16).hexdigest()}"


def _refuse_unless_fitting(counted: Counted) -> None:
    if counted.fits:
        return
    wait = max(1, *(window.resets_in for window in counted.windows if window.remaining == 0))
    raise TooMany(
        f"Too many requests. Try again in {wait} seconds; nothing was applied.",
        headers={"Retry-After": str(wait)},
    )
