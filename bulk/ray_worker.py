"""A reader process on a Ray cluster, with its models loaded once."""

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulk.errors import BulkError
from bulk.host_limit import HostLimiter, Refusal
from bulk.reader import BulkReader, bundled_models, code_version
from bulk.spool import to_json
from pipeline.settings import PROJECT, Settings

if TYPE_CHECKING:
    import pyarrow


# The limiter that all readers of a cluster share, and a reader's end of it.


class SharedLimiter:
    """An actor of Ray's, in which any number of readers may wait."""

    def __init__(self, limiter: HostLimiter) -> None:
        self._limiter = limiter
        self._changed: asyncio.Condition | None = None

    async def take(self, host: str, hurry: bool) -> int | Refusal:
        """A lease, or why there is none."""
        changed = self._condition()
        async with changed:
            while (answer := self._limiter.ask(host, hurry=hurry)) is None:
                try:
                    await asyncio.wait_for(changed.wait(), 1.0)
                except TimeoutError:
                    continue  # a lease may have ended by itself
            return answer

    async def release(self, host: str, lease: int, seconds: float, timed_out: bool) -> None:
        """Give it back."""
        changed = self._condition()
        async with changed:
            self._limiter.release(host, lease, seconds=seconds, timed_out=timed_out)
            changed.notify_all()

    def _condition(self) -> asyncio.Condition:
        if self._changed is None:  # belongs to the loop that runs the calls
            self._changed = asyncio.Condition()
        return self._changed


class SharedTurns:
    """Turns of a SharedGate. limiter: the handle of its actor."""

    def __init__(self, limiter: Any) -> None:  # noqa: ANN401 - Ray's handles have no types
        self._limiter = limiter

    def take(self, host: str, hurry: bool) -> int | Refusal:
        """A lease, or why there is none."""
        import ray

        answer: int | Refusal = ray.get(self._limiter.take.remote(host, hurry))
        return answer

    def release(self, host: str, lease: int, seconds: float, timed_out: bool) -> None:
        """Give it back, without waiting until that is known."""
        self._limiter.release.remote(host, lease, seconds, timed_out)


CANNOT = "cannot: "
"""What an outcome begins with that is none: why this run cannot go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderJob:
    """What readers are to do. settings, code, model: the settings and versions of the machine
    that runs the backfill. limiter: the handle of the shared one.
    """

    settings: Settings
    limiter: Any
    dry_run: bool
    hurry: bool
    code: str
    model: str


class RayReader:
    """What Ray Data calls with each batch. Says by an outcome of its own why it cannot read: an
    exception would only be one more reader that died."""

    def __init__(self, job: ReaderJob) -> None:
        self._job = job
        os.umask(0o077)  # Ray started this process, and it writes into FUNDOCR_HOME
        self._cannot = ""
        try:
            self._reader = _opened(job)
        except BulkError as error:
            self._cannot = f"A reader on {os.uname().nodename} cannot be opened: {error}"

    def __call__(self, batch: "pyarrow.Table") -> dict[str, list[str]]:
        """An outcome of each picture that has come to something."""
        from bulk.blocks import to_pictures

        if not self._cannot:
            try:
                outcomes = self._reader.read(to_pictures(batch), hurry=self._job.hurry)
            except BulkError as error:
                self._cannot = str(error)
        if self._cannot:
            return {"outcome": [CANNOT + self._cannot]}
        return {"outcome": [to_json(outcome) for outcome in outcomes]}


def _opened(job: ReaderJob) -> BulkReader:
    if code_version() != job.code:
        raise BulkError(
            f"it has another version of this program ({code_version()}, not {job.code}); "
            "install the same on every machine."
        )
    settings = job.settings
    if not settings.home.is_dir():  # another machine may have it elsewhere
        settings = settings.model_copy(update={"home": PROJECT})
    models = bundled_models(settings)
    if models.version != job.model:
        raise BulkError(f"it has the models {models.version}, not {job.model}.")
    return BulkReader(settings, models, SharedTurns(job.limiter), dry_run=job.dry_run)
