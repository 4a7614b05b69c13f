"""Numbers to look at, on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.engine import open_engine
from db.rows import Dismissal
from db.statistics import Accuracy, Numbers
from db.store import Store
from tests.db.sample_readings import as_row, reading, refused
from tests.db.test_queue import made_at, save

pytest_plugins = ["tests.db.store_fixtures"]


CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def numbers(database_url: str) -> Iterator[Numbers]:
    engine = open_engine(database_url)
    yield Numbers(engine)
    engine.dispose()


def test_a_day_is_what_came_in_on_it_and_what_became_of_it(
    store: Store, numbers: Numbers, database_url: str
) -> None:
    rows = save(
        store,
        *(reading("a"), reading("b"), refused("c"), refused("d")),
        *(refused("e", reason="MANY_CODES"), reading("next day")),
    )
    late, early = datetime(2026, 3, 5, 15, 59, 59, tzinfo=UTC), datetime(2026, 3, 4, 16, tzinfo=UTC)
    for row in rows[:5]:
        made_at(database_url, row, late if row.id % 2 else early)
    made_at(database_url, rows[5], datetime(2026, 3, 5, 16, tzinfo=UTC))
    store.confirm(rows[0].id, row_version=1, actor="")
    store.correct("c", "000001", "1")
    store.dismiss(rows[3].id, row_version=1, actor="", reason=Dismissal.OTHER)

    before, day, after = numbers.per_day(date(2026, 3, 4), date(2026, 3, 6), CHINA)
    assert (before.day, before.answered, before.refused) == (date(2026, 3, 4), 0, {})
    assert (day.answered, day.refused) == (2, {"MANY_CODES": 1, "NO_CODE": 2})
    assert (day.confirmed, day.corrected, day.dismissed) == (1, 1, 1)
    assert (after.answered, after.confirmed) == (1, 0)


def test_a_day_begins_where_it_is_asked_for(
    store: Store, numbers: Numbers, database_url: str
) -> None:
    (row,) = save(store, reading("a"))
    made_at(database_url, row, datetime(2026, 3, 5, 20, tzinfo=UTC))
    day = date(2026, 3, 5)

    assert numbers.per_day(day, day, CHINA)[0].answered == 0
    assert numbers.per_day(day, day, UTC)[0].answered == 1


def test_accuracy_holds_each_versions_readings_against_what_people_said(
    store: Store, numbers: Numbers
) -> None:
    old, new = {"model_version": "old@1"}, {"model_version": "new@1"}
    confirmed, spelled, wrong, missed, nothing, claimed, other, _ = save(
        store,
        reading("confirmed", **new),
        reading("spelled", ocr_hold_share="5.5", **new),
        reading("wrong", **new),
        refused("missed", **new),
        refused("nothing to read", **new),
        reading("no fund at all", **old),
        reading("other", **old),
        reading("nobody looked", **old),
    )
    store.confirm(confirmed.id, row_version=1, actor="")
    store.correct("spelled", spelled.ocr_fund_code, "5.50")
    store.correct("wrong", wrong.ocr_fund_code, "7")
    store.correct("missed", "000001", "7")
    store.dismiss(nothing.id, row_version=1, actor="", reason=Dismissal.UNREADABLE)
    store.dismiss(claimed.id, row_version=1, actor="", reason=Dismissal.NOT_A_FUND)
    store.dismiss(other.id, row_version=1, actor="", reason=Dismissal.OTHER)

    assert missed.flag is False
    assert numbers.accuracy() == [
        Accuracy(model_version="new@1", rules_version="seed@1", right=3, wrong=1, missed=1),
        Accuracy(model_version="old@1", rules_version="seed@1", right=0, wrong=1, missed=0),
    ]
    assert [found.judged for found in numbers.accuracy()] == [5, 1]
    assert numbers.accuracy(since=datetime.now(UTC) + timedelta(days=1)) == []
    assert numbers.accuracy(until=datetime.now(UTC) - timedelta(days=1)) == []


def test_what_is_taken_back_is_counted_no_more(store: Store, numbers: Numbers) -> None:
    (row,) = save(store, reading("a"))
    store.correct("a", "000001", "7")
    store.undo(row.id, row_version=2, actor="")

    assert numbers.accuracy() == []


def test_a_new_reading_is_judged_by_what_was_said_before_it(store: Store, numbers: Numbers) -> None:
    save(store, refused("a", model_version="old@1"))
    store.correct("a", "011608", "1234.56")
    as_row(store.save([reading("a", refresh=True, model_version="new@1")])[0])

    (found,) = numbers.accuracy()
    assert (found.model_version, found.right, found.missed) == ("new@1", 1, 0)
