"""Batches: each item is worked on by one, and none is lost by a restart."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from db.batch_rows import ItemState
from db.batches import Batches
from db.engine import for_writing, open_engine
from db.tables import ocr_batch_item
from tests.db.sample_readings import all_at_once

pytest_plugins = ["tests.db.store_fixtures"]

LINKS = [(f"https://pictures.example.com/{n}.png", "oss") for n in range(60)]


@pytest.fixture
def batches(database_url: str) -> Iterator[Batches]:
    engine = open_engine(database_url)
    yield Batches(engine)
    engine.dispose()


def test_a_batch_is_its_items_in_order(batches: Batches) -> None:
    links = [("https://a/😀", "oss"), ("https://a/b", "7min_local"), ("https://a/😀", "oss")]
    batch = batches.get(batches.create(links, "小王"))

    assert batch is not None
    assert batch.actor == "小王"
    assert [(item.image_url, item.url_type) for item in batch.items] == links
    assert [item.position for item in batch.items] == [0, 1, 2]
    assert batch.counts == {"queued": 3, "running": 0, "done": 0, "failed": 0}


def test_an_unknown_batch_is_none(batches: Batches) -> None:
    assert batches.get("0" * 32) is None
    assert batches.get("x") is None


def test_an_empty_batch_is_one(batches: Batches) -> None:
    batch = batches.get(batches.create([], "me"))

    assert batch is not None and batch.items == ()


def test_the_oldest_batch_is_worked_off_first_and_in_order(batches: Batches) -> None:
    first, second = (batches.create(LINKS[:3], "me") for _ in range(2))
    claimed = [item for _ in range(3) for item in batches.claim(2)]

    places = [(item.batch_id, item.position) for item in claimed]
    assert places == [*((first, n) for n in range(3)), *((second, n) for n in range(3))]
    assert {item.state for item in claimed} == {ItemState.RUNNING}
    assert batches.claim(2) == []


def test_what_came_of_an_item_stands_in_its_batch(batches: Batches) -> None:
    id = batches.create(LINKS[:3], "me")
    one, two, three = batches.claim(3)
    batches.finish(one, result_id=17)
    batches.finish(two, error={"code": "FETCH_FAILED", "error": "图片下载失败"})
    batches.requeue([three])
    batch = batches.get(id)

    assert batch is not None
    assert batch.counts == {"queued": 1, "running": 0, "done": 1, "failed": 1}
    assert (batch.items[0].result_id, batch.items[0].error) == (17, None)
    assert batch.items[1].error == {"code": "FETCH_FAILED", "error": "图片下载失败"}
    assert batch.items[1].result_id is None
    with pytest.raises(ValueError, match="or an error"):
        batches.finish(three)


def test_16_claimers_get_each_item_once(batches: Batches) -> None:
    ids = [batches.create(LINKS, "me") for _ in range(2)]

    def claim_all(_: int) -> list[tuple[str, int]]:
        mine = []
        while items := batches.claim(3):
            mine += [(item.batch_id, item.position) for item in items]
        return mine

    claimed = [place for mine in all_at_once(claim_all, 16) for place in mine]
    # A claimer that finds the rest locked goes home; what it left is there for the next.
    claimed += [(item.batch_id, item.position) for item in batches.claim(1000)]
    assert sorted(claimed) == sorted((id, n) for id in ids for n in range(60))


def make_silent(database_url: str, batch_id: str, position: int) -> None:
    """As if whoever works on the item had not said so for an hour."""
    engine = open_engine(database_url)
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with for_writing(engine).begin() as connection:
        connection.execute(
            update(ocr_batch_item)
            .where(ocr_batch_item.c.batch_id == batch_id, ocr_batch_item.c.position == position)
            .values(updated_at=hour_ago)
        )
    engine.dispose()


def test_only_what_nobody_speaks_for_is_queued_again(batches: Batches, database_url: str) -> None:
    id = batches.create(LINKS[:3], "me")
    kept, silent, _ = batches.claim(3)
    for item in (kept, silent):
        make_silent(database_url, id, item.position)
    batches.keep([kept])

    assert batches.requeue_left(timedelta(minutes=1)) == 1
    batch = batches.get(id)
    assert batch is not None
    assert [item.state for item in batch.items] == ["running", "queued", "running"]


def test_who_was_taken_for_gone_does_not_queue_or_keep_what_another_has_done(
    batches: Batches,
) -> None:
    id = batches.create(LINKS[:1], "me")
    (mine,) = batches.claim(1)
    batches.finish(mine, result_id=17)
    batches.keep([mine])
    batches.requeue([mine])
    batch = batches.get(id)

    assert batch is not None and batch.counts["done"] == 1


def test_an_answer_is_never_taken_back(batches: Batches) -> None:
    """Two processes worked on one item: the other one could not fetch the picture any more."""
    id = batches.create(LINKS[:2], "me")
    answered, failed = batches.claim(2)
    batches.finish(answered, result_id=17)
    batches.finish(answered, error={"code": "FETCH_FAILED"})
    batches.finish(failed, error={"code": "FETCH_FAILED"})
    batches.finish(failed, result_id=18)
    batch = batches.get(id)

    assert batch is not None and batch.counts["done"] == 2
    assert [item.result_id for item in batch.items] == [17, 18]
    assert [item.error for item in batch.items] == [None, None]


def test_an_error_of_an_item_that_waits_again_is_not_its_end(batches: Batches) -> None:
    id = batches.create(LINKS[:1], "me")
    (mine,) = batches.claim(1)
    batches.requeue([mine])
    batches.finish(mine, error={"code": "FETCH_FAILED"})
    batch = batches.get(id)

    assert batch is not None and batch.counts["queued"] == 1


def test_what_was_running_when_its_process_ended_is_queued_again(
    batches: Batches, database_url: str
) -> None:
    id = batches.create(LINKS[:4], "me")
    done, *lost = batches.claim(3)
    batches.finish(done, result_id=1)

    engine = open_engine(database_url)
    restarted = Batches(engine)
    assert restarted.requeue_left(timedelta(0)) == 2
    batch = restarted.get(id)
    assert batch is not None and batch.counts["queued"] == 3
    again = restarted.claim(10)
    assert [item.position for item in again] == [*(item.position for item in lost), 3]
    engine.dispose()
