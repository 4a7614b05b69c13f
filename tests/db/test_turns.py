"""Whose items are next, and how many a caller may have open."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.batch_rows import Batch, BatchItem
from db.batches import Batches
from db.engine import open_engine
from db.errors import TooManyOpen
from db.tables import ocr_batch, ocr_batch_item
from tests.db.migrated import sqlite_with_tables
from tests.db.sample_readings import all_at_once, rows_of

pytest_plugins = ["tests.db.store_fixtures"]


@pytest.fixture
def batches(database_url: str) -> Iterator[Batches]:
    engine = open_engine(database_url)
    yield Batches(engine, most_open=50)
    engine.dispose()


def links(count: int) -> list[tuple[str, str]]:
    return [(f"https://pictures.example.com/{n}.png", "oss") for n in range(count)]


def given(batches: Batches, batch_id: str) -> Batch:
    batch = batches.get(batch_id)
    assert batch is not None
    return batch


def actors(batches: Batches, items: Sequence[BatchItem]) -> list[str]:
    return [given(batches, item.batch_id).actor for item in items]


def test_callers_are_served_in_turn(batches: Batches) -> None:
    for actor, count in (("one", 3), ("two", 2), ("one", 2), ("three", 1)):
        batches.create(links(count), actor)
    claimed = [item for _ in range(8) for item in batches.claim(1)]

    assert actors(batches, claimed) == [
        *("one", "two", "three"),
        *("one", "two"),
        *("one", "one", "one"),
    ]
    ones = [item for item in claimed if given(batches, item.batch_id).actor == "one"]
    assert ones == sorted(ones, key=lambda item: (item.batch_id, item.position)), "oldest first"
    assert batches.claim(1) == []


def test_room_for_several_is_shared_out(batches: Batches) -> None:
    for actor, count in (("many", 20), ("single", 1), ("few", 3)):
        batches.create(links(count), actor)

    assert Counter(actors(batches, batches.claim(8))) == {"many": 4, "single": 1, "few": 3}
    assert Counter(actors(batches, batches.claim(8))) == {"many": 8}


def test_with_more_callers_than_room_nobody_is_passed_over(batches: Batches) -> None:
    for number in range(7):
        batches.create(links(2), f"caller {number}")
    claimed = [actors(batches, batches.claim(3)) for _ in range(4)]

    assert sorted(actor for some in claimed[:2] for actor in some) == [
        f"caller {number}" for number in range(6)
    ]
    assert "caller 6" in claimed[2]
    counts = Counter(actor for some in claimed for actor in some)
    assert (len(counts), max(counts.values()) - min(counts.values())) == (7, 1)


def test_an_item_that_is_handed_back_is_its_callers_next(batches: Batches) -> None:
    batches.create(links(2), "one")
    batches.create(links(2), "two")
    first, other = batches.claim(2)
    batches.requeue([first])
    again = batches.claim(1)

    assert [(item.batch_id, item.position) for item in again] == [(first.batch_id, 0)]
    assert actors(batches, [first, other]) == ["one", "two"]


def test_ten_thousand_items_of_one_caller_do_not_keep_another_waiting(tmp_path: Path) -> None:
    """Whoever takes one at a time takes the single item next, or next but one."""
    engine = open_engine(sqlite_with_tables(tmp_path / "fundocr.db"))
    batches = Batches(engine)
    for _ in range(10):
        batches.create(links(1000), "many")
    assert actors(batches, batches.claim(1)) == ["many"]
    for number in range(3):
        batches.create(links(1), "single")
        claimed = [item for _ in range(2) for item in batches.claim(1)]
        assert sorted(actors(batches, claimed)) == ["many", "single"], number
    engine.dispose()


def test_16_claimers_get_each_item_of_several_callers_once(batches: Batches) -> None:
    ids = [batches.create(links(30), f"caller {number}") for number in range(4)]

    def claim_all(_: int) -> list[tuple[str, int]]:
        mine = []
        while items := batches.claim(3):
            mine += [(item.batch_id, item.position) for item in items]
        return mine

    claimed = [place for mine in all_at_once(claim_all, 16) for place in mine]
    # A claimer that finds the rest locked goes home; what it left is there for the next.
    claimed += [(item.batch_id, item.position) for item in batches.claim(1000)]
    assert sorted(claimed) == sorted((id, n) for id in ids for n in range(30))


def test_open_items_of_a_caller_are_bounded(batches: Batches, database_url: str) -> None:
    batches.create(links(40), "me", {0: {"code": "BAD_URL"}})  # of which 39 are to be done
    with pytest.raises(TooManyOpen) as told:
        batches.create(links(12), "me")
    assert (told.value.open, told.value.new, told.value.most) == (39, 12, 50)
    assert rows_of(database_url, "SELECT COUNT(*) FROM ocr_batch") == [(1,)]

    batches.create(links(50), "another")
    batches.create(links(3), "me", {n: {"code": "BAD_URL"} for n in range(3)})
    batches.create(links(11), "me")
    with pytest.raises(TooManyOpen):
        batches.create(links(1), "me")
    one, other, *_ = batches.claim(4)  # those that are running are open too
    with pytest.raises(TooManyOpen):
        batches.create(links(1), "me")
    mine = next(item for item in (one, other) if actors(batches, [item]) == ["me"])
    batches.finish(mine, result_id=17)
    batches.create(links(1), "me")


def test_callers_of_one_name_are_told_apart(batches: Batches) -> None:
    """Who has no key is called anonymous, and counted by his address."""
    full = batches.create(links(50), "anonymous", caller="anonymous@10.0.0.1")
    batches.create(links(50), "anonymous", caller="anonymous@10.0.0.2")
    with pytest.raises(TooManyOpen):
        batches.create(links(1), "anonymous", caller="anonymous@10.0.0.1")
    assert given(batches, full).actor == "anonymous"
    assert {item.batch_id == full for item in batches.claim(2)} == {True, False}


@pytest.mark.parametrize("is_known", [False, True])
def test_of_those_who_come_at_once_no_more_pass_than_may(
    batches: Batches, database_url: str, is_known: bool
) -> None:
    if is_known:
        batches.create([], "me")

    def hand_in(_: int) -> bool:
        try:
            batches.create(links(10), "me")
        except TooManyOpen as error:
            assert error.open == 50
            return False
        return True

    assert sum(all_at_once(hand_in, 12)) == 5
    engine = open_engine(database_url)
    with engine.connect() as connection:
        kept = connection.scalar(select(func.count()).select_from(ocr_batch_item))
        assert kept == 50
        assert connection.scalar(select(func.count()).select_from(ocr_batch)) == 5 + is_known
    engine.dispose()
