"""How far a standby is behind, told from positions in the log of writes (LSN).

The time of the last transaction that a standby replayed says little: it grows while nobody writes.
Here the primary is asked now and then where its log ends. A standby that has replayed up to a
position of the primary's shows all that was committed when the primary stood there; how long ago
that was is its lag. An idle primary leaves nobody behind, a standby that is cut off stays behind
from the first write that it misses, and no clock of another machine matters.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Position:
    """Where the primary's log ended (`lsn`, in bytes) at a moment (`at`, monotonic seconds)."""

    at: float
    lsn: int


class Track:
    """Where the primary stood at recent moments.

    Args:
        span: seconds that are remembered. Who is further behind is behind "for ever".
    """

    def __init__(self, span: float) -> None:
        self._span = span
        self._positions: deque[Position] = deque()

    def note(self, position: Position) -> None:
        """Remember a position. One before the last is of another primary: nothing holds then."""
        if self._positions and position.lsn < self._positions[-1].lsn:
            self._positions.clear()
        self._positions.append(position)
        # One is kept from before the span: who has reached no other is that far behind.
        while len(self._positions) > 2 and self._positions[1].at < position.at - self._span:
            self._positions.popleft()

    def newest(self) -> Position | None:
        return self._positions[-1] if self._positions else None

    def lag(self, lsn: int, at: float) -> float:
        """Seconds by which a server was behind that had replayed up to `lsn` at the moment `at`.

        Counted to the newest position at most, so that a primary that is gone leaves nobody
        further behind. Infinite where no position is known that the server has reached.
        """
        reached = (place.at for place in reversed(self._positions) if place.lsn <= lsn)
        shown = next(reached, None)
        if shown is None:
            return float("inf")
        return max(0.0, min(at, self._positions[-1].at) - shown)
