"""A person's values for a row: the store's failures as the sentences callers know."""

from db.rows import Row
from db.store import Store
from pipeline.errors import ServiceError
from pipeline.request import Correction
from pipeline.review import reviewed


def correct(store: Store, correction: Correction | ServiceError) -> Row | ServiceError:
    """Store one correction; the row as it is after commit, or why not. An error passes through."""
    if isinstance(correction, ServiceError):
        return correction
    return reviewed(
        lambda: store.correct(
            correction.image_url,
            correction.fund_code,
            correction.hold_share,
            row_version=correction.row_version,
            actor=correction.actor,
            note=correction.note,
        )
    )
