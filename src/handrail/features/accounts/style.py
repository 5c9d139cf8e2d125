"""The style sheet and the icon of the account pages, which browsers keep for a day."""

from functools import cache
from importlib.resources import files

from handrail.http.pages import only_read, respond
from handrail.http.request import Request


@cache
def _read(name: str) -> bytes:
    return (files("handrail.features.accounts") / "looks" / name).read_bytes()


async def _sheet(request: Request) -> None:
    await respond(request, _read("style.css"), "text/css; charset=utf-8", cache=b"public, max-age=86400")


async def _icon(request: Request) -> None:
    await respond(request, _read("icon.svg"), "image/svg+xml", cache=b"public, max-age=86400")


STYLE = {"/account/style.css": only_read(_sheet), "/account/icon.svg": only_read(_icon)}
