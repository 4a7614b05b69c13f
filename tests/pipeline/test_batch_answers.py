"""What a batch answers, stores and leaves alone, where nothing goes wrong."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline.answer import Unstored
from pipeline.errors import ServiceError
from pipeline.fetch import link
from pipeline.fetch.link import parse_link
from pipeline.parse import recognise_bytes, recognise_fields
from pipeline.request import Bytes, Request, Url
from pipeline.timings import Stage
from tests.pipeline.batches import (
    SHARELESS,
    SIDE,
    Batches,
    batches,
    page_of_grey,
    picture,
    stored,
    told,
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Batches]:
    with batches(tmp_path) as opened:
        yield opened


def test_answers_stand_in_the_order_of_the_items(shop: Batches) -> None:
    mistake = ServiceError()
    names = ["/3.png", "/1.png", "/2.png", "/1.png?again"]
    items = [shop.link(name) for name in names]
    answers = shop.run(items[0], items[1], mistake, items[2], items[1], items[3])
    assert answers[2] is mistake
    shares = [stored(one).row.ocr_hold_share for one in answers if one is not mistake]
    assert shares == ["3.50", "1.50", "2.50", "1.50", "1.50"]
    links = [stored(one).row.image_url for one in answers if one is not mistake]
    assert links == [shop.url(f"/{name}.png") for name in (3, 1, 2, 1)] + [shop.url(names[3])]
    assert shop.store.find(links).keys() == set(links)


def test_the_same_request_twice_is_one_and_the_first_of_them_counts(shop: Batches) -> None:
    first, second = shop.run(shop.link("/1.png", id="first"), shop.link("/1.png", id="second"))
    assert first is second
    assert stored(first).row.request_id == "first"
    assert len(shop.host.requests) == 1


def test_requests_that_differ_in_anything_are_answered_each_for_itself(shop: Batches) -> None:
    assert told(shop.run(shop.link("/1.png"))) == ["ocr"]
    answers = shop.run(
        shop.link("/1.png"),
        shop.link("/2.png"),
        shop.link("/1.png", url_type="oss", dry_run=True),
        shop.link("/1.png", dry_run=True),
        shop.link("/1.png", refresh=True, row_version=7),
        shop.link("/1.png", refresh=True),
    )
    assert told(answers) == ["stored", "ocr", "HOST_NOT_ALLOWED", "dry_run", "ROW_CHANGED", "ocr"]


def test_a_known_link_is_answered_by_its_row_and_nothing_is_fetched(shop: Batches) -> None:
    (read,) = shop.run(shop.link("/1.png"))
    shop.meters.take()
    (known,) = shop.run(shop.link("/1.png"))
    assert told([read, known]) == ["ocr", "stored"]
    assert stored(known).row == stored(read).row
    assert not stored(known).is_copy and not stored(read).is_copy
    assert len(shop.host.requests) == 1
    assert [stage for stage, _ in shop.meters.take().seconds] == [Stage.LOOK_UP]


def test_a_known_link_is_read_again_where_that_is_asked_for(shop: Batches) -> None:
    shop.run(shop.link("/1.png"))
    (again,) = shop.run(shop.link("/1.png", refresh=True))
    assert stored(again).source == "ocr"
    assert stored(again).row.row_version == 2
    assert shop.reader.reads == [1, 1]


def test_a_dry_run_tells_what_is_read_now_and_leaves_the_rows_alone(shop: Batches) -> None:
    known, unknown = shop.link("/1.png"), shop.link("/2.png", dry_run=True)
    shop.run(known)
    again, new = shop.run(shop.link("/1.png", dry_run=True), unknown)
    assert isinstance(again, Unstored) and isinstance(new, Unstored)
    assert (again.page, new.page) == (page_of_grey(1), page_of_grey(2))
    assert new.extraction.hold_share is not None
    assert new.extraction.hold_share.value == "2.50"
    rows = shop.store.find([known.identity, unknown.identity])
    assert [row.row_version for row in rows.values()] == [1]


def test_a_page_without_an_answer_is_stored_with_its_reason(shop: Batches) -> None:
    row = stored(shop.run(shop.link(f"/{SHARELESS}.png"))[0]).row
    assert (row.flag, row.reason, row.ocr_hold_share) == (False, "NO_SHARE", "")


def test_a_known_picture_that_comes_with_its_request_is_not_even_decoded(shop: Batches) -> None:
    shop.run(shop.link("/1.png"))
    shop.meters.take()
    again = Url(link=parse_link(shop.url("/1.png?again")), content=picture(1))
    fetched = Request(id="", source=again, url_type="7min_local")
    upload = Request(id="", source=Bytes(content=picture(1)), url_type="upload")
    answers = shop.run(fetched, upload)
    assert told(answers) == ["stored", "stored"]
    assert all(stored(one).is_copy for one in answers)
    assert [stage for stage, _ in shop.meters.take().seconds] == [Stage.LOOK_UP, Stage.SAVE]


def test_a_known_picture_by_another_link_takes_its_reading_over(shop: Batches) -> None:
    (first,) = shop.run(shop.link("/1.png"))
    copy, new = shop.run(shop.link("/1.png?again", id="x" * 70), shop.link("/2.png"))
    assert told([copy, new]) == ["stored", "ocr"]
    assert (stored(copy).is_copy, stored(new).is_copy) == (True, False)
    assert shop.reader.reads == [1, 1]
    row, source = stored(copy).row, stored(first).row
    assert row.image_url == shop.url("/1.png?again")
    assert (row.url_type, row.request_id) == ("7min_local", "x" * 64)
    assert row.evidence == source.evidence
    (line,) = shop.store.history(row.id)
    assert line.after is not None
    assert (line.action, line.after["copied_from"]) == ("copied", source.id)


def test_uploads_are_known_by_their_bytes_and_copied_from_links(shop: Batches) -> None:
    shop.run(shop.link("/1.png"))
    (upload,) = shop.run(recognise_bytes(picture(1), ""))
    assert stored(upload).is_copy
    assert (stored(upload).row.url_type, stored(upload).row.request_id) == ("upload", None)
    assert told(shop.run(recognise_bytes(picture(1), ""))) == ["stored"]


def test_a_known_picture_is_read_all_the_same_where_that_is_asked_for(shop: Batches) -> None:
    shop.run(shop.link("/1.png"))
    refresh, dry = shop.run(
        shop.link("/1.png?again", refresh=True), shop.link("/1.png?dry", dry_run=True)
    )
    assert told([refresh, dry]) == ["ocr", "dry_run"]
    assert not stored(refresh).is_copy


def test_a_row_names_the_request_that_it_was_read_for(shop: Batches) -> None:
    answers = shop.run(shop.link("/1.png", id="y" * 70), shop.link("/2.png"))
    assert [stored(one).row.request_id for one in answers] == ["y" * 64, None]


def test_what_a_batch_takes_is_measured(shop: Batches) -> None:
    shop.run(shop.link("/1.png"), shop.link("/2.png"), shop.link("/3.png", dry_run=True))
    measured = shop.meters.take()
    assert measured.pixels == 3 * SIDE * SIDE
    assert len(measured.read_seconds) == 3
    stages = [stage for stage, _ in measured.seconds]
    assert stages[0] == Stage.LOOK_UP and stages[-1] == Stage.SAVE
    assert stages.count(Stage.FETCH) == stages.count(Stage.DECODE) == 3
    # The links, and then the pictures, of what may be known.
    assert stages.count(Stage.LOOK_UP) == 1 + len(shop.reader.reads)
    assert measured.database_errors == {}


def test_a_link_that_was_fetched_before_is_fetched_no_more(shop: Batches) -> None:
    source = Url(link=parse_link(shop.url("/1.png")), content=picture(1))
    here = replace(shop.link("/1.png"), source=source)
    answers = shop.run(here, shop.link("/1.png"), shop.link("/2.png"))
    assert told(answers) == ["ocr", "ocr", "ocr"]
    first, same, other = (stored(one).row for one in answers)
    assert (first.id, first.image_url, first.url_type) == (same.id, source.link.text, "7min_local")
    assert [asked.path for asked in shop.host.requests] == ["/2.png"]
    stages = [stage for stage, _ in shop.meters.take().seconds]
    assert (stages.count(Stage.FETCH), stages.count(Stage.DECODE)) == (1, 2)
    assert other.id != first.id


def test_a_link_is_taken_apart_once(shop: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def watched(url: str) -> object:
        taken.append(url)
        return urlsplit(url)

    monkeypatch.setattr(link, "urlsplit", watched)
    fields = {"image_url": shop.url("/1.png"), "url_type": "7min_local"}
    assert told(shop.run(recognise_fields(fields, ""))) == ["ocr"]
    assert taken == [shop.url("/1.png")]


def test_what_nobody_stores_is_neither_looked_up_nor_saved(shop: Batches) -> None:
    shop.run(shop.link("/1.png", dry_run=True), shop.link("/2.png", dry_run=True))
    stages = [stage for stage, _ in shop.meters.take().seconds]
    assert stages.count(Stage.LOOK_UP) == 1
    assert Stage.SAVE not in stages


def test_all_pixels_are_given_back(shop: Batches) -> None:
    shop.run(shop.link("/1.png"))
    shop.run(shop.link("/1.png?again"), shop.link("/2.png"), shop.link("/nothing.png"))
    assert shop.budget._taken == 0


def test_pixels_are_held_until_they_are_read(shop: Batches) -> None:
    held: list[int] = []
    shop.reader.before = lambda: held.append(shop.budget._taken)
    shop.run(shop.link("/1.png"), shop.link("/2.png"))
    assert held and all(pixels >= SIDE * SIDE for pixels in held)


def test_a_closed_pipeline_fetches_no_more(shop: Batches) -> None:
    shop.pipeline.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        shop.run(shop.link("/1.png"))
