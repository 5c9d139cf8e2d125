"""Where a request came from and under which address people reach this server."""

from handrail.http.request import Request, Scope
from handrail.settings import Settings


def client_address(request: Request) -> str:
    """The network address that the request came from."""
    return (request.scope.get("client") or ("",))[0]


def base_url(settings: Settings, scope: Scope, headers: dict[bytes, bytes]) -> str:
    """What links in answers begin with (wire 2.33, 15)."""
    if settings.public_url is not None:
        return settings.public_url
    host = headers.get(b"host", b"").decode("latin-1")
    name = host.rpartition(":")[0] or host
    if settings.allowed_hosts and name not in settings.allowed_hosts and host not in settings.allowed_hosts:
        host = settings.allowed_hosts[0]
    return f"{scope.get('scheme', 'http')}://{host or 'localhost'}"
