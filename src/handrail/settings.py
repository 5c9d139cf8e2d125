"""Every setting of an installation, in one place: environment variables `HANDRAIL_…`, or a file of them.

A file (`HANDRAIL_CONFIG`, default `handrail.toml` in the data directory) holds the same names in lower case without
the prefix; the environment wins. A wrong value is refused at start, with its name and what is allowed.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from handrail.kernel.addresses import is_email

T = TypeVar("T")
PREFIX = "HANDRAIL_"
# may hold a password, so they are never repeated
SECRET = frozenset({"database_url", "redis_url", "smtp_url", "secret_key", "oidc_client_secret"})
# what a rediss URL may say after its question mark
REDIS_TLS_OPTIONS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})


class WrongSetting(Exception):
    """A setting that cannot be used; the message names it and the allowed values."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The installation's settings. Durations in seconds, sizes in bytes."""

    data: Path
    database_url: str | None = None
    public_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    client_header: Literal["required", "optional"] = "required"
    rate_limit_per_minute: int = 100
    rate_limit_per_hour: int = 1000
    redis_url: str | None = None
    public_reads_per_minute: int = 60
    public_launches_per_address: int = 20
    public_launches_per_form: int = 500
    max_body_bytes: int = 2 * 1024 * 1024
    durability: Literal["full", "normal"] = "full"
    cors_origins: tuple[str, ...] = ("*",)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    postgres_pool: int = 10
    worker: Literal["inside", "separate"] = "inside"
    password_grant: Literal["on", "off"] = "off"
    password_length: int = 8
    password_characters: Literal["any", "mixed"] = "any"
    smtp_url: str | None = None
    mail_from: str = "Handrail <handrail@localhost>"
    secret_key: tuple[str, ...] = ()
    registration: Literal["open", "closed"] = "open"
    session_idle_hours: int = 12
    session_days: int = 30
    session_requests_per_minute: int = 600
    wrong_sign_ins_per_address: int = 100
    implicit_grant: Literal["on", "off"] = "off"
    dynamic_registration: Literal["on", "off"] = "off"
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None
    oidc_name: str = "your company's account"

    @property
    def is_embedded(self) -> bool:
        """Whether the store is the SQLite file under `data`."""
        return self.database_url is None or self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path:
        """The store's file, when it is embedded."""
        if self.database_url is not None:
            return Path(self.database_url.split("///", 1)[1])
        return self.data / "handrail.db"


def _integer(low: int, high: int) -> tuple[str, Callable[[str], int]]:
    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError
        return number

    return f"a whole number from {low} to {high}", parse


def _word(*words: str) -> tuple[str, Callable[[str], str]]:
    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError
        return text.lower()

    return f"one of {', '.join(words)}", parse


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _database_url(text: str) -> str:
    if text.startswith(("postgresql://", "postgres://")) and urlsplit(text).path.strip("/"):
        return text
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return text
    raise ValueError


def _smtp_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.port == 0:
        raise ValueError
    return text


def _redis_url(text: str) -> str:
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = options.pop("db", "0") if parts.scheme == "unix" else parts.path.removeprefix("/") or "0"
    is_placed = parts.path.strip("/") if parts.scheme == "unix" else parts.hostname and parts.port != 0
    known = REDIS_TLS_OPTIONS if parts.scheme == "rediss" else frozenset[str]()
    if parts.scheme not in ("redis", "rediss", "unix") or not is_placed or not set(options) <= known:
        raise ValueError
    int(number)
    return text


def _sender(text: str) -> str:
    if not is_email(parseaddr(text)[1].replace("@localhost", "@localhost.example")) or "\n" in text:
        raise ValueError
    return text


def _web_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError
    return text.rstrip("/")


def _keys(text: str) -> tuple[str, ...]:
    keys = _list(text)
    if not keys or any(len(key) < 32 for key in keys):
        raise ValueError
    return keys


