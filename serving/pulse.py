"""Whether a part of the service that runs does its work."""

import time
from collections.abc import Callable

_EVERY_S = 10.0


class Pulse:
    """Of one part, or of one thing that it must do.

    beats: asks it; called every `every_s`. patience_s: how long it may do no work.
    """

    def __init__(
        self,
        beats: Callable[[], bool],
        *,
        patience_s: float,
        every_s: float = _EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._beats = beats
        self._patience_s = patience_s
        self._every_s = every_s
        self._clock = clock
        self._next = clock() + every_s
        # Since when (monotonic, s) every question found it at a standstill.
        self._lost_since: float | None = None

    def is_lost(self) -> bool:
        """Whether it has been at a standstill for so long; to be called again and again.

        Only times between two questions count: whoever was stopped himself knows nothing of them.
        """
        now = self._clock()
        if now < self._next:
            return False
        if now > self._next + 2 * self._every_s:
            self._lost_since = None
        if self._beats():
            self._lost_since = None
        elif self._lost_since is None:
            self._lost_since = now
        self._next = self._clock() + self._every_s
        return self._lost_since is not None and now - self._lost_since >= self._patience_s
