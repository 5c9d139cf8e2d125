"""What is served beside the API: the OpenAPI document, its interactive reference, and the health check."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from handrail.http import openapi
from handrail.http.endpoint import Endpoint
from handrail.http.request import Request

REFERENCE = files("handrail.http") / "reference"
TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
# the reference runs its own script and styles and talks to this server only
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'"
)


Page = Callable[[Request], Awaitable[None]]
NOT_ALLOWED = b'{"error":true,"message":"This path answers GET, HEAD.","code":"METHOD_NOT_ALLOWED"}'


def pages(endpoints: Sequence[Endpoint]) -> Mapping[str, Page]:
    """Handlers of the pages by path. The document is built on first use and kept."""

    @lru_cache(maxsize=1)
    def document() -> bytes:
        return openapi.encoded(endpoints)

    async def serve_document(request: Request) -> None:
        await respond(request, document(), "application/json")

    async def serve_reference(request: Request) -> None:
        if not request.mount and request.path == "/":
            await respond(request, b"", "text/html", status=302, extra=[(b"location", b"/api/docs")])
            return
        await respond(request, asset("index.html"), TYPES["html"])

    async def serve_asset(request: Request) -> None:
        name = request.parameters["name"]
        if "/" in name or name not in {entry.name for entry in REFERENCE.iterdir()}:
            await respond(request, b'{"error":true,"message":"Resource not found"}', "application/json", status=404)
            return
        kind = TYPES.get(name.rpartition(".")[2], "text/plain; charset=utf-8")
        await respond(request, asset(name), kind, cache=b"public, max-age=86400")

    async def serve_health(request: Request) -> None:
        await respond(request, b'{"status":"ok"}', "application/json")

    served = {
        "/": serve_reference,
        "/docs": serve_reference,
        "/openapi.json": serve_document,
        "/reference/{name}": serve_asset,
        "/health": serve_health,
    }
    return {path: only_read(page) for path, page in served.items()}


def only_read(page: Page) -> Page:
    """The page, which refuses every method but GET and HEAD."""

    async def serve(request: Request) -> None:
        if request.scope["method"] in ("GET", "HEAD"):
            await page(request)
        else:
            await respond(request, NOT_ALLOWED, "application/json", status=405, extra=[(b"allow", b"GET, HEAD")])

    return serve


@lru_cache(maxsize=16)
def asset(name: str) -> bytes:
    return (REFERENCE / name).read_bytes()


async def respond(
    request: Request,
    payload: bytes,
    content_type: str,
    *,
    status: int = 200,
    cache: bytes = b"no-cache",
    extra: Sequence[tuple[bytes, bytes]] = (),
    policy: str = POLICY,
) -> None:
    """Send a small answer."""
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(payload)).encode()),
        (b"cache-control", cache),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", policy.encode()),
        (b"x-request-id", request.id.encode()),
        *extra,
    ]
    if not any(name == b"referrer-policy" for name, _ in extra):
        headers.append((b"referrer-policy", b"no-referrer"))
    await request.send({"type": "http.response.start", "status": status, "headers": headers})
    await request.send({"type": "http.response.body", "body": b"" if request.scope["method"] == "HEAD" else payload})
