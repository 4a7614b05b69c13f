"""Draws web screens: a template and a number become a picture and what it shows."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
from playwright.sync_api import Browser, sync_playwright

from evals.screens.web.facts import Facts, rounded

TEMPLATES = Path(__file__).parent / "templates"
_META = re.compile(r'<meta\s+name="([a-z-]+)"\s+content="([^"]*)"\s*/?>')
_CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium-headless-shell",  # scripts/test_packages.sh
    "args": ["--no-sandbox"],
}
_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class WebScreen:
    """A drawn screen. fund_code and hold_share: both empty where nobody could enter one pair for
    sure, and `why` says so. is_held_out: of a template that is kept for judging."""

    template: str
    number: int
    content: bytes
    app: str
    kind: str
    fund_code: str
    hold_share: str
    why: str

    @property
    def is_held_out(self) -> bool:
        """Whether nobody may look at it while the rules are mended."""
        return held_out(self.template)


def held_out(template: str) -> bool:
    """Every third template, by its name's digest: so that nobody chooses. Those of the third hand
    have been looked at since they were reported (docs/accuracy.md)."""
    name = template.rsplit("/", 1)[-1]
    return not name.startswith("n_") and hashlib.sha256(template.encode()).digest()[0] % 3 == 0


def template_names() -> list[str]:
    """All of them, sorted; a name is the file's, without `.html`."""
    return sorted(str(path.relative_to(TEMPLATES))[:-5] for path in TEMPLATES.rglob("*.html"))


def commas(number: Decimal | int, digits: int = 2) -> str:
    """13,845.29"""
    return f"{rounded(Decimal(number), digits):,}"


def plain(number: Decimal | int, digits: int = 2) -> str:
    """13845.29"""
    return f"{rounded(Decimal(number), digits)}"


def signed(number: Decimal | int, digits: int = 2) -> str:
    """+13,845.29"""
    return f"{rounded(Decimal(number), digits):+,}"


class Renderer:
    """Templates drawn by one browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            undefined=jinja2.StrictUndefined,
            autoescape=True,
        )
        self._templates.filters |= {"commas": commas, "plain": plain, "signed": signed}

    def draw(self, template: str, number: int) -> WebScreen:
        """The template's screen of this number; the same in every run.
        Raises ValueError where its head says too little."""
        facts = Facts(f"{template} {number}")
        page_html = self._templates.get_template(f"{template}.html").render(f=facts)
        meta = dict(_META.findall(page_html))
        missing = {"app", "kind", "fund-code", "hold-share", "why", "screen"} - meta.keys()
        if missing:
            raise ValueError(f"{template}: no <meta> for {', '.join(sorted(missing))}")
        if bool(meta["fund-code"]) != bool(meta["hold-share"]) or bool(meta["why"]) == bool(
            meta["fund-code"]
        ):
            raise ValueError(f"{template}: a code and a share, or why there are none")
        width, height, scale, kind = meta["screen"].split()
        is_full = height == "full"
        page = self._browser.new_page(
            viewport={"width": int(width), "height": 800 if is_full else int(height)},
            device_scale_factor=float(scale),
        )
        try:
            page.set_content(page_html)
            quality = {"quality": _JPEG_QUALITY} if kind == "jpeg" else {}
            content = page.screenshot(type=kind, full_page=is_full, **quality)  # type: ignore[arg-type]
        finally:
            page.close()
        share = Decimal(meta["hold-share"].replace(",", "")) if meta["hold-share"] else None
        return WebScreen(
            template,
            number,
            content,
            meta["app"],
            meta["kind"],
            meta["fund-code"],
            "" if share is None else str(share),
            meta["why"],
        )


@contextmanager
def renderer() -> Iterator[Renderer]:
    """With Chromium running."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**_CHROMIUM)
        try:
            yield Renderer(browser)
        finally:
            browser.close()


def draw_all(templates: Sequence[str], count: int) -> Iterator[WebScreen]:
    """`count` screens of each template."""
    with renderer() as drawing:
        for template in templates:
            for number in range(count):
                yield drawing.draw(template, number)
