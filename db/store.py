"""The store: known rows by identity or picture, new readings, corrections, their history."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine, case, func, select

from db import typed
from db.engine import for_writing
from db.errors import RowConflict, RowNotFound, RowRejected, StoreError, StoreUnavailable
from db.faults import DATABASE_FAULTS, judge
from db.rows import HistoryLine, NewReading, ReviewState, Row, identity_key
from db.tables import ocr_history, ocr_result
from db.writes import rows_by_key, to_row, write_batch, write_correction

T = TypeVar("T")

# Rows of one statement: well below SQLite's 32,766 parameters and MySQL's 16 MB packet.
BATCH = 500
# A try that fails by a lost connection or a lock is followed by another after these pauses, but
# none begins later than this after the call.
RETRY_PAUSES_S = (0.05, 0.2)
RETRY_WITHIN_S = 6.0


class Store:
    """Rows of one database. Threads of one process may share it; each call is a transaction of
    its own and returns after its COMMIT.

    Every method raises StoreUnavailable where the database does not answer, or has no tables.
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = for_writing(engine)

    def ping(self) -> None:
        """StoreUnavailable unless the database answers and has our tables."""
        self._read(lambda connection: connection.execute(select(ocr_result.c.id).limit(1)).first())

    def find(self, identities: Sequence[str]) -> dict[str, Row]:
        """The rows of these identities; an identity without a row is not in the answer."""
        keys = {identity: key for identity in identities if (key := _key(identity)) is not None}
        rows: dict[bytes, Row] = {}
        for some in _chunks(sorted(set(keys.values()))):
            rows |= self._read(partial(rows_by_key, keys=some))
        return {identity: rows[key] for identity, key in keys.items() if key in rows}

    def find_same_picture(self, image_sha256s: Sequence[bytes]) -> dict[bytes, Row]:
        """For each known picture the row to copy from: the corrected one that changed last, else
        the newest with an answer, else the newest.
        """
        rows: dict[bytes, Row] = {}
        for some in _chunks(sorted(set(image_sha256s))):
            rows |= self._read(partial(_best_by_picture, image_sha256s=some))
        return rows

    def get(self, *, identity: str | None = None, id: int | None = None) -> Row:
        """The row of this identity or of this id; RowNotFound."""
        if (identity is None) == (id is None):
            raise ValueError("give an identity or an id")
        if identity is not None:
            row = self.find([identity]).get(identity)
        else:
            row = self._read(partial(_by_id, row_id=id))
        if row is None:
            raise RowNotFound
        return row

    def history(self, result_id: int) -> list[HistoryLine]:
        """The lines of history of the row with this id, oldest first."""
        return self._read(partial(_history, result_id=result_id))

    def save(self, readings: Sequence[NewReading]) -> list[Row | StoreError]:
        """Store readings; for each, in order, the row that stands in the table after COMMIT.

        The first committed row of an identity wins and is everybody's answer, unless a reading
        asks for refresh. A reading that cannot be stored is a RowRejected in its place and does
        not touch its neighbours; StoreUnavailable stands in every place that was not stored.
        """
        now = datetime.now(UTC)
        by_key: dict[bytes, NewReading] = {}
        for reading in readings:
            key = _key(reading.identity)
            if key is not None and (key not in by_key or reading.refresh):
                by_key[key] = reading
        stored: dict[bytes, Row | StoreError] = {}
        # Every writer takes the rows in the order of their keys: no two wait for each other.
        for keys in _chunks(sorted(by_key)):
            stored |= self._save_sorted({key: by_key[key] for key in keys}, now)
        return [
            RowRejected() if (key := _key(reading.identity)) is None else stored[key]
            for reading in readings
        ]

    def correct(
        self,
        identity: str,
        fund_code: str,
        hold_share: str,
        row_version: int | None = None,
        actor: str = "",
        note: str = "",
    ) -> Row:
        """Set a person's values on a row; the row as it is then.

        row_version: what the person looked at; RowConflict, with the present row, when it has
        changed since. None: whatever it is now. Values that the row already has from a person
        are no second correction. RowNotFound; RowRejected for a code that is not six digits or
        a share with more digits than DECIMAL(20,4) has.
        """
        if typed.fund_code(fund_code) is None or typed.hold_share(hold_share) is None:
            raise RowRejected
        key = _key(identity)
        if key is None:
            raise RowNotFound
        now = datetime.now(UTC)

        def work(connection: Connection) -> Row:
            row = rows_by_key(connection, [key], lock=True).get(key)
            if row is None:
                raise RowNotFound
            if row.corrected and (row.update_fund_code, row.update_hold_share) == (
                fund_code,
                hold_share,
            ):
                return row
            if row_version is not None and row_version != row.row_version:
                raise RowConflict(row)
            return write_correction(
                connection, row, fund_code, hold_share, now, actor=actor, note=note
            )

        return self._write(work)

    def _save_sorted(
        self, readings: dict[bytes, NewReading], now: datetime
    ) -> dict[bytes, Row | StoreError]:
        try:
            rows = self._write(
                lambda connection: write_batch(connection, list(readings.values()), now)
            )
        except StoreUnavailable as error:
            return dict.fromkeys(readings, error)
        except RowRejected as error:
            if len(readings) == 1:
                return dict.fromkeys(readings, error)
        else:
            return dict(rows)
        alone: dict[bytes, Row | StoreError] = {}
        for key, reading in readings.items():
            alone |= self._save_sorted({key: reading}, now)
        return alone

    def _read(self, work: Callable[[Connection], T]) -> T:
        return _in_transaction(self._reader, work)

    def _write(self, work: Callable[[Connection], T]) -> T:
        return _in_transaction(self._writer, work)


