"""The rows of a page, and which of them hold labels, values, or both."""

from dataclasses import dataclass, field
from enum import Enum
from statistics import median

from postprocess.geometry import same_column
from postprocess.labels import FIELDS
from postprocess.tokens import Token

_TABLE, _LONG_TABLE = 3, 4
"""Numbers below labels of their own that make of a row the row of a table."""


class Kind(Enum):
    """What a row holds."""

    LABELS = "words"
    VALUES = "numbers, or words that stand where numbers do"
    PAIRS = "words and the numbers behind them"


@dataclass(slots=True, eq=False)
class Row:
    """Tokens beside each other, from the left.

    kind: what they are to the rows around. top: of its highest token, bottom: of its lowest.
    height: of its usual text.
    """

    tokens: list[Token]
    kind: Kind
    top: float = field(init=False)
    bottom: float = field(init=False)
    height: float = field(init=False)

    def __post_init__(self) -> None:
        self.top = min([token.top for token in self.tokens])
        self.bottom = max([token.bottom for token in self.tokens])
        self.height = median([token.height for token in self.tokens])

    @property
    def numbers(self) -> list[Token]:
        """Those that are numbers."""
        return [token for token in self.tokens if token.number is not None]

    @property
    def words(self) -> list[Token]:
        """Those that are none."""
        return [token for token in self.tokens if token.number is None]


def rows_of(tokens: list[Token]) -> list[Row]:
    """Rows from the top. tokens: sorted by their middles."""
    rows: list[list[Token]] = []
    top = bottom = 0.0
    for token in tokens:
        if rows and _beside(top, bottom, token):
            rows[-1].append(token)
            top = median([t.top for t in rows[-1]])
            bottom = median([t.bottom for t in rows[-1]])
        else:
            rows.append([token])
            top, bottom = token.top, token.bottom
    found = [Row(sorted(row, key=lambda t: t.left), _kind(row)) for row in rows]
    for at, row in enumerate(found):
        if row.kind is Kind.PAIRS and _stands_for_values(found, at):
            row.kind = Kind.VALUES
    return found


def columns(row: Row, other: Row) -> list[tuple[Token, Token]]:
    """Which token of one row stands above or below which of another; each once, the best first."""
    pairs = [
        (_away(one, two), one.left, one, two)
        for one in row.tokens
        for two in other.tokens
        if same_column(one, two)
    ]
    pairs.sort(key=lambda pair: pair[:2])
    taken: set[int] = set()
    found = []
    for _, _, one, two in pairs:
        if id(one) not in taken and id(two) not in taken:
            taken |= {id(one), id(two)}
            found.append((one, two))
    return found


def _away(one: Token, two: Token) -> float:
    return min(
        abs(one.left - two.left),
        abs(one.right - two.right),
        abs(one.left + one.right - two.left - two.right) / 2,
    )


def _beside(top: float, bottom: float, token: Token) -> bool:
    """Whether a token stands beside most of a row's height."""
    shared = min(bottom, token.bottom) - max(top, token.top)
    return shared >= 0.5 * min(bottom - top, token.height)


def _kind(row: list[Token]) -> Kind:
    are_numbers = {token.number is not None for token in row}
    if len(are_numbers) > 1:
        return Kind.PAIRS
    return Kind.VALUES if True in are_numbers else Kind.LABELS


def _stands_for_values(rows: list[Row], at: int) -> bool:
    """Whether words and numbers stand in the columns of a row of labels beside it."""
    row = rows[at]
    above = rows[at - 1] if at else None
    named = 0
    if above is not None and above.kind is Kind.LABELS and len(row.numbers) >= _TABLE:
        values = {id(value) for label, value in columns(above, row) if label.role in FIELDS}
        named = sum(id(token) in values for token in row.numbers)
    if named >= _LONG_TABLE:
        return True  # 现金 below 分红方式 is no label
    if any(token.role in FIELDS for token in row.words):
        return False
    if named >= _TABLE:
        return True
    before = rows[at - 1] if at else None
    if before is not None and before.kind is Kind.VALUES and before.words:
        return len(columns(before, row)) == len(row.tokens) == len(before.tokens)
    for other in rows[max(0, at - 1) : at] + rows[at + 1 : at + 2]:
        if other.kind is Kind.LABELS and len(row.tokens) > 1:
            pairs = columns(other, row)
            if len(pairs) == len(row.tokens) <= len(other.tokens) and any(
                label.role in FIELDS for label, _ in pairs
            ):
                return True
    return False
