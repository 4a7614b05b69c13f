"""However many reviewers look at large pictures, few pixels are held at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from threading import Event

import numpy as np
import pytest
from PIL import Image

from db.rows import Row
from evals.testbed.picture_host import PictureHost, picture_host
from front.pages.card import picture_of
from pipeline.decode.image import PixelBudget
from pipeline.errors import ServiceError
from tests.fetch.watched import Watch, settings_of
from tests.image.pictures import saved, screen
from tests.pages.rows import page, row_of
from tests.serve.waiting import wait_until

SETTINGS = settings_of()
PIXELS = 120 * 180


@pytest.fixture(scope="module")
def host() -> Iterator[PictureHost]:
    content = saved(screen(), "PNG")
    with picture_host({"/a.png": content, "/cut.png": content[:-20]}) as one:
        yield one


def row(host: PictureHost, path: str) -> Row:
    return replace(row_of(page()), image_url=host.url(path), url_type="7min_local")


def draw(host: PictureHost, path: str, budget: PixelBudget) -> bytes:
    fetcher = Watch().fetcher(local_hosts=(host.authority,), local_cidrs=("127.0.0.1/32",))
    return picture_of(row(host, path), fetcher, SETTINGS, budget).content


def test_a_picture_is_drawn_as_it_was_turned_to_be_read(host: PictureHost) -> None:
    plain = row(host, "/a.png")
    fetcher = Watch().fetcher(local_hosts=(host.authority,), local_cidrs=("127.0.0.1/32",))
    for degrees, turn in ((90, Image.Transpose.ROTATE_270), (180, Image.Transpose.ROTATE_180)):
        turned = replace(plain, evidence=plain.evidence | {"turned": degrees})
        shown = picture_of(turned, fetcher, SETTINGS, PixelBudget(PIXELS)).content
        seen, meant = Image.open(BytesIO(shown)), screen().transpose(turn)
        assert seen.size == meant.size
        assert np.abs(np.asarray(seen).astype(int) - np.asarray(meant)).mean() < 4


def test_a_picture_is_drawn_and_gives_its_pixels_back(host: PictureHost) -> None:
    budget = PixelBudget(PIXELS)
    for _ in range(3):
        assert draw(host, "/a.png", budget).startswith(b"\xff\xd8\xff")


def test_a_picture_that_cannot_be_drawn_gives_its_pixels_back(
    host: PictureHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = PixelBudget(PIXELS)
    with pytest.raises(ServiceError):
        draw(host, "/cut.png", budget)
    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(Image, "fromarray", _no_memory)
        draw(host, "/a.png", budget)
    assert draw(host, "/a.png", budget)


def test_a_picture_waits_until_another_one_is_drawn(host: PictureHost) -> None:
    budget, drawn = PixelBudget(PIXELS), Event()
    budget.take(PIXELS)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(draw, host, "/a.png", budget)
        second.add_done_callback(lambda _: drawn.set())
        wait_until(lambda: budget.is_short)
        assert not drawn.is_set()
        budget.release(PIXELS)
        assert second.result().startswith(b"\xff\xd8\xff")


def _no_memory(*_: object) -> None:
    raise MemoryError
