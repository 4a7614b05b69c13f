"""What a batch answers where the database, a picture or somebody else is in its way."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from db.errors import StoreUnavailable
from db.rows import NewReading, Row
from db.store import Store
from evals.testbed.picture_host import Conversation, whole
from pipeline.batch import Pipeline
from pipeline.errors import RowChanged
from pipeline.timings import Stage
from tests.db.sample_readings import as_row, reading
from tests.pipeline.batches import (
    CROWDED,
    UNSTORABLE,
    Batches,
    batches,
    picture,
    stored,
    told,
)

NO_TABLES = "The database has no tables of this version; run `fundocr db upgrade`."


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Batches]:
    with batches(tmp_path) as opened:
        yield opened


def test_without_a_database_only_dry_runs_are_fetched_and_answered(
    shop: Batches, caplog: pytest.LogCaptureFixture
) -> None:
    shop.lose_tables()
    answers = shop.run(
        shop.link("/1.png"), shop.link("/2.png", dry_run=True), shop.link("/3.png", refresh=True)
    )
    assert told(answers) == ["DATABASE_UNAVAILABLE", "dry_run", "DATABASE_UNAVAILABLE"]
    assert "an operator makes them with `fundocr db upgrade`" in str(answers[0])
    assert [asked.path for asked in shop.host.requests] == ["/2.png"]
    assert shop.meters.take().database_errors == {Stage.LOOK_UP: 1}
    assert [record.getMessage() for record in caplog.records] == [
        f"rows were not looked up: {NO_TABLES}"
    ]


def test_a_database_lost_while_pictures_are_fetched_refuses_those_that_may_be_known(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def loses_tables(conversation: Conversation) -> None:
        shop.lose_tables()
        whole(picture(1))(conversation)

    with batches(tmp_path, {"/late.png": loses_tables}) as shop:
        answers = shop.run(shop.link("/late.png"), shop.link("/2.png", dry_run=True))
        assert told(answers) == ["DATABASE_UNAVAILABLE", "dry_run"]
        assert shop.meters.take().database_errors == {Stage.LOOK_UP: 1}
        assert [record.getMessage() for record in caplog.records] == [
            f"pictures were not looked up: {NO_TABLES}"
        ]
        assert shop.budget._taken == 0


@pytest.mark.parametrize("together", [True, False])
def test_a_database_lost_while_pictures_are_read_stores_none_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, together: bool
) -> None:
    read = Event()

    def waits_until_others_are_read(conversation: Conversation) -> None:
        assert together or read.wait(timeout=60)
        whole(picture(1))(conversation)

    with batches(tmp_path, {"/late.png": waits_until_others_are_read}) as shop:
        shop.run(shop.link("/9.png"))
        shop.meters.take()

        def lose_tables() -> None:
            shop.lose_tables()
            read.set()

        shop.reader.before = lose_tables
        answers = shop.run(
            shop.link("/1.png", refresh=True),
            shop.link("/9.png"),
            shop.link("/late.png", refresh=True),
            shop.link("/2.png", dry_run=True),
        )
        assert told(answers) == [
            "DATABASE_UNAVAILABLE",
            "stored",
            "DATABASE_UNAVAILABLE",
            "dry_run",
        ]
        assert shop.meters.take().database_errors == {Stage.SAVE: 1}
        assert [record.getMessage() for record in caplog.records] == [
            f"2 readings were not stored: {NO_TABLES}"
        ]


def test_one_reading_that_is_not_stored_is_told_too(
    shop: Batches, caplog: pytest.LogCaptureFixture
) -> None:
    def lose_once() -> None:
        shop.lose_tables()
        shop.reader.before = lambda: None

    shop.reader.before = lose_once
    assert told(shop.run(shop.link("/1.png", refresh=True))) == ["DATABASE_UNAVAILABLE"]
    assert caplog.records[0].levelno == logging.WARNING
    assert caplog.records[0].getMessage().startswith("1 readings were not stored: ")


class Refusing(Store):
    """A store that takes nothing at all."""

    def save(self, readings: Sequence[NewReading]) -> list[Row | StoreUnavailable]:  # type: ignore[override]
        raise StoreUnavailable


def test_a_store_that_refuses_a_whole_batch_refuses_each_of_it(shop: Batches) -> None:
    old = shop.pipeline
    refusing = Pipeline(
        fetcher=old._arrivals._fetcher,
        decode=old._arrivals._decode,
        budget=shop.budget,
        extractor=old._extractor,
        store=Refusing(shop.store._reader),
        meters=shop.meters,
    )
    answers = refusing.run([shop.link("/1.png"), shop.link("/2.png")])
    refusing.close()
    assert told(answers) == ["DATABASE_UNAVAILABLE"] * 2
    assert shop.meters.take().database_errors == {Stage.SAVE: 1}


def test_a_reading_that_no_database_can_hold_fails_alone_and_is_not_counted(
    shop: Batches,
) -> None:
    answers = shop.run(shop.link(f"/{UNSTORABLE}.png"), shop.link("/1.png"))
    assert told(answers) == ["INTERNAL_ERROR", "ocr"]
    assert shop.meters.take().database_errors == {}


def test_pictures_that_cannot_be_fetched_decoded_or_read_fail_alone(shop: Batches) -> None:
    names = ["/none.png", "/1.png", f"/{CROWDED}.png", "/2.png"]
    answers = shop.run(*[shop.link(name) for name in names])
    assert told(answers) == ["FETCH_FAILED", "ocr", "TOO_MANY_PIXELS", "ocr"]
    shares = [stored(answers[n]).row.ocr_hold_share for n in (1, 3)]
    assert shares == ["1.50", "2.50"]
    assert shop.budget._taken == 0


def test_a_row_that_has_changed_is_shown_as_it_is(shop: Batches) -> None:
    (answer,) = shop.run(shop.link("/1.png"))
    row = stored(answer).row
    shop.store.correct(row.image_url, "000001", "7", actor="李四")
    (changed,) = shop.run(shop.link("/1.png", refresh=True, row_version=1))
    assert isinstance(changed, RowChanged)
    assert changed.detail == {
        "present": {
            "id": row.id,
            "row_version": 2,
            "fund_code": "000001",
            "hold_share": "7",
            "review_state": "corrected",
        }
    }


def test_a_row_that_is_gone_is_unknown(shop: Batches) -> None:
    assert told(shop.run(shop.link("/1.png", refresh=True, row_version=1))) == ["UNKNOWN_IMAGE"]


def test_where_somebody_else_stored_the_link_first_theirs_is_the_answer(shop: Batches) -> None:
    theirs: list[Row] = []

    def somebody_else() -> None:
        theirs.append(as_row(shop.store.save([reading(shop.url("/1.png"))])[0]))

    shop.reader.before = somebody_else
    (answer,) = shop.run(shop.link("/1.png"))
    assert stored(answer).source == "stored"
    assert stored(answer).row == theirs[0]
    assert not stored(answer).is_copy


def test_where_somebody_else_read_the_same_it_is_our_reading(shop: Batches) -> None:
    (answer,) = shop.run(shop.link("/1.png"))
    ours = stored(answer).row
    shop.store.forget(ours.image_url)
    same = replace(reading(ours.image_url), evidence=ours.evidence)
    shop.reader.before = lambda: shop.store.save([same])
    assert told(shop.run(shop.link("/1.png"))) == ["ocr"]
