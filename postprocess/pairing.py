"""Which number belongs to which label, by where they stand.

A label's number stands behind it in the same line, to its right in the same row, below it or above
it. Where two numbers could be meant, both are told and neither is taken.
"""

import re
from dataclasses import dataclass

from postprocess.geometry import Sheet, Token, gap, same_row
from postprocess.labels import FIELDS
from postprocess.normalize import normalize

_NEARER = 0.35
"""Label heights by which one distance must be smaller to count as the nearer."""
_TIGHT = 1.5
"""Label heights up to which a number above or below may be meant though one stands to the right."""
_LONGEST_CHAIN = 40
_SHORT = re.compile("[0-9]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label and its number. value: None where there is none, or no sure one.

    rivals: the numbers that may be meant, where it is not sure which.
    """

    label: Token
    value: Token | None = None
    rivals: tuple[Token, ...] = ()


def pair(sheet: Sheet, label: Token) -> Pair:
    """The number that belongs to a label."""
    right = sheet.right_of(label)
    if right is not None and right.number is not None:
        if right.lines[0] is label.lines[-1]:
            return _behind(sheet, label, right)
        if right.value is not None:
            return _beside(sheet, label, right)
    return _stacked(sheet, label)


def _behind(sheet: Sheet, label: Token, value: Token) -> Pair:
    """`label value` in one line: sure, unless the value may be a misread unit or help sign."""
    assert value.number is not None
    if _is_misread_unit(value):
        return Pair(label=label)
    if len(value.number.raw) == 1:
        further = [sheet.right_of(value), *_neighbours(sheet, label)]
        rivals = tuple(t for t in further if t is not None and _may_be_share(t))
        if rivals:
            return Pair(label=label, rivals=(value, *rivals))
    return Pair(label=label, value=value)


def _is_misread_unit(value: Token) -> bool:
    """True for a digit or two alone in brackets behind a label: 可用份额(6) for 可用份额(份)."""
    raw = re.escape(value.part.text)
    line = normalize(value.lines[0].text)
    return (
        _SHORT.fullmatch(raw) is not None and re.search(rf"[(\[]\s*{raw}\s*[)\]]", line) is not None
    )


def _beside(sheet: Sheet, label: Token, value: Token) -> Pair:
    """Label left, value right, unless a number that is nobody else's stands just as well."""
    rivals = [
        token
        for token in _neighbours(sheet, label)
        if _may_be_share(token)
        and gap(label, token) <= _TIGHT * label.height
        and not _has_other_label(sheet, token, label)
    ]
    further = sheet.right_of(value)
    if (
        further is not None
        and _may_be_share(further)
        and not (value.number and value.number.unit)
        and not _has_label_above_or_below(sheet, further)
    ):
        rivals.append(further)
    if not rivals:
        return Pair(label=label, value=value)
    if not _may_be_share(value) and len(rivals) == 1 and not _is_money(value):
        return Pair(label=label, value=rivals[0])
    return Pair(label=label, rivals=(value, *rivals))


def _stacked(sheet: Sheet, label: Token) -> Pair:
    """Label and value one above the other."""
    below, above = sheet.below(label), sheet.above(label)
    under = below if below is not None and below.value is not None else None
    over = above if above is not None and above.value is not None else None
    found = [t for t in (under, over) if t is not None and not _is_code(t)]
    if not found:
        return Pair(label=label)
    taken = [t for t in found if _belongs(sheet, label, t)]
    side = _side(sheet, label, taken)
    for value in taken:
        if side == (1 if value.middle > label.middle else -1):
            if _is_glued(sheet, label, value):
                return Pair(label=label, rivals=(value,))
            next_one = _next_in_queue(sheet, label, value)
            if next_one is not None:
                return Pair(label=label, rivals=(value, next_one))
            return Pair(label=label, value=value)
    return Pair(label=label, rivals=tuple(taken))


def _is_glued(sheet: Sheet, label: Token, value: Token) -> bool:
    """True where the value spans the column of another label too: two numbers, read as one."""
    return any(
        other.number is None
        and not other.part.noise
        and value.left < (other.left + other.right) / 2 < value.right
        for other in sheet.row(label)
    )


def _next_in_queue(sheet: Sheet, label: Token, value: Token) -> Token | None:
    """A number behind the value that may be meant as well: the next row of a table, or values
    that follow labels one below the other.
    """
    under = value.middle > label.middle
    behind = sheet.below(value) if under else sheet.above(value)
    if behind is None or not _may_be_share(behind):
        return None
    before = sheet.below(label)
    return behind if under or (before is not None and before.role in FIELDS) else None


def _belongs(sheet: Sheet, label: Token, value: Token) -> bool:
    """False where another text stands better to the value: beside the label, or behind it."""
    under = value.middle > label.middle
    first = sheet.above(value) if under else sheet.below(value)
    if first is not None and first is not label and first.number is None and same_row(first, label):
        return False
    other = sheet.below(value) if under else sheet.above(value)
    if other is None or other.number is not None:
        return True
    return not _nearer(gap(value, other), gap(label, value), label)


def _side(sheet: Sheet, label: Token, values: list[Token]) -> int | None:
    """1: the label's value stands below it, -1: above, None: the page does not tell.

    First what stands clearly nearer, then whether the column begins with a label or with a value;
    the labels beside this one must not say the opposite.
    """
    if not values:
        return None
    own = _leaning(sheet, label)
    beside = {
        lean
        for other in sheet.row(label)
        if other.number is None
        and not other.part.noise
        and abs(other.height - label.height) <= label.height / 2
        if (lean := _leaning(sheet, other))
    }
    if own and -own not in beside:
        return own
    if own or len(beside) > 1:
        return None
    if beside:
        return beside.pop()
    return _end_of_column(sheet, label)


def _leaning(sheet: Sheet, label: Token) -> int:
    """1 or -1 where a label stands clearly nearer to the value below or above; 0: neither."""
    below, above = sheet.below(label), sheet.above(label)
    under = below is not None and below.value is not None and not _is_code(below)
    over = above is not None and above.value is not None and not _is_code(above)
    if under and over:
        assert below is not None and above is not None
        down, up = gap(label, below), gap(label, above)
        return 1 if _nearer(down, up, label) else -1 if _nearer(up, down, label) else 0
    if under:
        assert below is not None
        return _towards(sheet, label, below, sheet.below(below))
    if over:
        assert above is not None
        return -_towards(sheet, label, above, sheet.above(above))
    return 0


def _towards(sheet: Sheet, label: Token, value: Token, behind: Token | None) -> int:
    """1 where the value is the label's rather than that of the text behind it."""
    if behind is None or behind.number is not None or behind.role not in FIELDS:
        return 1
    return 1 if _nearer(gap(label, value), gap(value, behind), label) else 0


def _end_of_column(sheet: Sheet, label: Token) -> int | None:
    """In a column where labels and values take turns, who comes first names the order."""
    first_is_label = _ends_in_label(sheet, label, up=True)
    last_is_label = _ends_in_label(sheet, label, up=False)
    if first_is_label == last_is_label:
        return None
    return 1 if first_is_label else -1


def _ends_in_label(sheet: Sheet, label: Token, *, up: bool) -> bool:
    token, is_label = label, True
    for _ in range(_LONGEST_CHAIN):
        other = sheet.above(token) if up else sheet.below(token)
        if other is None:
            break
        fits = (
            other.role in FIELDS
            if not is_label
            else other.value is not None and not _is_code(other)
        )
        if not fits:
            break
        token, is_label = other, not is_label
    return is_label


def _neighbours(sheet: Sheet, label: Token) -> list[Token]:
    found = (sheet.below(label), sheet.above(label))
    return [token for token in found if token is not None and token.value is not None]


def _has_other_label(sheet: Sheet, value: Token, label: Token) -> bool:
    """True where a known label other than this one has the value in its row or column."""
    left = sheet.left_of(value)
    near = (left, sheet.above(value), sheet.below(value))
    return any(t is not None and t is not label and t.role in FIELDS for t in near)


def _has_label_above_or_below(sheet: Sheet, value: Token) -> bool:
    near = (sheet.above(value), sheet.below(value))
    return any(t is not None and t.number is None for t in near)


def _may_be_share(token: Token) -> bool:
    number = token.value
    return number is not None and number.share and not _is_code(token)


def _is_money(token: Token) -> bool:
    return token.number is not None and token.number.money


def _is_code(token: Token) -> bool:
    return token.number is not None and token.number.digits


def _nearer(one: float, other: float, label: Token) -> bool:
    return other - one >= _NEARER * label.height
