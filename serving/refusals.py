"""Why workers say that they cannot serve: handlers/worker.py writes it into their log."""

import json
import re
from contextlib import suppress
from pathlib import Path

_CANNOT_SERVE = re.compile(r'"message": "cannot serve: ((?:[^"\\]|\\.)*)"')


class Refusals:
    """What a log of workers (`file`) tells since `begin`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._said_before = 0  # bytes

    def begin(self) -> None:
        """Pass over what stands there by now: another TorchServe begins."""
        with suppress(FileNotFoundError):
            self._said_before = self._file.stat().st_size

    def first(self, scratch: str) -> str | None:
        """The first of them; None where there is none. scratch: where archives are unpacked."""
        try:
            said = self._file.read_bytes()
        except OSError:
            return None
        # A log that is shorter by now was begun anew.
        new = said[self._said_before :] if len(said) >= self._said_before else said
        found = _CANNOT_SERVE.search(new.decode("utf-8", "replace"))
        if not found:
            return None
        unpacked = rf"{re.escape(scratch)}/models/\w+"
        return re.sub(unpacked, "the archive", json.loads(f'"{found.group(1)}"'))
