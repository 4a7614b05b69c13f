"""Who has which card open, whichever front door tells it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from db.engine import for_writing, open_engine
from db.presence import FORGOTTEN, MOST, Presence
from db.tables import open_card
from tests.db.sample_readings import all_at_once, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def doors(database_url: str) -> Iterator[tuple[Presence, Presence]]:
    """Of two front doors of one database."""
    engines = [open_engine(database_url) for _ in range(2)]
    yield Presence(engines[0]), Presence(engines[1])
    for engine in engines:
        engine.dispose()


def test_other_windows_of_a_row_are_named_until_they_are_silent(
    doors: tuple[Presence, Presence],
) -> None:
    one, other = doors
    assert one.beat(1, "a", "李四", NOON) == []
    assert other.beat(1, "b", "王五", after(1)) == ["李四"]
    assert one.beat(1, "c", "王五", after(2)) == ["李四", "王五"]
    assert other.beat(1, "a", "李四", after(20)) == ["王五"]
    assert one.beat(1, "a", "李四", after(2.5) + FORGOTTEN) == []


def test_a_window_shows_one_row_and_may_leave(doors: tuple[Presence, Presence]) -> None:
    one, other = doors
    one.beat(1, "a", "李四", NOON)
    other.beat(2, "a", "李四", after(1))
    assert one.beat(1, "b", "王五", after(2)) == []
    assert other.beat(2, "b", "王五", after(3)) == ["李四"]
    one.leave("a")
    assert other.beat(2, "b", "王五", after(4)) == []


def test_rows_that_others_show_or_go_to_next_are_taken(doors: tuple[Presence, Presence]) -> None:
    one, other = doors
    one.beat(1, "a", "李四", NOON)
    one.keep(2, "a")
    one.keep(3, "nobody")
    assert other.taken("b", after(1)) == {1, 2}
    assert other.taken("a", after(1)) == set()
    assert other.taken("b", after(1) + FORGOTTEN) == set()
    one.beat(5, "a", "李四", after(2))
    assert other.taken("b", after(3)) == {5}, "what it kept was for the row before"


def test_nobody_fills_the_table_with_invented_windows(
    doors: tuple[Presence, Presence], database_url: str
) -> None:
    engine = open_engine(database_url)
    known = {"row_id": 1, "name": "李四", "seen_at": NOON}
    with for_writing(engine).begin() as connection:
        there = [{"window_sha256": n.to_bytes(32, "big"), **known} for n in range(MOST - 3)]
        connection.execute(insert(open_card), there)
    engine.dispose()
    for number in range(6):
        doors[0].beat(1, f"window {number}", "李四", NOON)
    assert rows_of(database_url, "SELECT COUNT(*) FROM open_card") == [(MOST,)]
    assert doors[0].beat(1, "one more", "王五", after(1)) == ["李四"], "told, though not remembered"
    doors[1].beat(1, "later", "王五", after(1) + FORGOTTEN)
    assert rows_of(database_url, "SELECT COUNT(*) FROM open_card") == [(1,)]


def test_16_beats_of_a_new_window_at_once_are_one_window(
    doors: tuple[Presence, Presence], database_url: str
) -> None:
    all_at_once(lambda n: doors[n % 2].beat(1, "a", "李四"), 16)
    assert rows_of(database_url, "SELECT COUNT(*) FROM open_card") == [(1,)]


def test_a_window_may_call_itself_anything(doors: tuple[Presence, Presence]) -> None:
    one, other = doors
    one.beat(1, "A", "李四", NOON)
    for name in ("a", "A ", "Ａ", "😀", "\ud800", "' OR 1=1"):
        assert other.beat(1, name, "李四", after(1)) == ["李四"]
    assert other.taken("A", after(1)) == {1}
