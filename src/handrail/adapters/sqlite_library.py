"""The SQLite library, set up for a server in which no two threads use one connection at a time.

As it comes, the library takes a lock for every call on a connection and for every piece of memory, several hundred
times for one completion. The server's connections have one user at a time by themselves (see `sqlite` and
`sqlite_batch`), and nobody asks the library how much memory it has, so it may leave those locks out.
"""

import _sqlite3
import ctypes
import sys
from contextlib import suppress

# from the library's interface: its return value for "done", and two of its settings
OK = 0
ONE_THREAD_A_CONNECTION = 2
MEMORY_STATISTICS = 9


def without_needless_locks() -> bool:
    """Leave out the locks that a server does without; whether that could be done. Where the library is built into
    Python it cannot be reached, and works as it comes. Call it while the process has no connection open."""
    if sys.platform == "win32":
        return False
    with suppress(AttributeError, OSError):
        # what the driver itself is linked with
        library = ctypes.CDLL(_sqlite3.__file__)
        # settings are taken before the library begins, and the driver has begun it
        library.sqlite3_shutdown()
        done = [library.sqlite3_config(ONE_THREAD_A_CONNECTION), library.sqlite3_config(MEMORY_STATISTICS, 0)]
        return library.sqlite3_initialize() == OK and done == [OK, OK]
    return False
