"""Sets what a command's process may do: files that only its user can read, more open files."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PRIVATE = 0o077
# A connection each; more would only let one service take what others of the machine need.
_HANDLES = 65_536
_umask: ContextVar[int | None] = ContextVar("umask", default=None)


@contextmanager
def private_files() -> Iterator[None]:
    """What is written inside, by this process and those that it starts, only its user can read:
    logs, rows and tokens lie in FUNDOCR_HOME."""
    before = os.umask(_PRIVATE)
    token = _umask.set(before)
    try:
        yield
    finally:
        _umask.reset(token)
        os.umask(before)


@contextmanager
def files_to_hand_on() -> Iterator[None]:
    """The same, but with the user's own umask: for a file that was asked for (`--out`)."""
    theirs = _umask.get()
    if theirs is None:
        yield
        return
    os.umask(theirs)
    try:
        yield
    finally:
        os.umask(_PRIVATE)


def raise_file_handles() -> None:
    """Let this process and those that it starts have as many open files as they may: the usual
    1,024 are used up by as many connections that say nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _HANDLES if hard == resource.RLIM_INFINITY else min(hard, _HANDLES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
