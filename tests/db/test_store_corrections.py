"""What people say of a row, and what its other links take from it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import delete

from db.engine import open_engine
from db.errors import RowConflict, RowNotFound, RowRejected
from db.rows import NewReading
from db.store import Store
from db.tables import ocr_result
from tests.db.sample_readings import as_row, reading, refused, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

URL = "https://pictures.example.com/a.png"


def test_a_correction_is_what_everybody_gets_and_the_reading_stays_beside_it(store: Store) -> None:
    read = as_row(store.save([refused(URL)])[0])
    row = store.correct(URL, "000001", "5.50", actor="小王", note="看图 😀")

    assert (row.answer_flag, row.answer_fund_code, row.answer_hold_share) == (
        True,
        "000001",
        "5.50",
    )
    assert (row.update_fund_code, row.update_hold_share) == ("000001", "5.50")
    assert (row.fund_code, row.hold_share) == ("000001", Decimal("5.5"))
    assert (row.review_state, row.row_version) == ("corrected", 2)
    for name in ("ocr_fund_code", "ocr_hold_share", "flag", "reason", "confidence", "evidence"):
        assert getattr(row, name) == getattr(read, name)
    assert store.get(identity=URL) == row


def test_a_correction_is_one_line_of_history_with_who_when_before_after_and_why(
    store: Store,
) -> None:
    begun = datetime.now(UTC)
    read = as_row(store.save([reading(URL)])[0])
    row = store.correct(URL, "000001", "5.50", actor="小王", note="看图 😀")

    (line,) = store.history(row.id)
    assert (line.result_id, line.action, line.actor, line.note) == (
        row.id,
        "corrected",
        "小王",
        "看图 😀",
    )
    assert (line.before, line.after) == (read.snapshot(), row.snapshot())
    assert begun <= line.created_at == row.updated_at <= datetime.now(UTC)


def test_the_same_correction_sent_twice_is_one(store: Store) -> None:
    store.save([reading(URL)])
    row = store.correct(URL, "000001", "5.50", row_version=1)

    assert store.correct(URL, "000001", "5.50", row_version=1) == row
    assert store.correct(URL, "000001", "5.50") == row
    assert len(store.history(row.id)) == 1


def test_the_same_values_with_another_note_keep_the_note_and_each_note_once(store: Store) -> None:
    store.save([reading(URL)])
    first = store.correct(URL, "000001", "5.50", actor="小王", note="看图")
    second = store.correct(URL, "000001", "5.50", actor="小李", note="问过客户")
    sent_again = [
        store.correct(URL, "000001", "5.50", 1, "小王", "看图"),
        store.correct(URL, "000001", "5.50", first.row_version, "小李", "问过客户"),
        store.correct(URL, "000001", "5.50", actor="小李"),
    ]

    assert sent_again == [second] * 3
    assert (second.row_version, second.answer_hold_share) == (first.row_version + 1, "5.50")
    assert [(line.actor, line.note) for line in store.history(first.id)] == [
        ("小王", "看图"),
        ("小李", "问过客户"),
    ]
    with pytest.raises(RowConflict):
        store.correct(URL, "000001", "5.50", row_version=1, note="a third")


def test_a_correction_to_what_was_read_is_a_correction(store: Store) -> None:
    read = as_row(store.save([reading(URL)])[0])
    row = store.correct(URL, read.ocr_fund_code, read.ocr_hold_share)

    assert (row.review_state, row.row_version) == ("corrected", 2)


def test_a_second_correction_replaces_the_first_and_history_has_both(store: Store) -> None:
    store.save([reading(URL)])
    first = store.correct(URL, "000001", "5.50")
    second = store.correct(URL, "000002", "6", row_version=first.row_version)

    assert (second.answer_fund_code, second.answer_hold_share) == ("000002", "6")
    assert [line.after for line in store.history(second.id)] == [
        first.snapshot(),
        second.snapshot(),
    ]


def test_a_correction_of_a_row_that_has_changed_since_is_refused_with_the_row(
    store: Store,
) -> None:
    store.save([reading(URL)])
    present = store.correct(URL, "000001", "5.50")

    with pytest.raises(RowConflict) as refusal:
        store.correct(URL, "000002", "6", row_version=1)

    assert refusal.value.present == present == store.get(identity=URL)
    assert len(store.history(present.id)) == 1


@pytest.mark.parametrize("url", [URL, "\ud800"])
def test_a_correction_of_an_unknown_picture_is_refused(
    store: Store, database_url: str, url: str
) -> None:
    with pytest.raises(RowNotFound):
        store.correct(url, "000001", "5.50")

    assert rows_of(database_url, "SELECT COUNT(*) FROM ocr_result") == [(0,)]


def test_the_largest_correction_is_exact(store: Store) -> None:
    store.save([reading(URL)])
    row = store.correct(URL, "000001", "9999999999999999.9999")

    assert row.hold_share == Decimal("9999999999999999.9999")
    assert row.answer_hold_share == "9999999999999999.9999"


@pytest.mark.parametrize(
    ("code", "share"),
    [
        ("000001", "10000000000000000"),
        ("000001", "9999999999999999.99999"),
        ("000001", "1.00001"),
        ("000001", "-1"),
        ("000001", ""),
        ("０００００１", "1"),
        ("", "1"),
    ],
)
def test_a_correction_with_one_digit_more_is_refused_not_rounded(
    store: Store, code: str, share: str
) -> None:
    row = as_row(store.save([reading(URL)])[0])

    with pytest.raises(RowRejected):
        store.correct(URL, code, share)

    assert store.get(identity=URL) == row
    assert store.history(row.id) == []


def test_another_link_of_a_picture_takes_its_reading_as_a_row_of_its_own(store: Store) -> None:
    source = as_row(store.save([reading(URL)])[0])
    copy = NewReading.copy_of(source, identity=URL + "?signed=2", url_type="7min_local")
    row = as_row(store.save([copy])[0])

    assert row.id != source.id
    assert (row.image_url, row.url_type, row.row_version) == (URL + "?signed=2", "7min_local", 1)
    assert row.snapshot() == source.snapshot()
    assert row.evidence == source.evidence
    (line,) = store.history(row.id)
    assert (line.action, line.before) == ("copied", None)
    assert line.after == row.snapshot() | {"copied_from": source.id}
    assert store.history(source.id) == []


def test_another_link_of_a_picture_takes_its_correction_too(store: Store) -> None:
    # Corrected after the caller looked at the source, before the copy is written.
    source = as_row(store.save([refused(URL)])[0])
    copy = NewReading.copy_of(source, identity=URL + "?signed=2", url_type="oss")
    corrected = store.correct(URL, "000001", "5.50")
    row = as_row(store.save([copy])[0])

    assert (row.answer_flag, row.answer_fund_code, row.answer_hold_share) == (
        True,
        "000001",
        "5.50",
    )
    assert row.snapshot() == corrected.snapshot() | {"row_version": 1}
    assert [line.action for line in store.history(row.id)] == ["copied"]


def test_a_copy_for_a_known_link_changes_nothing(store: Store) -> None:
    source, known = store.save([reading(URL), reading("known", ocr_hold_share="7")])
    copy = NewReading.copy_of(as_row(source), identity="known", url_type="oss")

    assert store.save([copy]) == [known]
    assert store.history(as_row(known).id) == []


def test_a_copy_of_a_row_that_was_deleted_meanwhile_is_a_plain_reading(
    store: Store, database_url: str
) -> None:
    source = as_row(store.save([reading(URL)])[0])
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(delete(ocr_result).where(ocr_result.c.id == source.id))
    engine.dispose()
    copy = NewReading.copy_of(source, identity=URL + "?signed=2", url_type="oss")
    row = as_row(store.save([copy])[0])

    assert (row.answer_fund_code, row.answer_hold_share, row.row_version) == (
        "011608",
        "1234.56",
        1,
    )
    assert store.history(row.id) == []


def test_a_reading_is_new_or_copied_not_both() -> None:
    with pytest.raises(ValueError, match="new or copied or imported"):
        reading(URL, refresh=True, copied_from=1)
