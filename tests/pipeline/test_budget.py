"""Pictures wait for their pixels."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.decode.image import PixelBudget, decode
from pipeline.errors import BadPicture
from pipeline.settings import Settings
from tests.conftest import SAMPLES

PICTURE = (SAMPLES / "alipay_light_rows.png").read_bytes()


class Counted(PixelBudget):
    """The real budget, which notes the most that was ever taken at once."""

    def __init__(self, pixels: int) -> None:
        super().__init__(pixels)
        self.most = 0

    def take(self, pixels: int) -> None:
        super().take(pixels)
        self.most = max(self.most, self.taken)

    @property
    def taken(self) -> int:
        return self._taken


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_pictures_side_by_side_never_hold_more_than_the_budget(settings: Settings) -> None:
    one = decode(PICTURE, settings).count
    budget = Counted(2 * one)

    def through(_: int) -> None:
        image = decode(PICTURE, settings, budget)
        budget.release(image.count)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(through, range(16)))
    assert budget.most <= 2 * one
    assert budget.taken == 0


def test_a_picture_larger_than_the_budget_has_it_alone() -> None:
    budget = PixelBudget(10)
    budget.take(25)
    entered = threading.Event()
    other = threading.Thread(target=lambda: (budget.take(1), entered.set()), daemon=True)
    assert not budget.is_short
    other.start()
    assert not entered.wait(0.05)
    assert budget.is_short
    budget.release(25)
    assert entered.wait(10)
    other.join()
    assert not budget.is_short


def test_a_picture_that_cannot_be_decoded_gives_its_part_back(settings: Settings) -> None:
    budget = Counted(10**9)
    with pytest.raises(BadPicture):
        decode(PICTURE[: len(PICTURE) * 2 // 3] + PICTURE[-12:], settings, budget)
    assert budget.taken == 0
