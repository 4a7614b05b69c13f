"""A batch in one process: real models, a real database, no TorchServe."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from db.engine import open_engine
from db.store import Store
from db.upgrade import upgrade
from evals.testbed.picture_host import PictureHost
from pipeline import loader
from pipeline.answer import Answer, Stored, Unstored
from pipeline.batch import Pipeline
from pipeline.decode.image import Image
from pipeline.errors import ServiceError
from pipeline.extractor import Extracted, Extractor
from pipeline.factory import open_pipeline
from pipeline.fetch.link import Link
from pipeline.parse import recognise_bytes, recognise_link
from pipeline.request import Request
from pipeline.settings import PROJECT, Settings
from tests.conftest import SAMPLES

ROWS = SAMPLES / "alipay_light_rows.png"
LIST = SAMPLES / "tiantian_light_list.png"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pipeline")


@pytest.fixture(scope="module")
def pipeline(home: Path, pictures: PictureHost) -> Iterator[Pipeline]:
    settings = Settings(
        home=home,
        local_hosts=(pictures.authority,),
        local_cidrs=("127.0.0.1/32",),  # type: ignore[arg-type]
    )
    upgrade(settings.resolved_database_url)
    opened = open_pipeline(settings, models=PROJECT / "weights" / "PP-OCRv6_small")
    yield opened
    opened.close()


def told(outcomes: list[Answer | ServiceError]) -> list[str]:
    """What each came to, in one word."""
    return [
        one.code
        if isinstance(one, ServiceError)
        else one.source
        if isinstance(one, Stored)
        else "dry_run"
        for one in outcomes
    ]


def by_link(url: str, **options: bool | int) -> Request:
    body = {"image_url": url, "url_type": "7min_local", **options}
    return recognise_link(json.dumps(body).encode(), "")


def test_without_its_tables_only_dry_runs_are_answered_and_nothing_is_fetched_for_the_rest(
    pipeline: Pipeline, pictures: PictureHost, tmp_path: Path
) -> None:
    before = len(pictures.requests)
    engine = open_engine(f"sqlite:///{tmp_path}/without-tables.db")
    changed = with_parts(pipeline, Noted(pipeline._extractor), store=Store(engine))
    outcomes = changed.run(
        [
            by_link(pictures.url("/alipay_light_rows.png?away")),
            recognise_bytes(LIST.read_bytes(), "", dry_run=True),
            recognise_bytes(ROWS.read_bytes(), "", refresh=True),
            recognise_bytes(b"no picture", ""),
        ]
    )
    assert told(outcomes) == ["DATABASE_UNAVAILABLE", "dry_run", *["DATABASE_UNAVAILABLE"] * 2]
    changed.close()
    assert isinstance(outcomes[1], Unstored) and outcomes[1].extraction.reason == "MANY_CODES"
    assert len(pictures.requests) == before


def test_a_batch_answers_each_item_for_itself_in_order(
    pipeline: Pipeline, home: Path, pictures: PictureHost
) -> None:
    url = pictures.url("/alipay_light_rows.png?together")
    batch: list[Request | ServiceError] = [
        by_link(url),
        recognise_bytes(b"no picture", ""),
        by_link(url),
        by_link(url, refresh=True),
        by_link(url, dry_run=True),
        recognise_bytes(LIST.read_bytes(), ""),
        by_link("http://127.0.0.1:1/elsewhere.png"),
        ServiceError(),
    ]
    outcomes = pipeline.run(batch)
    assert told(outcomes) == [
        *("ocr", "NOT_A_PICTURE", "ocr", "ocr", "dry_run", "ocr"),
        *("HOST_NOT_ALLOWED", "INTERNAL_ERROR"),
    ]
    first, *_ = outcomes
    assert isinstance(first, Stored)
    assert (first.row.fund_code, first.row.ocr_hold_share) == ("011608", "1234.56")
    engine = open_engine(f"sqlite:///{home}/var/fundocr.db")
    assert len(Store(engine).find([url])) == 1
    engine.dispose()
    assert told(pipeline.run([by_link(url), recognise_bytes(ROWS.read_bytes(), "")])) == [
        *("stored", "stored")
    ]


def test_a_new_reading_is_only_for_a_row_that_is_as_it_was_looked_at(
    pipeline: Pipeline, pictures: PictureHost
) -> None:
    url = pictures.url("/tiantian_light_redeem_form.png?looked-at")
    again = by_link(url, refresh=True, row_version=1)
    assert told(pipeline.run([again])) == ["UNKNOWN_IMAGE"]
    assert told(pipeline.run([by_link(url)])) == ["ocr"]
    assert told(pipeline.run([again])) == ["ocr"]
    (changed,) = pipeline.run([again])
    assert told([changed]) == ["ROW_CHANGED"]
    assert isinstance(changed, ServiceError) and changed.detail["present"]["row_version"] == 2


def test_a_batch_of_pictures_beyond_the_budget_is_answered_all_the_same(
    home: Path, pictures: PictureHost
) -> None:
    url = f"sqlite:///{home}/var/budget.db"
    upgrade(url)
    settings = Settings(home=home, max_pixels=4_000_000, database_url=url)
    opened = open_pipeline(settings, models=PROJECT / "weights" / "PP-OCRv6_small")
    pictures_of_nine = sorted(SAMPLES.glob("*g"))[:9]
    batch = [recognise_bytes(p.read_bytes(), "", dry_run=True) for p in pictures_of_nine]
    try:
        assert len(batch) > 8
        assert set(told(opened.run(batch))) == {"dry_run"}
        assert opened._budget._taken == 0  # what it took was given back
    finally:
        opened.close()


def test_a_fault_of_ours_keeps_no_pixels_from_the_next_batch(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = sorted(SAMPLES.glob("*g"))[:2]
    batch = [recognise_bytes(p.read_bytes(), "", dry_run=True) for p in two]
    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "_read_arrived", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pipeline.run(batch)
    assert pipeline._budget._taken == 0
    assert set(told(pipeline.run(batch))) == {"dry_run"}


class Noted:
    """The real one, which notes how many pictures come together. read: set after the first."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self.together: list[int] = []
        self.read = threading.Event()

    def extract(self, images: Sequence[Image]) -> list[Extracted | ServiceError]:
        self.together.append(len(images))
        found = self._extractor.extract(images)
        self.read.set()
        return found


