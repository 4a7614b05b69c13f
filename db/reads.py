"""Reads whole rows, inside the caller's open transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Select, case, func, literal, select, union_all

from db.rows import ReviewState, Row
from db.tables import ocr_result


def rows_by_key(
    connection: Connection, keys: Sequence[bytes], *, lock: bool = False
) -> dict[bytes, Row]:
    """The rows of these keys, by key. lock: nobody else changes them until we commit."""
    query = select_rows().where(ocr_result.c.url_sha256.in_(keys))
    result = connection.execute(query.with_for_update() if lock else query)
    return {row.url_sha256: row for row in (to_row(columns) for columns in result.mappings())}


def rows_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, Row]:
    """The rows with these ids, by id."""
    result = connection.execute(select_rows().where(ocr_result.c.id.in_(ids)))
    return {row.id: row for row in (to_row(columns) for columns in result.mappings())}


def row_by_id(connection: Connection, id: int, *, lock: bool = False) -> Row | None:
    """The row with this id. lock: nobody else changes it until we commit."""
    query = select_rows().where(ocr_result.c.id == id)
    columns = connection.execute(query.with_for_update() if lock else query).mappings().first()
    return None if columns is None else to_row(columns)


def select_rows() -> Select[Any]:
    """All that `to_row` needs."""
    return select(*(ocr_result.c[column.name] for column in fields(Row)))


def to_row(columns: Mapping[Any, Any]) -> Row:
    """A row from the columns of `select_rows`, by name."""
    return Row(**columns)


# Which of the rows of one picture another link of it takes over.


def best_by_picture(connection: Connection, image_sha256s: Sequence[bytes]) -> dict[bytes, Row]:
    """The corrected row that changed last, else the one that a person judged last, else the
    newest with an answer, else the newest; by image_sha256.
    """
    found = connection.execute(_select_best_by_picture(select_rows(), image_sha256s))
    return _by_picture([to_row(one) for one in found.mappings()])


def known_rows(
    connection: Connection, keys: Sequence[bytes], image_sha256s: Sequence[bytes]
) -> tuple[dict[bytes, Row], dict[bytes, Row]]:
    """Both in one statement: the rows of these keys, and the best of each of these pictures."""
    is_of_key = select_rows().add_columns(literal(1).label(_IS_OF_KEY))
    is_of_picture = select_rows().add_columns(literal(0).label(_IS_OF_KEY))
    query = union_all(
        is_of_key.where(ocr_result.c.url_sha256.in_(keys)),
        _select_best_by_picture(is_of_picture, image_sha256s),
    )
    of_keys: dict[bytes, Row] = {}
    of_pictures: list[Row] = []
    for columns in connection.execute(query).mappings():
        values = dict(columns)
        if values.pop(_IS_OF_KEY):
            of_keys[values["url_sha256"]] = to_row(values)
        else:
            of_pictures.append(to_row(values))
    return of_keys, _by_picture(of_pictures)


_IS_OF_KEY = "is_of_key"


def _select_best_by_picture(query: Select[Any], image_sha256s: Sequence[bytes]) -> Select[Any]:
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
    return query.join(ranked, ranked.c.id == ocr_result.c.id).where(ranked.c.place == 1)


def _by_picture(rows: Sequence[Row]) -> dict[bytes, Row]:
    return {row.image_sha256: row for row in rows if row.image_sha256 is not None}
