"""What a running service takes: memory, threads, descriptors, files; every few seconds."""

import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

_MB = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One process at one moment. pictures: how many were answered by then. at_rest: whether nothing
    was in flight, for long enough that what was free has been given back. rss: MB."""

    pictures: int
    at_rest: bool = False
    rss: float
    threads: int
    handles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What lies in folders at one moment: files, and MB."""

    pictures: int
    logs: float
    temporary_files: int
    temporary: float
    home: float


class Watch:
    """A context manager that looks at a service until it is left.

    leader: process id of `fundocr serve`. home: its FUNDOCR_HOME. temporary: its TMPDIR. pictures:
    tells how many were answered. looks: by the name of a process; disk: in order of time;
    processes: how many there were.
    """

    def __init__(
        self,
        leader: int,
        home: Path,
        temporary: Path,
        pictures: Callable[[], int],
        seconds: float = 2.0,
    ) -> None:
        self._leader = leader
        self._home = home
        self._temporary = temporary
        self._pictures = pictures
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again, daemon=True)
        self.looks: dict[str, list[Look]] = defaultdict(list)
        self.disk: list[Disk] = []
        self.processes: list[int] = []

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if error is None:
            self.look()  # with nothing in flight any more

    def look(self, at_rest: bool = False) -> None:
        """Look once. at_rest: nothing is in flight, as the caller knows."""
        pictures = self._pictures()
        leader = psutil.Process(self._leader)
        family = [leader, *leader.children(recursive=True)]
        self.processes.append(len(family))
        for process in family:
            with suppress(psutil.Error, OSError):  # one that has just ended
                look = Look(
                    pictures=pictures,
                    at_rest=at_rest,
                    rss=process.memory_info().rss / _MB,
                    threads=process.num_threads(),
                    handles=process.num_fds(),
                )
                self.looks[_name(process)].append(look)
        logs = _size(self._home / "var" / "log")[1]
        files, size = _size(self._temporary)
        home = _size(self._home)[1] - logs
        self.disk.append(
            Disk(pictures=pictures, logs=logs, temporary_files=files, temporary=size, home=home)
        )

    def told(self) -> str:
        """The latest look, for who waits."""
        return ", ".join(
            f"{name} {looks[-1].rss:.0f} MB, {looks[-1].threads} threads, {looks[-1].handles} files"
            for name, looks in self.looks.items()
            if looks[-1].rss > 100
        )

    def as_json(self) -> dict[str, Any]:
        """All looks, for a report."""
        return {
            "processes": {
                name: [asdict(one) for one in looks] for name, looks in self.looks.items()
            },
            "disk": [asdict(one) for one in self.disk],
        }

    def _look_again_and_again(self) -> None:
        while not self._ended.wait(self._seconds):
            self.look()


def _name(process: psutil.Process) -> str:
    """What the process is in the service."""
    words = process.cmdline()
    if process.name() == "java":
        return "TorchServe (Java)"
    for word, name in (
        ("front", "front door"),
        ("ts.model_server", "TorchServe's launcher"),
        ("serve", "fundocr serve"),
    ):
        if word in words:
            return name
    # A worker works in the folder of its unpacked archive.
    for handler, name in (("ocr_handler", "OCR worker"), ("update_handler", "correction worker")):
        if (Path(process.cwd()) / f"{handler}.py").exists():
            return name
    return "other"


def _size(folder: Path) -> tuple[int, float]:
    """How many files lie below a folder, and how large they are together (MB)."""
    sizes = []
    for path in folder.rglob("*"):
        with suppress(OSError):  # removed meanwhile
            if path.is_file() and not path.is_symlink():
                sizes.append(path.stat().st_size)
    return len(sizes), sum(sizes) / _MB
