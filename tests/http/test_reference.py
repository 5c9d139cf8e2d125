"""The API reference page: the vendored viewer is the one we say it is, and nothing points outside the server."""

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import handrail

FOLDER = Path(handrail.__file__).parent / "http" / "reference"


class Addresses(HTMLParser):
    """Collects what a page would load or link to, and its security policy."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.found += [values[name] for name in ("src", "href") if name in values]
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]


def page() -> Addresses:
    addresses = Addresses()
    addresses.feed((FOLDER / "index.html").read_text())
    return addresses


def test_viewer_is_the_version_in_the_table() -> None:
    row = re.search(r"^\| `scalar.js` \| (\S+) \| `([0-9a-f]{64})` \|$", (FOLDER / "README.md").read_text(), re.M)
    assert row is not None
    viewer = (FOLDER / "scalar.js").read_bytes()
    assert hashlib.sha256(viewer).hexdigest() == row[2]
    assert f"@scalar/api-reference {row[1]}".encode() in viewer
    assert f"@scalar/api-reference {row[1]}," in (FOLDER / "LICENSE").read_text()


def test_page_loads_relative_files_that_exist() -> None:
    addresses = [address for address in page().found if not address.startswith("data:")]
    assert sorted(addresses) == ["openapi.json", "reference/scalar.js", "reference/start.js"]
    assert all((FOLDER / name).is_file() for name in ("scalar.js", "start.js"))


def test_policy_forbids_other_hosts() -> None:
    directives = dict(part.strip().split(" ", 1) for part in page().policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["connect-src"] == directives["script-src"] == "'self'"
    assert not [value for value in directives.values() if "//" in value or "*" in value]
