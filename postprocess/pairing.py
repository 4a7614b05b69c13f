"""Which number belongs to which label: all labels of a page are given their numbers at once.

A label's number stands behind it in its line, beside it in its row, or in the row of values below
or above its row of labels (postprocess.matching). Where a number may be that of two labels, or a
label's number may belong to a table of several rows, all of them are told and none is taken.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from postprocess.geometry import TokenGrid, gap, same_column
from postprocess.labels import FIELDS, Role
from postprocess.matching import REACH, Run, are_alike, may_be_share
from postprocess.normalize import normalize
from postprocess.rows import Kind, Row, rows_of
from postprocess.tokens import Token

_TIGHT = 1.5
"""Label heights up to which a number above or below may be meant though one stands beside."""
_BEHIND_SHARES = frozenset({Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.FROZEN})
_HEADS = 3
"""Labels in a row that are the heads of a table."""
_SHORT = re.compile("[0-9]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label and its number. value: None where there is none, or no sure one.

    rivals: the numbers that may be meant, where it is not sure which.
    """

    label: Token
    value: Token | None = None
    rivals: tuple[Token, ...] = ()


class Pairs:
    """The pairs of a grid."""

    def __init__(self, grid: TokenGrid) -> None:
        self._grid = grid
        self._found: dict[int, Pair] = {}
        self._taken: dict[int, Token] = {}
        self._match()

    def of(self, label: Token) -> Pair:
        """The number that belongs to a label."""
        return self._found.get(id(label)) or Pair(label=label)

    def is_taken(self, number: Token) -> bool:
        """Whether a number is that of a label which says what it is."""
        label = self._taken.get(id(number))
        return label is not None and label.role in FIELDS

    @cached_property
    def rows(self) -> list[Row]:
        """Of what does not stand behind a label in its line."""
        return rows_of([t for t in self._grid.tokens if self._is_free(t)])

    def _is_free(self, token: Token) -> bool:
        if token.part.noise or id(token) in self._found or id(token) in self._taken:
            return False
        if id(token) in self._grid.no_fields:
            return False
        return token.number is None or token.value is not None

    def _match(self) -> None:
        for label, value in _behind(self._grid):
            if _is_of_watermark(self._grid, value):
                # It runs through the label: what stands beside is meant, or it is not known.
                others = self._beside_a_sign(label, value)
                self._put(label, *(others or [value]), is_sure=bool(others))
            elif len(value.part.text) == 1 and (
                (others := self._beside_a_sign(label, value)) or _touches(label, value)
            ):
                self._put(label, value, *others, is_sure=False)  # a help sign, perhaps
            elif (further := self._grid.right_of(value)) and _is_in_shares(label, value, further):
                self._put(label, further)
            else:
                self._put(label, value)
        for label, value in _in_front(self._grid):
            if id(label) not in self._found and not self.is_taken(value):
                self._put(label, value)
        run: list[Row] = []
        for row in [*self.rows, None]:
            if row is not None and row.kind is not Kind.PAIRS and not _is_far(run, row):
                run.append(row)
                continue
            Run(run, self._put).match()
            run = [] if row is None or row.kind is Kind.PAIRS else [row]
            if row is not None and row.kind is Kind.PAIRS:
                self._beside(row)
        self._repeat()

    def _repeat(self) -> None:
        """A column that goes on after other things, at any pitch, is a table: each of its numbers
        may be meant."""
        at = {id(token): n for n, row in enumerate(self.rows) for token in row.tokens}
        for found in list(self._found.values()):
            value = found.value
            if value is None or id(found.label) not in at or id(value) not in at:
                continue
            if at[id(value)] <= at[id(found.label)]:
                continue
            further = [
                token
                for row in self.rows[at[id(value)] + 1 :]
                if row.kind is Kind.VALUES and len(row.tokens) > 1
                for token in row.tokens
                if id(token) not in self._taken
                and same_column(value, token)
                and are_alike(value, token)
                and not self._is_below_other_heads(value, token)
            ]
            if further:
                self._put(found.label, value, *further)

    def _is_below_other_heads(self, value: Token, further: Token) -> bool:
        """Whether a row of other labels stands between: another table begins there."""
        return any(
            row.kind is Kind.LABELS
            and len(row.tokens) >= _HEADS
            and value.bottom < row.top
            and row.bottom < further.top
            and any(same_column(label, further) for label in row.tokens)
            for row in self.rows
        )

    def _beside_a_sign(self, label: Token, value: Token) -> list[Token]:
        """Numbers that may be the label's where one character behind it is none."""
        grid = self._grid
        near = (grid.right_of(value), grid.below(label), grid.above(label))
        return [token for token in near if token is not None and may_be_share(token)]

    def _put(self, label: Token, *values: Token, is_sure: bool = True) -> None:
        sure = values[0] if len(values) == 1 and is_sure else None
        if sure is None and not values:
            return
        self._found[id(label)] = Pair(label=label, value=sure, rivals=() if sure else values)
        self._taken.update((id(value), label) for value in values)

    def _beside(self, row: Row) -> None:
        """Label left, value right; two numbers behind one label may both be meant."""
        label: Token | None = None
        values: list[Token] = []
        for token in [*row.tokens, None]:
            if token is not None and token.number is not None:
                values.append(token)
                continue
            if label is not None and values:
                if len(values) > 1 and _is_in_shares(label, *values[:2]):
                    values = values[1:2]
                self._put(label, *self._with_near_ones(label, _meant(values)))
            label, values = token, []

    def _with_near_ones(self, label: Token, values: list[Token]) -> list[Token]:
        """And numbers right below or above that are nobody else's: they may be meant as well, or
        alone where the one beside can be no share."""
        if label.role not in FIELDS:
            return values
        near = [
            token
            for token in (self._grid.below(label), self._grid.above(label))
            if token is not None
            and may_be_share(token)
            and id(token) not in self._taken
            and id(token) not in self._grid.no_fields
            and gap(label, token) <= _TIGHT * label.height
            and not self._has_other_label(token, label)
        ]
        if near and len(values) == 1 and not may_be_share(values[0]) and not _is_money(values[0]):
            return near
        return [*values, *near] if any(map(may_be_share, values)) else values

    def _has_other_label(self, number: Token, label: Token) -> bool:
        around = (self._grid.left_of(number), self._grid.above(number), self._grid.below(number))
        return any(t is not None and t is not label and t.role in FIELDS for t in around)


