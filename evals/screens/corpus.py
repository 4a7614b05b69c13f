"""Draws any number of screens over all layouts, fonts, widths and degradations, from a seed."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Literal, TypeAlias

from evals.screens import degrade, facts
from evals.screens.brief import LABELS, Brief, Label
from evals.screens.canvas import Layout
from evals.screens.fonts import FACES
from evals.screens.layouts import LAYOUTS
from evals.screens.render import render
from evals.screens.screen import Screen

WIDTHS = (640, 720, 750, 828, 960, 1080, 1125, 1170, 1179, 1242, 1284, 1290, 1440)
SHARE_STYLES = ("comma", "comma", "comma", "plain", "plain", "comma_unit", "plain_unit", "short")

Split = Literal["all", "tuning", "held_out"]
Degraded: TypeAlias = bool | Literal["badly"]


def undrawn(n: int, seed: int) -> Iterator[Screen]:
    """The screens that `draw` yields undegraded, their pictures blank: for those who ask only what
    stands where."""
    for index in range(n):
        yield draw_one(index, seed, degraded=False, blank=True)


def draw(n: int, seed: int, split: Split = "all", *, degraded: Degraded = True) -> Iterator[Screen]:
    """`n` screens, every layout of the split in turn; the same for the same arguments.

    split: `tuning` has neither held-out layouts nor held-out labels; `held_out` has at least one
        of the two on every screen. degraded: True, as screenshots arrive: some cropped, turned,
        blurred, smaller, most as JPEG · False, as the app showed them · `badly`, every one at a
        third of its width, blurred and as JPEG of low quality.
    """
    for index in range(n):
        yield draw_one(index, seed, split, degraded=degraded)


def draw_one(
    index: int, seed: int, split: Split = "all", *, degraded: Degraded = True, blank: bool = False
) -> Screen:
    """The screen that `draw` yields at this place, counted from 0. blank: its picture is empty."""
    rng = Random(f"{seed}/{split}/{index}")  # noqa: S311 — pictures, not secrets
    return _screen(rng, index, split, degraded, blank)


def _screen(rng: Random, index: int, split: Split, degraded: Degraded, blank: bool) -> Screen:
    layouts = _layouts(split)
    layout = layouts[index % len(layouts)]
    brief = _brief(rng, layout, split)
    screen = render(
        layout,
        brief,
        dark=rng.random() < 0.35,
        face=rng.choice(tuple(FACES)),
        width=rng.choice(WIDTHS),
        height=rng.uniform(667, 830),
        blank=blank,
    )
    if degraded == "badly":
        return _badly_degraded(rng, screen)
    return _degraded(rng, screen) if degraded else screen


def _layouts(split: Split) -> list[Layout]:
    if split == "tuning":
        return [layout for layout in LAYOUTS if not layout.held_out]
    if split == "held_out":
        return [layout for layout in LAYOUTS if layout.held_out or layout.shows]
    return list(LAYOUTS)


def _brief(rng: Random, layout: Layout, split: Split) -> Brief:
    shows = rng.choice(layout.shows) if layout.shows else ""
    families = {"both": ("held", "available"), "": ()}.get(shows, (shows,))
    labels = _labels(rng, families, split, must=split == "held_out" and not layout.held_out)
    hidden = rng.random() if layout.shows and not layout.refused else 1.0
    # A page whose labels make it held out must show them.
    show_share = not 0.05 <= hidden < 0.09 or (split == "held_out" and not layout.held_out)
    position = facts.position(rng, part_frozen=shows == "both")
    position = replace(position, of_day_before=rng.random() < 0.15)
    return Brief(
        position=position,
        others=tuple(_others(rng, layout, position)),
        held=labels.get("held"),
        available=labels.get("available"),
        code_style=rng.choice(layout.code_styles),
        share_style=rng.choice(SHARE_STYLES),
        show_code=hidden >= 0.05,
        show_share=show_share,
        decoys=rng.random() < 0.7,
        long=rng.random() < 0.08,
        clock=f"{rng.randrange(24)}:{rng.randrange(60):02d}",
        variant=rng.randrange(10**9),
    )


def _labels(
    rng: Random, families: tuple[str, ...], split: Split, *, must: bool
) -> dict[str, Label]:
    """One label for each family; `must`: at least one of them is held out."""
    chosen: dict[str, Label] = {}
    forced = rng.choice(families) if must and families else ""
    for family in families:
        labels = LABELS[family]
        if split == "tuning":
            labels = tuple(label for label in labels if not label.held_out)
        if family == forced:
            labels = tuple(label for label in labels if label.held_out)
        chosen[family] = rng.choice(labels)
    return chosen


def _others(rng: Random, layout: Layout, first: facts.Position) -> Iterator[facts.Position]:
    """The rest of a list, every fund once."""
    listed = {first.fund.code}
    wanted = rng.randint(max(1, layout.rows - 2), layout.rows) if layout.rows else 0
    while len(listed) <= wanted:
        other = facts.position(rng)
        if other.fund.code not in listed:
            listed.add(other.fund.code)
            yield other


def _degraded(rng: Random, screen: Screen) -> Screen:
    """Each happens to some screens, several to a few; JPEG is last, as on the way to a server."""
    width, height = screen.picture.size
    if rng.random() < 0.15:
        top, bottom = rng.uniform(0.02, 0.15), rng.uniform(0.8, 0.98)
        screen = degrade.crop(screen, round(top * height), round(bottom * height))
    if rng.random() < 0.12:
        screen = degrade.rotate(screen, rng.uniform(-2, 2))
    if rng.random() < 0.12:
        screen = degrade.blur(screen, rng.uniform(0.4, 1.1) * width / 1080)
    if width > 800 and rng.random() < 0.2:
        screen = degrade.downscale(screen, max(640, round(width * rng.uniform(0.5, 0.9))))
    if rng.random() < 0.6:
        screen = degrade.jpeg(screen, rng.randint(50, 95))
    return screen


def _badly_degraded(rng: Random, screen: Screen) -> Screen:
    """Sent on through chats, or photographed from afar: at the edge of what can be read."""
    width = screen.picture.width // 3
    screen = degrade.downscale(screen, width)
    screen = degrade.blur(screen, rng.uniform(0.2, 0.7))
    return degrade.jpeg(screen, rng.randint(15, 45))
