"""Rows beside what later rules say of them: they come first in the queue and answer as before."""

from datetime import UTC, datetime, timedelta

from db.reads import rows_by_key
from db.replace import Doubt, doubt_answers
from db.rows import NewReading, identity_key
from db.store import Store
from db.writes import doubt_answer
from tests.db.sample_readings import as_row, reading, refused, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

OTHER = {"fund_code": "000001", "hold_share": "7", "reason": None, "rules_version": "layout@9"}
THEN = datetime(2026, 1, 1, tzinfo=UTC)
RANKS = "SELECT queue_rank FROM ocr_result"


def test_a_doubt_is_one_version_and_one_line_and_the_answer_stays(
    store: Store, database_url: str
) -> None:
    old = as_row(store.save([reading()])[0])
    ((before,),) = rows_of(database_url, RANKS)
    for version, other in enumerate((OTHER, None), start=1):
        told = Doubt(identity=old.image_url, row_version=version, other=other)
        assert doubt_answers(store._reader, [told], actor="replay", note="layout@9") == {
            old.image_url
        }
        row = store.get(id=old.id)
        assert (row.doubt, row.row_version) == (other, version + 1)
        assert row.updated_at > old.updated_at
        assert (row.answer_fund_code, row.answer_hold_share, row.flag) == (
            *(old.answer_fund_code, old.answer_hold_share),
            True,
        )
        assert rows_of(database_url, RANKS) == [(42 if other else before,)]
        line = store.history(old.id)[-1]
        assert (line.action, line.actor, line.note) == ("doubted", "replay", "layout@9")
        assert line.after == row.snapshot()
        assert line.before == old.snapshot()
        old = row
    assert before != 42
    assert len(store.history(old.id)) == 2


def test_a_doubt_in_a_row_that_gave_no_answer_leaves_it_as_urgent_as_it_was(
    store: Store, database_url: str
) -> None:
    """Also when it is taken back."""
    row = as_row(store.save([refused()])[0])
    for version, other in enumerate((OTHER, None), start=1):
        told = Doubt(identity=row.image_url, row_version=version, other=other)
        doubt_answers(store._reader, [told], actor="replay", note="")
        assert rows_of(database_url, RANKS) == [(42,)]


def test_a_doubt_that_is_repeated_after_its_commit_is_one(store: Store) -> None:
    row = as_row(store.save([reading()])[0])
    key = identity_key(row.image_url)
    for now in (THEN, THEN, THEN + timedelta(seconds=1)):
        with store._writer.begin() as connection:
            present = rows_by_key(connection, [key])[key]
            doubt_answer(connection, present, OTHER, now, actor="replay", note="")
    assert store.get(id=row.id).row_version == 3
    assert [line.created_at for line in store.history(row.id)] == [
        THEN,
        THEN + timedelta(seconds=1),
    ]


def test_a_copy_of_a_row_in_doubt_is_as_urgent(store: Store, database_url: str) -> None:
    row = as_row(store.save([reading()])[0])
    told = Doubt(identity=row.image_url, row_version=1, other=OTHER)
    doubt_answers(store._reader, [told], actor="replay", note="")
    copy = NewReading.copy_of(store.get(id=row.id), identity="copy", url_type="oss")
    assert as_row(store.save([copy])[0]).doubt == OTHER
    assert rows_of(database_url, RANKS) == [(42,), (42,)]


def test_a_row_that_has_changed_or_is_gone_takes_none(store: Store) -> None:
    row = as_row(store.save([reading()])[0])
    corrected = store.correct(row.image_url, "000001", "7")
    told = [Doubt(identity=one, row_version=1, other=OTHER) for one in (row.image_url, "gone")]
    assert doubt_answers(store._reader, told, actor="replay", note="") == set()
    assert store.get(id=row.id) == corrected
