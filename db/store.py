"""The store: known rows by identity or picture, new readings, corrections, their history."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import zip_longest
from typing import TypeVar

from sqlalchemy import Connection, Engine, select

from db import column_types, forget, history, review
from db.engine import for_writing
from db.errors import RowNotFound, RowRejected, StoreError, StoreUnavailable
from db.reads import best_by_picture, known_rows, row_by_id, rows_by_id, rows_by_key
from db.rows import Dismissal, HistoryLine, NewReading, Row, identity_key
from db.tables import ocr_result
from db.transactions import in_transaction, without_transaction
from db.writes import write_batch

T = TypeVar("T")

# Rows of one statement: well below SQLite's 32,766 parameters and MySQL's 16 MB packet.
BATCH = 500


class Store:
    """Rows of one database. Threads of one process may share it; each call is a transaction of
    its own and returns after its COMMIT.

    Every method raises StoreUnavailable where the database does not answer, or has no tables.
    """

    def __init__(self, engine: Engine, *, reader: Engine | None = None) -> None:
        """reader: of the same database, for autocommit, where one thread alone looks up what is
        known: a lookup is one round trip then."""
        self._reader = engine
        self._writer = for_writing(engine)
        self._look_up = self._read if reader is None else partial(without_transaction, reader)

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

    def find_known(
        self, identities: Sequence[str], image_sha256s: Sequence[bytes]
    ) -> tuple[dict[str, Row], dict[bytes, Row]]:
        """What `find` and what `find_same_picture` find, in one statement for each BATCH."""
        keys = {identity: key for identity in identities if (key := _key(identity)) is not None}
        of_keys: dict[bytes, Row] = {}
        of_pictures: dict[bytes, Row] = {}
        chunks = zip_longest(
            _chunks(sorted(set(keys.values()))), _chunks(sorted(set(image_sha256s))), fillvalue=()
        )
        for some_keys, some_pictures in chunks:
            by_key, by_picture = self._look_up(
                partial(known_rows, keys=some_keys, image_sha256s=some_pictures)
            )
            of_keys |= by_key
            of_pictures |= by_picture
        known = {identity: of_keys[key] for identity, key in keys.items() if key in of_keys}
        return known, of_pictures

    def find_same_picture(self, image_sha256s: Sequence[bytes]) -> dict[bytes, Row]:
        """For each known picture the row to copy from: the corrected one that changed last, else
        the one that a person judged last, else the newest with an answer, else the newest.
        """
        rows: dict[bytes, Row] = {}
        for some in _chunks(sorted(set(image_sha256s))):
            rows |= self._read(partial(best_by_picture, image_sha256s=some))
        return rows

    def get(self, *, identity: str | None = None, id: int | None = None) -> Row:
        """The row of this identity or of this id; RowNotFound."""
        if (identity is None) == (id is None):
            raise ValueError("give an identity or an id")
        if identity is not None:
            row = self.find([identity]).get(identity)
        else:
            row = self._read(partial(row_by_id, id=id)) if id is not None else None
        if row is None:
            raise RowNotFound
        return row

    def get_many(self, ids: Sequence[int]) -> dict[int, Row]:
        """The rows with these ids; an id without a row is not in the answer."""
        rows: dict[int, Row] = {}
        for some in _chunks(sorted(set(ids))):
            rows |= self._read(partial(rows_by_id, ids=some))
        return rows

    def history(self, result_id: int) -> list[HistoryLine]:
        """The lines of history of the row with this id, oldest first."""
        return self._read(partial(history.lines, result_id=result_id))

    def save(self, readings: Sequence[NewReading]) -> list[Row | StoreError]:
        """Store readings; for each, in order, the row that stands in the table after COMMIT.

        The first committed row of an identity wins and is everybody's answer, unless a reading
        asks for refresh. A reading that cannot be stored is a RowRejected in its place and does
        not touch its neighbours; StoreUnavailable stands in every place that was not stored. One
        for a row of some version is a RowConflict where the row has changed since, a RowNotFound
        where it is gone.
        """
        now = datetime.now(UTC)
        # Those that may be refused come first, and stand for no other reading of their picture; of
        # these the older version, because a newer one that is taken changes the row.
        groups: dict[int | None, dict[bytes, NewReading]] = {}
        for reading in readings:
            key, by_key = _key(reading.identity), groups.setdefault(reading.row_version, {})
            if key is not None and (key not in by_key or reading.refresh):
                by_key[key] = reading
        stored = {
            version: self._save_all(groups[version], now)
            for version in sorted(groups, key=lambda one: (one is None, one or 0))
        }
        return [
            RowRejected()
            if (key := _key(reading.identity)) is None
            else stored[reading.row_version][key]
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
        are no second correction; with another note they are one, whose note is kept.
        RowNotFound; RowRejected for a code that is not six digits or a share with more digits than
        DECIMAL(20,4) has.
        """
        if column_types.fund_code(fund_code) is None or column_types.hold_share(hold_share) is None:
            raise RowRejected
        key = _key(identity)
        if key is None:
            raise RowNotFound
        return self._write(
            partial(
                review.correct,
                key=key,
                fund_code=fund_code,
                hold_share=hold_share,
                now=datetime.now(UTC),
                row_version=row_version,
                actor=actor,
                note=note,
            )
        )

    def confirm(self, id: int, *, row_version: int, actor: str, note: str = "") -> Row:
        """Say that the answer of the row with this id is right; the row as it is then.

        Here and below: RowNotFound; RowConflict, with the present row, when it has changed since
        row_version; the same thing sent twice by the same actor is one. RowRejected: the row has
        no answer.
        """
        now = datetime.now(UTC)
        return self._write(
            partial(review.confirm, id=id, now=now, row_version=row_version, actor=actor, note=note)
        )

    def dismiss(
        self, id: int, *, row_version: int, actor: str, reason: Dismissal, note: str = ""
    ) -> Row:
        """Say that the row can have no answer, and why; the row as it is then."""
        now = datetime.now(UTC)
        return self._write(
            partial(
                review.dismiss,
                id=id,
                reason=reason,
                now=now,
                row_version=row_version,
                actor=actor,
                note=note,
            )
        )

    def undo(self, id: int, *, row_version: int, actor: str) -> Row:
        """Take back the last thing that a person said of the row and that still stands: one more
        line of history. RowRejected: there is nothing to take back.
        """
        now = datetime.now(UTC)
        return self._write(
            partial(review.undo, id=id, now=now, row_version=row_version, actor=actor)
        )

    def forget(self, identity: str, *, same_picture: bool = False) -> int:
        """Delete the row of this identity with its history and its place in batches; how many
        rows that were (0: there was none).

        same_picture: the rows of the same picture under other links too.
        """
        key = _key(identity)
        if key is None:
            return 0
        return self._write(partial(forget.forget, key=key, same_picture=same_picture))

    def forget_before(self, when: datetime) -> int:
        """Delete all rows that nobody has changed since `when` (aware), and the batches made
        before; how many rows that were.
        """
        total = 0
        while count := self._write(partial(forget.forget_some_before, when=when, limit=BATCH)):
            total += count
        while self._write(partial(forget.forget_batches_before, when=when, limit=BATCH)):
            pass
        return total

    def _save_all(
        self, readings: dict[bytes, NewReading], now: datetime
    ) -> dict[bytes, Row | StoreError]:
        stored: dict[bytes, Row | StoreError] = {}
        # Every writer takes the rows in the order of their keys: no two wait for each other.
        for keys in _chunks(sorted(readings)):
            stored |= self._save_sorted({key: readings[key] for key in keys}, now)
        return stored

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
        return in_transaction(self._reader, work)

    def _write(self, work: Callable[[Connection], T]) -> T:
        return in_transaction(self._writer, work)


def _key(identity: str) -> bytes | None:
    """None for a text that has no UTF-8 form: such an identity is never in the table."""
    try:
        return identity_key(identity)
    except UnicodeEncodeError:
        return None


def _chunks(keys: Sequence[T]) -> list[Sequence[T]]:
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]


# How long rows are kept: FUNDOCR_KEEP_DAYS.


def forget_expired(store: Store, keep_days: int) -> int:
    """Delete the rows that nobody has changed for longer, with their history, and old batches;
    how many rows.

    keep_days: 0 keeps all for ever. StoreError.
    """
    if keep_days == 0:
        return 0
    return store.forget_before(datetime.now(UTC) - timedelta(days=keep_days))
