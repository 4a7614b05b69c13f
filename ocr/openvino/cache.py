"""The folder where an engine keeps what it compiled, shared by all processes of one home."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_in(folder: Path | None) -> Iterator[None]:
    """Let one process after the other compile into `folder`; None: nothing is kept, none waits.

    OpenVINO takes a file that another process is still writing for a broken one and removes it,
    and the writer then fails ("cannot set permissions").
    """
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "compiling").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