def pair(grid: TokenGrid, label: Token) -> Pair:
    """The number that belongs to a label."""
    return pairs_of(grid).of(label)


def pairs_of(grid: TokenGrid) -> Pairs:
    """All pairs of a grid, found once."""
    if grid.pairs is None:
        grid.pairs = Pairs(grid)
    found = grid.pairs
    assert isinstance(found, Pairs)
    return found


def _meant(values: list[Token]) -> list[Token]:
    """Of numbers behind a label those that may be its own: the first, unless shares stand further
    right and the first has no unit that makes it the one."""
    first, *others = values
    if first.number is not None and first.number.unit:
        return [first]
    return [first, *(other for other in others if may_be_share(other))]


def _is_in_shares(label: Token, value: Token, further: Token) -> bool:
    """Whether what is owned is told in money first and then in shares: 123.07元(83.04份)."""
    return (
        label.role in (Role.HELD_IF_SHARES, Role.AVAILABLE_IF_SHARES)
        and _is_money(value)
        and further.number is not None
        and further.number.unit in ("份", "股")
    )


def _behind(grid: TokenGrid) -> list[tuple[Token, Token]]:
    """Labels and the numbers behind them in the same line."""
    found = []
    for label in grid.tokens:
        if label.number is not None or label.part.noise:
            continue
        right = grid.right_of(label)
        if right is None or right.number is None or right.lines[0] is not label.lines[-1]:
            continue
        if not _is_misread_unit(right):
            found.append((label, right))
    return found


def _in_front(grid: TokenGrid) -> list[tuple[Token, Token]]:
    """What may be done with shares, or not, and their number in front of it in the same line:
    最多100份可卖, 含50份质押冻结."""
    found = []
    for label in grid.tokens:
        left = grid.left_of(label) if label.role in _BEHIND_SHARES else None
        if left is None or left.number is None or left.lines[0] is not label.lines[-1]:
            continue
        if left.number.unit in ("份", "股") and not _goes_on(grid, label):
            found.append((label, left))
    return found


def _goes_on(grid: TokenGrid, label: Token) -> bool:
    """Whether a number follows in the label's line."""
    right = grid.right_of(label)
    return right is not None and right.number is not None and right.lines[0] is label.lines[-1]


def _touches(label: Token, value: Token) -> bool:
    """Whether nothing was seen between a label and the character behind it."""
    line = normalize(value.lines[0].text)
    return re.search(rf"[\u3400-\u9fff]{re.escape(value.part.text)}$", line) is not None


def _is_of_watermark(grid: TokenGrid, value: Token) -> bool:
    """Whether a number behind a label is a piece of the watermark's, as far as that can be told."""
    digits = value.part.text
    return len(digits) > 1 and any(digits in run for run in grid.watermark)


def _is_misread_unit(value: Token) -> bool:
    """True for a digit or two alone in brackets behind a label: 可用份额(6) for 可用份额(份)."""
    raw = re.escape(value.part.text)
    line = normalize(value.lines[0].text)
    return (
        _SHORT.fullmatch(raw) is not None and re.search(rf"[(\[]\s*{raw}\s*[)\]]", line) is not None
    )


def _is_far(run: list[Row], row: Row) -> bool:
    return bool(run) and row.top - run[-1].bottom > REACH * max(row.height, run[-1].height)


def _is_money(token: Token) -> bool:
    return token.number is not None and token.number.money
