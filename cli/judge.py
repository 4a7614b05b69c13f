"""Judges answers by the truth: right, wrong or missed.

right: the values that the truth has, or flag false where the truth is empty. wrong: flag true with
other values, or where it must be false. missed: flag false where the truth has values.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from pipeline.response import Body
from postprocess.types import Page
from serving.say import counted

Judgement = Literal["right", "wrong", "missed"]
JUDGEMENTS: tuple[Judgement, ...] = ("right", "wrong", "missed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One picture or case: what it shows (`truth`) and what was answered.

    layout: the truth's own word for the kind of page, empty where it has none. page: the lines
    that decided, None where nothing was read. picture: its file, None for a case.
    """

    name: str
    truth: dict[str, str]
    layout: str
    answer: Body
    verdict: Judgement
    page: Page | None = None
    picture: Path | None = None

    @property
    def why(self) -> str:
        """The reason of a refusal, the code of an error, or `answered`."""
        return str(self.answer.get("code") or self.answer["detail"]["reason"] or "answered")

    @property
    def versions(self) -> str:
        """What read it and what decided; empty where nothing was read."""
        detail = self.answer.get("detail")
        return f"{detail['model_version'] or 'no model'}, {detail['rules']}" if detail else ""


def judge(truth: dict[str, str], answer: Body) -> Judgement:
    """Hold one answer against the truth (`fund_code`, `hold_share`; both empty: no answer)."""
    must_answer = bool(truth["fund_code"])
    if not answer.get("flag"):
        return "missed" if must_answer else "right"
    data = answer["data"]
    equal = data["fund_code"] == truth["fund_code"] and _same_number(
        data["hold_share"], truth["hold_share"]
    )
    return "right" if must_answer and equal else "wrong"


def counts(judged: Iterable[Judged]) -> Counter[Judgement]:
    """How many of each verdict."""
    return Counter(answer.verdict for answer in judged)


def counts_by(
    judged: Iterable[Judged], key: Callable[[Judged], str]
) -> dict[str, Counter[Judgement]]:
    """The same for each value of `key`, by name."""
    groups: dict[str, Counter[Judgement]] = {}
    for answer in judged:
        groups.setdefault(key(answer), Counter())[answer.verdict] += 1
    return dict(sorted(groups.items()))


def sentence(counts: Counter[Judgement], *, places: int = 1) -> str:
    """`200 pages: 199 right (99.5 %), 0 wrong, 1 missed`"""
    total = counts.total()
    share = 100 * counts["right"] / max(total, 1)
    return (
        f"{counted(total, 'page')}: {counts['right']} right ({share:.{places}f} %), "
        f"{counts['wrong']} wrong, {counts['missed']} missed"
    )


def _same_number(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return one == other
