"""What goes into the table comes out of it, on both databases."""

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from db.engine import open_engine
from db.errors import RowNotFound, RowRejected
from db.rows import NewReading, Row
from db.store import BATCH, Store
from evals.testbed.mariadb import MariaDB
from tests.db.sample_readings import PICTURE, as_row, reading, refused, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

VECTORS = Path(__file__).parent.parent / "seed_rule_vectors.jsonl"
URL = "https://pictures.example.com/a.png"


def test_a_first_reading_comes_back_as_it_was_given_with_the_first_version(store: Store) -> None:
    before = datetime.now(UTC)
    given = reading(URL)
    row = as_row(store.save([given])[0])

    for name in ("url_type", "image_sha256", "ocr_fund_code", "ocr_hold_share", "flag", "reason"):
        assert getattr(row, name) == getattr(given, name)
    for name in ("confidence", "label", "evidence", "model_version", "rules_version"):
        assert getattr(row, name) == getattr(given, name)
    assert row.image_url == URL
    assert row.business_type == "基金"
    assert (row.update_fund_code, row.update_hold_share) == ("", "")
    assert (row.fund_code, row.hold_share) == ("011608", Decimal("1234.5600"))
    assert (row.row_version, row.review_state) == (1, "open")
    assert before <= row.created_at == row.updated_at <= datetime.now(UTC)
    assert row.created_at.tzinfo == UTC
    assert store.history(row.id) == []


def test_every_way_to_a_row_gives_the_same_row(store: Store) -> None:
    row = as_row(store.save([reading(URL)])[0])

    assert store.find([URL]) == {URL: row}
    assert store.get(identity=URL) == row
    assert store.get(id=row.id) == row
    assert store.find_same_picture([PICTURE]) == {PICTURE: row}


def test_a_row_is_answered_only_when_others_see_it(store: Store, database_url: str) -> None:
    store.save([reading(URL)])

    assert rows_of(database_url, "SELECT image_url FROM ocr_result") == [(URL,)]


def test_a_reading_without_an_answer_is_a_row_too(store: Store) -> None:
    row = as_row(store.save([refused(URL)])[0])

    assert (row.flag, row.answer_flag, row.reason) == (False, False, "NO_CODE")
    assert (row.fund_code, row.hold_share, row.confidence, row.label) == (None, None, None, None)
    assert (row.answer_fund_code, row.answer_hold_share) == ("", "")


def test_a_url_of_2048_bytes_is_kept_whole(store: Store) -> None:
    url = URL + "?signature=" + "s" * (2048 - len(URL) - len("?signature="))
    store.save([reading(url)])

    assert len(url.encode()) == 2048
    assert store.find([url])[url].image_url == url


def test_a_url_of_2048_bytes_of_emoji_is_kept_whole(store: Store) -> None:
    url = "😀" * 512
    store.save([reading(url)])

    assert store.find([url])[url].image_url == url


def test_evidence_keeps_emoji_nesting_and_every_digit_of_a_number(store: Store) -> None:
    evidence = {"lines": [{"text": '😀 " \\ \n %s 份额', "confidence": 0.1 + 0.2}], "none": None}
    store.save([reading(URL, evidence=evidence)])

    assert store.get(identity=URL).evidence == evidence


@pytest.mark.parametrize(
    ("code", "share"),
    [
        ("000001", "0.0001"),
        ("011608", "9999999999999999.9999"),
        ("999999", "1234567890123456.1234"),
    ],
)
def test_codes_and_shares_are_exact_for_every_reader_of_the_table(
    store: Store, database_url: str, code: str, share: str
) -> None:
    row = as_row(store.save([reading(URL, ocr_fund_code=code, ocr_hold_share=share)])[0])

    assert (row.fund_code, row.hold_share) == (code, Decimal(share))
    (seen,) = rows_of(database_url, "SELECT fund_code, hold_share, ocr_hold_share FROM ocr_result")
    assert (seen[0], str(seen[1]), seen[2]) == (code, share, share)


