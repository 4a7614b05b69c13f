"""`fundocr backfill`: many pictures, in this process or on a Ray cluster."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeRemainingColumn

from bulk.errors import BulkError
from bulk.picture_files import PassedOver
from bulk.report import Summary
from bulk.run import Job, run
from serving.failure import USAGE, Failure, rules_or_failure, settings_or_failure
from serving.say import counted, say


def backfill(job: Job, rules: str | None) -> int:
    """Read, store, report; 0 also where pictures failed. Failure where the whole cannot go on.

    rules: the rule set; None: that of the settings.
    """
    if (job.source is None) == (job.sql is None):
        raise Failure("Give either a SOURCE or --sql QUERY.", USAGE)
    if job.database is not None and job.sql is None:
        raise Failure("--from names the database of --sql.", USAGE)
    if job.readers is not None and job.ray is None:
        raise Failure("--readers needs --ray; in one process --threads says how many.", USAGE)
    settings = settings_or_failure(rules)
    rules_or_failure(settings)
    begun = monotonic()
    try:
        with _shown() as progress:
            summary = run(job, settings, progress)
    except BulkError as error:
        raise Failure(str(error)) from None
    _say(summary, monotonic() - begun)
    return 0


class _Shown:
    """How it gets on, on standard error; with a bar on a terminal."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def passed_over(self, files: PassedOver) -> None:
        say(files, is_aside=True)

    def joined(self, readers: int, machines: int) -> None:
        print(f"{counted(readers, 'reader')} on {counted(machines, 'machine')}", file=sys.stderr)

    def begun(self, pictures: int) -> None:
        self._bar.update(self._task, total=pictures)
        self._bar.start()

    def done(self, pictures: int) -> None:
        self._bar.advance(self._task, pictures)


@contextmanager
def _shown() -> Iterator[_Shown]:
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    try:
        yield _Shown(bar, bar.add_task(""))
    finally:
        bar.stop()


def _say(summary: Summary, seconds: float) -> None:
    """What came of it, for people."""
    refused, failed = summary.refused.total(), summary.failed.total()
    lines = summary.answered + refused + failed
    why_refused, why_failed = _by_code(summary.refused), _by_code(summary.failed)
    print(
        f"{counted(lines, 'line')} in {seconds:,.0f} s: {summary.answered:,} answered, "
        f"{refused:,} refused{why_refused}, {failed:,} failed{why_failed}; "
        f"{summary.sources['ocr'] + summary.sources['dry_run']:,} read now, "
        f"{summary.sources['stored'] + summary.sources['corrected']:,} known",
        file=sys.stderr,
    )


def _by_code(counts: dict[str, int]) -> str:
    parts = (f"{name} {count:,}" for name, count in sorted(counts.items()))
    return f" ({', '.join(parts)})" if counts else ""
