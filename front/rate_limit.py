"""Limits the requests of each caller, and how fast their bodies are read; in this process."""

import asyncio
import time
from dataclasses import dataclass

from front.errors import TooManyRequests

# A caller who was quiet may send this many seconds' worth at once.
BURST_SECONDS = 10
# Buckets that are full again are forgotten when there are more than this.
_MANY = 10_000
_HEAD_START_S = 0.5


@dataclass(slots=True, kw_only=True)
class _Bucket:
    left: float
    at: float


class Limits:
    """rate: requests per second of each caller."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._size = float(rate * BURST_SECONDS)
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str) -> None:
        """Count one request; TooManyRequests when the caller is over its rate."""
        bucket = self._filled(name)
        if bucket.left < 1:
            raise TooManyRequests
        bucket.left -= 1

    def charge(self, name: str, more: int) -> None:
        """Count so many requests more for one that was taken, also where the caller is then over
        its rate: what it costs is known late, and the next one waits for it."""
        if more > 0:
            self._filled(name).left -= more

    def _filled(self, name: str) -> _Bucket:
        """The caller's bucket as it is now."""
        now = time.monotonic()
        bucket = self._buckets.get(name)
        if bucket is None:
            self._forget_full_ones(now)
            bucket = self._buckets[name] = _Bucket(left=self._size, at=now)
        bucket.left = min(self._size, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        return bucket

    def _forget_full_ones(self, now: float) -> None:
        if len(self._buckets) > _MANY:
            self._buckets = {
                name: bucket
                for name, bucket in self._buckets.items()
                if bucket.left + (now - bucket.at) * self._rate < self._size
            }


class Pace:
    """Each caller's bodies are read no faster than this, however many it sends at once. What
    comes faster waits in its connections, and the event loop answers others meanwhile.

    rate: bytes per second. Half of a second's may come at once.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        # When what was read of each would have been read at this rate.
        self._due: dict[str, float] = {}

    async def keep(self, name: str, size: int) -> None:
        """Return when more than these bytes may be read."""
        now = time.monotonic()
        if len(self._due) > _MANY:
            self._due = {name: due for name, due in self._due.items() if due > now}
        due = max(self._due.get(name, float("-inf")), now - _HEAD_START_S) + size / self._rate
        self._due[name] = due
        if due > now:
            await asyncio.sleep(due - now)
