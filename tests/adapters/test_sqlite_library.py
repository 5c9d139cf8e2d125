"""Without the library's locks, connections of their own in several threads are as good as before."""

import subprocess
import sys
from pathlib import Path

WORK = """
import sqlite3, sys, threading
from handrail.adapters.sqlite_library import without_needless_locks

is_done = without_needless_locks()
path = sys.argv[1]
first = sqlite3.connect(path)
first.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)")
first.execute("PRAGMA journal_mode=WAL")

def write(number):
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    for at in range(200):
        connection.execute("INSERT INTO t VALUES (?, ?)", (number * 1000 + at, "x" * 100))
        connection.execute("SELECT sum(length(v)) FROM t").fetchone()
    connection.close()

threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
count, = first.execute("SELECT count(*) FROM t").fetchone()
state, = first.execute("PRAGMA integrity_check").fetchone()
print(is_done, count, state)
"""


def test_threads_with_connections_of_their_own(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORK, str(tmp_path / "rows.db")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    done, *found = ended.stdout.split()
    assert (ended.returncode, found) == (0, ["800", "ok"]), ended.stderr
    assert done in ("True", "False")


def test_it_is_done_where_the_driver_is_linked_with_the_library() -> None:
    """Known from the system's own list of what the driver stands on."""
    script = (
        "import _sqlite3, subprocess, sys\n"
        "from handrail.adapters.sqlite_library import without_needless_locks\n"
        "linked = 'libsqlite3' in subprocess.run(['ldd', _sqlite3.__file__], capture_output=True, text=True).stdout\n"
        "print(linked, without_needless_locks(), without_needless_locks())"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    linked, first, again = ended.stdout.split()
    assert ended.returncode == 0, ended.stderr
    assert first == again
    assert linked == "False" or first == "True"
