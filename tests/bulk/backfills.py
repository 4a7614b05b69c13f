"""`fundocr backfill` in this process and in one of its own, and what it leaves behind."""

import csv
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import func, select

from db.engine import open_engine
from db.tables import ocr_result
from evals.testbed.picture_host import Behaviour, Conversation, PictureHost, picture_host, whole
from tests.fundocr_command import ROOT, fundocr
from tests.serve.waiting import wait_until

Row = dict[str, str]


def environment(home: Path, hosts: list[PictureHost], database_url: str = "") -> dict[str, str]:
    """Settings of a backfill that may fetch from these hosts."""
    settings = {
        "FUNDOCR_HOME": str(home),
        "FUNDOCR_LOCAL_HOSTS": ",".join(host.authority for host in hosts),
        "FUNDOCR_LOCAL_CIDRS": "127.0.0.0/8",
    }
    if database_url:
        settings["FUNDOCR_DATABASE_URL"] = database_url
    return settings


def started(*arguments: str | Path, settings: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Begin one; nothing of the caller's FUNDOCR_* reaches it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("FUNDOCR_")}
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "backfill", *map(str, arguments)],
        cwd=ROOT,
        env=clean | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(
    *arguments: str | Path, settings: Mapping[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """The same; what has not ended when the block does is killed."""
    with started(*arguments, settings=settings) as process:
        try:
            yield process
        finally:
            process.kill()


def backfill(*arguments: str | Path, settings: Mapping[str, str]) -> tuple[int, str, str]:
    """Exit code, standard output and error of a whole one in this process."""
    home = Path(settings["FUNDOCR_HOME"])
    ended = fundocr("backfill", *arguments, home=home, settings=settings)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def done(*arguments: str | Path, settings: Mapping[str, str]) -> str:
    """What a whole one that succeeds says."""
    code, _, error = backfill(*arguments, settings=settings)
    assert code == 0, error
    return error


def process_done(*arguments: str | Path, settings: Mapping[str, str]) -> str:
    """The same of one in a process of its own."""
    with running(*arguments, settings=settings) as process:
        _, error = process.communicate(timeout=600)
    assert process.returncode == 0, error
    return error


def kill(process: "subprocess.Popen[str]") -> None:
    """SIGKILL, without a last word."""
    process.kill()
    process.wait()


def report(file: Path) -> list[Row]:
    """The lines of a CSV report."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def rows_of(database_url: str) -> int:
    """How many rows the table has."""
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(ocr_result)) or 0)
    finally:
        engine.dispose()


def wait_for_rows(database_url: str, count: int, process: "subprocess.Popen[str]") -> None:
    """Return when so many are stored; fail where the process ends before."""

    def there() -> bool:
        if process.poll() is not None:
            assert process.stderr is not None
            raise AssertionError(f"it has ended before it was to: {process.stderr.read()}")
        return rows_of(database_url) >= count

    wait_until(there, 300)


def listed(file: Path, urls: list[str]) -> Path:
    """A list of links."""
    file.write_text("".join(f"{url}\n" for url in urls), encoding="utf-8")
    return file


def processes_of(home: Path) -> list[psutil.Process]:
    """All that run with this FUNDOCR_HOME: backfills and what they started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("FUNDOCR_HOME") == str(home):
                found.append(process)
        except psutil.Error:
            continue
    return found


class Tap:
    """Lets so many requests through; the others wait until it is opened, or their caller is gone.

    So a run is certainly not over when something happens to it.
    """

    def __init__(self, routes: Mapping[str, "bytes | Behaviour"], first: int) -> None:
        self._routes = routes
        self._left = first
        self._changed = threading.Condition()

    def open(self) -> None:
        """All that wait, and all that come."""
        with self._changed:
            self._left = sys.maxsize
            self._changed.notify_all()

    def serving(self) -> dict[str, "bytes | Behaviour"]:
        """The routes of a host behind it."""
        return {path: self._behind(path) for path in self._routes}

    def _behind(self, path: str) -> Behaviour:
        def behave(talk: Conversation) -> None:
            with self._changed:
                while self._left <= 0 and not talk.closing.is_set():
                    self._changed.wait(0.1)
                self._left -= 1
            answer = self._routes[path]
            assert isinstance(answer, bytes)
            whole(answer)(talk)

        return behave


class Crowd:
    """Counts how many are served at once. pause: how long (s) each answer takes. full: how many are
    waited for before the first is answered, so that a busy machine shows as many as a quiet one.
    """

    def __init__(self, pause: float = 0.05, full: int = 1) -> None:
        self._pause = pause
        self._full = full
        self._now = 0
        self._changed = threading.Condition()
        self.most = 0

    def serving(self, content: bytes) -> Behaviour:
        """A picture whose viewers are counted."""
        answer = whole(content)

        def behave(talk: Conversation) -> None:
            with self._changed:
                self._now += 1
                self.most = max(self.most, self._now)
                self._changed.notify_all()
                self._changed.wait_for(lambda: self.most >= self._full, timeout=4)
            time.sleep(self._pause)
            # Before the answer: who has it may ask for the next one at once.
            with self._changed:
                self._now -= 1
            answer(talk)

        return behave


@contextmanager
def host_of(
    routes: Mapping[str, "bytes | Behaviour"], address: str = "127.0.0.1"
) -> Iterator[PictureHost]:
    """A picture host at an address of its own, so that it is a host of its own."""
    with picture_host(routes, address=address) as host:
        yield host
