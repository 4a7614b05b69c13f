"""Counts the answers on noisy pages: what the rules say, and what a second reading would have
seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from evals.rules.ocr_noise import noisy
from evals.screens.corpus import undrawn
from evals.screens.screen import Screen
from postprocess.layout import extract
from postprocess.types import Extraction, Page


@dataclass(slots=True, kw_only=True)
class Tally:
    """Noisy pages, and how many of them were answered rightly, refused, answered wrongly."""

    pages: int = 0
    right: int = 0
    refused: int = 0
    wrong: int = 0

    @property
    def wrong_in_10_000(self) -> float:
        return 10_000 * self.wrong / max(self.pages, 1)


@dataclass(slots=True, kw_only=True)
class Tallies:
    """kept: the noise left the answer on the page, or nothing well-formed in its place. turned: the
    deciding number is another well-formed number now. turned_twice: the same pages, the deciding
    lines read again by a recogniser that did not make the mistake. reasons: why those were refused.
    without_answer: pages of `kept` that were refused as they were without noise. wrong: what is to
    be known of those that were answered wrongly.
    """

    kept: Tally = field(default_factory=Tally)
    turned: Tally = field(default_factory=Tally)
    turned_twice: Tally = field(default_factory=Tally)
    reasons: Counter[str] = field(default_factory=Counter)
    without_answer: int = 0
    wrong: list[str] = field(default_factory=list)


def tally(pages: int, screens: int, seed: int) -> Tallies:
    """Put noise on `pages` pages of `screens` drawn screens and count what is answered."""
    return count(list(undrawn(screens, seed)), pages, seed)


def count(drawn: Sequence[Screen], pages: int, seed: int) -> Tallies:
    """The same on screens that are drawn already."""
    found = Tallies()
    read = [screen.page() for screen in drawn]
    for index in range(pages):
        screen, page = drawn[index % len(drawn)], read[index % len(drawn)]
        truth = screen.truth.fund_code, screen.truth.hold_share
        noise = noisy(page, *truth, Random(f"{seed}/{index}"))
        said = extract(noise.page)
        is_wrong = _count(found.turned if noise.turned else found.kept, said, truth)
        found.without_answer += screen.truth.refused and said.reason is not None
        if is_wrong and not noise.turned:
            found.wrong.append(f"{index} {screen.layout} {noise.kinds}: {said} for {truth}")
        if noise.turned:
            again = extract(with_second_reading(noise.page, said, screen))
            _count(found.turned_twice, again, truth)
            found.reasons[str(again.reason or "answered")] += 1
    return found


def with_second_reading(page: Page, found: Extraction, screen: Screen) -> Page:
    """The deciding lines with what the screen shows in their place, as the service reads them."""
    deciding = {line for one in (found.fund_code, found.hold_share) if one for line in one.lines}
    lines = tuple(
        replace(line, second=_shown(line.quad, screen)) if line in deciding else line
        for line in page.lines
    )
    return replace(page, lines=lines)


def _shown(quad: tuple[tuple[float, float], ...], screen: Screen) -> str:
    """What is drawn inside a quad, from the left, whole texts only."""
    (left, right), (top, bottom) = (
        (min(point[k] for point in quad), max(point[k] for point in quad)) for k in (0, 1)
    )
    inside = []
    for text in screen.texts:
        a, b, c, d = text.box
        x, y = (a + c) / 2, (b + d) / 2
        if left <= x <= right and top <= y <= bottom:
            inside.append((a, text.text))
    return " ".join(text for _, text in sorted(inside))


def _count(tally_: Tally, found: Extraction, truth: tuple[str, str]) -> bool:
    """True where the answer is wrong."""
    tally_.pages += 1
    code, share = found.fund_code, found.hold_share
    if code is None or share is None:
        tally_.refused += 1
    elif (code.value, share.value) == truth:
        tally_.right += 1
    else:
        tally_.wrong += 1
        return True
    return False
