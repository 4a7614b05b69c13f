"""`fundocr backfill`: many pictures, in this process or on a Ray cluster."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bulk.errors import BulkError
from bulk.picture_files import PassedOver
from bulk.private_folder import private_folder
from bulk.ray_cluster import Cluster, joined
from bulk.records import Line
from bulk.report import Summary, check_name, write_csv, write_report
from bulk.run import Readers, ask_all, results
from bulk.source import open_query, open_source
from bulk.spool import Spool
from pipeline.settings import Settings
from serving.failure import USAGE, Failure, rules_or_failure, settings_or_failure
from serving.process import files_to_hand_on
from serving.say import counted, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command's options as they were typed."""

    source: str | None
    sql: str | None
    database: str | None
    out: Path | None
    url_type: str
    ray: str | None
    readers: int | None
    threads: int | None
    batch: int
    per_host: int
    rules: str | None
    limit: int | None
    dry_run: bool


def backfill(asked: Asked) -> int:
    """Read, store, report; 0 also where pictures failed. Failure where the whole cannot go on."""
    if (asked.source is None) == (asked.sql is None):
        raise Failure("Give either a SOURCE or --sql QUERY.", USAGE)
    if asked.database is not None and asked.sql is None:
        raise Failure("--from names the database of --sql.", USAGE)
    if asked.readers is not None and asked.ray is None:
        raise Failure("--readers needs --ray; in one process --threads says how many.", USAGE)
    settings = settings_or_failure(asked.rules)
    rules_or_failure(settings)
    try:
        if asked.out is not None:
            check_name(asked.out)
        if not asked.dry_run:
            _prepare_database(settings)
        begun = monotonic()
        with _spool(settings) as spool:
            passed_over = PassedOver()
            spool.fill(_lines(asked, settings, passed_over), asked.limit)
            if passed_over.count:
                say(passed_over, is_aside=True)
            with _readers(asked, settings) as readers, _progress(spool) as told:
                ask_all(spool, readers, size=asked.batch, told=told)
            summary = _report(asked, spool)
        _say(summary, monotonic() - begun)
    except BulkError as error:
        raise Failure(str(error)) from None
    return 0


@contextmanager
def _spool(settings: Settings) -> Iterator[Spool]:
    """The list of the run, below var/ while it lasts."""
    var = settings.home / "var"
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(private_folder(var, "backfill-"))
            spool = stack.enter_context(closing(Spool(folder / "lines.db")))
        except (OSError, sqlite3.Error) as error:
            raise Failure(f"{var} cannot be written: {error}.") from None
        try:
            yield spool
        except sqlite3.Error as error:  # a full disk, most likely
            raise Failure(f"The list of the run in {var} cannot be written: {error}.") from None


def _lines(asked: Asked, settings: Settings, passed_over: PassedOver) -> Iterator[Line]:
    if asked.source is not None:
        return open_source(asked.source, asked.url_type, passed_over)
    assert asked.sql is not None
    database_url = asked.database or settings.resolved_database_url
    return open_query(asked.sql, database_url, asked.url_type)


@contextmanager
def _readers(asked: Asked, settings: Settings) -> Iterator[Readers]:
    with ExitStack() as stack:
        if asked.ray is None:
            from bulk.in_process import Alone

            if asked.threads is not None:
                settings = settings.model_copy(update={"threads": asked.threads})
            opened: Readers = Alone(settings, per_host=asked.per_host, dry_run=asked.dry_run)
        else:
            cluster = stack.enter_context(
                joined(asked.ray, readers=asked.readers, threads=asked.threads or 1)
            )
            _check_database(asked, settings, cluster)
            from bulk.ray_data import OnRay

            readers, machines = (
                counted(cluster.readers, "reader"),
                counted(cluster.nodes, "machine"),
            )
            print(f"{readers} on {machines}", file=sys.stderr)
            opened = OnRay(settings, cluster, per_host=asked.per_host, dry_run=asked.dry_run)
        stack.callback(opened.close)
        yield opened


def _check_database(asked: Asked, settings: Settings, cluster: Cluster) -> None:
    if cluster.nodes > 1 and not asked.dry_run and settings.database_url.startswith("sqlite"):
        raise BulkError(
            f"The cluster has {cluster.nodes} machines and SQLite is a file of one: set "
            "FUNDOCR_DATABASE_URL to a MySQL or MariaDB server that all of them reach."
        )


def _prepare_database(settings: Settings) -> None:
    from serving.database import opened_engine, prepare

    with opened_engine() as engine:
        prepare(engine, settings.resolved_database_url)


def _report(asked: Asked, spool: Spool) -> Summary:
    if asked.out is not None:
        with files_to_hand_on():
            return write_report(results(spool), asked.out)
    return write_csv(results(spool), sys.stdout.buffer)


@contextmanager
def _progress(spool: Spool) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=spool.count()[1])
        yield lambda done: bar.advance(task, done)


def _say(summary: Summary, seconds: float) -> None:
    """What came of it, for people."""
    refused, failed = summary.refused.total(), summary.failed.total()
    lines = summary.answered + refused + failed
    print(
        f"{counted(lines, 'line')} in {seconds:,.0f} s: {summary.answered:,} answered, "
        f"{refused:,} refused{_told(summary.refused)}, {failed:,} failed{_told(summary.failed)}; "
        f"{summary.sources['ocr'] + summary.sources['dry_run']:,} read now, "
        f"{summary.sources['stored'] + summary.sources['corrected']:,} known",
        file=sys.stderr,
    )


def _told(counts: dict[str, int]) -> str:
    parts = (f"{name} {count:,}" for name, count in sorted(counts.items()))
    return f" ({', '.join(parts)})" if counts else ""
