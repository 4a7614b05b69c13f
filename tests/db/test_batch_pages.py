"""A batch by pages, with what the table says of its items, and no more than the answers need."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from db.batches import Batches
from db.engine import open_engine
from db.rows import Row
from db.store import Store
from pipeline.response import row_body
from tests.db.sample_readings import as_row, reading
from tests.db.test_lookup import ANSWER

pytest_plugins = ["tests.db.store_fixtures"]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def link(number: int) -> str:
    return f"https://pictures.example.com/{number}.png"


def read(store: Store, count: int) -> list[Row]:
    evidence = {"lines": [{"text": "张三"}], "answer": ANSWER}
    readings = [reading(link(n), image_sha256=None, evidence=evidence) for n in range(count)]
    return [as_row(row) for row in store.save(readings)]


def done(batches: Batches, rows: list[Row]) -> str:
    """A batch of as many items, each with its row."""
    id = batches.create([(row.image_url, "oss") for row in rows], "me")
    for item, row in zip(batches.claim(len(rows)), rows, strict=True):
        batches.finish(item, result_id=row.id)
    return id


def body(row: Any) -> dict[str, Any]:
    return row_body(row, source="stored", request_id="x", elapsed_ms=0)


def test_pages_are_the_whole_batch(engine: Engine, store: Store) -> None:
    batches = Batches(engine)
    id = done(batches, read(store, 7))
    whole = batches.get(id)
    assert whole is not None and (len(whole.items), whole.next) == (7, None)
    items, after = [], -1
    for expected in ([0, 1, 2], [3, 4, 5], [6]):
        page = batches.get(id, after=after, limit=3)
        assert page is not None and [item.position for item in page.items] == expected
        assert [*page.rows] == expected
        assert page.counts == {"queued": 0, "running": 0, "done": 7, "failed": 0}
        items += page.items
        assert page.next == (expected[-1] if expected != [6] else None)
        after = expected[-1]
    assert items == [*whole.items]
    exact, beyond = batches.get(id, after=3, limit=3), batches.get(id, after=6)
    assert exact is not None and exact.next is None
    assert beyond is not None and (beyond.items, beyond.next) == ((), None)


def test_each_item_has_what_the_table_says_of_it_now(engine: Engine, store: Store) -> None:
    batches = Batches(engine)
    rows = read(store, 4)
    id = done(batches, rows[:3])
    store.correct(link(1), "000001", "12.5")
    store.forget(link(2))
    waiting = batches.create([(link(3), "oss"), ("https://unknown", "oss")], "me")

    batch = batches.get(id)
    assert batch is not None
    told = {position: body(row) for position, row in batch.rows.items()}
    assert told == {n: body(store.get(identity=link(n))) for n in (0, 1)}
    assert told[0]["detail"]["fund_code"] == ANSWER["fund_code"]
    assert told[1]["data"] == {"fund_code": "000001", "hold_share": "12.5"}
    assert [item.position for item in batch.items] == [0, 1], "a forgotten link's item is gone"
    not_done = batches.get(waiting)
    assert not_done is not None and (len(not_done.items), not_done.rows) == (2, {})


def test_no_evidence_is_read(engine: Engine, store: Store) -> None:
    """But for what the database takes out of it."""
    batches = Batches(engine)
    id = done(batches, read(store, 2))
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    batch = batches.get(id)
    event.remove(engine, "before_cursor_execute", note)

    assert batch is not None and batch.rows[0].answer == ANSWER
    left = [
        re.sub(r"json_(extract|valid)\(ocr_result\.evidence\b", "", one, flags=re.IGNORECASE)
        for one in statements
    ]
    assert [one for one in left if "evidence" in one] == []
    assert [one for one in statements if "json_extract" in one.lower()] != []
