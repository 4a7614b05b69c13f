"""Deletes rows older than FUNDOCR_KEEP_DAYS, every hour."""

import asyncio
import logging

from db.errors import StoreError
from db.store import Store, forget_expired
from front.threads import Threads
from pipeline.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

LOOK_S = 3600


async def forget_on_time(store: Store, run: Threads, keep_days: int) -> None:
    """Look every hour, until it is cancelled; at once the first time."""
    while keep_days:
        try:
            rows = await run(forget_expired, store, keep_days)
            if rows:
                log.info("%d rows older than %d days were deleted", rows, keep_days)
        except (StoreError, DatabaseUnavailable) as error:
            log.warning("old rows were not deleted: %s", error)
        await asyncio.sleep(LOOK_S)
