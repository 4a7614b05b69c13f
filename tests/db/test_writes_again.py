"""New readings of known rows: each is one version and one line, also where a try is repeated."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from db.engine import for_writing, open_engine
from db.errors import RowConflict
from db.replace import Replacement, replace_readings
from db.rows import NewReading, Row, identity_key
from db.store import Store
from db.writes import write_batch
from tests.db.sample_readings import as_row, reading, refused, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

URL = "https://pictures.example.com/a.png"
THEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield for_writing(opened)
    opened.dispose()


def write(engine: Engine, now: datetime, *readings: NewReading) -> list[object]:
    """One try, committed; what stands for each reading."""
    with engine.begin() as connection:
        by_key = sorted(readings, key=lambda one: identity_key(one.identity))
        written = write_batch(connection, by_key, now)
    return [written[identity_key(one.identity)] for one in readings]


def lines(engine: Engine, row: Row) -> list[str]:
    return [line.action for line in Store(engine).history(row.id)]


def again(share: str = "2", version: int | None = None, identity: str = URL) -> NewReading:
    return reading(identity, ocr_hold_share=share, refresh=True, row_version=version)


@pytest.mark.parametrize("version", [None, 1])
def test_a_try_that_is_repeated_after_its_commit_changes_nothing_more(
    engine: Engine, version: int | None
) -> None:
    write(engine, THEN, reading())
    now = THEN + timedelta(seconds=1)
    (first,) = write(engine, now, again(version=version))
    (second,) = write(engine, now, again(version=version))
    assert first == second
    assert as_row(first).row_version == 2
    assert as_row(first).updated_at == now
    assert lines(engine, as_row(first)) == ["reread"]


def test_the_same_reading_at_another_time_is_another_one(engine: Engine) -> None:
    write(engine, THEN, reading())
    write(engine, THEN + timedelta(seconds=1), again(version=1))
    (late,) = write(engine, THEN + timedelta(seconds=2), again(version=1))
    assert isinstance(late, RowConflict)
    (row,) = write(engine, THEN + timedelta(seconds=2), again())
    assert as_row(row).row_version == 3
    assert lines(engine, as_row(row)) == ["reread", "reread"]


def test_another_row_that_was_replaced_at_the_same_time_is_another_one(engine: Engine) -> None:
    write(engine, THEN, reading(), reading("other"))
    now = THEN + timedelta(seconds=1)
    write(engine, now, again(identity="other"))
    (row,) = write(engine, now, again())
    assert (as_row(row).row_version, as_row(row).ocr_hold_share) == (2, "2")
    write(engine, THEN, reading("third"))
    (told,) = write(engine, now, again(identity="third", version=7))
    assert isinstance(told, RowConflict)


def test_another_thing_that_was_done_at_the_same_time_is_another_one(engine: Engine) -> None:
    (source,) = write(engine, THEN, reading())
    copy = NewReading.copy_of(as_row(source), identity="copy", url_type="oss")
    write(engine, THEN, copy)
    (row,) = write(engine, THEN, again(identity="copy"))
    assert as_row(row).row_version == 2
    assert lines(engine, as_row(row)) == ["copied", "reread"]


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (2, 1, 2)])
def test_of_two_that_looked_at_other_versions_only_the_later_is_taken(
    store: Store, order: tuple[int, ...]
) -> None:
    store.save([reading(URL)])
    store.save([again()])
    told = store.save([again(str(version), version) for version in order])
    row = store.find([URL])[URL]
    assert (row.row_version, row.ocr_hold_share) == (3, "2")
    for version, one in zip(order, told, strict=True):
        assert one == row if version == 2 else isinstance(one, RowConflict)


def test_what_a_new_reading_leaves_is_told_by_its_line(store: Store, database_url: str) -> None:
    old = store.confirm(
        as_row(store.save([reading(URL, ocr_hold_share="1")])[0]).id, row_version=1, actor="李四"
    )
    new = as_row(store.save([refused(URL, refresh=True, request_id="r")])[0])
    # A confirmed answer that the new reading does not give again stands as a correction.
    assert (new.review_state, new.answer_hold_share, new.flag) == ("corrected", "1", False)
    assert (new.row_version, new.request_id) == (3, "r")
    columns = rows_of(database_url, "SELECT judged, queue_rank FROM ocr_result")
    assert columns == [("missed", 42)]
    line = store.history(new.id)[-1]
    assert (line.action, line.actor, line.note) == ("reread", "", "")
    assert line.before == old.snapshot() | {"evidence": old.evidence}
    assert line.after == new.snapshot()


def test_a_sure_reading_that_people_contradict_is_judged_wrong_and_its_line_says_whose_it_is(
    store: Store, database_url: str
) -> None:
    row = as_row(store.save([reading(URL)])[0])
    store.correct(URL, "000001", "7", actor="李四")
    given = [Replacement(row_version=2, reading=reading(URL, ocr_hold_share="2"))]
    assert replace_readings(store._reader, given, actor="replay", note="layout@9") == {URL}
    assert rows_of(database_url, "SELECT judged, ocr_hold_share FROM ocr_result") == [
        ("wrong", "2")
    ]
    line = store.history(row.id)[-1]
    assert (line.action, line.actor, line.note) == ("reread", "replay", "layout@9")


def test_each_reading_of_a_batch_is_done_whatever_stands_before_it(store: Store) -> None:
    urls = [f"{URL}?{number}" for number in range(20)]
    store.save([reading(url, ocr_hold_share="1") for url in urls])
    given = [
        reading(url, ocr_hold_share="2", refresh=number % 2 == 0) for number, url in enumerate(urls)
    ]
    rows = [as_row(row) for row in store.save(given)]
    assert [row.image_url for row in rows] == urls
    assert [(row.ocr_hold_share, row.row_version) for row in rows] == [("2", 2), ("1", 1)] * 10
    assert list(store.find(urls).values()) == rows


def test_a_batch_of_which_nothing_is_left_to_write_says_so(store: Store) -> None:
    row = as_row(store.save([reading(URL)])[0])
    store.correct(URL, "000001", "7")
    told = store.save([again(version=1), again(version=1, identity="unknown")])
    assert [type(one).__name__ for one in told] == ["RowConflict", "RowNotFound"]
    assert isinstance(told[0], RowConflict)
    assert told[0].present == store.get(id=row.id)


def test_only_who_changes_rows_that_he_looked_at_locks_them(mariadb_store: Store) -> None:
    row = as_row(mariadb_store.save([reading(URL)])[0])
    said: list[str] = []
    event.listen(
        mariadb_store._reader,
        "before_cursor_execute",
        lambda connection, cursor, statement, *_: said.append(statement),
    )
    mariadb_store.find([URL])
    mariadb_store.get(id=row.id)
    mariadb_store.get_many([row.id])
    mariadb_store.save([reading(URL), again()])
    assert said and not any("FOR UPDATE" in one for one in said)
    said.clear()
    mariadb_store.save([again(version=2)])
    assert "FOR UPDATE" in said[0]
    said.clear()
    mariadb_store.confirm(row.id, row_version=3, actor="李四")
    assert "FOR UPDATE" in said[0]
