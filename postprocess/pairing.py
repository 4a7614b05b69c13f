"""Which number belongs to which label: all labels of a page are given their numbers at once.

A label's number stands behind it in its line, beside it in its row, or in the row of values below
or above its row of labels. Rows of labels and values that follow each other are matched so that as
few as possible of both are left over, that distances are small and that the order does not change;
where another matching is about as good, both numbers are told and neither is taken. The same where
a number may belong to a table of several rows.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from postprocess.geometry import Sheet, Token, gap, same_column
from postprocess.labels import FIELDS, Role
from postprocess.normalize import normalize
from postprocess.rows import Kind, Row, columns, rows_of

_MARGIN = 0.35
"""By how much a matching must be better than one in which a label's number is another."""
_REACH = 3.0
"""Heights between a row of labels and its row of values, at most."""
_LEFT_OVER = 1.2
"""What a label of a field, or a value, costs that is left over."""
_WORDS_LEFT_OVER = 0.15
"""What other words cost."""
_TURN = 0.5
"""What it costs where labels stand above their values in one place and below in another."""
_TIGHT = 1.5
"""Label heights up to which a number above or below may be meant though one stands beside."""
_LARGE = 1.5
"""Heights of a label from which the number beside it is what the page is about."""
_BEHIND_SHARES = frozenset({Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.FROZEN})
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
    """The pairs of a sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
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
        return rows_of([t for t in self._sheet.tokens if self._is_free(t)])

    def _is_free(self, token: Token) -> bool:
        if token.part.noise or id(token) in self._found or id(token) in self._taken:
            return False
        if id(token) in self._sheet.no_fields:
            return False
        return token.number is None or token.value is not None

    def _match(self) -> None:
        for label, value in _behind(self._sheet):
            further = self._sheet.right_of(value)
            others = self._beside_a_sign(label, value)
            if _is_of_watermark(self._sheet, value):
                # It runs through the label: what stands beside is meant, or it is not known.
                self._put(label, *(others or [value]), is_sure=bool(others))
            elif len(value.part.text) == 1 and (others or _touches(label, value)):
                self._put(label, value, *others, is_sure=False)  # a help sign, perhaps
            elif further is not None and _is_in_shares(label, value, further):
                self._put(label, further)
            else:
                self._put(label, value)
        for label, value in _in_front(self._sheet):
            if id(label) not in self._found and not self.is_taken(value):
                self._put(label, value)
        run: list[Row] = []
        for row in [*self.rows, None]:
            if row is not None and row.kind is not Kind.PAIRS and not _is_far(run, row):
                run.append(row)
                continue
            _Run(run, self._put).match()
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
                and _alike(value, token)
            ]
            if further:
                self._put(found.label, value, *further)

    def _beside_a_sign(self, label: Token, value: Token) -> list[Token]:
        """Numbers that may be the label's where one character behind it is none."""
        sheet = self._sheet
        near = (sheet.right_of(value), sheet.below(label), sheet.above(label))
        return [token for token in near if token is not None and _may_be_share(token)]

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
            for token in (self._sheet.below(label), self._sheet.above(label))
            if token is not None
            and _may_be_share(token)
            and id(token) not in self._taken
            and id(token) not in self._sheet.no_fields
            and gap(label, token) <= _TIGHT * label.height
            and not self._has_other_label(token, label)
        ]
        if near and len(values) == 1 and not _may_be_share(values[0]) and not _is_money(values[0]):
            return near
        return [*values, *near] if any(map(_may_be_share, values)) else values

    def _has_other_label(self, number: Token, label: Token) -> bool:
        around = (self._sheet.left_of(number), self._sheet.above(number), self._sheet.below(number))
        return any(t is not None and t is not label and t.role in FIELDS for t in around)


def pair(sheet: Sheet, label: Token) -> Pair:
    """The number that belongs to a label."""
    return pairs_of(sheet).of(label)


def pairs_of(sheet: Sheet) -> Pairs:
    """All pairs of a sheet, found once."""
    if sheet.pairs is None:
        sheet.pairs = Pairs(sheet)
    found = sheet.pairs
    assert isinstance(found, Pairs)
    return found


def _meant(values: list[Token]) -> list[Token]:
    """Of numbers behind a label those that may be its own: the first, unless shares stand further
    right and the first has no unit that makes it the one."""
    first, *others = values
    if first.number is not None and first.number.unit:
        return [first]
    return [first, *(other for other in others if _may_be_share(other))]


