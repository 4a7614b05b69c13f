"""Confirmations, dismissals and what takes them back; on both databases."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from db.errors import RowConflict, RowNotFound, RowRejected
from db.rows import Dismissal, NewReading, ReviewState, Row
from db.store import Store
from tests.db.sample_readings import PICTURE, all_at_once, as_row, reading, refused

pytest_plugins = ["tests.db.store_fixtures"]

URL = "https://pictures.example.com/a.png"


@pytest.fixture
def row(store: Store) -> Row:
    """A row with an answer."""
    return as_row(store.save([reading(URL)])[0])


def actions(store: Store, row: Row) -> list[str]:
    return [line.action for line in store.history(row.id)]


def test_a_confirmed_row_answers_as_it_was_read(store: Store, row: Row) -> None:
    after = store.confirm(row.id, row_version=1, actor="小王", note="对 😀")

    assert (after.review_state, after.row_version) == ("confirmed", 2)
    assert (after.answer_flag, after.answer_fund_code, after.answer_hold_share) == (
        *(True, "011608"),
        "1234.56",
    )
    assert (after.fund_code, after.hold_share) == (row.fund_code, row.hold_share)
    assert store.get(id=row.id) == after


def test_a_dismissed_row_has_no_answer_and_says_why(store: Store, row: Row) -> None:
    after = store.dismiss(row.id, row_version=1, actor="小王", reason=Dismissal.NOT_A_FUND)

    assert (after.review_state, after.dismissal, after.row_version) == (
        "dismissed",
        "not_a_fund",
        2,
    )
    assert (after.answer_flag, after.fund_code, after.hold_share) == (False, None, None)
    assert (after.flag, after.ocr_fund_code) == (True, "011608")


def test_each_is_one_line_of_history_with_who_when_before_after_and_why(
    store: Store, row: Row
) -> None:
    begun = datetime.now(UTC)
    confirmed = store.confirm(row.id, row_version=1, actor="小王", note="对 😀")
    dismissed = store.dismiss(
        row.id, row_version=2, actor="小李", reason=Dismissal.OTHER, note="两页"
    )

    first, second = store.history(row.id)
    assert (first.action, first.actor, first.note) == ("confirmed", "小王", "对 😀")
    assert (second.action, second.actor, second.note) == ("dismissed", "小李", "两页")
    assert (first.before, first.after) == (row.snapshot(), confirmed.snapshot())
    assert (second.before, second.after) == (confirmed.snapshot(), dismissed.snapshot())
    assert second.after is not None and second.after["dismissal"] == "other"
    assert begun <= first.created_at <= second.created_at == dismissed.updated_at


def test_what_has_no_answer_cannot_be_confirmed(store: Store) -> None:
    silent = as_row(store.save([refused(URL)])[0])

    with pytest.raises(RowRejected, match="no answer"):
        store.confirm(silent.id, row_version=1, actor="小王")
    assert store.history(silent.id) == []


def test_a_correction_that_is_confirmed_stays_a_correction(store: Store, row: Row) -> None:
    corrected = store.correct(URL, "000001", "5.50")
    after = store.confirm(row.id, row_version=corrected.row_version, actor="小李")

    assert (after.review_state, after.answer_fund_code) == ("corrected", "000001")
    assert actions(store, row) == ["corrected", "confirmed"]


def test_what_changed_since_it_was_looked_at_is_refused_with_the_row_as_it_is(
    store: Store, row: Row
) -> None:
    present = store.correct(URL, "000001", "5.50")

    for change in (
        lambda: store.confirm(row.id, row_version=1, actor="小李"),
        lambda: store.dismiss(row.id, row_version=1, actor="小李", reason=Dismissal.OTHER),
        lambda: store.undo(row.id, row_version=1, actor="小李"),
    ):
        with pytest.raises(RowConflict) as refusal:
            change()
        assert refusal.value.present == present
    assert actions(store, row) == ["corrected"]


def test_an_unknown_row_can_neither_be_confirmed_nor_dismissed_nor_undone(store: Store) -> None:
    for change in (
        lambda: store.confirm(7, row_version=1, actor=""),
        lambda: store.dismiss(7, row_version=1, actor="", reason=Dismissal.OTHER),
        lambda: store.undo(7, row_version=1, actor=""),
    ):
        with pytest.raises(RowNotFound):
            change()


def test_the_same_thing_sent_twice_by_the_same_person_is_one(store: Store, row: Row) -> None:
    confirmed = store.confirm(row.id, row_version=1, actor="小王")
    assert store.confirm(row.id, row_version=1, actor="小王") == confirmed
    assert store.confirm(row.id, row_version=2, actor="小王") == confirmed

    why = Dismissal.UNREADABLE
    dismissed = store.dismiss(row.id, row_version=2, actor="小王", reason=why)
    assert store.dismiss(row.id, row_version=2, actor="小王", reason=why) == dismissed

    undone = store.undo(row.id, row_version=3, actor="小王")
    assert store.undo(row.id, row_version=3, actor="小王") == undone
    assert actions(store, row) == ["confirmed", "dismissed", "undone"]


def test_the_same_thing_said_by_another_is_a_line_of_his_own(store: Store, row: Row) -> None:
    store.confirm(row.id, row_version=1, actor="小王")
    after = store.confirm(row.id, row_version=2, actor="小李")

    assert after.row_version == 3
    assert [line.actor for line in store.history(row.id)] == ["小王", "小李"]


def test_another_reason_is_another_dismissal(store: Store, row: Row) -> None:
    store.dismiss(row.id, row_version=1, actor="小王", reason=Dismissal.OTHER)
    after = store.dismiss(row.id, row_version=2, actor="小王", reason=Dismissal.NOT_A_FUND)

    assert (after.dismissal, after.row_version) == ("not_a_fund", 3)


@pytest.mark.parametrize("act", ["confirm", "dismiss", "correct"])
def test_undo_brings_back_what_was_before_and_is_one_more_line(
    store: Store, row: Row, act: str
) -> None:
    if act == "confirm":
        store.confirm(row.id, row_version=1, actor="小王")
    elif act == "dismiss":
        store.dismiss(row.id, row_version=1, actor="小王", reason=Dismissal.OTHER)
    else:
        store.correct(URL, "000001", "5.50", actor="小王")
    after = store.undo(row.id, row_version=2, actor="小李")

    assert after.snapshot() == row.snapshot() | {"row_version": 3}
    done, undone = store.history(row.id)
    assert (undone.action, undone.actor) == ("undone", "小李")
    assert undone.after == after.snapshot() | {"undid": done.id}


def test_undo_again_takes_back_what_was_said_before_that(store: Store, row: Row) -> None:
    first = store.correct(URL, "000001", "1")
    store.correct(URL, "000002", "2")
    store.dismiss(row.id, row_version=3, actor="", reason=Dismissal.OTHER)

    assert store.undo(row.id, row_version=4, actor="").answer_fund_code == "000002"
    one = store.undo(row.id, row_version=5, actor="")
    assert one.snapshot() == first.snapshot() | {"row_version": 6}
    assert store.undo(row.id, row_version=6, actor="").review_state == "open"
    with pytest.raises(RowRejected, match="taken back"):
        store.undo(row.id, row_version=7, actor="")
    assert len(store.history(row.id)) == 6


def test_what_is_said_after_an_undo_can_be_undone(store: Store, row: Row) -> None:
    store.correct(URL, "000001", "1")
    store.undo(row.id, row_version=2, actor="")
    store.confirm(row.id, row_version=3, actor="")

    assert store.undo(row.id, row_version=4, actor="").review_state == "open"


def test_there_is_nothing_to_undo_in_a_row_of_which_nobody_said_anything(
    store: Store, row: Row
) -> None:
    store.save([reading(URL, refresh=True, ocr_hold_share="7")])

    with pytest.raises(RowRejected, match="taken back"):
        store.undo(row.id, row_version=2, actor="")


def test_undo_after_a_new_reading_leaves_the_new_reading(store: Store, row: Row) -> None:
    store.correct(URL, "000001", "5.50")
    store.save([reading(URL, refresh=True, ocr_fund_code="161725", ocr_hold_share="7")])
    after = store.undo(row.id, row_version=3, actor="")

    assert (after.review_state, after.answer_fund_code, after.fund_code) == (
        *("open", "161725"),
        "161725",
    )


def test_a_confirmed_answer_that_a_new_reading_gives_again_stays_confirmed(
    store: Store, row: Row
) -> None:
    store.confirm(row.id, row_version=1, actor="小王")
    (after,) = store.save([reading(URL, refresh=True, model_version="newer@1")])

    assert (as_row(after).review_state, as_row(after).model_version) == ("confirmed", "newer@1")


def test_a_confirmed_answer_that_a_new_reading_does_not_give_stands_as_a_correction(
    store: Store, row: Row
) -> None:
    store.confirm(row.id, row_version=1, actor="小王")
    after = as_row(store.save([refused(URL, refresh=True)])[0])

    assert (after.review_state, after.answer_flag) == ("corrected", True)
    assert (after.answer_fund_code, after.answer_hold_share) == ("011608", "1234.56")
    assert (after.fund_code, after.hold_share) == ("011608", Decimal("1234.56"))
    assert (after.flag, after.ocr_fund_code) == (False, "")

    back = store.undo(row.id, row_version=3, actor="小王")
    assert (back.review_state, back.answer_flag) == ("open", False)


def test_undoing_a_correction_of_a_confirmed_row_gives_the_confirmed_values_back(
    store: Store, row: Row
) -> None:
    store.confirm(row.id, row_version=1, actor="")
    store.correct(URL, "000001", "5.50")
    store.save([refused(URL, refresh=True)])
    after = store.undo(row.id, row_version=4, actor="")

    assert (after.review_state, after.answer_fund_code) == ("corrected", "011608")


def test_a_dismissed_row_stays_dismissed_through_a_new_reading(store: Store, row: Row) -> None:
    store.dismiss(row.id, row_version=1, actor="", reason=Dismissal.UNREADABLE)
    after = as_row(store.save([reading(URL, refresh=True, ocr_hold_share="7")])[0])

    assert (after.review_state, after.dismissal, after.answer_flag) == (
        *("dismissed", "unreadable"),
        False,
    )
    assert (after.fund_code, after.hold_share) == (None, None)


def test_another_link_of_the_picture_takes_what_was_said_and_tells_from_where(
    store: Store, row: Row
) -> None:
    dismissed = store.dismiss(row.id, row_version=1, actor="小王", reason=Dismissal.NOT_A_FUND)
    source = store.find_same_picture([PICTURE])[PICTURE]
    copy = as_row(
        store.save([NewReading.copy_of(source, identity=URL + "?signed=2", url_type="oss")])[0]
    )

    assert copy.snapshot() == dismissed.snapshot() | {"row_version": 1}
    (line,) = store.history(copy.id)
    assert line.action == "copied"
    assert line.after == copy.snapshot() | {"copied_from": row.id}


def test_of_the_same_picture_what_a_person_judged_is_preferred_to_a_newer_reading(
    store: Store, row: Row
) -> None:
    other = as_row(store.save([reading("newer", ocr_hold_share="7")])[0])
    confirmed = store.confirm(row.id, row_version=1, actor="")
    assert store.find_same_picture([PICTURE]) == {PICTURE: confirmed}

    corrected = store.correct("newer", "000001", "5.50")
    assert corrected.id == other.id
    store.confirm(row.id, row_version=2, actor="somebody else")
    assert store.find_same_picture([PICTURE]) == {PICTURE: corrected}


def test_160_judgements_at_once_are_160_lines_and_none_is_lost(store: Store, row: Row) -> None:
    def judge_ten_times(person: int) -> None:
        for turn in range(10):
            present = store.get(id=row.id)
            while True:
                try:
                    if (person + turn) % 2:
                        store.correct(
                            *(URL, f"{person:06}", f"{turn}.5"),
                            row_version=present.row_version,
                            actor=f"person {person}",
                        )
                    else:
                        store.dismiss(
                            row.id,
                            row_version=present.row_version,
                            actor=f"person {person}",
                            reason=Dismissal.OTHER,
                            note=str(turn),
                        )
                    break
                except RowConflict as conflict:
                    present = conflict.present

    all_at_once(judge_ten_times, 16)

    lines = store.history(row.id)
    assert len(lines) == 160
    afters = [line.after for line in lines]
    assert [line.before for line in lines] == [row.snapshot(), *afters[:-1]]
    assert afters[-1] == store.get(id=row.id).snapshot()
    assert Counter(line.actor for line in lines) == {f"person {n}": 10 for n in range(16)}


def test_the_same_confirmation_from_16_threads_is_one(store: Store, row: Row) -> None:
    results = all_at_once(lambda _: store.confirm(row.id, row_version=1, actor="小王"), 16)

    assert results == [results[0]] * 16
    assert actions(store, row) == ["confirmed"]


def test_of_16_people_one_confirms_and_the_others_are_told(store: Store, row: Row) -> None:
    def confirm(person: int) -> Row | RowConflict:
        try:
            return store.confirm(row.id, row_version=1, actor=f"person {person}")
        except RowConflict as conflict:
            return conflict

    results = all_at_once(confirm, 16)
    (winner,) = (result for result in results if isinstance(result, Row))
    losers = [result for result in results if isinstance(result, RowConflict)]
    assert [loser.present for loser in losers] == [winner] * 15
    assert ReviewState(winner.review_state) is ReviewState.CONFIRMED
