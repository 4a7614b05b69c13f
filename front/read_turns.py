"""Fair turns at TorchServe, weighed by the work that a caller's pictures take to read.

How much text a picture shows is known when it has been read, and nothing before tells: a phone's
screen and five hundred numbers have as many pixels and bytes. So a caller's next picture is taken
for what its last ones were. TorchServe answers a batch when its last picture is read; therefore

- a caller without an answer yet has one picture at TorchServe for each worker, and one more with
  each answer; after a heavy one it has one again, and more comes back slowly;
- heavy pictures are handed on alone, to a worker that has nothing to do;
- beside callers of light ones they have all workers but one, or of a single worker half the time.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from front.turns import BACKGROUND, Turns

# In what pipeline.work counts: four times a phone's screen, a second of two usual cores.
HEAVY = 40_000
# At TorchServe for each worker, of a caller who has had no answer.
AT_FIRST = 1
# What is expected of the next picture goes down by this with each one that is light.
_FADES = 0.9
# A caller whose last picture was read so long ago (s) may have the next one soon.
_SOON = 2.0
# No longer (s) do heavy pictures stand back after one of them.
_LONGEST_PAUSE = 10.0
# So many callers are remembered, those who were read last.
_CALLERS = 1000


@dataclass(slots=True, kw_only=True)
class _Known:
    """A caller. expected: work of its next picture. window: how many it may have at TorchServe.
    was_heavy: whether any was."""

    window: float
    expected: float = 0.0
    was_heavy: bool = False

    def learn(self, work: int | None) -> None:
        if work is None:  # which is cheap: senders of heavy ones gain nothing by it
            self.window += not self.was_heavy
        elif work > HEAVY:
            self.expected, self.window, self.was_heavy = work, 1.0, True
        else:
            self.expected = max(work, self.expected * _FADES)
            self.window += 1 / self.window if self.was_heavy else 1


class ReadTurns(Turns):
    """See Turns; a place is a picture at TorchServe."""

    def __init__(
        self,
        size: int,
        *,
        most_waiting: int,
        waited: Callable[[float], None] = lambda _: None,
        is_short: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(size, most_waiting=most_waiting, waited=waited, is_short=is_short)
        self._workers = 1
        self._known: dict[str, _Known] = {}
        # When each was last seen, those who were seen last behind the others.
        self._seen: dict[str, float] = {}
        self._pause_until = float("-inf")

    def resize_to(self, workers: int, size: int) -> None:
        """From now on there are so many workers, and places at them."""
        self._workers = workers
        self.resize(size)

    async def take(self, caller: str, amount: int = 1) -> None:
        """See Turns."""
        self._see(caller)
        await super().take(caller, amount)

    def read(self, caller: str, work: int | None, seconds: float) -> None:
        """Give the place of a picture back that TorchServe has answered.

        work: see pipeline.work; None where nothing was read, or it is not told. seconds: since it
        was handed on.
        """
        known = self._known.pop(caller, None) or _Known(window=AT_FIRST * self._workers)
        known.learn(work)
        self._known[caller] = known  # as the last one
        if len(self._known) > _CALLERS:
            del self._known[next(iter(self._known))]
        if work is not None and work > HEAVY:
            self._pause(min(seconds, _LONGEST_PAUSE))
        self._see(caller)
        self.release(caller)

    def _has_room(self, caller: str, amount: int) -> bool:
        if not super()._has_room(caller, amount):
            return False
        if self._is_heavy(caller):
            return self._held.total() < self._workers and self._may_be_heavy()
        known = self._known.get(caller)
        window = AT_FIRST * self._workers if known is None else known.window
        return self._held[caller] < max(window, self._workers) and not self._makes_way()

    def _makes_way(self) -> bool:
        """Whether a heavy picture's time has come: it waits until a worker has nothing to do."""
        return any(map(self._is_heavy, self._lines)) and self._may_be_heavy()

    def _may_be_heavy(self) -> bool:
        """Whether a heavy picture may be at TorchServe, besides those that are."""
        heavy = sum(held for caller, held in self._held.items() if self._is_heavy(caller))
        if not self._light_ones():
            return heavy < self._workers
        if self._workers > 1:
            return heavy < self._workers - 1
        return heavy == 0 and _now() >= self._pause_until

    def _light_ones(self) -> bool:
        """Whether somebody's light pictures are here, or may come soon."""
        return any(map(self._is_light, (*self._held, *self._lines, *self._seen_lately())))

    def _is_heavy(self, caller: str) -> bool:
        known = self._known.get(caller)
        return known is not None and known.expected > HEAVY

    def _is_light(self, caller: str) -> bool:
        """Nobody waits for what is done in the background."""
        return caller != BACKGROUND and not self._is_heavy(caller)

    def _see(self, caller: str) -> None:
        self._seen.pop(caller, None)
        self._seen[caller] = _now()

    def _seen_lately(self) -> Iterator[str]:
        while self._seen:
            first = next(iter(self._seen))
            if _now() - self._seen[first] < _SOON:
                break
            del self._seen[first]
        yield from self._seen

    def _pause(self, seconds: float) -> None:
        self._pause_until = _now() + seconds
        asyncio.get_running_loop().call_later(seconds, self._serve)


def _now() -> float:
    return asyncio.get_running_loop().time()