def _line(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 500:
        raise ValueError
    return text.strip()


class Setting(msgspec.Struct, frozen=True):
    """How one setting is read and described."""

    allowed: str
    parse: Callable[[str], Any]
    meaning: str


SETTINGS: Mapping[str, Setting] = {
    "data": Setting("a directory", Path, "Where the embedded store and its files live."),
    "database_url": Setting(
        "postgresql://user:password@host:port/name or sqlite:///path",
        _database_url,
        "The store. Without it, a SQLite file in the data directory.",
    ),
    "public_url": Setting(
        "an http or https URL",
        _web_url,
        "The address under which people reach the server; links in answers are built from it.",
    ),
    "allowed_hosts": Setting(
        "host names, separated by commas",
        _list,
        "Hosts from which links may be built when there is no public URL. Empty: the host of the request.",
    ),
    "client_header": Setting(
        *_word("required", "optional"), "Whether requests must carry X-Tallyfy-Client (connectors may not send it)."
    ),
    "rate_limit_per_minute": Setting(
        *_integer(0, 10_000_000), "Requests a minute for one organization; 0 means no limit."
    ),
    "rate_limit_per_hour": Setting(
        *_integer(0, 100_000_000), "Requests an hour for one organization; 0 means no limit."
    ),
    "redis_url": Setting(
        "redis://user:password@host:port/number, rediss://… or unix:///path",
        _redis_url,
        "Redis or Valkey, in which several server processes count together. Without it each counts for itself.",
    ),
    "public_reads_per_minute": Setting(
        *_integer(0, 10_000_000),
        "Looks a minute at public forms and the library from one network address; 0 means no limit.",
    ),
    "public_launches_per_address": Setting(
        *_integer(0, 10_000_000),
        "Submissions an hour of an organization's public forms from one network address; 0 means no limit.",
    ),
    "public_launches_per_form": Setting(
        *_integer(0, 10_000_000), "Submissions an hour of one public form; 0 means no limit."
    ),
    "max_body_bytes": Setting(*_integer(1024, 1024**3), "The largest JSON body that is read."),
    "durability": Setting(
        *_word("full", "normal"),
        "SQLite only: full survives a power cut, normal only a crash of the server.",
    ),
    "cors_origins": Setting(
        "origins, separated by commas, or *", _list, "Which web pages may call the API from a browser."
    ),
    "log_level": Setting(*_word("debug", "info", "warning", "error"), "How much is logged."),
    "postgres_pool": Setting(*_integer(1, 200), "Connections to PostgreSQL that each worker may open."),
    "worker": Setting(
        *_word("inside", "separate"),
        "PostgreSQL only: whether the server's processes also carry out jobs, or `handrail worker` alone does.",
    ),
    "password_grant": Setting(
        *_word("on", "off"), "Whether first-party applications may exchange a person's password for a token."
    ),
    "password_length": Setting(*_integer(6, 64), "Characters that a new password has at least."),
    "password_characters": Setting(
        *_word("any", "mixed"),
        "Whether a new password needs an upper-case letter, a lower-case letter and a digit.",
    ),
    "smtp_url": Setting(
        "smtp://user:password@host:port or smtps://…",
        _smtp_url,
        "The mail server. Without it no mail is sent; what would have been is kept and can be sent later.",
    ),
    "mail_from": Setting("an address, or Name <address>", _sender, "Whom mails are from."),
    "secret_key": Setting(
        "a random text of 32 characters or more; older ones after commas",
        _keys,
        "What secrets in the store are sealed with. Without it, a key in the data directory is made and used.",
    ),
    "registration": Setting(*_word("open", "closed"), "Whether anybody may register and found an organization."),
    "session_idle_hours": Setting(*_integer(1, 10_000), "Hours after which an unused browser session ends."),
    "session_days": Setting(*_integer(1, 3650), "Days after which every browser session ends."),
    "session_requests_per_minute": Setting(
        *_integer(0, 10_000_000),
        "Requests a minute of one person in all their browsers; 0 means no limit.",
    ),
    "wrong_sign_ins_per_address": Setting(
        *_integer(0, 10_000_000),
        "Wrong passwords an hour from one network address, for whichever accounts; 0 means no limit.",
    ),
    "implicit_grant": Setting(
        *_word("on", "off"), "Whether applications may use the implicit grant, which is kept for old clients alone."
    ),
    "dynamic_registration": Setting(
        *_word("on", "off"), "Whether programs may register themselves as applications (RFC 7591)."
    ),
    "oidc_issuer": Setting(
        "an http or https URL", _web_url, "The OpenID Connect provider that people may sign in with, if any."
    ),
    "oidc_client_id": Setting("a text", _line, "The client id of this server at that provider."),
    "oidc_client_secret": Setting("a text", _line, "Its client secret there."),
    "oidc_name": Setting("a short text", _line, "What the button of that provider says after “Sign in with”."),
}


def load(*, data: Path | None = None, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of this installation: what is `given`, then the environment, then the file, then the defaults.

    Raises WrongSetting for a value that is not allowed and for a name that does not exist.
    """
    environment = os.environ if environment is None else environment
    read: dict[str, str] = {}
    for name, text in environment.items():
        # an empty variable is one that was not set, the way container tools pass them on
        if (
            text.strip()
            and name.startswith(PREFIX)
            and name != f"{PREFIX}CONFIG"
            and not name.startswith(f"{PREFIX}TEST_")
        ):
            key = name.removeprefix(PREFIX).lower()
            if key not in SETTINGS:
                raise WrongSetting(f"{name} is not a setting. The settings are: {_names()}.")
            read[key] = text
    directory = data or Path(read.get("data", "data"))
    config = Path(environment.get(f"{PREFIX}CONFIG", directory / "handrail.toml"))
    if config.is_file():
        for key, value in _file(config).items():
            if key not in SETTINGS:
                raise WrongSetting(f"{key} in {config.name} is not a setting. The settings are: {_names()}.")
            read.setdefault(key, ",".join(map(str, value)) if isinstance(value, list) else str(value))  # pyright: ignore[reportUnknownArgumentType]
    elif f"{PREFIX}CONFIG" in environment:
        raise WrongSetting(f"{PREFIX}CONFIG names {config}, which is not a file.")
    values: dict[str, Any] = {}
    for key, text in read.items():
        try:
            values[key] = SETTINGS[key].parse(text)
        except (ValueError, TypeError) as error:
            shown = "not usable" if key in SECRET else repr(text)
            raise WrongSetting(f"{PREFIX}{key.upper()} is {shown}; allowed is {SETTINGS[key].allowed}.") from error
    values.update({key: value for key, value in given.items() if value is not None})
    values["data"] = directory
    if values.get("oidc_issuer") and not values.get("oidc_client_id"):
        raise WrongSetting(f"{PREFIX}OIDC_ISSUER needs {PREFIX}OIDC_CLIENT_ID beside it.")
    return Settings(**values)


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise WrongSetting(f"{path.name} cannot be read: {error}") from error


def _names() -> str:
    return ", ".join(f"{PREFIX}{key.upper()}" for key in SETTINGS)
