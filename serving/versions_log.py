"""The log of versions: home/var/versions.jsonl has a line for each change of what is in service."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from serving.failure import Failure

Did = Literal["found", "deploy", "rollback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What answers for a model from `time` (UTC, ISO 8601) on. archive: its file in the model
    store; sha256: of that file, in hex."""

    time: str
    did: Did
    model: str
    version: str
    archive: str
    sha256: str
    weights: str
    workers: int


def now() -> str:
    """The present time as lines carry it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class VersionsLog:
    """The file of one home."""

    def __init__(self, home: Path) -> None:
        self._path = home / "var" / "versions.jsonl"
        self._lock = home / "var" / "run" / "versions.lock"

    def lines(self, model: str) -> list[Change]:
        """All changes of a model, oldest first; what is no such line is passed over."""
        try:
            texts = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Failure(f"{self._path} cannot be read: {error.strerror}.") from None
        return [change for text in texts if (change := _parsed(text)) and change.model == model]

    def add(self, changes: Sequence[Change]) -> None:
        """Write a line down for each, all of them or none; Failure when that cannot be."""
        text = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in changes)
        size = None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a+b") as file:
                size = file.seek(0, os.SEEK_END)
                if size and os.pread(file.fileno(), 1, size - 1) != b"\n":
                    text = "\n" + text  # the line before was cut off by a crash
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if size is not None:
                with suppress(OSError):
                    os.truncate(self._path, size)
            raise Failure(f"{self._path} cannot be written: {error.strerror}.") from None

    def before(self, model: str, version: str) -> Change | None:
        """The version that was in service before `version` came, the last one of these."""
        return next((c for c in reversed(self.lines(model)) if c.version != version), None)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else changes versions inside; Failure when somebody does at this moment."""
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            file = self._lock.open("a")
        except OSError as error:
            raise Failure(f"{self._lock} cannot be written: {error.strerror}.") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Failure("Another deploy, rollback or scale is at work here.") from None
            yield

    def is_changing(self) -> bool:
        """Whether somebody changes versions at this moment."""
        try:
            with self._lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


def _parsed(text: str) -> Change | None:
    try:
        return Change(**json.loads(text))
    except (ValueError, TypeError):  # cut off in the middle by a crash
        return None
