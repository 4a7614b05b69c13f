"""Asks for a backfill's pictures in rounds, until each has an outcome.

Each round asks for all pictures without an outcome. The first rounds leave
those of slow hosts out, so that they hold up no other; the last ones wait for them. What was lost
with a reader that died is asked for again, in the end picture by picture, so that one that kills
its readers takes no other with it.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from bulk.errors import BulkError, ReaderDied, RoundBroke
from bulk.records import LineResult, SourceLine
from bulk.spool import Spool
from serving.say import counted

_HURRIED_ROUNDS = 2
# Pictures of a batch in the rounds after them; one that breaks is repeated as long as it gets on.
_PATIENT_ROUNDS = (None, 1, 1)


class Readers(Protocol):
    """Who reads: this process (in_process.py) or a cluster (ray_data.py)."""

    def outcomes(self, spool: Spool, *, size: int, hurry: bool) -> Iterator[list[LineResult]]: ...
    def close(self) -> None: ...


def ask_all(spool: Spool, readers: Readers, *, size: int, progress: Callable[[int], None]) -> None:
    """Until every picture of the spool has come to something. BulkError.

    size: pictures of a batch. progress: is called with the number of pictures that are done.
    """
    for _ in range(_HURRIED_ROUNDS):
        if not spool.waiting():
            return
        _round(spool, readers, size=size, hurry=True, progress=progress)
    broke: str | None = None
    for patient_size in _PATIENT_ROUNDS:
        while left := spool.waiting():
            broke = _round(
                spool, readers, size=patient_size or size, hurry=False, progress=progress
            )
            if broke is None or spool.waiting() == left:
                break
    if broke is not None and (left := spool.waiting()):
        raise BulkError(
            f"The Ray cluster gave up again and again ({broke}) with {counted(left, 'picture')} "
            "left; what was read is stored: run the same command again when the cluster is well."
        )
    progress(spool.put(_died(spool)))


def results(spool: Spool) -> Iterator[tuple[SourceLine, LineResult]]:
    """Every line of the source in order, with what it came to."""
    for line, outcome in spool.results():
        assert outcome is not None, "the report is written when all is done"
        yield line, outcome


def _round(
    spool: Spool, readers: Readers, *, size: int, hurry: bool, progress: Callable[[int], None]
) -> str | None:
    """What broke it, if something did."""
    try:
        for outcomes in readers.outcomes(spool, size=size, hurry=hurry):
            progress(spool.put(outcomes))
    except RoundBroke as broke:
        return str(broke)
    return None


def _died(spool: Spool) -> Iterator[LineResult]:
    error = ReaderDied()
    for turns in spool.portions(1000):
        for line in spool.lines(turns):
            yield LineResult(
                number=line.number,
                image_url="" if line.is_file else line.place,
                status=error.status,
                code=error.code,
                error=str(error),
            )
