"""Virtual environments for the peers, made on demand from their pinned requirements and kept between runs."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from bench.postgres import Unavailable
from bench.work import WORK

_PEERS = Path(__file__).parent


def programs_of(peer: str) -> Path:
    """The `bin` directory of the peer's environment; `Unavailable` when it cannot be installed."""
    requirements = _PEERS / peer / "requirements.txt"
    return environment(peer, ["-r", str(requirements)], hashlib.sha256(requirements.read_bytes()).hexdigest())


def environment(name: str, what: list[str], fingerprint: str) -> Path:
    """An environment with these requirements, new unless one with the same fingerprint is there."""
    directory = WORK / "environments" / name
    seal = directory / "installed"
    # peers stand on the interpreter that we stand on
    fingerprint = f"{sys.version} {fingerprint}"
    if seal.exists() and seal.read_text() == fingerprint:
        return directory / "bin"
    shutil.rmtree(directory, ignore_errors=True)
    uv = shutil.which("uv")
    python = str(directory / "bin" / "python")
    if uv:
        make = [uv, "venv", "-q", "--python", sys.executable, str(directory)]
        install = [uv, "pip", "install", "-q", "--python", python, *what]
    else:
        make = [sys.executable, "-m", "venv", str(directory)]
        install = [python, "-m", "pip", "install", "-q", "--no-compile", *what]
    for command in (make, install):
        finished = subprocess.run(command, capture_output=True, text=True)
        if finished.returncode != 0:
            raise Unavailable(f"{name} cannot be installed: {finished.stderr.strip()[-400:]}")
    seal.write_text(fingerprint)
    return directory / "bin"
