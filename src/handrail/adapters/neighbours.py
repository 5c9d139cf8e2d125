"""What the processes of one server share: whose turn it is to write, whom to wake for jobs, what has changed, and how
many connections each has. It is made before they part ways; each then takes its number.

Numbers are 64-bit words of shared memory, each written by one process alone, so that none of them is ever half
written or lost.
"""

import mmap

from handrail.adapters.jobs_bell import Bell
from handrail.adapters.limits_shared import Book
from handrail.adapters.sqlite_turn import Turn

WORD = 8


class Neighbours:
    """The processes of one server. `number` says which one this is, from 0; the first carries out an embedded store's
    jobs."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.number = 0
        self.turn = Turn()
        self.bell = Bell()
        self.book = Book()
        self._memory = mmap.mmap(-1, (count + count * count + count) * WORD)
        words = memoryview(self._memory).cast("Q")
        # how often each has said that people have changed
        self._changes = words[:count]
        # how many connections each has given to each, its own included, and how many each has ended
        self._given = words[count : count + count * count]
        self._ended = words[count + count * count :]

    def close(self) -> None:
        """Release what this process holds of it."""
        self.turn.close()
        self.bell.close()
        self.book.close()

    def people_changed(self) -> None:
        """A token or a membership is not what it was; everybody is to read it anew."""
        self._changes[self.number] += 1

    def changes(self) -> bytes:
        """Differs from what it was before, when somebody has said so since."""
        return bytes(self._changes)

    def least_busy(self) -> int:
        """Who has the fewest connections; this one, if nobody has fewer."""
        loads = [self._connections(number) for number in range(self.count)]
        fewest = min(loads)
        return self.number if loads[self.number] == fewest else loads.index(fewest)

    def _connections(self, number: int) -> int:
        return sum(self._given[number :: self.count]) - self._ended[number]

    def connection_given(self, number: int) -> None:
        """Count a connection that this process gives to one of them."""
        self._given[self.number * self.count + number] += 1

    def connection_ended(self) -> None:
        """Count a connection of this process that is no more."""
        self._ended[self.number] += 1

    def begin_anew(self, number: int) -> None:
        """Count nothing for a process that has just ended: its connections are gone with it."""
        self._ended[number] = sum(self._given[number :: self.count])
