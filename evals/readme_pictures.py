"""`make readme-pictures`: the pictures of the README, from what a real service answers.

Starts a service of its own, has it read two of the bundled samples by link, and writes into
docs/pictures: a sample with its answer drawn on it, and the review card of the other one as
Chromium shows it, in English and in Chinese. Nothing but samples/ is to be seen on them.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from PIL import Image, ImageDraw
from playwright.sync_api import sync_playwright

from evals.screens.fonts import load
from evals.testbed.picture_host import PictureHost, picture_host
from pipeline.settings import PROJECT
from serving.temporary import Trial

FOLDER = PROJECT / "docs" / "pictures"
MOST_BYTES = 150_000
"""Of one picture: the README is opened on phones too."""
ANSWERED = "alipay_light_rows.png"
REVIEWED = "tiantian_light_list.png"
LANGUAGES = {"en-US": "review-card.webp", "zh-CN": "review-card.zh-CN.webp"}
# The colours of the review card's outlines.
FIELDS = {"fund_code": "#1f5fbf", "hold_share": "#0b7a55"}
_CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium-headless-shell",  # scripts/test_packages.sh
    "args": ["--no-sandbox", "--disable-gpu"],
}
_PHONE_WIDTH = 460
_MARGIN = 16
_TAGS_WIDTH = 186


def main() -> int:
    """Write all pictures; 1 where one is larger than a README should carry."""
    FOLDER.mkdir(exist_ok=True)
    with _service() as (service, host):
        answer = _ask(service, host, ANSWERED)
        row_id = _ask(service, host, REVIEWED)["detail"]["id"]
        pictures = {
            "answer.webp": answer_drawn((PROJECT / "samples" / ANSWERED).read_bytes(), answer),
            **_review_card(f"{service.front}/review/{row_id}"),
        }
    for name, picture in pictures.items():
        picture.save(FOLDER / name, "WEBP", quality=80, method=6)
    sizes = {name: (FOLDER / name).stat().st_size for name in pictures}
    for name, size in sizes.items():
        print(f"docs/pictures/{name}: {size:,} bytes")
    return int(max(sizes.values()) > MOST_BYTES)


@contextmanager
def _service() -> Iterator[tuple[Trial, PictureHost]]:
    """A service, and a host for the two samples; their links tell no file's name."""
    samples = {f"/{_path(name)}": (PROJECT / "samples" / name) for name in (ANSWERED, REVIEWED)}
    with (
        picture_host({path: file.read_bytes() for path, file in samples.items()}) as host,
        tempfile.TemporaryDirectory() as home,
        Trial(
            Path(home),
            {
                "FUNDOCR_LOCAL_HOSTS": host.authority,
                "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
                "FUNDOCR_ANONYMOUS_PAGES": "1",
            },
        ) as service,
    ):
        yield service, host


def _path(sample: str) -> str:
    return f"screen-{(ANSWERED, REVIEWED).index(sample) + 1}.png"


def _ask(service: Trial, host: PictureHost, sample: str) -> dict[str, Any]:
    link = {"image_url": host.url(f"/{_path(sample)}"), "url_type": "7min_local"}
    reply = requests.post(f"{service.front}/ocr_handler", json=link, timeout=120)
    reply.raise_for_status()
    answer: dict[str, Any] = reply.json()
    return answer


def answer_drawn(content: bytes, answer: Mapping[str, Any]) -> Image.Image:
    """A picture with what was answered of it beside it.

    content: the picture's file. answer: the body of a 200 with flag true; the boxes of its two
    fields, in pixels of the picture, are outlined, and a line leads to the field's name and value.
    """
    with Image.open(BytesIO(content)) as opened:
        scale = _PHONE_WIDTH / opened.width
        size = (_PHONE_WIDTH, round(opened.height * scale))
        phone = opened.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    sheet = Image.new("RGB", (size[0] + _MARGIN + _TAGS_WIDTH, size[1] + 2 * _MARGIN), "#e7ebef")
    sheet.paste(phone, (_MARGIN, _MARGIN))
    pen = ImageDraw.Draw(sheet)
    font = load("noto", True, 19)
    for field, colour in FIELDS.items():
        box = answer["detail"][field]["box"]
        across = [x * scale + _MARGIN for x, _ in box]
        down = [y * scale + _MARGIN for _, y in box]
        left, top, right, bottom = min(across) - 5, min(down) - 4, max(across) + 5, max(down) + 4
        middle = (top + bottom) / 2
        tag = size[0] + 2 * _MARGIN
        pen.line((right, middle, tag, middle), fill=colour, width=3)
        pen.rounded_rectangle((left, top, right, bottom), 5, outline=colour, width=3)
        words = f"{field}\n{answer['data'][field]}"
        pen.rounded_rectangle((tag, middle - 30, tag + 142, middle + 30), 6, fill=colour)
        pen.text((tag + 10, middle), words, font=font, fill="white", anchor="lm", spacing=3)
    return sheet


def _review_card(address: str) -> dict[str, Image.Image]:
    """The page at this address as Chromium shows it, by file name."""
    shown: dict[str, Image.Image] = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**_CHROMIUM)
        for language, name in LANGUAGES.items():
            page = browser.new_page(
                locale=language, viewport={"width": 1180, "height": 800}, color_scheme="light"
            )
            page.goto(address, wait_until="load")
            page.wait_for_selector("#viewport:not([hidden])")
            page.wait_for_function(
                "[...document.querySelectorAll('image[data-picture]')].some(image =>"
                " image.getAttribute('href'))"
            )
            page.keyboard.press("1")  # the first candidate
            page.wait_for_selector("#picks [aria-pressed=true]")
            page.wait_for_load_state("networkidle")
            page.wait_for_selector("#others:empty", state="attached")  # the window before is gone
            shown[name] = Image.open(BytesIO(page.screenshot())).convert("RGB")
            page.close()
        browser.close()
    return shown


if __name__ == "__main__":
    sys.exit(main())
