"""Rows of labels and values that follow each other, matched at the least cost.

As few as possible of both are left over, distances are small, and the order does not change; where
another matching is about as good, both numbers are told and neither is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass

from postprocess.geometry import gap, same_column
from postprocess.labels import FIELDS
from postprocess.rows import Kind, Row, columns
from postprocess.tokens import Token

_MARGIN = 0.35
"""By how much a matching must be better than one in which a label's number is another."""
REACH = 3.0
"""Heights between a row of labels and its row of values, at most."""
_LEFT_OVER = 1.2
"""What a label of a field, or a value, costs that is left over."""
_WORDS_LEFT_OVER = 0.15
"""What other words cost."""
_TURN = 0.5
"""What it costs where labels stand above their values in one place and below in another."""
_LARGE = 1.5
"""Heights of a label from which the number beside it is what the page is about."""


class Run:
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
            same = [t for t in row.tokens if same_column(value, t) and are_alike(value, t)]
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
        if upper.kind is lower.kind or Kind.PAIRS in (upper.kind, lower.kind):
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
    return -0.5 * small < gap(one, other) <= REACH * tall


def _left_over(tokens: list[Token]) -> float:
    return sum(
        _LEFT_OVER if token.number is not None or token.role in FIELDS else _WORDS_LEFT_OVER
        for token in tokens
    )


def are_alike(one: Token, other: Token) -> bool:
    """Whether two numbers may stand in one column of a table: of one size and written alike."""
    a, b = one.number, other.number
    if a is None or b is None:
        return False
    if not may_be_share(other) and not ("/" in a.raw and "/" in b.raw):
        return False
    return abs(one.height - other.height) <= 0.15 * one.height and (
        a.places == b.places or "sure" not in (a.kind, b.kind) or a.kind != b.kind
    )


def may_be_share(token: Token) -> bool:
    """Whether it is a number that shares may have."""
    number = token.value
    return number is not None and number.share and not number.digits
