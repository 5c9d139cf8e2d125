"""Where a request came from and under which address people reach this server."""

import re
from functools import lru_cache

from handrail.http.request import Scope
from handrail.settings import Settings

# a name or an address and a port, and nothing that a browser would read otherwise
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_OWN_COMPUTER = frozenset({"localhost", "127.0.0.1", "[::1]"})


def base_url(settings: Settings, scope: Scope, headers: dict[bytes, bytes]) -> str:
    """What links in answers begin with (wire 2.33, 15)."""
    if settings.public_url is not None:
        return settings.public_url
    host, name = _host(headers.get(b"host", b""))
    if settings.allowed_hosts and name not in settings.allowed_hosts and host not in settings.allowed_hosts:
        host = settings.allowed_hosts[0]
    return f"{scope.get('scheme', 'http')}://{host or 'localhost'}"


def mail_url(settings: Settings, scope: Scope, headers: dict[bytes, bytes]) -> str:
    """What links in mails begin with. A mail goes to somebody else than who sends the request, and its link is a key:
    so the request's host is taken only when the settings name it, or when it is this computer; else the address at
    which the server itself was reached."""
    _, name = _host(headers.get(b"host", b""))
    if settings.public_url is not None or settings.allowed_hosts or name in _OWN_COMPUTER:
        return base_url(settings, scope, headers)
    address, port = scope.get("server") or ("localhost", None)
    host = f"[{address}]" if ":" in address else address
    return f"{scope.get('scheme', 'http')}://{host}{'' if port is None else f':{port}'}"


@lru_cache(maxsize=256)
def _host(header: bytes) -> tuple[str, str]:
    """The request's host, with its port and without; nothing when it is no host."""
    found = _HOST.fullmatch(header.decode("latin-1"))
    return ("", "") if found is None else (found[0], found[1])
