"""A page that lists several holdings: each code with its name and its share, for the reviewer."""

from postprocess.claims import SHARES, Share, shares_at
from postprocess.fund_code import Code
from postprocess.geometry import TokenGrid, same_column
from postprocess.names import is_name
from postprocess.normalize import normalize
from postprocess.tokens import Token
from postprocess.types import Holding

_EDGES = " ::|·-–/()[]<>【】,."
_NAME_CHARACTERS = 3


def list_holdings(grid: TokenGrid, codes: tuple[Code, ...]) -> tuple[Holding, ...]:
    """One row for each code, from the top; what was not found is empty."""
    labels = [token for token in grid.tokens if token.role in SHARES]
    shares = [share for label in labels for share in shares_at(grid, label) if share.sure]
    starts = [_start(grid, code) for code in codes]
    rows = []
    for code, start in zip(codes, starts, strict=True):
        end = min((other for other in starts if other > start), default=float("inf"))
        share = _first(shares, start, end) or _in_column(grid, labels, start, end)
        rows.append(
            Holding(fund_code=code.value, name=name_beside(grid, code.token), hold_share=share)
        )
    return tuple(rows)


def name_beside(grid: TokenGrid, code: Token) -> str:
    """The fund's name in the code's line, left of it, above or below it; empty where none is."""
    before, _, after = normalize(code.lines[0].text).partition(code.part.text)
    for words in (before, after):
        words = words.strip(_EDGES)
        if is_name(words):
            return words
    for near in (grid.left_of(code), grid.above(code), grid.below(code)):
        if near is not None:
            words = normalize(near.lines[0].text).strip(" ")
            if is_name(words):
                return words
    return ""


def _start(grid: TokenGrid, code: Code) -> float:
    """Where a row begins: at its name where that stands above the code."""
    above = grid.above(code.token)
    if above is not None and is_name(normalize(above.lines[0].text)):
        return above.top
    return code.token.top - code.token.height / 2


def _first(shares: list[Share], start: float, end: float) -> str:
    inside = [share for share in shares if start <= share.token.middle < end]
    inside.sort(key=lambda share: not share.available)
    return inside[0].number.value if inside else ""


def _in_column(grid: TokenGrid, labels: list[Token], start: float, end: float) -> str:
    """The uppermost number of the row below a column's head."""
    for label in labels:
        for token in grid.tokens:
            number = token.value
            if (
                label.bottom < start <= token.middle < end
                and number is not None
                and number.kind == "sure"
                and number.share
                and not number.digits
                and same_column(label, token)
            ):
                return number.value
    return ""
