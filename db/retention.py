"""How long rows are kept: FUNDOCR_KEEP_DAYS."""

from datetime import UTC, datetime, timedelta

from db.store import Store


def forget_expired(store: Store, keep_days: int) -> int:
    """Delete the rows that nobody has changed for longer, with their history, and old batches;
    how many rows.

    keep_days: 0 keeps all for ever. StoreError.
    """
    if keep_days == 0:
        return 0
    return store.forget_before(datetime.now(UTC) - timedelta(days=keep_days))
