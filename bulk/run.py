"""One backfill from source to report."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from bulk.errors import BulkError
from bulk.picture_files import PassedOver
from bulk.private_folder import private_folder
from bulk.ray_cluster import Cluster, joined
from bulk.records import SourceLine
from bulk.report import Summary, check_name, write_csv, write_report
from bulk.rounds import Readers, ask_all, results
from bulk.source import open_query, open_source
from bulk.spool import Spool
from pipeline.settings import Settings
from serving.database import opened_engine, prepare
from serving.process import files_to_hand_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be read, by whom, and where the report goes.

    source: see bulk.source; None: the rows of `sql`, asked of `database` (a URL; None: that of the
        settings).
    out: the report, `.csv` or `.parquet`, or where it is written as CSV.
    ray: the cluster's address; None: this process reads, and `readers` does not matter.
    threads: of a reader; None: as the settings say, on a cluster 1.
    batch: pictures that are stored at once. per_host: fetches from one host at once.
    limit: lines at most. dry_run: no row is looked at or written.
    """

    source: str | None
    sql: str | None
    database: str | None
    out: Path | BinaryIO
    url_type: str
    ray: str | None
    readers: int | None
    threads: int | None
    batch: int
    per_host: int
    limit: int | None
    dry_run: bool


class Watcher(Protocol):
    """Is told how it gets on."""

    def passed_over(self, files: PassedOver) -> None:
        """Files of the source that are no pictures; once, where there are some."""

    def joined(self, readers: int, machines: int) -> None:
        """Of a cluster."""

    def begun(self, pictures: int) -> None:
        """So many there are."""

    def done(self, pictures: int) -> None:
        """So many more have come to something."""


def run(job: Job, settings: Settings, watcher: Watcher) -> Summary:
    """Read, store, report. BulkError where the whole cannot go on, and the Failure of a database
    that cannot be written to; bad pictures stand in the report."""
    if isinstance(job.out, Path):
        check_name(job.out)
    if not job.dry_run:
        with opened_engine() as engine:
            prepare(engine, settings.resolved_database_url)
    with _spool(settings) as spool:
        files = PassedOver()
        spool.fill(_lines(job, settings, files), job.limit)
        if files.count:
            watcher.passed_over(files)
        with _readers(job, settings, watcher) as readers:
            watcher.begun(spool.count()[1])
            ask_all(spool, readers, size=job.batch, progress=watcher.done)
        return _report(job, spool)


@contextmanager
def _spool(settings: Settings) -> Iterator[Spool]:
    """The list of the run, below var/ while it lasts."""
    var = settings.home / "var"
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(private_folder(var, "backfill-"))
            spool = stack.enter_context(closing(Spool(folder / "lines.db")))
        except (OSError, sqlite3.Error) as error:
            raise BulkError(f"{var} cannot be written: {error}.") from None
        try:
            yield spool
        except sqlite3.Error as error:  # a full disk, most likely
            raise BulkError(f"The list of the run in {var} cannot be written: {error}.") from None


def _lines(job: Job, settings: Settings, passed_over: PassedOver) -> Iterator[SourceLine]:
    if job.source is not None:
        return open_source(job.source, job.url_type, passed_over)
    assert job.sql is not None
    return open_query(job.sql, job.database or settings.resolved_database_url, job.url_type)


@contextmanager
def _readers(job: Job, settings: Settings, watcher: Watcher) -> Iterator[Readers]:
    with ExitStack() as stack:
        if job.ray is None:
            from bulk.in_process import InProcess

            if job.threads is not None:
                settings = settings.model_copy(update={"threads": job.threads})
            opened: Readers = InProcess(settings, per_host=job.per_host, dry_run=job.dry_run)
        else:
            cluster = stack.enter_context(
                joined(job.ray, readers=job.readers, threads=job.threads or 1)
            )
            _check_database(job, settings, cluster)
            from bulk.ray_data import OnRay

            watcher.joined(cluster.readers, cluster.nodes)
            opened = OnRay(settings, cluster, per_host=job.per_host, dry_run=job.dry_run)
        stack.callback(opened.close)
        yield opened


def _check_database(job: Job, settings: Settings, cluster: Cluster) -> None:
    if cluster.nodes > 1 and not job.dry_run and settings.database_url.startswith("sqlite"):
        raise BulkError(
            f"The cluster has {cluster.nodes} machines and SQLite is a file of one: set "
            "FUNDOCR_DATABASE_URL to a MySQL or MariaDB server that all of them reach."
        )


def _report(job: Job, spool: Spool) -> Summary:
    if isinstance(job.out, Path):
        with files_to_hand_on():
            return write_report(results(spool), job.out)
    return write_csv(results(spool), job.out)
