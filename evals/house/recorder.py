"""Records which functions a process calls; copied into an interpreter made for that, as a module of
its own (evals/house/ways.py).

Only in a period that is watched: the one byte of the file `period`, which all processes share, is 0
when nobody asks. One line of the file `calls` for the first call in each period of each function
by each other one: period, process, then file, line and name of both as their code objects have
them, with tabs between. What libraries do in between is passed over; a function that none of ours
has called has three empty fields.
"""

import mmap
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, MutableSequence
from pathlib import Path
from types import CodeType, FrameType

_LIBRARY = sysconfig.get_path("stdlib")


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
    # By their ids, and with the code objects: the id of one that has gone could be another one's.
    ours: dict[int, tuple[bool, CodeType]] = {}
    seen: set[tuple[int, int, int]] = set()

    def is_ours(code: CodeType) -> bool:
        if (known := ours.get(id(code))) is None:
            file = code.co_filename
            is_foreign = file.startswith(("<", _LIBRARY)) or "/site-packages/" in file
            known = ours[id(code)] = (not is_foreign, code)
        return known[0]

    def record(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (now := period[0]) and is_ours(code := frame.f_code):
            caller = frame.f_back
            while caller is not None and not is_ours(caller.f_code):
                caller = caller.f_back
            by = None if caller is None else caller.f_code
            if (key := (now, id(code), id(by))) not in seen:
                seen.add(key)
                told = (now, process, *_fields(code), *_fields(by))
                write("\t".join(map(str, told)).encode() + b"\n")

    return record


def _fields(code: CodeType | None) -> tuple[object, ...]:
    return ("", "", "") if code is None else (code.co_filename, code.co_firstlineno, code.co_name)


def _process(words: list[str]) -> str | None:
    if any(word.endswith("model_service_worker.py") for word in words):
        return "worker"
    return "front door" if words[1:3] == ["-m", "front"] else None
