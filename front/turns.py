"""Fair turns: of all waiting callers the one that holds the fewest places gets the next free one.

Nobody is held up by another's requests, and a caller that is alone has all places. A place is held
until whoever took it gives it back.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from pipeline.errors import ServiceBusy

# Who asks for what nobody waits for: items of batches. One of them goes on beside callers that
# wait; more only while none does. (Every caller has a name.)
BACKGROUND = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    amount: int
    granted: asyncio.Future[None]


class Turns:
    """Used in one event loop.

    size: how many places there are. most_waiting: how many requests may wait for one. Of those a
    caller may have as many as are left for others: the next one always finds room. spares: the same
    holds for places, so that one is free for the next one. Else a caller has as many as it can use,
    until another one waits. waited: called for each that got a place, with how long (s) it took.
    is_short: is called when a caller has to wait; there may be more places by now."""

    def __init__(
        self,
        size: int,
        *,
        most_waiting: int,
        spares: bool = False,
        waited: Callable[[float], None] = lambda _: None,
        is_short: Callable[[], None] = lambda: None,
    ) -> None:
        self._size = size
        self._most_waiting = most_waiting
        self._spares = spares
        self._waited = waited
        self._is_short = is_short
        self._free = size
        self._held: Counter[str] = Counter()
        # In the order in which they had their last turn.
        self._lines: dict[str, deque[_Waiting]] = {}

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return sum(map(len, self._lines.values()))

    def resize(self, size: int) -> None:
        """From now on there are so many places; what is held above them stays held."""
        self._free += size - self._size
        self._size = size
        self._serve()

    async def take(self, caller: str, amount: int = 1) -> None:
        """Return when the caller has got so many places more. ServiceBusy where too many wait."""
        if caller not in self._lines and self._has_room(caller, amount):
            self._hold(caller, amount)
            self._waited(0.0)
            return
        line = self._lines.get(caller, ())
        if len(line) >= self._most_waiting - self.waiting:
            raise ServiceBusy
        loop = asyncio.get_running_loop()
        begun, waiting = loop.time(), _Waiting(amount, loop.create_future())
        self._lines.setdefault(caller, deque()).append(waiting)
        self._is_short()
        try:
            await waiting.granted
        except asyncio.CancelledError:
            if waiting.granted.cancelled():
                self._leave(caller, waiting)
            else:  # it left in the moment in which it got the place
                self.release(caller, amount)
            raise
        self._waited(loop.time() - begun)

    def release(self, caller: str, amount: int = 1) -> None:
        """Give places back."""
        self._free += amount
        self._held[caller] -= amount
        if not self._held[caller]:
            del self._held[caller]
        self._serve()

    def _hold(self, caller: str, amount: int) -> None:
        self._free -= amount
        self._held[caller] += amount

    def _has_room(self, caller: str, amount: int) -> bool:
        needed = amount + (self._held[caller] if self._spares else 0)
        return needed <= self._free

    def _serve(self) -> None:
        while (caller := self._next()) is not None:
            line = self._lines.pop(caller)
            first = line.popleft()
            if line:
                self._lines[caller] = line
            if not first.granted.done():  # or it has left just now
                self._hold(caller, first.amount)
                first.granted.set_result(None)

    def _next(self) -> str | None:
        """Whose turn it is; None where nobody can be served."""
        able = [
            caller for caller, line in self._lines.items() if self._has_room(caller, line[0].amount)
        ]
        return min(able, key=self._rank, default=None)

    def _rank(self, caller: str) -> tuple[bool, int]:
        held = self._held[caller]
        return caller == BACKGROUND and held > 0, held

    def _leave(self, caller: str, waiting: _Waiting) -> None:
        line = self._lines.get(caller, deque())
        with suppress(ValueError):  # passed over by now
            line.remove(waiting)
        if not line:
            self._lines.pop(caller, None)
        self._serve()  # one behind it may need less
