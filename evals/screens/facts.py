"""Invents funds, and what somebody holds of them: numbers that fit each other."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

HARD_CODES = ("202015", "163407", "000934", "002611", "011608", "005827", "000001", "110022")
"""Codes that look like a date, a time of day or a small number, and are codes all the same."""

_PREFIXES = ("00", "01", "02", "11", "16", "18", "20", "26", "27", "32", "40", "51", "96")
_HOUSES = (
    "恒澜", "星禾", "远谷", "泽信", "云川", "嘉澄", "汇棠", "南屿", "明岳", "瑞泊", "启衡", "安禾",
)  # fmt: skip
_THEMES = (
    "蓝筹精选混合", "消费升级混合", "医药健康股票", "新能源主题混合",
    "科技创新混合", "稳健增利债券", "沪深300ETF联接", "中证500指数增强",
    "纳斯达克100指数", "高端制造股票", "双债添利债券", "优质成长混合",
    "价值领航灵活配置混合", "中证1000ETF联接", "红利低波动指数", "港股通精选混合",
    "全球配置(QDII)",
)  # fmt: skip
_CLASSES = ("A", "A", "C", "C", "E", "")
_CENT = Decimal("0.01")
MAX_SHARE = Decimal("9999999.99")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """An invented fund; its name ends with the share class where it has one."""

    name: str
    code: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What somebody holds of one fund.

    held, available: shares, two places. nav, previous_nav, cost_price: yuan a share, four places.
    of_day_before: the page's amount is still that of the day before, as apps show it in the evening
        when the new net value is out and the accounts are not done.
    """

    fund: Fund
    held: Decimal
    available: Decimal
    nav: Decimal
    previous_nav: Decimal
    cost_price: Decimal
    day: date
    of_day_before: bool = False

    @property
    def frozen(self) -> Decimal:
        """Held shares that may not be sold now."""
        return self.held - self.available

    @property
    def amount(self) -> Decimal:
        """Held shares × net value of the amount's day, to the cent."""
        return cents(self.held * self._amount_nav)

    @property
    def profit(self) -> Decimal:
        """Gain or loss since the purchase, to the cent."""
        return self.amount - cents(self.held * self.cost_price)

    @property
    def profit_rate(self) -> Decimal:
        """Percent of the cost, two places."""
        return cents((self._amount_nav / self.cost_price - 1) * 100)

    @property
    def day_profit(self) -> Decimal:
        """Gain or loss of the last day, to the cent."""
        return cents(self.held * self.nav) - cents(self.held * self.previous_nav)

    @property
    def day_rate(self) -> Decimal:
        """Percent of the day before, two places."""
        return cents((self.nav / self.previous_nav - 1) * 100)

    @property
    def _amount_nav(self) -> Decimal:
        return self.previous_nav if self.of_day_before else self.nav


def fund(rng: Random) -> Fund:
    """An invented fund, one in four with a code that is easily taken for something else."""
    theme = rng.choice(_THEMES)
    hard = rng.random() < 0.25
    code = rng.choice(HARD_CODES) if hard else f"{rng.choice(_PREFIXES)}{rng.randrange(10_000):04d}"
    kind = next((k for k in ("债券", "股票", "指数", "联接", "QDII") if k in theme), "混合")
    kind = {"联接": "指数", "QDII": "QDII"}.get(kind, kind) + "型"
    return Fund(name=rng.choice(_HOUSES) + theme + rng.choice(_CLASSES), code=code, kind=kind)


def position(rng: Random, *, part_frozen: bool = False) -> Position:
    """A position of 0.01 to 9,999,999.99 shares, every order of magnitude as likely."""
    held = min(cents(Decimal(10 ** rng.uniform(-1.99, 7))), MAX_SHARE)
    frozen = cents(held * Decimal(rng.choice((0, 0.1, 0.25, 0.4)))) if part_frozen else Decimal(0)
    nav = Decimal(f"{rng.uniform(0.5, 4.2):.4f}")
    return Position(
        fund=fund(rng),
        held=held,
        available=held - frozen,
        nav=nav,
        previous_nav=(nav * Decimal(f"{rng.uniform(0.965, 1.035):.4f}")).quantize(nav),
        cost_price=(nav * Decimal(f"{rng.uniform(0.75, 1.3):.4f}")).quantize(nav),
        day=date(2023, 1, 3) + timedelta(days=rng.randrange(1_000)),
    )


def cents(value: Decimal) -> Decimal:
    """Rounded to two places, halves up, as fund companies do."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def money(value: Decimal) -> str:
    """`1,234.56`"""
    return f"{value:,.2f}"


def signed(value: Decimal) -> str:
    """`+1,234.56`, `-1,234.56`, `0.00`"""
    return f"{value:+,.2f}" if value else "0.00"


def percent(value: Decimal) -> str:
    """`+1.23%`"""
    return f"{value:+.2f}%" if value else "0.00%"