def _is_in_shares(label: Token, value: Token, further: Token) -> bool:
    """Whether what is owned is told in money first and then in shares: 123.07元(83.04份)."""
    return (
        label.role in (Role.HELD_IF_SHARES, Role.AVAILABLE_IF_SHARES)
        and _is_money(value)
        and further.number is not None
        and further.number.unit in ("份", "股")
    )


def _behind(sheet: Sheet) -> list[tuple[Token, Token]]:
    """Labels and the numbers behind them in the same line."""
    found = []
    for label in sheet.tokens:
        if label.number is not None or label.part.noise:
            continue
        right = sheet.right_of(label)
        if right is None or right.number is None or right.lines[0] is not label.lines[-1]:
            continue
        if not _is_misread_unit(right):
            found.append((label, right))
    return found


def _in_front(sheet: Sheet) -> list[tuple[Token, Token]]:
    """What may be done with shares, or not, and their number in front of it in the same line:
    最多100份可卖, 含50份质押冻结."""
    found = []
    for label in sheet.tokens:
        left = sheet.left_of(label) if label.role in _BEHIND_SHARES else None
        if left is None or left.number is None or left.lines[0] is not label.lines[-1]:
            continue
        if left.number.unit in ("份", "股") and not _goes_on(sheet, label):
            found.append((label, left))
    return found


def _goes_on(sheet: Sheet, label: Token) -> bool:
    """Whether a number follows in the label's line."""
    right = sheet.right_of(label)
    return right is not None and right.number is not None and right.lines[0] is label.lines[-1]


def _touches(label: Token, value: Token) -> bool:
    """Whether nothing was seen between a label and the character behind it."""
    line = normalize(value.lines[0].text)
    return re.search(rf"[\u3400-\u9fff]{re.escape(value.part.text)}$", line) is not None


def _is_of_watermark(sheet: Sheet, value: Token) -> bool:
    """Whether a number behind a label is a piece of the watermark's, as far as that can be told."""
    digits = value.part.text
    return len(digits) > 1 and any(digits in run for run in sheet.watermark)


def _is_misread_unit(value: Token) -> bool:
    """True for a digit or two alone in brackets behind a label: 可用份额(6) for 可用份额(份)."""
    raw = re.escape(value.part.text)
    line = normalize(value.lines[0].text)
    return (
        _SHORT.fullmatch(raw) is not None and re.search(rf"[(\[]\s*{raw}\s*[)\]]", line) is not None
    )


def _is_far(run: list[Row], row: Row) -> bool:
    return bool(run) and row.top - run[-1].bottom > _REACH * max(row.height, run[-1].height)


class _Run:
    """Rows of labels and of values that follow each other, and how they are matched."""

    def __init__(self, rows: list[Row], put: Callable[..., None]) -> None:
        self._rows = rows
        self._put = put

    def match(self) -> None:
        """Give each label of the run its number."""
        rows = self._rows
        edges = {at: edge for at in range(len(rows) - 1) if (edge := _Edge.of(rows, at))}
        if not edges:
            return
        best = self._cheapest(edges, {})
        for at, edge in edges.items():
            if at not in best[1]:
                continue
            for label, value in edge.pairs:
                others = self._others(edges, best, at, edge, label, value)
                is_sure = not (_is_glued(edge.labels, label, value) or _may_be_code(edge, value))
                self._put(label, value, *others, is_sure=is_sure)

    def _others(
        self,
        edges: dict[int, "_Edge"],
        best: tuple[float, frozenset[int]],
        at: int,
        edge: "_Edge",
        label: Token,
        value: Token,
    ) -> list[Token]:
        """Numbers that may be the label's as well."""
        found = []
        # Its row matched the other way.
        other = edges.get(at - 1 if edge.is_below else at + 1)
        if other is not None and other.labels is edge.labels:
            cost = self._cheapest(edges, {at: False, other.at: True})[0]
            if cost - best[0] < _MARGIN:
                found += [two for one, two in other.pairs if one is label]
        found += self._further_rows(edge, best, edges, value)
        return found

    def _further_rows(
        self,
        edge: "_Edge",
        best: tuple[float, frozenset[int]],
        edges: dict[int, "_Edge"],
        value: Token,
    ) -> list[Token]:
        """Numbers of the rows behind that look like further rows of the same table."""
        step = 1 if edge.is_below else -1
        at = edge.at + (2 if edge.is_below else -1)
        before, found = edge.values, []
        while 0 <= at < len(self._rows):
            row = self._rows[at]
            used = any(edges[n].values is row for n in best[1])
            if row.kind is not Kind.VALUES or used:
                break
            same = [t for t in row.tokens if same_column(value, t) and _alike(value, t)]
            aligned = columns(before, row)
            if not same or len(aligned) < min(len(before.tokens), len(row.tokens)):
                break
            found += same
            before, at = row, at + step
        return found

    def _cheapest(
        self, edges: dict[int, "_Edge"], forced: dict[int, bool]
    ) -> tuple[float, frozenset[int]]:
        """The cheapest matching; forced: edges that must be in it or must not."""
        rows = self._rows
        # For each row: cost, edges and side of the last edge, where the row is matched or not.
        states: dict[tuple[bool, int], tuple[float, frozenset[int]]] = {
            (False, 0): (0.0, frozenset())
        }
        for at, row in enumerate(rows):
            following: dict[tuple[bool, int], tuple[float, frozenset[int]]] = {}
            for (is_used, side), (cost, chosen) in states.items():
                options = []
                edge = edges.get(at)
                if edge is not None and not is_used and forced.get(at) is not False:
                    turn = _TURN if side and side != edge.side else 0.0
                    options.append(((True, edge.side), cost + edge.cost + turn, chosen | {at}))
                if not (edge is not None and forced.get(at)):
                    left = 0.0 if is_used else _left_over(row.tokens)
                    options.append(((False, side), cost + left, chosen))
                for key, total, with_edge in options:
                    if key not in following or total < following[key][0]:
                        following[key] = total, with_edge
            states = following
        if not states:
            return float("inf"), frozenset()
        return min(states.values(), key=lambda one: one[0])


