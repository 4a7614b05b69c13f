"""Opens files that people name only where they are regular files: no pipe, device or socket."""

import errno
import os
import stat
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

_NO_FILE = "It is a pipe, a device or a socket and no file"


def open_file(path: Path) -> BinaryIO:
    """For reading; OSError also for a pipe, a device or a socket, where somebody could be waited
    for without end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise OSError(errno.EINVAL, _NO_FILE, str(path)) from None
        raise
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, _NO_FILE, str(path))


def read_file(path: Path) -> bytes:
    """All of it; OSError as above."""
    with open_file(path) as file:
        return file.read()


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The same as text, its lines ended by LF; UnicodeDecodeError."""
    with TextIOWrapper(open_file(path), encoding=encoding) as file:
        return file.read()