@pytest.mark.parametrize(
    ("code", "share"),
    [
        ("０１１６０８", "10000000000000000"),
        ("０１１６０８", "1.00001"),
        ("1234567", "12|5"),
        ("", ","),
    ],
)
def test_what_fits_no_typed_column_is_kept_as_text_with_null_beside_it(
    store: Store, code: str, share: str
) -> None:
    row = as_row(store.save([reading(URL, ocr_fund_code=code, ocr_hold_share=share)])[0])

    assert (row.ocr_fund_code, row.ocr_hold_share) == (code, share)
    assert (row.fund_code, row.hold_share) == (None, None)
    assert (row.answer_fund_code, row.answer_hold_share) == (code, share)


def test_every_answer_of_todays_rules_is_stored_as_they_give_it(store: Store) -> None:
    answers = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]
    sure = [(a["fund_codes"][0], a["hold_shares"][0]) for a in answers if a.get("flag")]
    assert len(sure) > 200

    stored = store.save(
        [
            reading(f"{URL}?{number}", ocr_fund_code=code, ocr_hold_share=share)
            for number, (code, share) in enumerate(sure)
        ]
    )

    assert [(as_row(r).ocr_fund_code, as_row(r).ocr_hold_share) for r in stored] == sure


def test_urls_that_differ_in_one_byte_are_different_pictures(store: Store) -> None:
    twins = [
        "https://h.example.com/A.png",
        "https://h.example.com/a.png",
        "https://h.example.com/a.png ",
        "https://h.example.com/a.png  ",
        unicodedata.normalize("NFC", "https://h.example.com/é.png"),
        unicodedata.normalize("NFD", "https://h.example.com/é.png"),
        "https://h.example.com/e.png",
        "https://h.example.com/ｅ.png",
        "https://h.example.com/ß.png",
        "https://h.example.com/ss.png",
    ]
    shares = [str(number) for number in range(len(twins))]
    store.save(
        [reading(url, ocr_hold_share=share) for url, share in zip(twins, shares, strict=True)]
    )

    found = store.find(twins)
    assert [found[url].image_url for url in twins] == twins
    assert [found[url].ocr_hold_share for url in twins] == shares


def test_only_known_urls_are_found(store: Store) -> None:
    store.save([reading(URL)])

    assert set(store.find([URL, URL + "?x", "\ud800"])) == {URL}
    assert store.find([]) == {}


def test_an_unknown_row_is_not_found(store: Store) -> None:
    with pytest.raises(RowNotFound):
        store.get(identity=URL)
    with pytest.raises(RowNotFound):
        store.get(id=1)
    assert store.history(1) == []


def test_a_row_is_asked_for_by_identity_or_by_id(store: Store) -> None:
    with pytest.raises(ValueError, match="identity or an id"):
        store.get()
    with pytest.raises(ValueError, match="identity or an id"):
        store.get(identity=URL, id=1)


def test_the_first_row_of_a_url_stays_and_is_what_a_second_reading_gets(store: Store) -> None:
    first = store.save([reading(URL, ocr_hold_share="1")])

    assert store.save([reading(URL, ocr_hold_share="2")]) == first
    assert store.get(identity=URL) == first[0]
    assert store.history(as_row(first[0]).id) == []


def test_rows_come_back_in_the_order_of_the_readings(store: Store) -> None:
    urls = [f"{URL}?{number * 7919 % 97}" for number in range(97)]
    stored = store.save([reading(url) for url in urls])

    assert [as_row(row).image_url for row in stored] == urls


def test_the_same_url_twice_in_one_call_is_one_row(store: Store, database_url: str) -> None:
    first, other, again = store.save(
        [reading(URL, ocr_hold_share="1"), reading(URL + "?b"), reading(URL, ocr_hold_share="2")]
    )

    assert first == again != other
    assert as_row(first).ocr_hold_share == "1"
    assert rows_of(database_url, "SELECT COUNT(*) FROM ocr_result") == [(2,)]


def test_a_call_may_hold_more_rows_than_one_statement(store: Store, database_url: str) -> None:
    urls = [f"{URL}?{number}" for number in range(2 * BATCH + 1)]
    stored = store.save([reading(url, image_sha256=None) for url in urls])

    assert [as_row(row).image_url for row in stored] == urls
    assert list(store.find(urls)) == urls
    assert rows_of(database_url, "SELECT COUNT(*) FROM ocr_result") == [(2 * BATCH + 1,)]


