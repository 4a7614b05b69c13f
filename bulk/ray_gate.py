"""The gate that all readers of a cluster share, and a reader's end of it."""

import asyncio
from typing import Any

from bulk.host_limit import Gate, Refusal


class SharedGate:
    """An actor of Ray's, in which any number of readers may wait."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._changed: asyncio.Condition | None = None

    async def take(self, host: str, hurry: bool) -> int | Refusal:
        """A lease, or why there is none."""
        changed = self._condition()
        async with changed:
            while (answer := self._gate.ask(host, hurry=hurry)) is None:
                try:
                    await asyncio.wait_for(changed.wait(), 1.0)
                except TimeoutError:
                    continue  # a lease may have ended by itself
            return answer

    async def give(self, host: str, lease: int, seconds: float, timed_out: bool) -> None:
        """Give it back."""
        changed = self._condition()
        async with changed:
            self._gate.give(host, lease, seconds=seconds, timed_out=timed_out)
            changed.notify_all()

    def _condition(self) -> asyncio.Condition:
        if self._changed is None:  # belongs to the loop that runs the calls
            self._changed = asyncio.Condition()
        return self._changed


class SharedTurns:
    """Turns of a SharedGate. gate: the handle of its actor."""

    def __init__(self, gate: Any) -> None:  # noqa: ANN401 - Ray's handles have no types
        self._gate = gate

    def take(self, host: str, hurry: bool) -> int | Refusal:
        """A lease, or why there is none."""
        import ray

        answer: int | Refusal = ray.get(self._gate.take.remote(host, hurry))
        return answer

    def give(self, host: str, lease: int, seconds: float, timed_out: bool) -> None:
        """Give it back, without waiting until that is known."""
        self._gate.give.remote(host, lease, seconds, timed_out)
