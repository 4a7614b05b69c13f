"""Limits the fetches that one host gets at once, over all readers, and makes slow hosts wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

# A host is slow when this many fetches in a row took this long (s); it stays so for as long (s).
SLOW_FETCHES, SLOW_S, SLOW_FOR_S = 3, 1.0, 30.0
# It is silent when this many in a row timed out; then one fetch tries it now and then (s).
SILENT_FETCHES, TRIED_EVERY_S = 12, 30.0


class Refusal(StrEnum):
    """later: the host is slow, others come first. silent: it lets everything time out."""

    LATER = "later"
    SILENT = "silent"


@dataclass(slots=True)
class _Host:
    """leases: when each ends by itself. slow, timeouts: fetches in a row."""

    leases: dict[int, float] = field(default_factory=dict)
    slow: int = 0
    slow_until: float = 0.0
    timeouts: int = 0
    next_try: float = 0.0


class HostLimiter:
    """Hands out leases, at most `at_once` for a host. One thread uses it at a time.

    lease_s: after so long a lease ends by itself, because its holder has died: longer than any
        fetch may take.
    """

    def __init__(
        self, at_once: int, lease_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once = at_once
        self._lease_s = lease_s
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._last = 0

    def ask(self, host: str, *, hurry: bool) -> int | Refusal | None:
        """A lease; None: ask again when one has been given back, or a second later.

        hurry: rather come again later than wait for a slow or silent host.
        """
        state = self._hosts.setdefault(host, _Host())
        now = self._clock()
        if state.timeouts >= SILENT_FETCHES:
            if now < state.next_try:
                return Refusal.LATER if hurry else Refusal.SILENT
            state.next_try = now + TRIED_EVERY_S
        elif hurry and now < state.slow_until:
            return Refusal.LATER
        for lease in [lease for lease, end in state.leases.items() if end <= now]:
            del state.leases[lease]
        if len(state.leases) >= self._at_once:
            return None
        self._last += 1
        state.leases[self._last] = now + self._lease_s
        return self._last

    def release(self, host: str, lease: int, *, seconds: float, timed_out: bool) -> None:
        """Give a lease back, and say how long the fetch took."""
        state = self._hosts[host]
        state.leases.pop(lease, None)
        now = self._clock()
        state.timeouts = state.timeouts + 1 if timed_out else 0
        state.slow = state.slow + 1 if seconds >= SLOW_S else 0
        state.slow_until = now + SLOW_FOR_S if state.slow >= SLOW_FETCHES else 0.0
        if state.timeouts == SILENT_FETCHES:
            state.next_try = now + TRIED_EVERY_S
