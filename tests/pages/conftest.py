"""A browser, and review desks whose rows are made once for all of these tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from evals.screens.screen import Screen
from evals.testbed.picture_host import PictureHost, picture_host
from pipeline.settings import PROJECT
from tests.pages.desk import NO_TORCHSERVE, Desk, desk, png, read_into, screens

SCREENS = 20
# Sent with the links, as the signature of a store's link is; pages must not spread it.
SIGNATURE = "?Expires=1795000000&Signature=a%2Bb%3D"
SENT = "/funds/screen-11.png"
"""This one is uploaded too."""
# Debian's; Playwright's own is not downloaded.
CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium-headless-shell",
    "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
}
MILLISECONDS = 120_000
"""How long a page may take to come to something before it counts as broken, on any machine."""
expect.set_options(timeout=MILLISECONDS)
SEEN = PROJECT / "var" / "screens-of-pages"


@pytest.fixture(scope="session")
def drawn() -> dict[str, Screen]:
    """The screens to review, by the path of their link."""
    return {f"/funds/screen-{n:02d}.png": one for n, one in enumerate(screens(SCREENS))}


@pytest.fixture(scope="session")
def shown(drawn: dict[str, Screen]) -> Iterator[PictureHost]:
    """The host of their pictures."""
    with picture_host({path: png(screen) for path, screen in drawn.items()}) as host:
        yield host


@pytest.fixture(scope="session")
def filled(
    tmp_path_factory: pytest.TempPathFactory, drawn: dict[str, Screen], shown: PictureHost
) -> Path:
    """A home with what was read on them, and on one upload."""
    home = tmp_path_factory.mktemp("filled")
    # With bytes of its own: a correction goes with its picture.
    upload = png(drawn[SENT]) + b"sent"
    read_into(home, {path + SIGNATURE: one for path, one in drawn.items()}, [upload], shown)
    return home


@pytest.fixture
def open_desk(
    tmp_path: Path, filled: Path, shown: PictureHost, drawn: dict[str, Screen]
) -> Iterator[Callable[..., Desk]]:
    """`open_desk()`: a desk of the test's own; with other settings of the front door."""
    truths = {path: screen.truth for path, screen in drawn.items()}
    with ExitStack() as stack:

        def start(torchserve: str = NO_TORCHSERVE) -> Desk:
            return stack.enter_context(desk(tmp_path, filled, shown, truths, torchserve))

        yield start


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """What drives browsers. One at a time in a process; while it is there asyncio.run is of
    no use in its thread."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, without the parts that only a window needs."""
    chromium = playwright.chromium.launch(**CHROMIUM)
    yield chromium
    chromium.close()


class Person:
    """Somebody at a browser of his own. What a page's scripts complain of fails the test."""

    def __init__(self, url: str, page: Page) -> None:
        self.page, self._url = page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)

    def _listen(self, message: object) -> None:
        text = str(getattr(message, "text", ""))
        # A status of 4xx or 5xx, or none, is something that the pages deal with.
        if getattr(message, "type", "") == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def log_in(self, key: str) -> None:
        self.go("/login")
        self.page.fill("input[name=key]", key)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def go(self, path: str) -> None:
        self.page.goto(self._url + path, wait_until="load")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def wait_for_card(self, row_id: int | None = None, *, other_than: int | None = None) -> int:
        """The card that is shown is this one, or no longer that one, and the service knows that
        it is; its id."""
        self.page.wait_for_function(
            "([wanted, other]) => { const id = Number(document.querySelector('#card')?.dataset.id);"
            " return id && (wanted === null || id === wanted) && id !== other; }",
            arg=[row_id, other_than],
        )
        return int(self.page.get_attribute("#card", "data-id") or 0)

    def wait_for_picture(self) -> None:
        self.page.wait_for_selector("#viewport:not([hidden])")

    def value(self, name: str) -> str:
        return self.page.input_value(f"#{name}")

    def look(self, name: str, *, whole: bool = False) -> None:
        """Leave a picture of the page in var/screens-of-pages, where somebody has made that folder
        to look at them: nothing is checked by them, and each costs a quarter of a second."""
        if SEEN.is_dir():
            self.page.screenshot(path=SEEN / f"{name}.png", full_page=whole)


@pytest.fixture
def browser_person(browser: Browser) -> Iterator[Callable[..., Person]]:
    """`browser_person(url, key)`: somebody who has logged in with this key."""
    people: list[tuple[BrowserContext, Person]] = []

    def come(url: str, key: str, **options: object) -> Person:
        context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", **options}
        )
        context.set_default_timeout(MILLISECONDS)
        one = Person(url, context.new_page())
        people.append((context, one))
        one.log_in(key)
        return one

    yield come
    for context, one in people:
        context.close()
        assert one.complaints == []


@pytest.fixture
def person(browser_person: Callable[..., Person]) -> Callable[..., Person]:
    """`person(desk, "李四")`: he has a corrector's key and is logged in."""

    def come(at: Desk, name: str, **options: object) -> Person:
        return browser_person(at.url, at.key(name), **options)

    return come
