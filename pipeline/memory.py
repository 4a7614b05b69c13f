"""Makes a long-lived process give unused memory back to the system."""

import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import suppress

# glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_HEAPS = 8
_TRIM_SECONDS = 5
_LARGE = 4 * 1024 * 1024


def give_memory_back() -> None:
    """Let glibc hand large blocks back when they are freed: it would keep a picture's 10 MB for
    the next one in each thread's heap, where smaller things then settle. Few heaps serve all."""
    with suppress(OSError, AttributeError):  # another C library has other ways
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_M_TRIM_THRESHOLD, _LARGE)
        library.mallopt(_M_ARENA_MAX, _HEAPS)
        trim = library.malloc_trim
        threading.Thread(target=_trim_now_and_then, args=(trim,), daemon=True).start()


def _trim_now_and_then(trim: Callable[[int], int]) -> None:
    """Give back what lies free between blocks in use, where nothing else does."""
    while True:
        time.sleep(_TRIM_SECONDS)
        trim(0)
