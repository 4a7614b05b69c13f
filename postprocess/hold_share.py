"""The shares that a page shows, and which of them is the answer.

Available shares are asked for. Held shares are the answer only where the page has no label of
available ones; two labels with the same number are one.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from postprocess.confidence import LOW_LINE
from postprocess.geometry import Sheet, Token, is_flush, same_column, same_row
from postprocess.labels import FIELDS, Role
from postprocess.names import is_chip
from postprocess.normalize import normalize
from postprocess.numbers import Number
from postprocess.pairing import Pair, pair
from postprocess.types import Reason

_AVAILABLE = frozenset({Role.AVAILABLE, Role.AVAILABLE_SHORT, Role.AVAILABLE_WITH_UNIT})
_HELD = frozenset({Role.HELD, Role.HELD_WITH_UNIT})
SHARES = _AVAILABLE | _HELD | {Role.DOUBTFUL}
"""Roles of labels whose numbers are looked at."""

_PLACES = 2
_NEAR = 14.0
"""Heights around a held share within which another one may stand."""
_SAME_SIZE = 0.4
_NETWORK = re.compile(r"[2-6]G\+?$")
_NET_VALUE_PLACES = 3
_NET_VALUES_BELOW = 100
"""A number of that many places below it is a net value unless it stands right behind its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A number of shares and its label. placed: it is sure that the number is the label's."""

    label: Token
    token: Token
    number: Number
    placed: bool

    @property
    def values(self) -> tuple[str, ...]:
        """Normalised: one, or all that an ambiguous one may mean."""
        return (self.number.value,) if self.number.kind == "sure" else self.number.candidates

    @property
    def sure(self) -> bool:
        """True where it is the label's and has one meaning."""
        return self.placed and self.number.kind == "sure"

    @property
    def available(self) -> bool:
        """True for shares that may be sold now."""
        return self.label.role in _AVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What the page says of shares.

    found: the shares to choose from, the answer alone where there is one. reason: why there is
    none. others: shares that do not count, but that may explain the amount.
    """

    found: tuple[Share, ...]
    reason: Reason | None
    others: tuple[Share, ...] = ()


def find_shares(sheet: Sheet) -> Shares:
    """Choose among all numbers that stand at a label of shares."""
    claims = [_claim(sheet, token) for token in sheet.tokens if token.role in SHARES]
    available = [c for c in claims if c.label.role in _AVAILABLE and not c.doubtful]
    held = [claim for claim in claims if claim.label.role in _HELD]
    doubtful = [claim for claim in claims if claim.doubtful]
    if any(claim.shares for claim in available):
        return _available_ones(available, held, doubtful)
    decided = _held_ones(held, [*available, *doubtful])
    if decided.reason is None:
        orphans = _without_label(sheet, decided.found[0])
        if orphans:
            return Shares(found=(*decided.found, *orphans), reason=Reason.NO_SHARE)
    return decided


def _without_label(sheet: Sheet, held: Share) -> tuple[Share, ...]:
    """Numbers that stand as the held share does, but their label was not read: maybe 可用份额."""
    value, label = held.token, held.label
    if value.lines[0] is label.lines[-1]:
        return ()
    near = [
        t
        for t in sheet.around(value, _NEAR)
        if _stands_alike(value, t) and not _is_anothers(sheet, t)
    ]
    if same_row(value, label):
        found = [
            t
            for t in near
            if (is_flush(value, t) or same_row(value, t)) and not _is_words(sheet.left_of(t))
        ]
    else:
        side = sheet.above if label.middle < value.middle else sheet.below
        found = [
            t
            for t in near
            if not _is_words(side(t))
            and (same_column(value, t) or any(_is_words(side(mate)) for mate in sheet.row(t)))
        ]
    shares = (_share(label, token, False) for token in found)
    return tuple(share for share in shares if share is not None)


def _stands_alike(value: Token, other: Token) -> bool:
    """True for a number of the same size that may be one of shares."""
    number = other.value
    return (
        number is not None
        and number.share
        and number.places <= _PLACES
        and not number.digits
        and not _is_mark(normalize(other.lines[0].text))
        and not _is_sign(other)
        and abs(other.height - value.height) <= _SAME_SIZE * value.height
    )


def _is_mark(text: str) -> bool:
    """True for a fund's risk class and for the bars and the network of a phone's status bar."""
    return is_chip(text) or _NETWORK.search(text) is not None


def _is_sign(token: Token) -> bool:
    """True for an arrow or a bar that was read as a digit, without being sure of it."""
    line = token.lines[0]
    return len(normalize(line.text).strip()) == 1 and line.confidence < LOW_LINE


def _is_anothers(sheet: Sheet, value: Token) -> bool:
    """True where a known label above or below has just this number."""
    return any(
        label is not None and label.role in FIELDS and pair(sheet, label).value is value
        for label in (sheet.above(value), sheet.below(value))
    )


def _is_words(token: Token | None) -> bool:
    return token is not None and token.number is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What stands at one label.

    shares: none, the one, or several of which one is meant. doubtful: the label may be one of
    available shares, or not. unread: it must have a number of shares, and none was read.
    """

    label: Token
    shares: tuple[Share, ...]
    doubtful: bool
    unread: bool


