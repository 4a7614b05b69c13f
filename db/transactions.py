"""Runs one transaction, commits it, and tries it again after a fault that may pass."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection, Engine

from db.faults import DATABASE_FAULTS, judge

T = TypeVar("T")

# A try that fails by a lost connection or a lock is followed by another after these pauses, but
# none begins later than this after the call.
RETRY_PAUSES_S = (0.05, 0.2)
RETRY_WITHIN_S = 6.0


def in_transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run work and COMMIT; again, a few times, where the fault is one that may pass. StoreError.

    work may run although an earlier run was committed: the connection can be lost between.
    """
    return _until_done(engine.begin, work)


def without_transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    """The same by an engine for autocommit: nothing is sent but what work sends."""
    return _until_done(engine.connect, work)


def _until_done(
    begin: Callable[[], AbstractContextManager[Connection]], work: Callable[[Connection], T]
) -> T:
    begun = time.monotonic()
    for pause in (*RETRY_PAUSES_S, None):
        try:
            with begin() as connection:
                return work(connection)
        except DATABASE_FAULTS as error:
            fault = judge(error)
            late = time.monotonic() - begun > RETRY_WITHIN_S
            if not fault.again or late or pause is None:
                raise fault.error from error
            time.sleep(pause)
    raise AssertionError("the last pause is None")