def test_a_row_that_cannot_be_stored_fails_alone(store: Store) -> None:
    first, broken, no_identity, last = store.save(
        [
            reading(URL + "?1"),
            reading(URL + "?2", label="half a character: \ud83d"),
            reading("\ud83d"),
            reading(URL + "?3"),
        ]
    )

    assert isinstance(broken, RowRejected)
    assert isinstance(no_identity, RowRejected)
    assert store.find([URL + "?1", URL + "?2", URL + "?3"]) == {
        URL + "?1": first,
        URL + "?3": last,
    }


def test_evidence_that_is_no_json_fails_alone(store: Store) -> None:
    broken, sound = store.save(
        [reading(URL + "?1", evidence={"confidence": float("nan")}), reading(URL + "?2")]
    )

    assert isinstance(broken, RowRejected)
    assert store.find([URL + "?1", URL + "?2"]) == {URL + "?2": sound}


def test_a_value_that_the_server_refuses_fails_alone_and_is_not_told(mariadb_store: Store) -> None:
    broken, sound = mariadb_store.save([reading("1", label="secret" * 11), reading("2")])

    assert isinstance(broken, RowRejected)
    assert "1406" in str(broken)
    assert "secret" not in str(broken)
    assert isinstance(sound, Row)


def test_a_batch_is_one_statement(mariadb: MariaDB, mariadb_store: Store) -> None:
    store = mariadb_store
    store.save([reading("the first connection asks more")])
    inserts, selects = mariadb.status("Com_insert"), mariadb.status("Com_select")
    store.save([reading(str(number)) for number in range(32)])
    written = mariadb.status("Com_insert") - inserts
    read = mariadb.status("Com_select") - selects
    selects = mariadb.status("Com_select")
    store.find([str(number) for number in range(32)])
    found = mariadb.status("Com_select") - selects

    assert (written, read, found) == (1, 1, 1)


def test_of_the_same_picture_the_corrected_row_is_preferred(store: Store) -> None:
    store.save([reading("1"), reading("2"), refused("3")])
    corrected = store.correct("1", "000001", "5")
    store.save([reading("4")])

    assert store.find_same_picture([PICTURE]) == {PICTURE: corrected}


def test_of_two_corrected_rows_of_a_picture_the_one_corrected_last_is_preferred(
    store: Store,
) -> None:
    store.save([reading("1"), reading("2")])
    store.correct("2", "000001", "5")
    last = store.correct("1", "000002", "6")

    assert store.find_same_picture([PICTURE]) == {PICTURE: last}


def test_of_the_same_picture_the_newest_answer_is_preferred_to_a_refusal(store: Store) -> None:
    other = bytes(32)
    for number in (1, 2):
        store.save([reading(f"answered {number}"), refused(f"other {number}", image_sha256=other)])
    store.save([refused("refused")])

    found = store.find_same_picture([PICTURE, other, b"\xff" * 32])
    assert {key: row.image_url for key, row in found.items()} == {
        PICTURE: "answered 2",
        other: "other 2",
    }


