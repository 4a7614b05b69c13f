"""Makes workbooks on request: one at a time, each in a process of its own that ends with its
request; later requests wait their turn."""

import asyncio
import logging
import os
import pickle
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Coroutine
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from db.filters import Filter
from front.workbook import NAME, Order, WorkbookFailure
from pipeline.errors import DatabaseUnavailable, InternalError, ServiceBusy, ServiceError
from pipeline.settings import Settings

log = logging.getLogger(__name__)

# A request that has not had its turn by then (s) is told to come again, as is one that finds so
# many here already, be it that they wait, that theirs is made, or that it is sent to them.
PATIENCE_S = 90.0
MOST = 8


class TooManyRows(ServiceError):
    status, code = 400, "BAD_REQUEST"
    message = "There are more rows than a sheet can hold: filter, or take the CSV."


class WorkbooksBusy(ServiceBusy):
    retry_after_s = 60
    message = "Other workbooks are being made; ask again in a minute, or take the CSV."


class NoRoom(ServiceBusy):
    retry_after_s = 60
    message = "There is no room on the disk for this workbook; filter, or take the CSV."


_ERRORS: dict[str, type[ServiceError]] = {
    WorkbookFailure.TOO_MANY: TooManyRows,
    WorkbookFailure.DATABASE: DatabaseUnavailable,
    WorkbookFailure.DISK: NoRoom,
}


class Workbooks:
    """One for each front door, used in its event loop."""

    def __init__(self, settings: Settings) -> None:
        self._database_url = settings.resolved_database_url
        self._zone = settings.zone
        # A process's own, so that two front doors of one home leave each other's alone.
        self._all = settings.home / "var" / "workbooks"
        self._folder = self._all / str(os.getpid())
        self._turn = asyncio.Lock()  # in the order in which they come
        self._here = 0
        self._process: Process | None = None
        self._is_stopping = False

    def sweep(self) -> None:
        """Remove what front doors left behind that were killed together with their processes."""
        for folder in self._all.glob("*"):
            pid = folder.name
            if folder == self._folder or not (pid.isdecimal() and psutil.pid_exists(int(pid))):
                shutil.rmtree(folder, ignore_errors=True)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """One of MOST; WorkbooksBusy where all are taken."""
        if self._here >= MOST:
            raise WorkbooksBusy
        self._here += 1
        try:
            yield
        finally:
            self._here -= 1

    async def make(self, filter: Filter) -> BinaryIO:
        """The workbook of these rows: a file that has no name any more. To cancel it ends the work.

        ServiceBusy, TooManyRows, DatabaseUnavailable, InternalError.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._turn.acquire()
        except TimeoutError:
            raise WorkbooksBusy from None
        try:
            if self._is_stopping:
                raise WorkbooksBusy
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            with ExitStack() as opened:
                try:
                    file = opened.enter_context(await self._made(filter, folder))
                finally:
                    # In a thread: to take a gigabyte off the disk takes its time.
                    await _to_its_end(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
                opened.pop_all()  # it stays open, unless this was cancelled
                return file
        except OSError as error:
            log.warning("no folder for a workbook: %s", error.strerror)
            raise NoRoom from None
        finally:
            self._turn.release()

    def stop(self) -> None:
        """No workbook is made any more; the one that is sent is sent to its end."""
        self._is_stopping = True
        if self._process is not None:
            self._process.kill()

    async def _made(self, filter: Filter, folder: Path) -> BinaryIO:
        order = Order(
            database_url=self._database_url, filter=filter, zone=self._zone, folder=folder
        )
        command = (sys.executable, "-m", "front.workbook")
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        except OSError as error:
            log.error("no process for a workbook: %s", error.strerror)
            raise ServiceBusy from None
        self._process = process
        try:
            if self._is_stopping:
                raise WorkbooksBusy
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(pickle.dumps(order))
            message = (await process.stdout.read()).decode().strip()
            await process.wait()
        finally:
            self._process = None
            if process.returncode is None:
                process.kill()
                await _to_its_end(process.wait())
        if process.returncode == 0:
            return (folder / NAME).open("rb")
        if self._is_stopping:
            raise WorkbooksBusy
        if message not in _ERRORS:  # it has said why where it could
            log.error("a workbook's process ended with exit code %s", process.returncode)
        raise _ERRORS.get(message, InternalError)


async def _to_its_end(work: Coroutine[Any, Any, object]) -> None:
    """Wait for it, also where the caller is cancelled once more meanwhile, as a stop cancels both a
    request and what it waits for: a process that nobody has waited for keeps its event loop from
    being closed, and a folder would stay. CancelledError afterwards, where that was so."""
    task, cancelled = asyncio.create_task(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
