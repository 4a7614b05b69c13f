"""Parts that every app's page is put together from. Each draws at y and returns the y below."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import WIDTH, Align, Canvas
from evals.screens.themes import Colour, mix

EDGE = 16.0
"""Free space at both sides."""

_CENTRE = WIDTH / 2


def status_bar(c: Canvas, brief: Brief, colour: Colour) -> float:
    """Clock, signal, network and battery."""
    c.text(28, 22, brief.clock, size=14, bold=True, colour=colour)
    for step in range(4):
        c.box(288 + step * 5, 26 - 2.5 * (step + 1), 291.5 + step * 5, 27, colour, radius=0.8)
    c.text(311, 22, brief.pick(("5G", "4G", "5G+"), 3), size=10, bold=True, colour=colour)
    c.frame(334, 16.5, 356, 27.5, colour, radius=2.5)
    c.box(336, 18.5, 336 + 18 * (0.35 + brief.variant % 6 / 10), 25.5, colour, radius=1)
    c.box(357, 20, 358.4, 24, colour)
    return 44


def title_bar(
    c: Canvas, title: str, y: float, colour: Colour, *, right: str = "", centred: bool = True
) -> float:
    """Back arrow, title, and a word or three dots at the right."""
    c.line((24, y + 14), (17, y + 22), (24, y + 30), colour=colour, thick=1.6)
    if centred:
        c.text(_CENTRE, y + 22, title, size=17, bold=True, colour=colour, align="centre", room=230)
    else:
        c.text(36, y + 22, title, size=17, bold=True, colour=colour, room=240)
    if right:
        c.text(WIDTH - EDGE, y + 22, right, size=14, colour=colour, align="right")
    else:
        for step in range(3):
            c.disc(340 + 7 * step, y + 22, 1.8, colour)
    return y + 44


def head(c: Canvas, brief: Brief, title: str, bottom: float, *, right: str = "") -> float:
    """The page's head: coloured down to `bottom`, with status and title bar."""
    c.fade(0, bottom, c.theme.header, c.theme.header_end)
    y = status_bar(c, brief, c.theme.on_header)
    return title_bar(c, title, y, c.theme.on_header, right=right)


def card(c: Canvas, y: float, height: float, *, edge: float = 12, colour: Colour = "") -> None:
    """A rounded card from y downwards."""
    c.box(edge, y, WIDTH - edge, y + height, colour or c.theme.card, radius=10 if edge else 0)


def name(
    c: Canvas,
    brief: Brief,
    x: float,
    y: float,
    *,
    size: float = 18,
    colour: Colour = "",
    soft: Colour = "",
    room: float = 300,
) -> float:
    """Name and code of the fund as `brief.code_style` says, the name's middle at y.

    same_line: two texts in one row · suffix, glued: behind the name · brackets, wide_brackets ·
    below: the code alone under the name, the fund's kind beside it · labelled, product: under
    the name behind 基金代码, 产品代码 · kind: code and kind as one text under the name.
    Below the name stand the fund's kind and risk.
    """
    fund, style = brief.position.fund, brief.code_style if brief.show_code else "hidden"
    soft = soft or c.theme.grey
    joined = {
        "suffix": f"{fund.name} {fund.code}",
        "glued": f"{fund.name}{fund.code}",
        "brackets": f"{fund.name}({fund.code})",
        "wide_brackets": f"{fund.name}（{fund.code}）",
    }.get(style)
    if joined:
        c.text(x, y, joined, size=size, bold=True, colour=colour, role="code", room=room)
    elif style == "same_line":
        width = c.width(fund.code, size=13)
        taken = c.text(
            x, y, fund.name, size=size, bold=True, colour=colour, role="name", room=room - width - 8
        )
        c.text(x + taken + 8, y + 1, fund.code, size=13, colour=soft, role="code")
    else:
        c.text(x, y, fund.name, size=size, bold=True, colour=colour, role="name", room=room)
    y += size * 0.5 + 14
    under = {
        "below": fund.code,
        "labelled": f"基金代码{brief.pick((' ', '：', ':'), 1)}{fund.code}",
        "product": f"产品代码{brief.pick((':', '：', ' '), 1)}{fund.code}",
        "kind": f"{fund.code} {fund.kind}",
    }.get(style)
    if under:
        x += c.text(x, y, under, size=12, colour=soft, role="code") + 10
    if style != "kind":
        x = chip(c, x, y, fund.kind, soft)
    chip(c, x, y, brief.pick(("中高风险", "中风险", "R3", "高风险"), 2), soft)
    return y + 18


def chip(c: Canvas, x: float, y: float, text: str, colour: Colour) -> float:
    """A small framed word; returns the x behind it."""
    width = c.width(text, size=10) + 8
    c.frame(x, y - 7.5, x + width, y + 7.5, mix(colour, c.theme.card, 0.5), radius=2)
    c.text(x + width / 2, y, text, size=10, colour=colour, align="centre")
    return x + width + 6


def tone(c: Canvas, number: Decimal | None, plain: Colour = "") -> Colour:
    """Red for a gain, green for a loss, plain text for neither."""
    if not number:
        return plain or c.theme.text
    return c.theme.up if number > 0 else c.theme.down


def rows(
    c: Canvas, y: float, cells: Sequence[Cell], *, height: float = 44, edge: float = EDGE + 10,
    size: float = 14, divided: bool = True,
) -> float:  # fmt: skip
    """One row for each cell: label at the left, value at the right."""
    for index, cell in enumerate(cells):
        middle = y + height / 2
        c.text(edge, middle, cell.label, size=size, colour=c.theme.grey, role=_label(cell))
        c.text(
            WIDTH - edge, middle, cell.value, size=size, colour=tone(c, cell.tone), align="right",
            role=cell.role, room=190,
        )  # fmt: skip
        if divided and index:
            c.line((edge, y), (WIDTH - edge, y))
        y += height
    return y