def _in_transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run work and COMMIT; again, a few times, where the fault is one that may pass.

    work may run although an earlier run was committed: the connection can be lost between.
    """
    begun = time.monotonic()
    for pause in (*RETRY_PAUSES_S, None):
        try:
            with engine.begin() as connection:
                return work(connection)
        except DATABASE_FAULTS as error:
            fault = judge(error)
            late = time.monotonic() - begun > RETRY_WITHIN_S
            if not fault.again or late or pause is None:
                raise fault.error from error
            time.sleep(pause)
    raise AssertionError("the last pause is None")


def _best_by_picture(connection: Connection, image_sha256s: Sequence[bytes]) -> dict[bytes, Row]:
    corrected = ocr_result.c.review_state == ReviewState.CORRECTED
    rank = func.row_number().over(
        partition_by=ocr_result.c.image_sha256,
        order_by=(
            case((corrected, 0), else_=1),
            case((corrected, ocr_result.c.updated_at)).desc(),
            ocr_result.c.flag.desc(),
            ocr_result.c.id.desc(),
        ),
    )
    ranked = (
        select(ocr_result.c.id, rank.label("place"))
        .where(ocr_result.c.image_sha256.in_(image_sha256s))
        .subquery()
    )
    query = select(ocr_result).join(ranked, ranked.c.id == ocr_result.c.id)
    found = connection.execute(query.where(ranked.c.place == 1))
    rows = (to_row(one) for one in found.mappings())
    return {row.image_sha256: row for row in rows if row.image_sha256 is not None}


def _by_id(connection: Connection, row_id: int | None) -> Row | None:
    query = select(ocr_result).where(ocr_result.c.id == row_id)
    found = connection.execute(query).mappings().first()
    return None if found is None else to_row(found)


def _history(connection: Connection, result_id: int) -> list[HistoryLine]:
    query = select(ocr_history).where(ocr_history.c.result_id == result_id)
    found = connection.execute(query.order_by(ocr_history.c.id)).mappings()
    return [HistoryLine(**line) for line in found]


def _key(identity: str) -> bytes | None:
    """None for a text that has no UTF-8 form: such an identity is never in the table."""
    try:
        return identity_key(identity)
    except UnicodeEncodeError:
        return None


def _chunks(keys: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