def test_links_and_pictures_are_found_in_one_question(store: Store) -> None:
    other, urls = bytes(32), [str(number) for number in range(3 * BATCH // 2)]
    store.save([reading(url, image_sha256=other) for url in urls])
    store.save([reading("answered"), refused("refused")])

    known = store.find_known(
        [*urls, "refused", "unknown", "\ud83d"], [PICTURE, other, b"\xff" * 32]
    )
    assert known == (store.find([*urls, "refused"]), store.find_same_picture([PICTURE, other]))
    assert (len(known[0]), known[1][PICTURE].image_url) == (len(urls) + 1, "answered")
    assert store.find_known([], []) == ({}, {})
    assert store.find_known([], [PICTURE])[0] == store.find_known(["refused"], [])[1] == {}


def test_what_is_known_is_asked_for_in_one_round_trip(mariadb_store: Store) -> None:
    mariadb_store.save([reading("known")])
    engine = mariadb_store._reader
    reader = open_engine(engine.url.render_as_string(hide_password=False), autocommit=True)
    asked = Store(engine, reader=reader)

    def questions() -> int:
        with reader.connect() as connection:
            return int(connection.exec_driver_sql("SHOW STATUS LIKE 'Questions'").one()[1])

    try:
        before, itself = questions(), 1
        assert [*asked.find_known(["known"], [PICTURE])[0]] == ["known"]
        assert questions() - before - itself == 1
    finally:
        reader.dispose()


def test_a_new_reading_takes_the_row_over_and_the_old_one_stays_in_history(store: Store) -> None:
    old = as_row(store.save([refused(URL)])[0])
    (given,) = store.save([reading(URL, refresh=True, model_version="next", evidence={"n": 2})])
    new = as_row(given)

    assert (new.id, new.row_version, new.model_version) == (old.id, 2, "next")
    assert (new.answer_flag, new.answer_fund_code, new.fund_code) == (True, "011608", "011608")
    assert (new.created_at, new.reason, new.evidence) == (old.created_at, None, {"n": 2})
    assert new.updated_at > old.updated_at
    (line,) = store.history(old.id)
    assert (line.action, line.model_version, line.rules_version) == ("reread", "next", "seed@1")
    assert line.before == old.snapshot() | {"evidence": old.evidence}
    assert line.after == new.snapshot()
    assert line.created_at == new.updated_at


def test_a_new_reading_of_an_unknown_url_is_a_first_one(store: Store) -> None:
    row = as_row(store.save([reading(URL, refresh=True)])[0])

    assert row.row_version == 1
    assert store.history(row.id) == []
    assert store.get(identity=URL) == row


def test_a_new_reading_keeps_a_correction_which_still_wins(store: Store) -> None:
    store.save([refused(URL)])
    corrected = store.correct(URL, "000001", "5.5")
    row = as_row(store.save([reading(URL, refresh=True)])[0])

    assert (row.ocr_fund_code, row.ocr_hold_share, row.flag) == ("011608", "1234.56", True)
    assert (row.update_fund_code, row.update_hold_share) == ("000001", "5.5")
    assert (row.answer_fund_code, row.answer_hold_share) == ("000001", "5.5")
    assert (row.fund_code, row.hold_share) == ("000001", Decimal("5.5"))
    assert (row.review_state, row.row_version) == ("corrected", corrected.row_version + 1)
    assert [line.action for line in store.history(row.id)] == ["corrected", "reread"]


def test_each_of_a_mixed_batch_gets_what_it_asked_for(store: Store) -> None:
    known, source = store.save([reading("known", ocr_hold_share="1"), reading("source")])
    stored = store.save(
        [
            reading("new"),
            reading("known", ocr_hold_share="2", refresh=True),
            replace(reading("copy"), copied_from=as_row(source).id),
            reading("source", ocr_hold_share="3"),
        ]
    )

    versions = [(as_row(row).image_url, as_row(row).row_version) for row in stored]
    assert versions == [("new", 1), ("known", 2), ("copy", 1), ("source", 1)]
    actions = [[line.action for line in store.history(as_row(row).id)] for row in stored]
    assert actions == [[], ["reread"], ["copied"], []]
    assert as_row(stored[1]).id == as_row(known).id
    assert stored[3] == source


def test_a_row_names_the_request_that_had_it_read_last(store: Store) -> None:
    first = as_row(store.save([reading(URL, request_id="first")])[0])
    assert first.request_id == "first"
    # Who comes later gets the row that is there, and is not named by it.
    assert as_row(store.save([reading(URL, request_id="late")])[0]).request_id == "first"
    again = as_row(store.save([reading(URL, refresh=True, request_id="again")])[0])
    assert (again.request_id, store.get(id=first.id).request_id) == ("again", "again")
    # A replay is nobody's request.
    assert as_row(store.save([reading(URL, refresh=True)])[0]).request_id == "again"
    copy = NewReading.copy_of(again, identity="other", url_type="oss", request_id="of-the-other")
    assert as_row(store.save([copy])[0]).request_id == "of-the-other"
    assert store.get(id=first.id).request_id == "again"
