"""Which files belong to the repository, found without git: a downloaded archive is checked like a clone."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Made by tools or by running the product, never by hand.
GENERATED = {"__pycache__", "node_modules", "web_dist"}
GENERATED_AT_ROOT = {"data", "dist"}
HIDDEN_BUT_OURS = {".ci", ".github"}
VENDORED = {
    ROOT / "src/handrail/http/reference/scalar.js",
    ROOT / "bench/peers/viewflow/intake/migrations",
}


def files() -> Iterator[Path]:
    """Every file somebody wrote, in a stable order."""
    for folder, names, file_names in os.walk(ROOT):
        here = Path(folder)
        if here in VENDORED:
            names.clear()
            continue
        skipped = GENERATED | (GENERATED_AT_ROOT if here == ROOT else set())
        names[:] = sorted(
            name for name in names if name not in skipped and (not name.startswith(".") or name in HIDDEN_BUT_OURS)
        )
        yield from (here / name for name in sorted(file_names) if here / name not in VENDORED)


def sources(*suffixes: str) -> list[Path]:
    return [file for file in files() if file.suffix in suffixes]


def named(file: Path) -> str:
    """How a failure message calls the file."""
    return str(file.relative_to(ROOT))
