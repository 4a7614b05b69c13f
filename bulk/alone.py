"""Reading in this process, without a cluster."""

from collections.abc import Iterator

from bulk.fetch import SPARE_S, OwnTurns
from bulk.gate import Gate
from bulk.line import Line, Outcome, load
from bulk.reader import BulkReader, bundled_models
from bulk.spool import Spool
from pipeline.settings import Settings

# Files of a batch are all in memory (bytes).
_MOST_BYTES = 64 * 1024 * 1024


class Alone:
    """One reader with all threads that the settings give it."""

    def __init__(self, settings: Settings, *, per_host: int, dry_run: bool) -> None:
        gate = Gate(per_host, settings.fetch_seconds + SPARE_S)
        models = bundled_models(settings)
        self._reader = BulkReader(settings, models, OwnTurns(gate), dry_run=dry_run)
        self._max_bytes = settings.max_bytes
        self._most_files = max(_MOST_BYTES // settings.max_bytes, 1)

    def outcomes(self, spool: Spool, *, size: int, hurry: bool) -> Iterator[list[Outcome]]:
        """What all pictures that wait come to; with `hurry` but those of slow hosts."""
        for turns in spool.portions(size):
            for lines in self._parts(spool.lines(turns)):
                yield self._reader.read(load(lines, self._max_bytes), hurry=hurry)

    def close(self) -> None:
        """Give back what the reader holds."""
        self._reader.close()

    def _parts(self, lines: list[Line]) -> Iterator[list[Line]]:
        size = self._most_files if any(line.is_file for line in lines) else len(lines)
        for start in range(0, len(lines), max(size, 1)):
            yield lines[start : start + size]