def shares_at(sheet: Sheet, label: Token) -> tuple[Share, ...]:
    """The share that stands at a label; several where it is not sure which; none."""
    return _shares(label, pair(sheet, label))


def _claim(sheet: Sheet, label: Token) -> _Claim:
    found = pair(sheet, label)
    shares = _shares(label, found)
    doubtful = label.role is Role.DOUBTFUL
    if label.role is Role.AVAILABLE_WITH_UNIT and not all(s.number.unit for s in shares):
        doubtful = True
    unread = not shares and (
        label.role is Role.AVAILABLE
        # 可用 ¥5.00 is cash; 可用 and nothing may be a share that was not read.
        or (label.role is Role.AVAILABLE_SHORT and found.value is None)
        or (doubtful and any(part in label.part.text for part in "份额"))
    )
    return _Claim(label=label, shares=shares, doubtful=doubtful, unread=unread)


def _shares(label: Token, found: Pair) -> tuple[Share, ...]:
    tokens = (found.value,) if found.value is not None else found.rivals
    placed = found.value is not None
    shares = (_share(label, token, placed) for token in tokens)
    return tuple(share for share in shares if share is not None)


def _share(label: Token, token: Token, placed: bool) -> Share | None:
    """None where the number is none of shares."""
    number = token.number
    if number is None or not number.share:
        return None
    if label.role is Role.HELD_WITH_UNIT and number.unit != "份":
        return None
    if _is_net_value(number) and token.lines[0] is not label.lines[-1]:
        return None
    return Share(label=label, token=token, number=number, placed=placed)


def _is_net_value(number: Number) -> bool:
    places = number.places >= _NET_VALUE_PLACES and not number.unit
    return places and Decimal(number.value) < _NET_VALUES_BELOW


def _available_ones(available: list[_Claim], held: list[_Claim], doubtful: list[_Claim]) -> Shares:
    spoken = [claim for claim in available if claim.shares]
    decided = _decide(spoken, [claim for claim in doubtful if claim.shares])
    if decided.reason is None and any(claim.unread for claim in available):
        # The same label again, its number not read: it may be another one.
        return Shares(found=decided.found, reason=Reason.NO_SHARE)
    return _with_others(decided, held)


def _held_ones(held: list[_Claim], perhaps_available: list[_Claim]) -> Shares:
    """Held shares; what may be available shares must not say otherwise."""
    spoken = [claim for claim in held if claim.shares]
    doubts = [claim for claim in perhaps_available if claim.shares]
    if not spoken:
        shares = _distinct([share for claim in doubts for share in claim.shares])
        return Shares(found=shares, reason=Reason.NO_SHARE)
    decided = _decide(spoken, doubts)
    unread = [claim for claim in held if not claim.shares and _is_again(claim.label, spoken)]
    if decided.reason is None and (unread or any(claim.unread for claim in perhaps_available)):
        return Shares(found=decided.found, reason=Reason.NO_SHARE)
    return decided


def _is_again(label: Token, claims: list[_Claim]) -> bool:
    """True where the same words stand at a number elsewhere: a list, of which one was not read."""
    return any(claim.label.part.text == label.part.text for claim in claims)


def _decide(claims: list[_Claim], doubts: list[_Claim]) -> Shares:
    """One number that all claims agree on; doubts may be silent, but not disagree."""
    shares = [share for claim in claims for share in claim.shares]
    sure = [claim.shares[0] for claim in claims if len(claim.shares) == 1 and claim.shares[0].sure]
    if not sure:
        found = _distinct(shares)
        if all(share.placed for share in shares):
            return Shares(found=found, reason=Reason.AMBIGUOUS_NUMBER)
        return Shares(found=found, reason=Reason.MANY_SHARES if len(found) > 1 else Reason.NO_SHARE)
    answer = sure[0]
    for claim in (*claims, *doubts):
        if not any(_same(value, answer.number.value) for s in claim.shares for value in s.values):
            everything = [*shares, *(share for doubt in doubts for share in doubt.shares)]
            return Shares(found=_distinct(everything), reason=Reason.MANY_SHARES)
    return Shares(found=(answer,), reason=None)


def _with_others(decided: Shares, held: list[_Claim]) -> Shares:
    others = [claim.shares[0] for claim in held if len(claim.shares) == 1]
    return Shares(
        found=decided.found,
        reason=decided.reason,
        others=tuple(share for share in others if share.sure),
    )


def _distinct(shares: list[Share]) -> tuple[Share, ...]:
    """Without those whose meanings all stand there already."""
    kept: list[Share] = []
    seen: set[Decimal] = set()
    for share in shares:
        numbers = {Decimal(value) for value in share.values}
        if not numbers <= seen:
            kept.append(share)
            seen |= numbers
    return tuple(kept)


def _same(one: str, other: str) -> bool:
    return Decimal(one) == Decimal(other)
