"""Reads workbooks that people give us, in a process of its own (cli.workbook_reader), because what
is in them may want all memory there is."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.sheet_scan import DAMAGED, TOO_LARGE
from pipeline.settings import PROJECT
from serving.failure import USAGE, Failure
from serving.say import say

# As the file lies on the disk (bytes), and until it is read (s), however busy the machine is.
MOST_BYTES = 64 << 20
PATIENCE_S = 180
# Of the process that reads it: address space (bytes) and processor time (s).
MOST_MEMORY = 1 << 30
CPU_SECONDS = 90
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD = "is an old workbook (.xls) or one with a password; save it as .xlsx without one."

Cell = str | dict[str, str]


def is_workbook(content: bytes) -> bool:
    """Whether it begins as workbooks of any kind do."""
    return content.startswith((_ZIP, _OLE))


def read_workbook(content: bytes, file: Path) -> list[Sequence[Cell]]:
    """The lines of its first sheet from the top on; Failure (exit 2) with one sentence.

    A cell is its text; `{"odd": …}` says what stands in one that has none (a date, an error, a
    number with more digits than a workbook keeps).
    """
    if content.startswith(_OLE):
        raise _failure(file, _OLD)
    if not content.startswith(_ZIP):
        raise _failure(file, "is no workbook.")
    if len(content) > MOST_BYTES:
        raise _failure(file, TOO_LARGE)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cli.workbook_reader", str(MOST_MEMORY), str(CPU_SECONDS)],
            cwd=PROJECT,
            input=content,
            capture_output=True,
            timeout=PATIENCE_S,
            env={},  # nothing of ours is there to be found
        )
    except subprocess.TimeoutExpired:
        raise _failure(file, TOO_LARGE) from None
    if done.returncode < 0:  # ended from without: no more memory, or time, was to be had
        raise _failure(file, TOO_LARGE)
    messages: list[Any] = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or not messages:
        raise _failure(file, DAMAGED)
    if messages[-1] is not None:
        raise _failure(file, messages[-1]["refused"])
    about, *lines = messages[:-1]
    if about["others"]:
        say(f"Only the sheet {about['sheet']} is read, {about['others']} are not.", is_aside=True)
    return lines


def _failure(file: Path, why: str) -> Failure:
    return Failure(f"{file} {why}", USAGE)
