"""share × net value against the amount on the same screen.

Apps show amounts of another day and of all held shares, so a difference proves something only when
it is large (a lost point, a lost digit), or where the amount is to the cent that of another number
which one misread, covered or cut off character turns into the share.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from postprocess.claims import Share
from postprocess.geometry import TokenGrid
from postprocess.labels import Role
from postprocess.pairing import pair
from postprocess.tokens import Token

CLOSE = Decimal("0.03")
"""Relative difference up to which share × net value agrees with the amount."""
FAR = Decimal("0.20")
"""Relative difference beyond which the share was misread."""
_ROUNDING = Decimal("0.015")
"""Yuan by which an amount may differ because it is rounded."""
_CENT = Decimal("0.01")
_LEAST_AMOUNT = Decimal(100)
"""Yuan below which numbers have too few characters for likeness to prove anything."""
_NET_VALUE_PLACES = (3, 4)
_NET_VALUES = Decimal("0.01"), Decimal(1000)
_LONGEST = 18
_BOUGHT = re.compile("在途|[待未]确认|确认中")
"""Of shares on their way, which are no part of those held yet."""


class CheckResult(StrEnum):
    """What the check says; `absent` is no verdict."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    ABSENT = "absent"


def check(
    grid: TokenGrid, share: str, others: Iterable[str], *, is_part: bool = False
) -> CheckResult:
    """Hold a share against the page's net values and amounts.

    is_part: more shares than these may be held, which the page does not tell.
    others: more shares of the page; where one of them may explain the amount, be it of another day,
        a difference proves nothing.
    """
    nets = _numbers(grid, Role.NAV)
    amounts = _numbers(grid, Role.AMOUNT) if nets else []
    size, others = Decimal(share), tuple(others)
    if not amounts or (is_part and size == 0):
        return CheckResult.ABSENT
    pairs = [(_size(net), _size(amount)) for net in nets for amount in amounts]
    told = {id(token) for token in (*nets, *amounts)}
    shown = {Decimal(other) for other in others}
    shown |= {_size(t) for t in grid.tokens if id(t) not in told and _is_sure(t)} - {size}
    if not any(_is_worth(size, pair) for pair in pairs) and any(
        _is_of_a_like_share(share, shown, *pair) for pair in pairs
    ):
        return CheckResult.DISAGREES
    if any(_agrees(size, *pair) for pair in pairs):
        return CheckResult.AGREES
    # An amount that is to the cent that of another number of the page says nothing of this one.
    pairs = [pair for pair in pairs if not any(_is_worth(other, pair) for other in shown)]
    far = all(
        _differs(size, *pair) and not (is_part and _may_be_a_part(size, *pair)) for pair in pairs
    )
    if not pairs or not far:
        return CheckResult.ABSENT
    if any(not _differs(Decimal(other), *pair) for other in others for pair in pairs):
        return CheckResult.ABSENT
    return CheckResult.DISAGREES


def explains_amount(grid: TokenGrid, share: str) -> bool:
    """Whether a share times a net value of the page is to the cent an amount of the page."""
    nets, amounts = _numbers(grid, Role.NAV), _numbers(grid, Role.AMOUNT)
    return any(
        _is_worth(Decimal(share), (_size(net), _size(amount))) for net in nets for amount in amounts
    )


def _is_worth(share: Decimal, pair: tuple[Decimal, Decimal]) -> bool:
    net, amount = pair
    return abs(share * net - amount) <= _ROUNDING


def _is_sure(token: Token) -> bool:
    number = token.number
    return number is not None and number.kind == "sure" and len(number.value) <= _LONGEST


def _size(token: Token) -> Decimal:
    assert token.number is not None
    return Decimal(token.number.value)


def _is_of_a_like_share(
    share: str, shown: Iterable[Decimal], net: Decimal, amount: Decimal
) -> bool:
    """Whether the amount is to the cent that of a share which looks like the one that was read, and
    is none that the page shows."""
    if amount < _LEAST_AMOUNT or any(_is_worth(other, (net, amount)) for other in shown):
        return False
    worth = (amount / net).quantize(_CENT)
    return any(
        abs(like * net - amount) < _CENT and _are_alike(f"{like:f}", share)
        for like in (worth - _CENT, worth, worth + _CENT)
    )


def _are_alike(whole: str, read: str) -> bool:
    """Whether one character is another, missing or too many, or the beginning or the end of the
    whole was not read."""
    if whole.startswith(read) or whole.endswith(read):
        return True
    if abs(len(whole) - len(read)) > 1:
        return False
    same = next((n for n, (a, b) in enumerate(zip(whole, read, strict=False)) if a != b), None)
    if same is None:
        return True
    rests = (whole[same + 1 :], read[same + 1 :]), (whole[same + 1 :], read[same:])
    return any(a == b for a, b in (*rests, (whole[same:], read[same + 1 :])))


def _may_be_a_part(share: Decimal, net: Decimal, amount: Decimal) -> bool:
    """Worth less than the amount, but not as if a point or a digit was lost."""
    worth = share * net
    if not 0 < worth < amount:
        return False
    return not any(
        abs(worth * factor - amount) <= max(_ROUNDING * factor, amount * CLOSE)
        for factor in (10, 100, 1000)
    )


def exceeds_held(share: Share, others: Iterable[Share]) -> bool:
    """True where more is available than is held: one of the two was misread."""
    size = Decimal(share.number.value)
    return share.available and any(
        size > Decimal(other.number.value) * (1 + FAR) for other in others
    )


def exceeds_rest(grid: TokenGrid, share: Share, others: Iterable[Share]) -> bool:
    """True where what is available and what is frozen come to more than is held."""
    labels = [t for t in grid.tokens if t.role is Role.FROZEN and not _BOUGHT.search(t.part.text)]
    frozen = sum((_size(token) for token in _at(grid, labels)), Decimal(0))
    size = Decimal(share.number.value)
    return share.available and any(
        frozen > 0 and size <= held < size + frozen - _CENT
        for held in (Decimal(other.number.value) for other in others if not other.available)
    )


def _agrees(share: Decimal, net: Decimal, amount: Decimal) -> bool:
    return abs(share * net - amount) <= max(_ROUNDING, amount * CLOSE)


def _differs(share: Decimal, net: Decimal, amount: Decimal) -> bool:
    worth = share * net
    return abs(worth - amount) > max(_ROUNDING, amount * FAR)


def _numbers(grid: TokenGrid, role: Role) -> list[Token]:
    """What stands at the labels of a role, as far as it is sure."""
    return _at(grid, [token for token in grid.tokens if token.role is role])


def _at(grid: TokenGrid, labels: Iterable[Token]) -> list[Token]:
    found = []
    for label in labels:
        value = pair(grid, label).value
        number = value.number if value is not None else None
        if value is None or number is None or not _is_sure(value) or number.unit not in ("", "元"):
            continue
        size = Decimal(number.value)
        net_value = number.places in _NET_VALUE_PLACES and _NET_VALUES[0] <= size <= _NET_VALUES[1]
        if net_value if label.role is Role.NAV else number.places <= 2:
            found.append(value)
    return found
