"""A person's values for a row: the store's failures as the sentences callers know."""

from db.errors import RowConflict, RowNotFound, StoreError
from db.rows import Row
from db.store import Store
from pipeline.errors import RowChanged, ServiceError, UnknownImage, UpdateFailed
from pipeline.request import Correction


def correct(store: Store, correction: Correction | ServiceError) -> Row | ServiceError:
    """Store one correction; the row as it is after commit, or why not. An error passes through."""
    if isinstance(correction, ServiceError):
        return correction
    try:
        return store.correct(
            correction.image_url,
            correction.fund_code,
            correction.hold_share,
            row_version=correction.row_version,
            actor=correction.actor,
            note=correction.note,
        )
    except RowNotFound:
        return UnknownImage()
    except RowConflict as conflict:
        return row_changed(conflict)
    except StoreError:
        return UpdateFailed()


def row_changed(conflict: RowConflict) -> RowChanged:
    """The refusal of what was said of an older version of the row, with the row as it is."""
    row = conflict.present
    return RowChanged(
        detail={
            "present": {
                "id": row.id,
                "row_version": row.row_version,
                "fund_code": row.answer_fund_code,
                "hold_share": row.answer_hold_share,
                "review_state": row.review_state,
            }
        }
    )
