"""Which of the rows of one picture another link of it takes over."""

from collections.abc import Sequence

from sqlalchemy import Connection, case, func, select

from db.rows import ReviewState, Row
from db.tables import ocr_result
from db.writes import select_rows, to_row


def best_by_picture(connection: Connection, image_sha256s: Sequence[bytes]) -> dict[bytes, Row]:
    """The corrected row that changed last, else the one that a person judged last, else the
    newest with an answer, else the newest; by image_sha256.
    """
    state = ocr_result.c.review_state
    judged = state != ReviewState.OPEN
    rank = func.row_number().over(
        partition_by=ocr_result.c.image_sha256,
        order_by=(
            case((state == ReviewState.CORRECTED, 0), (judged, 1), else_=2),
            case((judged, ocr_result.c.updated_at)).desc(),
            ocr_result.c.flag.desc(),
            ocr_result.c.id.desc(),
        ),
    )
    ranked = (
        select(ocr_result.c.id, rank.label("place"))
        .where(ocr_result.c.image_sha256.in_(image_sha256s))
        .subquery()
    )
    query = select_rows().join(ranked, ranked.c.id == ocr_result.c.id)
    found = connection.execute(query.where(ranked.c.place == 1))
    rows = (to_row(one) for one in found.mappings())
    return {row.image_sha256: row for row in rows if row.image_sha256 is not None}
