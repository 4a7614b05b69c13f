"""The file that records a deploy or rollback while it runs, so that a killed one can be
recovered."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from serving.choice import Version
from serving.failure import Failure
from serving.versions_log import Change, Did, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """From `old` to `new`, both of one model.

    lines: what versions.jsonl gets when it is done, but for the time. copy: the archive that was
    put into the model store for it, which goes again where it is not done; empty: it was there.
    """

    did: Did
    old: Version
    new: Version
    lines: tuple[Change, ...]
    copy: str = ""

    def lines_now(self) -> list[Change]:
        """The lines, of this moment."""
        return [replace(line, time=now()) for line in self.lines]

    def __str__(self) -> str:
        return f"{self.did} of {self.new.model} {self.new.version}"


class TransitionFile:
    """home/var/run/move.json: there as long as one is under way, or after it was killed."""

    def __init__(self, home: Path) -> None:
        self._path = home / "var" / "run" / "move.json"

    def begin(self, transition: Transition) -> None:
        """Write it down, before anything is changed; Failure when that cannot be."""
        partial = self._path.with_suffix(".new")
        try:
            with partial.open("w", encoding="utf-8") as file:
                json.dump(asdict(transition), file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise Failure(
                f"{self._path} cannot be written: {error.strerror}; nothing was changed."
            ) from None

    def begun(self) -> Transition | None:
        """What was begun and has not ended."""
        try:
            facts = json.loads(self._path.read_text(encoding="utf-8"))
            return Transition(
                did=facts["did"],
                old=Version(**facts["old"]),
                new=Version(**facts["new"]),
                lines=tuple(Change(**line) for line in facts["lines"]),
                copy=facts["copy"],
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failure(
                f"{self._path} cannot be read ({type(error).__name__}): delete it when what "
                "`fundocr versions` shows is what should run."
            ) from None

    def end(self) -> None:
        """It is done, or undone."""
        self._path.unlink(missing_ok=True)
