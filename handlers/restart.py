"""Restarts a worker that has grown too large, in its own process, without losing a request.

The process stays and runs another program (exec), handlers/second_life.py: TorchServe's connection
stays open, and what TorchServe sends meanwhile waits in it until the model is loaded again. A
worker that ended instead would lose the requests that it is being handed at that moment.
"""

import ctypes
import fcntl
import gc
import json
import logging
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

log = logging.getLogger(__name__)

PROGRAM = "handlers.second_life"
_MB = 1_000_000


def watch(context: Any, limit: int, busy: Path) -> None:
    """Look at this process's memory each time that its answers are sent and none is in work.

    limit: resident bytes beyond which it starts afresh; 0: never. busy: the file that is locked as
    long as requests are in work: a stop of the service waits for it.
    """
    program = sys.modules["__main__"]
    # TorchServe's loop calls this when it has sent the answers, to wait for the next requests.
    listen = getattr(program, "retrieve_msg", None)
    if not limit or listen is None:
        return
    if (fresh := _resident_after_cleaning()) >= limit:
        log.error(
            "FUNDOCR_WORKER_MEMORY is ignored: a fresh worker has %d MB already, which is "
            "above its %d MB",
            fresh // _MB,
            limit // _MB,
        )
        return

    def listen_or_start_afresh(connection: socket.socket) -> Any:
        if resident() > limit and _resident_after_cleaning() > limit:
            _start_afresh(context, connection, limit, busy)
        return listen(connection)

    program.retrieve_msg = listen_or_start_afresh  # type: ignore[attr-defined]


def is_second_life() -> bool:
    """Whether this worker goes on where one that had grown too large left off."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec is not None and spec.name == PROGRAM


def resident() -> int:
    """The memory (bytes) of this process that lies in RAM."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _resident_after_cleaning() -> int:
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library has other ways
        ctypes.CDLL(None).malloc_trim(0)
    return resident()


def _start_afresh(context: Any, connection: socket.socket, limit: int, busy: Path) -> NoReturn:
    """From here on handlers/second_life.py runs in this process."""
    memory = {"resident_mb": resident() // _MB, "limit_mb": limit // _MB}
    log.warning("grown beyond FUNDOCR_WORKER_MEMORY: starts afresh", extra={"fields": memory})
    # The lock goes over with its descriptor. TorchServe may be sending requests by now, which
    # nobody would see to be in work.
    lock = os.open(busy, os.O_WRONLY | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    _hand_over(lock, connection.fileno())
    properties = context.system_properties
    life = {
        "connection": connection.fileno(),
        "lock": lock,
        "model": context.model_name,
        "handler": context.manifest["model"]["handler"],
        "folder": properties["model_dir"],
        "batch": properties["batch_size"],
        "gpu": properties["gpu_id"],
        "limit_pixels": properties["limit_max_image_pixels"],
    }
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execv(  # noqa: S606 — no shell is wanted
        sys.executable, [sys.executable, "-m", PROGRAM, json.dumps(life), *sys.argv[1:]]
    )


def _hand_over(*descriptors: int) -> None:
    """Leave these and the standard ones open in the next program. Engines open files of their own,
    which would stay open from life to life."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 — numbers, not paths
        descriptor = int(name)
        with suppress(OSError):  # the listing's own
            os.set_inheritable(descriptor, descriptor <= 2 or descriptor in descriptors)
