"""A small application that shows what the machinery around handlers does: bodies come back, lists are counted out."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.adapters.limits_memory import MemoryLimiter
from handrail.features.members import service as members
from handrail.http.application import Mount, Web
from handrail.http.auth import Authenticator
from handrail.http.call import Application, Call, Page
from handrail.http.endpoint import Router
from handrail.http.limits import Quota
from handrail.main import sealer
from handrail.settings import Settings
from tests.support.server import TestServer

TOTAL = 37

router = Router("Probe")


class Inner(msgspec.Struct):
    """An object inside the body."""

    count: int
    label: str | None = None


class Body(msgspec.Struct):
    """One field of every kind that bodies have."""

    title: Annotated[str, Meta(max_length=20)] | UnsetType = UNSET
    number: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    ratio: float | UnsetType | None = UNSET
    flag: bool | UnsetType = UNSET
    words: list[str] | UnsetType = UNSET
    inner: Inner | UnsetType | None = UNSET
    entries: list[Inner] | UnsetType = UNSET
    anything: Any = None


class Required(msgspec.Struct):
    """A body that needs two fields."""

    title: str
    count: int


@router.post("/organizations/{org}/probe", action="task.create", body=Body, returns=Body, status=201)
async def echo(call: Call, body: Body) -> Body:
    """Give the body back."""
    return body


@router.put("/organizations/{org}/probe", action="task.create", body=Required, returns=Required, form=True)
async def echo_required(call: Call, body: Required) -> Required:
    """Give the body back; two fields are needed."""
    return body


@router.get("/organizations/{org}/probe", action="task.list", returns=int, shape="collection")
async def count(call: Call) -> Page:
    """Count to the total, a page at a time."""
    paging = call.paging(whole=True)
    numbers = list(range(1, TOTAL + 1))
    return Page(numbers[paging.offset : paging.offset + paging.limit], TOTAL, paging)


@router.get("/organizations/{org}/query", action="task.list", returns=dict[str, str])
async def query(call: Call) -> dict[str, str]:
    """The query string as it is understood."""
    return {**call.query, "includes": ",".join(sorted(call.includes))}


@router.get("/organizations/{org}/members/{user}", action="task.list", returns=int)
async def member(call: Call) -> int:
    """The number of the path."""
    return call.integer("user")


@router.get("/organizations/{org}/texts/{task}", action="task.list", returns=str)
async def path_text(call: Call) -> str:
    """The text of the path."""
    return call.path["task"]


@router.get("/organizations/{org}/broken", action="task.list", returns=int)
async def broken(call: Call) -> int:
    """Fail."""
    raise ZeroDivisionError("a secret of the inside")


def probe(server: TestServer, **changes: Any) -> Mount:
    """The probe on a server's database."""
    settings: Settings = msgspec.structs.replace(server.settings, **changes)
    authenticator = Authenticator(server.database, server.clock, members)
    limiter = MemoryLimiter(server.clock)
    quota = Quota(limiter, settings.rate_limit_per_minute, settings.rate_limit_per_hour)
    application = Application(
        settings,
        server.database,
        server.clock,
        authenticator.forget,
        server.jobs,
        limiter,
        quota,
        sealer(settings),
    )
    return Mount(Web(application, authenticator, router.endpoints), {})
