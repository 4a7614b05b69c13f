"""First rows: read, copied from another link, or brought along from another table."""

from dataclasses import replace
from decimal import Decimal

import pytest

from db.rows import Imported, NewReading
from db.store import Store
from tests.db.sample_readings import as_row, reading, refused, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

URL = "https://Pictures.Example.com:8443/a.png"


def test_columns_that_only_searches_use_are_filled_too(store: Store, database_url: str) -> None:
    long = URL + "?" + "x" * 500
    store.save([reading(long), refused("upload:sha256:00"), reading("3", confidence=0.5)])
    assert rows_of(
        database_url,
        "SELECT host, url_start, queue_rank, judged, business_type FROM ocr_result"
        " ORDER BY LENGTH(image_url) DESC",
    ) == [
        ("pictures.example.com", long[:255], 0, None, "基金"),
        ("", "upload:sha256:00", 42, None, "基金"),
        ("", "3", 40, None, "基金"),
    ]


def test_a_row_of_another_table_comes_with_what_people_said_there(
    store: Store, database_url: str
) -> None:
    said = Imported(fund_code="000001", hold_share="5.5")
    row = as_row(store.save([reading(URL, imported=said)])[0])
    assert (row.review_state, row.row_version) == ("corrected", 1)
    assert (row.update_fund_code, row.update_hold_share) == ("000001", "5.5")
    assert (row.fund_code, row.hold_share) == ("000001", Decimal("5.5"))
    assert (row.ocr_fund_code, row.ocr_hold_share) == ("011608", "1234.56")
    assert rows_of(database_url, "SELECT judged FROM ocr_result") == [("wrong",)]
    (line,) = store.history(row.id)
    assert (line.action, line.before, line.after) == ("imported", None, row.snapshot())
    assert (line.actor, line.note, line.created_at) == ("", "", row.created_at)
    assert (line.model_version, line.rules_version) == (row.model_version, row.rules_version)


def test_a_row_of_another_table_of_which_nobody_said_anything_is_open(store: Store) -> None:
    row = as_row(store.save([refused(URL, imported=Imported(fund_code="", hold_share=""))])[0])
    assert (row.review_state, row.row_version, row.fund_code) == ("open", 1, None)
    assert [(line.action, line.after) for line in store.history(row.id)] == [
        ("imported", row.snapshot())
    ]


def test_a_row_of_another_table_for_a_known_link_changes_nothing(store: Store) -> None:
    known = as_row(store.save([reading(URL)])[0])
    said = Imported(fund_code="000001", hold_share="5.5")
    assert store.save([reading(URL, imported=said)]) == [known]
    assert store.history(known.id) == []


@pytest.mark.parametrize("flag", [True, False])
def test_a_copy_is_as_its_source_is_now_whatever_the_copier_saw(
    store: Store, database_url: str, flag: bool
) -> None:
    seen = as_row(store.save([reading(URL) if flag else refused(URL)])[0])
    source = store.correct(URL, "011608", "1234.56", actor="李四")
    copy = NewReading.copy_of(seen, identity="other", url_type="upload", request_id="r")
    row = as_row(store.save([copy])[0])
    same = source.snapshot() | {"row_version": 1}
    assert row.snapshot() == same
    assert row.evidence == source.evidence
    assert (row.image_url, row.url_type, row.request_id) == ("other", "upload", "r")
    (line,) = store.history(row.id)
    assert (line.action, line.before) == ("copied", None)
    assert line.after == same | {"copied_from": source.id}
    assert (line.actor, line.note, line.created_at) == ("", "", row.created_at)
    columns = rows_of(database_url, "SELECT judged, queue_rank FROM ocr_result")
    assert columns == [("right", 0) if flag else ("missed", 42)] * 2


def test_copies_of_several_rows_and_plain_readings_do_not_mix(store: Store) -> None:
    sources = [
        as_row(row) for row in store.save([reading(str(n), ocr_hold_share=str(n)) for n in (1, 2)])
    ]
    copies = [
        replace(reading(f"copy {n}", ocr_hold_share="9"), copied_from=source.id)
        for n, source in enumerate(sources, 1)
    ]
    gone = replace(reading("copy of nothing", ocr_hold_share="9"), copied_from=10**9)
    rows = [as_row(row) for row in store.save([*copies, gone, reading("new", ocr_hold_share="8")])]
    assert [row.ocr_hold_share for row in rows] == ["1", "2", "9", "8"]
    assert [row.row_version for row in rows] == [1] * 4
    lines = [[line.after for line in store.history(row.id)] for row in rows]
    assert [[after and after["copied_from"] for after in some] for some in lines] == [
        [sources[0].id],
        [sources[1].id],
        [],
        [],
    ]
