"""Windows scrolled over lists of fund cards, as people take them: described, not drawn.

A list of two to four cards of one design is made up from a seed, and a window cut out of it at any
height. What stands in the window is known line by line, so that whoever decides can be judged
without reading a picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from evals.screens.facts import fund
from postprocess.types import Line, Page, Quad

_WIDTH = 1080
_LATIN = 0.56
"""Width of a digit or Latin letter, of a Chinese character's."""
_LEAST_SEEN = 0.6
"""Of a cut line's height, below which no recogniser reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window. pairs: (code, share that can be used) of each card of the list. whole: the pair
    of the one card that stands in it whole while neither code nor share of another does; else None.
    """

    number: int
    page: Page
    pairs: tuple[tuple[str, str], ...]
    whole: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class _Words:
    text: str
    left: float
    top: float
    size: float
    card: int
    means: str = ""

    @property
    def quad(self) -> Quad:
        width = sum(self.size * (1 if ord(c) > 0x2E7F else _LATIN) for c in self.text)
        right, bottom = self.left + width, self.top + self.size * 1.2
        return (self.left, self.top), (right, self.top), (right, bottom), (self.left, bottom)


def windows(count: int, seed: int) -> Iterator[Window]:
    """So many, the same in every run."""
    for number in range(count):
        yield _window(number, Random(f"{seed} {number}"))  # noqa: S311 — the same in every run


def _window(number: int, random: Random) -> Window:
    cards = random.randint(2, 4)
    pairs, words = _list(random, cards)
    length = max(one.top + one.size * 1.2 for one in words) + random.uniform(0, 200)
    height = random.uniform(0.25, 0.8) * length
    top = random.uniform(-120, length - height)
    lines, seen = [], []
    for one in words:
        a, _, c, _ = one.quad
        visible = min(c[1], top + height) - max(a[1], top)
        part = visible / (c[1] - a[1])
        if part < _LEAST_SEEN:
            continue
        seen.append((one, part))
        confidence = 0.99 if part > 0.95 else round(random.uniform(0.6, 0.97), 2)
        low, high = max(a[1] - top, 0), min(c[1] - top, height)
        quad = ((a[0], low), (c[0], low), (c[0], high), (a[0], high))
        lines.append(Line(text=one.text, confidence=confidence, quad=quad))
    page = Page(lines=tuple(lines), width=_WIDTH, height=round(height))
    return Window(number=number, page=page, pairs=tuple(pairs), whole=_whole(words, seen, pairs))


def _whole(
    words: list[_Words], seen: list[tuple[_Words, float]], pairs: list[tuple[str, str]]
) -> tuple[str, str] | None:
    fully = {id(one) for one, part in seen if part > 0.95}
    whole = [
        card
        for card in range(len(pairs))
        if all(id(one) in fully for one in words if one.card == card)
    ]
    if len(whole) != 1:
        return None
    others = [one for one, _ in seen if one.card not in (whole[0], -1)]
    return None if any(one.means in ("code", "share") for one in others) else pairs[whole[0]]


def _list(random: Random, cards: int) -> tuple[list[tuple[str, str]], list[_Words]]:
    """The pairs and all words of one list, whose cards are of one design."""
    design = _Design(random)
    pairs: list[tuple[str, str]] = []
    words: list[_Words] = []
    top = random.uniform(20, 160)
    if random.random() < 0.5:
        words.append(_Words("我的持仓", 40, top, 52, -1))
        top += 110
    for card in range(cards):
        code = f"{random.choice(('00', '01', '11', '16', '27', '51'))}{random.randint(0, 9999):04}"
        while code in [known for known, _ in pairs]:
            code = f"01{random.randint(0, 9999):04}"
        share = f"{random.uniform(10, 10 ** random.randint(2, 6)):.2f}"
        pairs.append((code, share))
        top = design.card(words, card, top, code, share)
    return pairs, words


class _Design:
    """How the cards of one list look."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._head = random.choice(("inline", "below", "right", "beside", "bracket"))
        self._fields = random.choice(("rows", "grid2", "grid3"))
        self._value_above = random.random() < 0.4
        self._gap = random.uniform(24, 96)
        self._size = random.choice((36, 40, 44))
        self._label = random.choice(("持有份额", "可用份额", "持仓份额", "可用份额(份)", "份额"))
        if self._label == "份额":
            self._label = "持有份额(份)"
        self._unit = "份" if "(" not in self._label and random.random() < 0.3 else ""
        self._comma = random.random() < 0.6
        others = ["持有收益(元)", "昨日收益(元)", "持有金额(元)", "最新净值", "持仓成本", "收益率"]
        self._nav = 1.0
        random.shuffle(others)
        self._others = others[: random.choice((2, 3, 5)) if self._fields == "grid3" else 3]
        self._at = random.randint(0, len(self._others))
        self._chip = random.random() < 0.3

    def card(self, words: list[_Words], card: int, top: float, code: str, share: str) -> float:
        """Append one card's words; where the next card begins."""
        random, size = self._random, self._size
        name = fund(random).name
        self._nav = round(random.uniform(0.5, 4), 4)
        head, small = size * 1.15, size * 0.8
        if self._head in ("inline", "bracket"):
            text = f"{name} {code}" if self._head == "inline" else f"{name}({code})"
            words.append(_Words(text, 40, top, head, card, "code"))
        else:
            words.append(_Words(name, 40, top, head, card))
        if self._head == "right":
            words.append(_Words(code, _WIDTH - 200, top + 4, small, card, "code"))
        elif self._head == "beside":
            left = 40 + len(name) * head + 30
            words.append(_Words(code, left, top + 6, small, card, "code"))
        top += head * 1.6
        if self._head == "below":
            text = f"{code} 混合型" if self._chip else code
            words.append(_Words(text, 40, top, small, card, "code"))
            top += small * 1.8
        top = self._put_fields(words, card, top + size * 0.3, share)
        return top + self._gap

    def _put_fields(self, words: list[_Words], card: int, top: float, share: str) -> float:
        random, size = self._random, self._size
        whole, _, rest = share.partition(".")
        shown = f"{int(whole):,}.{rest}" if self._comma else share
        fields = [(label, self._other(label, share)) for label in self._others]
        fields.insert(self._at, (self._label, shown + self._unit))
        if self._fields == "rows":
            for label, value in fields:
                means = "share" if label == self._label else ""
                words.append(_Words(label, 40, top, size, card))
                left = _WIDTH - 60 - len(value) * size * _LATIN
                words.append(_Words(value, left, top, size, card, means))
                top += size * 1.9
            return top
        columns = 2 if self._fields == "grid2" else 3
        for start in range(0, len(fields), columns):
            for column, (label, value) in enumerate(fields[start : start + columns]):
                means = "share" if label == self._label else ""
                left = 40 + column * (_WIDTH - 80) / columns
                low, high = top, top + size * 1.5
                at_value, at_label = (low, high) if self._value_above else (high, low)
                words.append(_Words(label, left, at_label, size * 0.85, card))
                words.append(_Words(value, left, at_value, size, card, means))
            top += size * 3.3
        return top + random.choice((0.0, 10.0))

    def _other(self, label: str, share: str) -> str:
        random = self._random
        if "金额" in label:
            return f"{float(share) * self._nav:,.2f}"
        if "净值" in label:
            return f"{self._nav:.4f}"
        if "收益率" in label:
            return f"{random.uniform(-30, 40):+.2f}%"
        if "成本" in label:
            return f"{self._nav * random.uniform(0.7, 1.4):.4f}"
        return f"{random.uniform(-900, 900):+.2f}"
