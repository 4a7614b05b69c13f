"""Keeps one part of the service running: a part that ends by itself is started again.

Meanwhile the other part goes on: without TorchServe the front door still answers what is known, and
says 503 to the rest; without the front door nothing that TorchServe has begun is lost.
"""

import time
from collections.abc import Callable

from serving.failure import Failure

# A part that has ended is started again after these pauses (s): at once the first time within
# WINDOW_S, later the more often it has ended. Once more than that, and it is given up.
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0)
WINDOW_S = 180.0


class Keeper:
    """Of one part.

    name: as an operator knows it. ended: why it runs no longer, None while it does.
    start_again: called where it has ended; if it fails the part has ended once more.
    say: tells an operator one line.
    """

    def __init__(
        self,
        name: str,
        *,
        ended: Callable[[], str | None],
        start_again: Callable[[], None],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._ended = ended
        self._start_again = start_again
        self._say = say
        self._clock = clock
        self._ends: list[float] = []
        self._due: float | None = None

    def look(self) -> None:
        """Start the part again where that is due; to be called again and again.

        Failure when it has ended too often: then something is wrong that a start does not mend.
        """
        why = self._ended()
        if why is None:
            return
        if self._due is None:
            self._due = self._clock() + self._pause(why)
        if self._clock() >= self._due:
            self._due = None
            try:
                self._start_again()
            except (Failure, OSError) as error:
                self._say(f"{self._name} was not started: {error}")

    def _pause(self, why: str) -> float:
        """How long to wait (s) after the end that was just found."""
        now = self._clock()
        self._ends = [*(end for end in self._ends if now - end < WINDOW_S), now]
        if len(self._ends) > len(PAUSES_S):
            raise Failure(f"{self._name} has ended {len(self._ends)} times in a row; {why}")
        pause = PAUSES_S[len(self._ends) - 1]
        when = f"in {pause:g} s" if pause else "at once"
        self._say(f"{self._name} has ended and is started again {when}; {why}")
        return pause
