"""The queue: its order, its pages, its filters and its counts, on both databases."""

import base64
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.engine import for_writing, open_engine
from db.filters import Filter
from db.queue import BadCursor, Queue, QueueItem
from db.rows import Dismissal, NewReading, ReviewState, Row
from db.store import Store
from db.tables import ocr_result
from tests.db.sample_readings import as_row, reading, refused

pytest_plugins = ["tests.db.store_fixtures"]

HOST = "https://pictures.example.com"
OPEN = (ReviewState.OPEN,)


@pytest.fixture
def queue(database_url: str) -> Any:
    engine = open_engine(database_url)
    yield Queue(engine)
    engine.dispose()


def save(store: Store, *readings: NewReading) -> list[Row]:
    return [as_row(row) for row in store.save([replace(r, image_sha256=None) for r in readings])]


def made_at(database_url: str, row: Row, when: datetime) -> None:
    """As if the row had been made then."""
    engine = open_engine(database_url)
    with for_writing(engine).begin() as connection:
        change = update(ocr_result).where(ocr_result.c.id == row.id).values(created_at=when)
        connection.execute(change)
    engine.dispose()


def pages(queue: Queue, filter: Filter, limit: int) -> list[list[int]]:
    found = [queue.page(filter, limit=limit)]
    while found[-1].next is not None:
        found.append(queue.page(filter, after=found[-1].next, limit=limit))
    return [[item.id for item in page.items] for page in found]


def ids(queue: Queue, **wanted: Any) -> set[int]:
    page = queue.page(Filter(**wanted))
    assert page.next is None
    return {item.id for item in page.items}


def test_without_an_answer_comes_first_then_the_least_sure_and_of_equals_the_newest(
    store: Store, queue: Queue
) -> None:
    (sure,) = save(store, reading("sure", confidence=0.999))
    (old,) = save(store, refused("old"))
    (unsure,) = save(store, reading("unsure", confidence=0.6))
    (new,) = save(store, refused("new", reason="LOW_CONFIDENCE"))
    (between,) = save(store, reading("between", confidence=0.95))

    items = queue.page(Filter(state=OPEN)).items
    assert [item.id for item in items] == [row.id for row in (new, old, unsure, between, sure)]


def test_an_item_is_its_row_without_the_evidence(store: Store, queue: Queue) -> None:
    (row,) = save(store, reading(f"{HOST}/a.png"))
    row = store.correct(row.image_url, "000001", "5.5000")
    (item,) = queue.page(Filter()).items

    assert isinstance(item, QueueItem)
    assert item.host == "pictures.example.com"
    for name in QueueItem.__slots__:
        assert getattr(item, name) == getattr(row, name), name


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(state=OPEN),
        Filter(url_prefix=HOST),
        Filter(since=datetime(2020, 1, 1, tzinfo=UTC)),
        Filter(reason="NO_CODE"),
        Filter(older_than_versions=("m", "r")),
        Filter(rules_version="seed@1"),
    ],
)
def test_pages_have_every_row_once_and_in_one_order(
    store: Store, queue: Queue, wanted: Filter
) -> None:
    # Of one moment and one rank are many: the id tells them apart.
    readings = [
        reading(f"{HOST}/{n}", confidence=0.9 + n % 3 / 100) if n % 2 else refused(f"{HOST}/{n}")
        for n in range(40)
    ]
    for some in (readings[:20], readings[20:]):
        for row in save(store, *some)[::5]:
            store.dismiss(row.id, row_version=1, actor="", reason=Dismissal.OTHER)
    whole = [item.id for item in queue.page(wanted, limit=100).items]
    found = pages(queue, wanted, limit=7)

    assert [id for page in found for id in page] == whole
    assert len(set(whole)) == len(whole) >= 16
    assert {len(page) for page in found[:-1]} <= {7}


def test_a_page_that_takes_all_that_is_left_is_the_last(store: Store, queue: Queue) -> None:
    save(store, *(refused(str(n)) for n in range(4)))

    assert [len(page) for page in pages(queue, Filter(), limit=2)] == [2, 2]
    assert queue.page(Filter(state=(ReviewState.CONFIRMED,))).next is None


@pytest.mark.parametrize("after", ["", "x", "WzFd", "WyJhIiwgMiwgM10", "W251bGwsMV0", "é", "MQ"])
def test_a_place_that_no_page_gave_is_refused(queue: Queue, after: str) -> None:
    for wanted in (Filter(), Filter(url_prefix="a")):
        with pytest.raises(BadCursor):
            queue.page(wanted, after=after)


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


NOW = "2026-11-30T00:00:00+00:00"


