"""Where the suite keeps what it needs for a run: databases, logs, the peers' environments. Git ignores it."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "bench" / ".work"
_DATA = WORK / "data"


def clear() -> None:
    """Remove what an earlier run has left, except the environments and its results."""
    shutil.rmtree(_DATA, ignore_errors=True)
    _DATA.mkdir(parents=True)


def clear_databases() -> None:
    """Remove the databases of this run; the logs stay."""
    for path in _DATA.iterdir():
        if path.name != "logs":
            shutil.rmtree(path, ignore_errors=True)


def directory(name: str) -> Path:
    """A directory of this run; made when it is not there."""
    path = _DATA / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def log(name: str) -> Path:
    """The file that collects the output of one server."""
    return directory("logs") / f"{name}.log"


def remove(path: Path) -> None:
    """Remove a directory of this run, for its size."""
    shutil.rmtree(path, ignore_errors=True)
