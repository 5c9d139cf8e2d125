"""The style sheet of the account pages: served once, kept by browsers for a day."""

from functools import cache
from importlib.resources import files

from handrail.http.pages import only_read, respond
from handrail.http.request import Request


@cache
def _sheet() -> bytes:
    return (files("handrail.features.accounts") / "looks" / "style.css").read_bytes()


async def _serve(request: Request) -> None:
    await respond(request, _sheet(), "text/css; charset=utf-8", cache=b"public, max-age=86400")


STYLE = {"/account/style.css": only_read(_serve)}
