import numpy as np
import pytest

from evals.screens import degrade
from evals.screens.corpus import draw
from evals.screens.screen import Screen, Text


@pytest.fixture(scope="module")
def screen() -> Screen:
    return next(draw(1, 2, degraded=False))


def ink(screen: Screen, text: Text) -> float:
    """How far the pixels under a text's box spread: next to nothing where no text stands."""
    left, top, right, bottom = (round(edge) for edge in text.box)
    return float(np.asarray(screen.picture.convert("L"))[top:bottom, left:right].std())


def deciding(screen: Screen) -> list[Text]:
    return [text for text in screen.texts if text.role]


def test_a_lower_jpeg_quality_is_further_from_the_original(screen: Screen) -> None:
    plain = np.asarray(screen.picture, dtype=int)
    error = [
        np.abs(np.asarray(degrade.jpeg(screen, quality).picture, dtype=int) - plain).mean()
        for quality in (95, 50)
    ]
    assert 0 < error[0] < error[1]


def test_downscaling_moves_the_texts_with_the_picture(screen: Screen) -> None:
    small = degrade.downscale(screen, screen.picture.width // 2)
    assert small.picture.width == screen.picture.width // 2
    for before, after in zip(screen.texts, small.texts, strict=True):
        assert after.box == pytest.approx([edge / 2 for edge in before.box], abs=1)


@pytest.mark.parametrize("degrees", [-2.0, 0.0, 1.3, 2.0])
def test_rotation_keeps_every_deciding_text_under_its_quad(screen: Screen, degrees: float) -> None:
    turned = degrade.rotate(screen, degrees)
    for before, after in zip(deciding(screen), deciding(turned), strict=True):
        assert ink(turned, after) > 0.3 * ink(screen, before)
        (x0, y0), (x1, y1) = after.quad[0], after.quad[1]
        assert np.degrees(np.arctan2(y1 - y0, x1 - x0)) == pytest.approx(degrees, abs=0.01)


def test_a_rotation_by_nothing_changes_no_pixel(screen: Screen) -> None:
    assert degrade.rotate(screen, 0).picture.tobytes() == screen.picture.tobytes()


def test_a_crop_never_takes_what_decides(screen: Screen) -> None:
    height = screen.picture.height
    cut = degrade.crop(screen, height // 2, height // 2 + 10)
    assert [t.text for t in deciding(cut)] == [t.text for t in deciding(screen)]
    assert cut.picture.height < height
    assert len(cut.texts) < len(screen.texts)
    for before, after in zip(deciding(screen), deciding(cut), strict=True):
        assert ink(cut, after) == ink(screen, before)


def test_a_crop_drops_the_texts_it_cuts_through(screen: Screen) -> None:
    clock = screen.texts[0].box
    cut = degrade.crop(screen, round((clock[1] + clock[3]) / 2), screen.picture.height)
    assert screen.texts[0].text not in [t.text for t in cut.texts]


def test_blur_takes_sharpness_away(screen: Screen) -> None:
    soft = degrade.blur(screen, 2.0)
    assert all(ink(soft, text) < ink(screen, text) for text in deciding(screen))


def test_degradations_are_written_down_in_order_and_leave_the_original_alone(
    screen: Screen,
) -> None:
    pixels = screen.picture.tobytes()
    done = degrade.jpeg(degrade.blur(degrade.downscale(screen, 500), 0.5), 70)
    assert done.tags == (*screen.tags, "downscale:500", "blur:0.50", "jpeg:70")
    assert done.truth == screen.truth
    assert screen.picture.tobytes() == pixels
