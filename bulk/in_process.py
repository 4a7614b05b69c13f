"""Reads pictures in this process, without a cluster."""

from collections.abc import Iterable, Iterator

from bulk.fetch import SPARE_S, OwnTurns
from bulk.host_limit import HostLimiter
from bulk.reader import BulkReader, bundled_models
from bulk.records import LineResult, SourcePicture, load
from bulk.spool import Spool
from pipeline.settings import Settings

# Files of a batch are all in memory: a part of it ends with the file that goes beyond this.
_PART_BYTES = 64 * 1024 * 1024


class InProcess:
    """One reader with all threads that the settings give it."""

    def __init__(self, settings: Settings, *, per_host: int, dry_run: bool) -> None:
        limiter = HostLimiter(per_host, settings.fetch_seconds + SPARE_S)
        models = bundled_models(settings)
        self._reader = BulkReader(settings, models, OwnTurns(limiter), dry_run=dry_run)
        self._max_bytes = settings.max_bytes

    def outcomes(self, spool: Spool, *, size: int, hurry: bool) -> Iterator[list[LineResult]]:
        """What all pictures that wait come to; with `hurry` but those of slow hosts."""
        for turns in spool.portions(size):
            for pictures in _parts(load(spool.lines(turns), self._max_bytes)):
                yield self._reader.read(pictures, hurry=hurry)

    def close(self) -> None:
        """Give back what the reader holds."""
        self._reader.close()


def _parts(pictures: Iterable[SourcePicture]) -> Iterator[list[SourcePicture]]:
    """The same in order, in parts that memory holds with ease."""
    part: list[SourcePicture] = []
    size = 0
    for picture in pictures:
        part.append(picture)
        size += len(picture.content or b"")
        if size >= _PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
