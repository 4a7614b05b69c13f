"""Fetches pictures with the service's fetcher, within each host's limit."""

import threading
import time
from typing import Protocol

from bulk.errors import HostSilent, Later
from bulk.host_limit import HostLimiter, Refusal
from pipeline.errors import FetchTimeout
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.link import Link

# Longer than a fetch can take by its own deadline: what its answer may be late.
SPARE_S = 5.0


class FetchTurns(Protocol):
    """Where turns are taken; any number of threads may wait."""

    def take(self, host: str, hurry: bool) -> int | Refusal: ...
    def release(self, host: str, lease: int, seconds: float, timed_out: bool) -> None: ...


class OwnTurns:
    """The turns of one process."""

    def __init__(self, limiter: HostLimiter) -> None:
        self._limiter = limiter
        self._changed = threading.Condition()

    def take(self, host: str, hurry: bool) -> int | Refusal:
        """A lease, or why there is none."""
        with self._changed:
            while (answer := self._limiter.ask(host, hurry=hurry)) is None:
                self._changed.wait(1.0)
            return answer

    def release(self, host: str, lease: int, seconds: float, timed_out: bool) -> None:
        """Give it back."""
        with self._changed:
            self._limiter.release(host, lease, seconds=seconds, timed_out=timed_out)
            self._changed.notify_all()


class TurnFetcher:
    """Fetches when it is the host's turn. hurry: rather raise Later than wait for a slow host."""

    def __init__(self, fetcher: Fetcher, turns: FetchTurns) -> None:
        self._fetcher = fetcher
        self._turns = turns
        self.hurry = True

    def fetch(self, link: Link, url_type: str) -> bytes:
        """As Fetcher.fetch; besides Later and HostSilent."""
        lease = self._turns.take(link.host, self.hurry)
        if lease is Refusal.LATER:
            raise Later
        if lease is Refusal.SILENT:
            raise HostSilent
        assert isinstance(lease, int)
        begun, timed_out = time.monotonic(), False
        try:
            return self._fetcher.fetch(link, url_type)
        except FetchTimeout:
            timed_out = True
            raise
        finally:
            self._turns.release(link.host, lease, time.monotonic() - begun, timed_out)
