"""Where a browser may be sent back to: registered addresses, letter by letter (RFC 9700, 2.1)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from handrail.kernel.errors import Errors

LOOPBACK = ("127.0.0.1", "::1")


def is_registered(uri: str, registered: Sequence[str]) -> bool:
    """Whether this is one of them, exactly; of an address of the person's own computer the port is free (RFC 8252)."""
    return any(uri == known or _without_port(uri) == _without_port(known) is not None for known in registered)


def check(uri: str, path: str, errors: Errors) -> None:
    """Note what is wrong with an address that somebody wants to register."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host = None
        parts = urlsplit("")
    is_own_computer = host in (*LOOPBACK, "localhost")
    is_readable = uri.isascii() and uri.isprintable() and " " not in uri and "*" not in uri and "\\" not in uri
    if (
        not host
        or not is_readable
        or "#" in uri
        or parts.username is not None
        or not (parts.scheme == "https" or (parts.scheme == "http" and is_own_computer))
    ):
        errors.add(
            path,
            "A redirect URI begins with https:// (http:// for this computer alone) and has no fragment, no name and "
            "password, and no wildcard.",
        )


def origin(uri: str) -> str:
    """What a Content-Security-Policy calls the place that an address belongs to."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _without_port(uri: str) -> tuple[str, ...] | None:
    """An address of the person's own computer without its port; None for any other."""
    try:
        parts = urlsplit(uri)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK or parts.username is not None:
            return None
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname, parts.path, parts.query, parts.fragment
