"""The process that serves: `python -m handrail.cli.server DATA HOST PORT WORKERS`.

`handrail serve` becomes it. The reader of command lines, with all it stands on, is a tenth of the memory of a server
that has nothing to do, and nothing in a server asks for it.
"""

import os
import sys
from pathlib import Path

# before anything else that logs
from handrail import logs as logs
from handrail.cli.words import carry_out, settings_for


def become(data: Path | None, host: str, port: int, workers: int) -> None:
    """Go on as the server: with the same process id, environment and open files. Raises Stop like the server."""
    if sys.platform == "win32":
        run(data, host, port, workers)
        return
    words = ["" if data is None else str(data), host, str(port), str(workers)]
    sys.stdout.flush()
    sys.stderr.flush()
    # -P: the directory it is called in is no place to load code from
    os.execv(sys.executable, [sys.executable, "-P", "-m", __name__, *words])


def run(data: Path | None, host: str, port: int, workers: int) -> None:
    """Serve until told to stop."""
    from handrail.adapters.sqlite_library import without_needless_locks
    from handrail.cli import serving

    # no store has been opened yet
    without_needless_locks()
    serving.serve(settings_for(data), host, port, workers)


if __name__ == "__main__":
    data, host, port, workers = sys.argv[1:]
    carry_out(lambda: run(Path(data) if data else None, host, int(port), int(workers)))
