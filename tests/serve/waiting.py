"""Waiting for a condition, with a limit that only a broken service reaches."""

import time
from collections.abc import Callable

import psutil


def wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    """Return as soon as the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come true"
        time.sleep(0.1)  # asking itself costs something, and much is waited for


def has_ended(process: psutil.Process) -> bool:
    """Whether it has, collected or not; it may do so while it is asked."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