@pytest.mark.parametrize(
    "after",
    [
        cursor(1, "0001-01-01T00:00:00+23:59", 1),
        cursor(1, "9999-12-31T23:59:59-23:59", 1),
        cursor(1, NOW, 2**63),
        cursor(1, NOW, -1),
        cursor(1, NOW, True),
        cursor(2**70, NOW, 1),
        cursor("a", 2**64),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_place_beyond_the_ends_of_all_numbers_and_times_is_refused(
    queue: Queue, after: str
) -> None:
    for wanted in (Filter(), Filter(url_prefix="a"), Filter(since=datetime.now(UTC))):
        with pytest.raises(BadCursor):
            queue.page(wanted, after=after)


@pytest.mark.parametrize(
    "after",
    [
        cursor(1, "0001-01-01T00:00:00+00:00", 1),
        cursor(1, "9999-12-31T23:59:59.999999+00:00", 2**63 - 1),
    ],
)
def test_a_place_at_their_ends_is_one(queue: Queue, after: str) -> None:
    for wanted in (Filter(), Filter(since=datetime.now(UTC), until=datetime.now(UTC))):
        assert queue.page(wanted, after=after).items == ()


def test_each_filter_lets_its_rows_through_and_no_others(
    store: Store, queue: Queue, database_url: str
) -> None:
    plain, local, label, model, rules, elsewhere, code, silent = save(
        store,
        reading(f"{HOST}/plain"),
        reading(f"{HOST}/local", url_type="7min_local"),
        reading(f"{HOST}/label", label="持有份额"),
        reading(f"{HOST}/model", model_version="other@1"),
        reading(f"{HOST}/rules", rules_version="layout@1"),
        reading("https://Elsewhere.example.com:8443/x?a=1"),
        reading(f"{HOST}/code", ocr_fund_code="000001"),
        refused(f"{HOST}/silent", reason="MANY_CODES"),
    )
    everything = {row.id for row in (plain, local, label, model, rules, elsewhere, code, silent)}

    assert ids(queue) == everything
    assert ids(queue, url_type="7min_local") == {local.id}
    assert ids(queue, label="持有份额") == {label.id}
    assert ids(queue, model_version="other@1") == {model.id}
    assert ids(queue, rules_version="layout@1") == {rules.id}
    assert ids(queue, model_version=plain.model_version, rules_version="layout@1") == {rules.id}
    assert ids(queue, host="elsewhere.example.com") == {elsewhere.id}
    assert ids(queue, fund_code="000001") == {code.id}
    assert ids(queue, reason="MANY_CODES") == {silent.id}
    assert ids(queue, reason="NO_CODE") == set()
    assert ids(queue, fund_code="000001", host="pictures.example.com") == {code.id}
    assert ids(queue, fund_code="000001", host="elsewhere.example.com") == set()
    assert ids(queue, url=f"{HOST}/plain") == {plain.id}
    assert ids(queue, url=f"{HOST}/PLAIN") == set()
    assert ids(queue, url="\ud800") == set()

    store.confirm(plain.id, row_version=1, actor="")
    assert ids(queue, state=(ReviewState.CONFIRMED,)) == {plain.id}
    assert ids(queue, state=(ReviewState.CONFIRMED, ReviewState.OPEN)) == everything
    assert ids(queue, state=()) == set()

    day = datetime(2026, 3, 5, tzinfo=UTC)
    for row, when in ((local, day), (label, day + timedelta(hours=1)), (silent, day)):
        made_at(database_url, row, when)
    assert ids(queue, until=day + timedelta(hours=1)) == {local.id, silent.id}
    assert ids(queue, since=day, until=day + timedelta(days=1)) == {local.id, label.id, silent.id}
    assert ids(queue, since=day + timedelta(days=1)) == everything - {local.id, label.id, silent.id}
    assert ids(queue, reason="MANY_CODES", since=day, until=day + timedelta(hours=1)) == {silent.id}


def test_a_corrected_row_is_found_by_the_code_that_a_person_gave(
    store: Store, queue: Queue
) -> None:
    (row,) = save(store, reading("a"))
    store.correct("a", "000001", "1")

    assert ids(queue, fund_code="000001") == {row.id}
    assert ids(queue, fund_code="011608") == set()


@pytest.mark.parametrize("prefix", [HOST + "/a", HOST + "/" + "长" * 300])
def test_a_search_by_prefix_is_to_the_letter_and_in_the_order_of_the_links(
    store: Store, queue: Queue, prefix: str
) -> None:
    ends = ("", "%", "_", "b/c.png?x=1", "😀", " ")
    wanted = save(store, *(reading(prefix + end) for end in sorted(ends)))
    save(store, reading(prefix[:-1]), reading(prefix[:-1] + "B"), reading(HOST + "/Abc"))
    found = queue.page(Filter(url_prefix=prefix)).items

    assert {item.id for item in found} == {row.id for row in wanted}
    starts = [item.image_url[:255].rstrip(" ") for item in found]
    assert starts == sorted(starts)


@pytest.mark.parametrize("prefix", ["100%_", "\ud800"])
def test_signs_of_other_searches_are_letters_here(store: Store, queue: Queue, prefix: str) -> None:
    save(store, reading("100 per cent"))

    assert ids(queue, url_prefix=prefix) == set()


def test_listed_for_a_new_reading_are_refusals_of_other_versions_that_nobody_judged(
    store: Store, queue: Queue
) -> None:
    now = ("new@1", "layout@2")
    rows = save(
        store,
        refused("older model", model_version="old@1", rules_version=now[1]),
        refused("older rules", model_version=now[0], rules_version="layout@1"),
        refused("judged", model_version="old@1"),
        refused("current", model_version=now[0], rules_version=now[1]),
        reading("answered", model_version="old@1"),
    )
    store.dismiss(rows[2].id, row_version=1, actor="", reason=Dismissal.UNREADABLE)
    listed = {rows[0].id, rows[1].id}

    assert ids(queue, older_than_versions=now) == listed
    assert queue.counts(Filter(older_than_versions=now))["open"] == 2
    assert {row.id for row in rows if store.find([row.image_url])[row.image_url] == row} >= listed


def test_counts_are_by_state_and_by_the_reasons_of_the_states_asked_for(
    store: Store, queue: Queue
) -> None:
    rows = save(
        store,
        *(refused(f"{HOST}/n{n}") for n in range(3)),
        refused(f"{HOST}/many", reason="MANY_CODES"),
        reading(f"{HOST}/a"),
        reading(f"{HOST}/b", label="持有份额"),
    )
    store.correct(rows[0].image_url, "000001", "1")
    store.confirm(rows[4].id, row_version=1, actor="")

    none = {"open": 0, "confirmed": 0, "corrected": 0, "dismissed": 0}
    states = none | {"open": 4, "confirmed": 1, "corrected": 1}
    assert queue.counts(Filter()) == states | {"NO_CODE": 3, "MANY_CODES": 1}
    assert queue.counts(Filter(state=OPEN)) == states | {"NO_CODE": 2, "MANY_CODES": 1}
    assert queue.counts(Filter(reason="NO_CODE")) == none | {
        "open": 2,
        "corrected": 1,
        "NO_CODE": 3,
    }
    assert queue.counts(Filter(label="持有份额")) == none | {"open": 1}
    assert queue.counts(Filter(fund_code="000001")) == none | {"corrected": 1, "NO_CODE": 1}
    assert queue.counts(Filter(url_prefix=f"{HOST}/n")) == none | {
        **{"open": 2, "corrected": 1},
        "NO_CODE": 3,
    }
    assert queue.counts(Filter(model_version="none@1")) == none
    assert queue.counts(Filter(url="\ud800")) == none


def test_counts_are_of_the_whole_filter(store: Store, queue: Queue) -> None:
    save(store, *(refused(f"{HOST}/{n}", url_type="oss") for n in range(130)))
    page = queue.page(Filter(url_type="oss"))

    assert queue.counts(Filter(url_type="oss"))["NO_CODE"] == 130 > len(page.items)


def test_the_next_open_row_is_the_one_behind_in_the_queue(store: Store, queue: Queue) -> None:
    rows = save(store, *(refused(str(n)) for n in range(3)), reading("sure"))
    third, second, first = rows[:3]  # of equals the newest comes first

    for judged, following in ((first, second), (second, third), (third, rows[3])):
        store.dismiss(judged.id, row_version=1, actor="", reason=Dismissal.OTHER)
        found = queue.next_open(judged.id)
        assert found is not None and found.id == following.id
    (new,) = save(store, refused("new"))
    found = queue.next_open(rows[3].id)
    assert found is not None and found.id == new.id, "behind the last comes the first"


def test_the_next_open_row_is_one_of_the_filter(store: Store, queue: Queue) -> None:
    silent, local = save(store, refused("silent"), reading("local", url_type="7min_local"))
    wanted = Filter(url_type="7min_local")

    found = queue.next_open(silent.id, wanted)
    assert found is not None and found.id == local.id
    store.confirm(local.id, row_version=1, actor="")
    assert queue.next_open(local.id, wanted) is None
    found = queue.next_open(local.id, Filter(reason="NO_CODE"))
    assert found is not None and found.id == silent.id, "behind an answered row comes no refused"
    assert queue.next_open(4711, Filter(url_prefix="sil")) is not None


def test_a_row_keeps_its_place_when_people_judge_it_and_takes_another_with_a_new_reading(
    store: Store, queue: Queue
) -> None:
    first, second = save(store, refused("a"), reading("b", confidence=0.99))
    store.correct("a", "000001", "1")
    assert [item.id for item in queue.page(Filter()).items] == [first.id, second.id]

    save(store, reading("a", refresh=True, confidence=0.999))
    assert [item.id for item in queue.page(Filter()).items] == [second.id, first.id]


def test_every_row_of_a_mixed_table_is_counted_and_listed_alike(store: Store, queue: Queue) -> None:
    rows = save(store, *(refused(str(n), reason=f"R{n % 3}") for n in range(30)))
    for number, row in enumerate(rows):
        if number % 4 == 1:
            store.dismiss(row.id, row_version=1, actor="", reason=Dismissal.OTHER)
        elif number % 4 == 2:
            store.correct(row.image_url, "000001", "1")
    counts = queue.counts(Filter())
    listed = queue.page(Filter(), limit=100).items

    assert Counter(item.review_state for item in listed) == Counter(
        {state: counts[state] for state in ReviewState if counts[state]}
    )
    assert Counter(item.reason for item in listed) == {f"R{n}": counts[f"R{n}"] for n in range(3)}
