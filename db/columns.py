"""What is declared of each column of `ocr_result`, and the lists of columns that follow from it.

The new columns of a row that are read from its page or said of it are taken over by copies, kept in
its history, exported and shown on its card by what stands here; see CONTRIBUTING.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import Column, Table

_KEY = "told"


class Writer(Enum):
    """Who says what stands in a column."""

    REQUEST = "the request that made the row"
    READING = "the models and rules that read the picture; a new reading writes it again"
    PERSON = "a person who judged the row"
    ANSWER = "the person's value where there is one, else the reading's"
    RULES = "later rules that say otherwise"
    STORE = "the store itself"
    FINDING = "the store, for finding and counting alone; no Row carries it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What is said of one column.

    export, history, card: its place, counted from the left or the top, in exported tables, among
    the differences that history shows, and among the details of the card; None: it is not there.
    kept: whether lines of history keep its value. words: its name in Chinese and in English.
    """

    by: Writer
    export: int | None
    history: int | None
    card: int | None
    kept: bool
    words: tuple[str, str] | None


def column(
    name: str,
    type_: Any,  # noqa: ANN401 — as Column takes it
    by: Writer,
    chinese: str = "",
    english: str = "",
    *,
    export: int | None = None,
    history: int | None = None,
    card: int | None = None,
    kept: bool | None = None,
    nullable: bool = False,
    **options: Any,  # noqa: ANN401
) -> Column[Any]:
    """A column with what is said of it (see Told). kept: default: what a reading, a person or later
    rules may change. options: of Column."""
    if kept is None:
        kept = by in (Writer.READING, Writer.PERSON, Writer.ANSWER, Writer.RULES)
    words = (chinese, english) if chinese and english else None
    notes = Notes(by=by, export=export, history=history, card=card, kept=kept, words=words)
    return Column(name, type_, nullable=nullable, info={_KEY: notes}, **options)


def notes_of(table: Table) -> dict[str, Notes]:
    """By column; KeyError where nothing is said of one."""
    return {one.name: one.info[_KEY] for one in table.columns}


def written_by(table: Table, by: Writer) -> tuple[str, ...]:
    """The columns in which this one writes."""
    return tuple(name for name, one in notes_of(table).items() if one.by is by)


def placed(table: Table, place: Callable[[Notes], int | None]) -> tuple[str, ...]:
    """The columns that have such a place, in its order."""
    places = {name: at for name, one in notes_of(table).items() if (at := place(one)) is not None}
    return tuple(sorted(places, key=places.__getitem__))
