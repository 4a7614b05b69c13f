"""What a screen is to show (its brief); a layout only decides where."""

from dataclasses import dataclass
from decimal import Decimal

from evals.screens.facts import Position, cents, money, percent, signed

# Names that apps give to shares; a third is kept out of tuning.


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """family: `available` (may be sold now) or `held` (all that is owned)."""

    text: str
    family: str
    held_out: bool = False


def _labels(family: str, tuned: str, held_out: str) -> tuple[Label, ...]:
    return tuple(
        Label(text=text, family=family, held_out=texts is held_out)
        for texts in (tuned, held_out)
        for text in texts.split()
    )


AVAILABLE = _labels(
    "available",
    tuned="可用份额 可用份额(份) 可卖份额 可赎回份额 当前可用份额（份） 可用 可转出份额",
    held_out="可转出份额(份) 可卖出份额 可赎回份额（份） 当前可用份额",
)
HELD = _labels(
    "held",
    tuned="持有份额 持有份额(份) 持仓份额 基金份额 持有份额（份） 当前份额",
    held_out="总份额 持仓份额(份) 持有总份额",
)
LABELS: dict[str, tuple[Label, ...]] = {"available": AVAILABLE, "held": HELD}

FROZEN = ("交易冻结份额", "质押冻结份额", "异常冻结份额", "冻结份额")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A label and its value. tone: the number whose sign colours the value; None: plain text.

    role: `share` where the value is a share that may be answered.
    """

    label: str
    value: str
    role: str = ""
    tone: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Everything that a layout may draw.

    available, held: labels of the shares to show; None: not shown.
    code_style: how name and code stand together (see `evals.screens.parts.name`).
    share_style: `comma` 1,234.56 · `plain` 1234.56 · `short` without needless zeros; with
        `_unit` appended, followed by 份.
    variant: any number; a layout's small choices follow from it.
    """

    position: Position
    others: tuple[Position, ...] = ()
    available: Label | None = None
    held: Label | None = None
    code_style: str = "below"
    share_style: str = "comma"
    show_code: bool = True
    show_share: bool = True
    decoys: bool = True
    long: bool = False
    clock: str = "9:41"
    variant: int = 0

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels of shares that are drawn."""
        if not self.show_share:
            return ()
        return tuple(label for label in (self.held, self.available) if label)

    @property
    def answer(self) -> str:
        """The share that must be answered, as truth.json has it."""
        share = self.position.available if self.available else self.position.held
        return self.plain(share)

    def plain(self, share: Decimal) -> str:
        """A share of this page as truth.json has it: no separators, no unit."""
        return self._number(share, separators=False)

    def number(self, share: Decimal) -> str:
        """A share in this page's style, with its unit where the style has one."""
        unit = "份" if self.share_style.endswith("_unit") else ""
        return self._number(share, separators=self.share_style.startswith("comma")) + unit

    def share_cells(self) -> list[Cell]:
        """The shares to answer, held before available; empty where the page hides them."""
        values = {"held": self.position.held, "available": self.position.available}
        return [
            Cell(label=label.text, value=self.number(values[label.family]), role="share")
            for label in self.labels
        ]

    def frozen_cell(self) -> Cell:
        """A decoy: shares that are frozen."""
        return Cell(label=self.pick(FROZEN), value=self.number(self.position.frozen))

    def nav_cell(self, label: str = "最新净值") -> Cell:
        """The net value with its day."""
        day = self.position.day
        return Cell(label=f"{label}({day:%m-%d})", value=str(self.position.nav))

    def money_cells(self, *, unit: str = "(元)") -> list[Cell]:
        """Amount, profit, profit of the day, rate, cost: consistent with share and net value."""
        p = self.position
        return [
            Cell(label=f"持有金额{unit}", value=money(p.amount)),
            Cell(label=f"持有收益{unit}", value=signed(p.profit), tone=p.profit),
            Cell(label=f"昨日收益{unit}", value=signed(p.day_profit), tone=p.day_profit),
            Cell(label="持有收益率", value=percent(p.profit_rate), tone=p.profit_rate),
            Cell(label="持仓成本价", value=str(p.cost_price)),
        ]

    def pick(self, options: tuple[str, ...], salt: int = 0) -> str:
        """One of the options; choices with different salts are independent of each other."""
        return options[(self.variant // (1 + 7 * salt)) % len(options)]

    def _number(self, share: Decimal, *, separators: bool) -> str:
        text = f"{cents(share):,.2f}" if separators else f"{cents(share):.2f}"
        if self.share_style.startswith("short"):
            text = text.rstrip("0").rstrip(".")
        return text
