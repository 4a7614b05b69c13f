"""Colours of an app: one brand colour, a light and a dark theme."""

from dataclasses import dataclass
from typing import TypeAlias

Colour: TypeAlias = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours as `#rrggbb`. up and down are gains and losses: red and green in China.

    header, header_end: top and bottom of the coloured head; on_header: text on it.
    """

    dark: bool
    brand: Colour
    header: Colour
    header_end: Colour
    on_header: Colour
    page: Colour
    card: Colour
    text: Colour
    grey: Colour
    line: Colour
    soft: Colour
    up: Colour
    down: Colour


def light(brand: Colour, *, header: Colour = "", header_end: Colour = "") -> Theme:
    """The light dress; without a header colour the head is white like the cards."""
    return Theme(
        dark=False,
        brand=brand,
        header=header or "#ffffff",
        header_end=header_end or header or "#ffffff",
        on_header="#ffffff" if header else "#1f1f1f",
        page="#f5f6f8",
        card="#ffffff",
        text="#222222",
        grey="#8c8f96",
        line="#ececef",
        soft="#f3f5f9",
        up="#e8443a",
        down="#1aa260",
    )


def dark(brand: Colour, *, header: Colour = "") -> Theme:
    """The dark dress; a coloured head is toned down to `header`."""
    return Theme(
        dark=True,
        brand=brand,
        header=header or "#1b1c1f",
        header_end="#1b1c1f",
        on_header="#f0f0f2",
        page="#101113",
        card="#1b1c1f",
        text="#e9e9eb",
        grey="#8f9299",
        line="#2c2d31",
        soft="#25272b",
        up="#f2594b",
        down="#2fb574",
    )


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` (0–1) of one colour in another."""
    a, b = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (one, other))
    return "#" + "".join(
        f"{round(x * share + y * (1 - share)):02x}" for x, y in zip(a, b, strict=True)
    )
