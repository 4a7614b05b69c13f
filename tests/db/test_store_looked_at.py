"""A new reading for a row that was looked at: the row takes it as it was then, or not at all."""

from dataclasses import replace
from random import Random

import pytest

from db.errors import RowConflict, RowNotFound
from db.replace import Replacement, replace_readings
from db.rows import NewReading, Row
from db.store import Store
from tests.db.sample_readings import all_at_once, as_row, reading

pytest_plugins = ["tests.db.store_fixtures"]

URL = "https://pictures.example.com/{}.png"


@pytest.fixture
def store(patient_store: Store) -> Store:
    return patient_store


def again(row: Row, share: str = "9.99") -> NewReading:
    """Another reading of the row's picture, for the row as it is here."""
    return reading(row.image_url, ocr_hold_share=share, refresh=True, row_version=row.row_version)


def stored(store: Store, count: int = 1) -> list[Row]:
    return [as_row(row) for row in store.save([reading(URL.format(n)) for n in range(count)])]


def test_a_row_that_is_as_it_was_takes_it_with_one_line_of_history(store: Store) -> None:
    (row,) = stored(store)
    now = as_row(store.save([again(row)])[0])
    assert (now.ocr_hold_share, now.row_version) == ("9.99", 2)
    assert [line.action for line in store.history(row.id)] == ["reread"]


def test_a_row_that_people_corrected_meanwhile_is_left_as_it_is(store: Store) -> None:
    (row,) = stored(store)
    corrected = store.correct(row.image_url, "000001", "7", actor="李四")
    (told,) = store.save([again(row)])
    assert isinstance(told, RowConflict)
    assert told.present == corrected == store.get(id=row.id)
    assert [line.action for line in store.history(row.id)] == ["corrected"]


def test_a_row_that_was_forgotten_meanwhile_stays_away(store: Store) -> None:
    (row,) = stored(store)
    store.forget(row.image_url)
    assert isinstance(store.save([again(row)])[0], RowNotFound)
    assert store.find([row.image_url]) == {}


def test_its_neighbours_are_stored_all_the_same(store: Store) -> None:
    changed, gone, same = stored(store, 3)
    store.confirm(changed.id, row_version=1, actor="李四")
    store.forget(gone.image_url)
    new = reading(URL.format("new"))
    told = store.save([again(changed), again(gone), again(same), new])
    assert [type(one) for one in told] == [RowConflict, RowNotFound, Row, Row]
    assert as_row(told[2]).row_version == 2
    assert as_row(told[3]).row_version == 1


def test_another_reading_of_the_same_picture_is_stored_although_this_one_is_not(
    store: Store,
) -> None:
    unknown = replace(reading(URL.format(0)), refresh=True, row_version=1)
    told = store.save([reading(URL.format(0)), unknown])
    assert as_row(told[0]).row_version == 1
    assert isinstance(told[1], RowNotFound)
    (row,) = stored(store)
    store.correct(row.image_url, "000001", "7", actor="李四")
    told = store.save([reading(row.image_url), again(row), reading(row.image_url, refresh=True)])
    assert isinstance(told[1], RowConflict)
    assert as_row(told[0]) == as_row(told[2])
    assert [line.action for line in store.history(row.id)][-2:] == ["corrected", "reread"]


def test_only_a_new_reading_is_for_a_row_of_some_version() -> None:
    with pytest.raises(ValueError, match="row of some version"):
        reading(URL.format(0), row_version=1)


@pytest.mark.parametrize("how", ["save", "replace"])
def test_what_people_say_at_the_same_moment_is_never_under_a_new_reading(
    store: Store, how: str
) -> None:
    """Whoever comes first: a row is either corrected, or read again and then corrected."""
    rows = stored(store, 60)

    def correct(order: int) -> None:
        for number in Random(order).sample(range(len(rows)), len(rows)):
            store.correct(rows[number].image_url, f"{number:06}", "7.25", actor="李四")

    def read_again(order: int) -> None:
        for number in Random(order).sample(range(len(rows)), len(rows)):
            if how == "save":
                store.save([again(rows[number])])
            else:
                new = replace(again(rows[number]), row_version=None)
                given = [Replacement(row_version=1, reading=new)]
                replace_readings(store._reader, given, actor="replay", note="")

    all_at_once(lambda number: (correct if number % 2 else read_again)(number), 4)
    for number, row in enumerate(store.get(id=row.id) for row in rows):
        actions = [line.action for line in store.history(row.id)]
        assert actions in (["corrected"], ["reread", "corrected"]), actions
        assert (row.answer_fund_code, row.answer_hold_share) == (f"{number:06}", "7.25")
        assert row.ocr_hold_share == ("9.99" if "reread" in actions else "1234.56")
        assert row.row_version == 1 + len(actions)