@dataclass(slots=True, eq=False)
class _Edge:
    """A row of labels and a row of values that stand one above the other.

    at: of the upper one. side: 1 where the values are below. cost: distance, and what is left over.
    """

    at: int
    labels: Row
    values: Row
    side: int
    pairs: list[tuple[Token, Token]]
    cost: float

    @property
    def is_below(self) -> bool:
        """Whether the values stand below."""
        return self.side == 1

    @staticmethod
    def of(rows: list[Row], at: int) -> "_Edge | None":
        """The edge between a row and the next; None where they are of one kind, or far apart, or
        share no column."""
        upper, lower = rows[at], rows[at + 1]
        if {upper.kind, lower.kind} != {Kind.LABELS, Kind.VALUES}:
            return None
        labels, values = (upper, lower) if upper.kind is Kind.LABELS else (lower, upper)
        pairs = [(one, two) for one, two in columns(labels, values) if _near(one, two)]
        if not pairs:
            return None
        height = max(labels.height, 1e-3)
        distance = sum(max(gap(one, two), 0.0) for one, two in pairs) / len(pairs) / height
        paired = {id(token) for one in pairs for token in one}
        rest = [t for t in (*labels.tokens, *values.tokens) if id(t) not in paired]
        cost = distance + _left_over(rest)
        return _Edge(at, labels, values, 1 if labels is upper else -1, pairs, cost)


def _is_glued(labels: Row, label: Token, value: Token) -> bool:
    """True where the value spans the column of another label too: two numbers, read as one, or
    labels whose places are not known."""
    return any(
        other is not label
        and other.number is None
        and value.left < (other.left + other.right) / 2 < value.right
        for other in labels.tokens
    )


def _may_be_code(edge: _Edge, value: Token) -> bool:
    """True for six digits below or above a label that stands alone: the next fund's, perhaps."""
    return (
        value.number is not None
        and value.number.digits
        and len(edge.pairs) == 1
        and value.height < _LARGE * edge.labels.height
    )


def _near(one: Token, other: Token) -> bool:
    small, tall = sorted((one.height, other.height))
    return -0.5 * small < gap(one, other) <= _REACH * tall


def _left_over(tokens: list[Token]) -> float:
    return sum(
        _LEFT_OVER if token.number is not None or token.role in FIELDS else _WORDS_LEFT_OVER
        for token in tokens
    )


def _alike(one: Token, other: Token) -> bool:
    """Whether two numbers may stand in one column of a table: of one size and written alike."""
    a, b = one.number, other.number
    if a is None or b is None:
        return False
    if not _may_be_share(other) and not ("/" in a.raw and "/" in b.raw):
        return False
    return abs(one.height - other.height) <= 0.15 * one.height and (
        a.places == b.places or "sure" not in (a.kind, b.kind) or a.kind != b.kind
    )


def _is_money(token: Token) -> bool:
    return token.number is not None and token.number.money


def _may_be_share(token: Token) -> bool:
    number = token.value
    return number is not None and number.share and not number.digits
