"""Makes a long-lived process give unused memory back to the system."""

import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import suppress

# glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_HEAPS = 2
_TRIM_SECONDS = 5
# A picture's canvas and pixels (some 10 MB each) stay in their heap for the next one: to be given
# them anew by the system, page by page, costs a third of decoding. What is larger is handed back.
_LARGE = 32 * 1024 * 1024
_KEPT_FREE = 2 * _LARGE


def give_memory_back() -> None:
    """Have glibc keep little of what is freed, in few heaps that serve all threads; every few
    seconds what lies free is given back, so that an idle process holds none of it."""
    with suppress(OSError, AttributeError):  # another C library has other ways
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_FREE)
        library.mallopt(_M_ARENA_MAX, _HEAPS)
        trim = library.malloc_trim
        threading.Thread(target=_trim_now_and_then, args=(trim,), daemon=True).start()


def _trim_now_and_then(trim: Callable[[int], int]) -> None:
    """Give back what lies free between blocks in use, where nothing else does."""
    while True:
        time.sleep(_TRIM_SECONDS)
        trim(0)