def grid(
    c: Canvas, y: float, cells: Sequence[Cell], *, columns: int, value_above: bool = False,
    edge: float = EDGE + 10, height: float = 58, size: float = 15, centred: bool = False,
    colour: Colour = "", soft: Colour = "",
) -> float:  # fmt: skip
    """Cells in columns, each a label above its value, or a value above its label."""
    width = (WIDTH - 2 * edge) / columns
    for index, cell in enumerate(cells):
        row, column = divmod(index, columns)
        x, top = edge + column * width, y + row * height
        upper, lower = top + height * 0.27, top + height * 0.66
        last = column == columns - 1 and columns > 1
        side: Align = "centre" if centred else "right" if last else "left"
        x += width / 2 if centred else width if last else 0
        for at, text, is_label in (
            (lower if value_above else upper, cell.label, True),
            (upper if value_above else lower, cell.value, False),
        ):
            c.text(
                x, at, text, size=12 if is_label else size, bold=not is_label,
                colour=(soft or c.theme.grey) if is_label else tone(c, cell.tone, colour),
                align=side, role=_label(cell) if is_label else cell.role, room=width - 6,
            )  # fmt: skip
    return y + -(-len(cells) // columns) * height


def inline(
    c: Canvas, x: float, y: float, cells: Sequence[Cell], *, size: float = 13, gap: str = "  ",
    between: str = " ", colour: Colour = "", room: float = 320,
) -> float:  # fmt: skip
    """`label value  label value …` as one text."""
    text = gap.join(f"{cell.label}{between}{cell.value}" for cell in cells)
    role = next((cell.role for cell in cells if cell.role), "")
    c.text(x, y, text, size=size, colour=colour or c.theme.grey, role=role, room=room)
    return y + size + 12


def tabs(c: Canvas, y: float, names: Sequence[str], active: int = 0, *, size: float = 14) -> float:
    """Tabs in a row, the active one underlined."""
    width = WIDTH / len(names)
    for index, text in enumerate(names):
        x, chosen = width * (index + 0.5), index == active
        colour = c.theme.brand if chosen else c.theme.grey
        c.text(x, y + 20, text, size=size, bold=chosen, colour=colour, align="centre")
        if chosen:
            c.box(x - 11, y + 36, x + 11, y + 38.5, c.theme.brand, radius=1.2)
    return y + 42


def chart(c: Canvas, y: float, brief: Brief, *, height: float = 120) -> float:
    """A line of net values, percents at its side, dates below: numbers that decide nothing."""
    rng = Random(brief.variant)  # noqa: S311 — a drawing, not a secret
    left, right, bottom = EDGE + 46, WIDTH - EDGE - 10, y + height - 22
    for step in range(4):
        level = y + 8 + (bottom - y - 8) * step / 3
        c.line((left, level), (right, level))
        c.text(
            left - 6, level, f"{9.6 - 4.8 * step:+.2f}%", size=9, colour=c.theme.grey, align="right"
        )
    value, points = 0.6, []
    for step in range(41):
        value = min(0.95, max(0.05, value + rng.uniform(-0.09, 0.085)))
        points.append((left + (right - left) * step / 40, y + 8 + (bottom - y - 8) * value))
    c.line(*points, colour=c.theme.brand, thick=1.4)
    day = brief.position.day
    c.text(
        left,
        y + height - 10,
        f"{day.replace(day=1, year=day.year - 1)}",
        size=9,
        colour=c.theme.grey,
    )
    c.text(right, y + height - 10, f"{day}", size=9, colour=c.theme.grey, align="right")
    return y + height


def bottom_bar(c: Canvas, y: float, names: Sequence[str]) -> float:
    """One to three large buttons, at the foot of the screen or below the content."""
    if c.long:
        return y
    y = max(y, c.height - 84)
    c.box(0, y, WIDTH, y + 84, c.theme.card)
    c.line((0, y), (WIDTH, y))
    width = (WIDTH - 2 * EDGE - 10 * (len(names) - 1)) / len(names)
    for index, text in enumerate(names):
        x, last = EDGE + index * (width + 10), index == len(names) - 1
        fill = c.theme.brand if last else mix(c.theme.brand, c.theme.card, 0.14)
        c.box(x, y + 9, x + width, y + 51, fill, radius=21)
        colour = "#ffffff" if last else c.theme.brand
        c.text(x + width / 2, y + 30, text, size=16, bold=True, colour=colour, align="centre")
    c.box(_CENTRE - 66, y + 73, _CENTRE + 66, y + 77, c.theme.text, radius=2)
    return y + 84


def note(c: Canvas, y: float, lines: Sequence[str], *, centred: bool = False) -> float:
    """Small grey print."""
    for line in lines:
        x = _CENTRE if centred else EDGE + 6
        align: Align = "centre" if centred else "left"
        c.text(x, y + 8, line, size=11, colour=c.theme.grey, align=align, room=340)
        y += 18
    return y + 4


def link_row(c: Canvas, y: float, text: str, value: str = "") -> float:
    """A row that leads elsewhere."""
    c.text(EDGE + 10, y + 22, text, size=15)
    if value:
        c.text(WIDTH - EDGE - 26, y + 22, value, size=13, colour=c.theme.grey, align="right")
    x = WIDTH - EDGE - 16
    c.line((x, y + 17), (x + 5, y + 22), (x, y + 27), colour=c.theme.grey, thick=1.2)
    return y + 44


def _label(cell: Cell) -> str:
    return "label" if cell.role == "share" else ""