def with_parts(pipeline: Pipeline, extractor: Noted, **parts: Any) -> Pipeline:
    """The same pipeline with some of its parts exchanged."""
    usual = {
        "fetcher": pipeline._arrivals._fetcher,
        "decode": pipeline._arrivals._decode,
        "budget": pipeline._budget,
        "store": pipeline._store,
    }
    return Pipeline(**{**usual, **parts}, extractor=extractor)  # type: ignore[arg-type]


def test_pictures_that_are_being_decoded_are_read_with_those_that_are_ready(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "_DECODE_SECONDS", 60)  # on however busy a machine
    noted = Noted(pipeline._extractor)
    ready = threading.Event()

    def decode(content: bytes) -> Image:
        if content == LIST.read_bytes():
            assert ready.wait(20)
            time.sleep(0.1)  # longer than one that is still being fetched is waited for
        image = pipeline._arrivals._decode(content)
        ready.set()
        return image

    changed = with_parts(pipeline, noted, decode=decode)
    outcomes = changed.run(
        [recognise_bytes(file.read_bytes(), "", dry_run=True) for file in (ROWS, LIST)]
    )
    changed.close()
    assert told(outcomes) == ["dry_run", "dry_run"]
    assert noted.together == [2]


def test_a_slow_host_keeps_no_picture_waiting(pipeline: Pipeline, pictures: PictureHost) -> None:
    noted = Noted(pipeline._extractor)

    class Slow:
        def fetch(self, link: Link, url_type: str) -> bytes:
            assert "slow" not in link.text or noted.read.wait(20)
            return pipeline._arrivals._fetcher.fetch(link, url_type)

    changed = with_parts(pipeline, noted, fetcher=Slow())
    urls = [pictures.url(f"/alipay_light_rows.png?{name}") for name in ("slow", "quick")]
    outcomes = changed.run([by_link(url, dry_run=True) for url in urls])
    changed.close()
    assert told(outcomes) == ["dry_run", "dry_run"]
    assert noted.together == [1, 1]
