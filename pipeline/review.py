"""Corrects, confirms, dismisses and undoes rows; the store's failures become callers' errors."""

from collections.abc import Callable

from db.errors import RowConflict, RowNotFound, RowRejected, SchemaMissing, StoreError
from db.rows import Dismissal, Row
from db.store import Store
from pipeline.errors import (
    DatabaseUnavailable,
    NothingToReview,
    RowChanged,
    ServiceError,
    TablesMissing,
    UnknownImage,
    UpdateFailed,
)
from pipeline.request import Correction


def confirm(
    store: Store, id: int, *, row_version: int, actor: str, note: str = ""
) -> Row | ServiceError:
    """This reading is right. The row as it is after commit, or why not."""
    return reviewed(lambda: store.confirm(id, row_version=row_version, actor=actor, note=note))


def dismiss(
    store: Store, id: int, *, row_version: int, actor: str, reason: Dismissal, note: str = ""
) -> Row | ServiceError:
    """The picture has no answer."""
    return reviewed(
        lambda: store.dismiss(id, row_version=row_version, actor=actor, reason=reason, note=note)
    )


def undo(store: Store, id: int, *, row_version: int, actor: str) -> Row | ServiceError:
    """Take back what was last said of the row."""
    return reviewed(lambda: store.undo(id, row_version=row_version, actor=actor))


def reviewed(change: Callable[[], Row]) -> Row | ServiceError:
    """What one change of the store comes to."""
    try:
        return change()
    except RowNotFound:
        return UnknownImage()
    except RowConflict as conflict:
        return RowChanged(detail={"present": present(conflict.present)})
    except RowRejected as error:
        return NothingToReview(str(error))
    except StoreError:
        return UpdateFailed()


def unavailable(error: StoreError) -> DatabaseUnavailable:
    """What a caller is told of a database that takes or gives no rows."""
    return TablesMissing() if isinstance(error, SchemaMissing) else DatabaseUnavailable()


def present(row: Row) -> dict[str, object]:
    """The state of a row that somebody wanted to change; JSON-ready."""
    return {
        "id": row.id,
        "row_version": row.row_version,
        "fund_code": row.answer_fund_code,
        "hold_share": row.answer_hold_share,
        "review_state": row.review_state,
    }


# A person's values for a row: the store's failures as the sentences callers know.


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
