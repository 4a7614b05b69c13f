"""Writes down which functions a process calls; copied into an interpreter made for that, as a
module of its own (evals/house/ways.py).

Only in a period that is watched: the one byte of the file `period`, which all processes share, is 0
when nobody asks. One line of the file `calls` for the first call of each function in each period:
period, process, file, line and name as its code object has them, with tabs between.
"""

import mmap
import os
import sys
import threading
from collections.abc import Callable, MutableSequence
from pathlib import Path
from types import CodeType, FrameType


def start(folder: str) -> None:
    """In every thread of this process from now on, if it is one on the way of a request."""
    if (process := _process(sys.orig_argv)) is None:
        return
    descriptor = os.open(Path(folder) / "period", os.O_RDONLY)
    period = mmap.mmap(descriptor, 1, prot=mmap.PROT_READ)
    calls = os.open(Path(folder) / "calls", os.O_WRONLY | os.O_APPEND)
    record = recorder(period, process, lambda line: os.write(calls, line))
    threading.setprofile(record)
    sys.setprofile(record)


def recorder(
    period: "mmap.mmap | MutableSequence[int]", process: str, write: Callable[[bytes], object]
) -> Callable[[FrameType, str, object], None]:
    """What sys.setprofile wants. period: holds the present one at index 0."""
    # The code objects too: the id of one that has gone could be another one's.
    seen: dict[tuple[int, int], CodeType] = {}

    def record(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (now := period[0]):
            code = frame.f_code
            key = (now, id(code))
            if key not in seen:
                seen[key] = code
                told = (now, process, code.co_filename, code.co_firstlineno, code.co_name)
                write("\t".join(map(str, told)).encode() + b"\n")

    return record


def _process(words: list[str]) -> str | None:
    if any(word.endswith("model_service_worker.py") for word in words):
        return "worker"
    return "front door" if words[1:3] == ["-m", "front"] else None
