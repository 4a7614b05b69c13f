"""What a web screen's template may show: a holding made up from a seed, and its numbers.

Names, codes and numbers are put together freely; none of them is anybody's. Shares and money have
two digits behind the point, net values and costs four, as fund apps show them.
"""

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

_HOUSES = (
    *(
        "易方达",
        "华夏",
        "南方",
        "嘉实",
        "博时",
        "广发",
        "汇添富",
        "富国",
        "招商",
        "工银瑞信",
        "中欧",
    ),
    *("兴证全球", "景顺长城", "交银施罗德", "银华", "鹏华", "国泰", "华安", "天弘", "大成", "诺安"),
    *(
        "万家",
        "建信",
        "前海开源",
        "上投摩根",
        "中银",
        "农银汇理",
        "睿远",
        "东方红",
        "信达澳亚",
        "永赢",
    ),
)
_THEMES: dict[str, tuple[str, ...]] = {
    "混合型": (
        "优质精选混合",
        "成长先锋混合",
        "均衡优选混合",
        "价值领航混合",
        "新兴产业混合",
        "稳健增利混合",
    ),
    "股票型": ("医疗健康股票", "先进制造股票", "消费升级股票", "低碳经济股票"),
    "债券型": (
        "双债增强债券",
        "纯债债券",
        "信用债债券",
        "中短债债券",
        "裕丰回报债券",
        "安心回报债券",
    ),
    "指数型": (
        *("沪深300ETF联接", "中证500指数增强", "中证白酒指数", "纳斯达克100ETF联接(QDII)"),
        *("中证红利ETF联接", "恒生科技ETF联接(QDII)", "上证50ETF联接", "科创50ETF联接"),
    ),
    "货币型": ("现金增利货币", "天天宝货币", "货币市场基金"),
    "FOF": ("养老目标日期2040三年持有混合(FOF)", "稳健养老一年持有混合(FOF)"),
}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund as a page names it. category: 混合型, 股票型, 债券型, 指数型, 货币型 or FOF."""

    name: str
    code: str
    category: str
    nav: Decimal
    nav_date: datetime.date
    day_rate: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """share = available + frozen. Rates are in percent; amounts in yuan, all consistent:
    amount = share × nav, profit = share × (nav − cost)."""

    fund: Fund
    share: Decimal
    available: Decimal
    frozen: Decimal
    cost: Decimal
    amount: Decimal
    profit: Decimal
    profit_rate: Decimal
    day_profit: Decimal

    @property
    def name(self) -> str:
        """The fund's."""
        return self.fund.name

    @property
    def code(self) -> str:
        """The fund's."""
        return self.fund.code

    @property
    def nav(self) -> Decimal:
        """The fund's net value of one share."""
        return self.fund.nav


def rounded(number: Decimal, digits: int = 2) -> Decimal:
    """As apps round: half up."""
    return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


class Facts:
    """What one screen shows; the same seed gives the same facts in the same order of asking."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 — the same again is all that is asked
        self._codes: set[str] = set()
        self.today = datetime.date(2026, 1, 5) + datetime.timedelta(self._random.randrange(300))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._random.random() < probability

    def choose(self, options: Sequence[_T]) -> _T:
        """One of these, each as likely."""
        return self._random.choice(options)

    def sample(self, options: Sequence[_T], count: int) -> list[_T]:
        """So many different ones of these."""
        return self._random.sample(options, count)

    def whole(self, least: int, most: int) -> int:
        """A whole number between these, both included."""
        return self._random.randint(least, most)

    def number(self, least: float, most: float, digits: int = 2) -> Decimal:
        """A number between these with so many digits behind the point."""
        return rounded(Decimal(str(self._random.uniform(least, most))), digits)

    def digits(self, count: int) -> str:
        """So many digits, the first of which may be 0: for order numbers and the like."""
        return "".join(self._random.choice("0123456789") for _ in range(count))

    def clock(self) -> str:
        """A time of day, as 9:41."""
        return f"{self._random.randrange(24)}:{self._random.randrange(60):02}"

    def day(self, least_ago: int = 1, most_ago: int = 900) -> datetime.date:
        """A day so many days before today; a negative number is a day to come."""
        return self.today - datetime.timedelta(self._random.randint(least_ago, most_ago))

    def fund(self, category: str = "") -> Fund:
        """A fund with a code that no other fund of this screen has."""
        of = category or self._random.choice(list(_THEMES))
        letter = self._random.choice(("A", "C", "A", "C", "", "E"))
        name = self._random.choice(_HOUSES) + self._random.choice(_THEMES[of]) + letter
        while (code := self._code()) in self._codes:
            pass
        self._codes.add(code)
        nav = Decimal(1) if of == "货币型" else self.number(0.4, 4.5, 4)
        return Fund(name, code, of, nav, self.day(1, 3), self.number(-4, 4))

    def holding(self, category: str = "", frozen: bool = False, whole: bool = False) -> Holding:
        """One holding. frozen: whether a part of its shares cannot be used now.
        whole: without a fraction of a share."""
        fund = self.fund(category)
        magnitude = self._random.choice((1, 2, 3, 3, 4, 4, 5))
        share = self.number(10**magnitude, 10 ** (magnitude + 1), 0 if whole else 2)
        held_back = (
            rounded(share * self.number(0.05, 0.6), 0 if whole else 2) if frozen else Decimal(0)
        )
        cost = rounded(fund.nav * self.number(0.75, 1.3, 4), 4)
        profit = rounded(share * (fund.nav - cost))
        day_profit = rounded(share * fund.nav * fund.day_rate / 100)
        return Holding(
            fund=fund,
            share=share,
            available=share - held_back,
            frozen=rounded(held_back),
            cost=cost,
            amount=rounded(share * fund.nav),
            profit=profit,
            profit_rate=rounded((fund.nav - cost) / cost * 100),
            day_profit=day_profit,
        )

    def _code(self) -> str:
        start = self._random.choice(
            ("00", "00", "01", "01", "02", "11", "16", "27", "51", "20", "04")
        )
        return start + self.digits(4)
