"""Pictures for tests of figures: sure ones, refused ones and some that show nothing."""

from io import BytesIO

from PIL import Image

from evals.testbed.picture_host import Behaviour, never_answers, status
from tests.conftest import SAMPLES

_MARK = b"eyes"  # other bytes than those of any other test, so that each is read
SURE = (SAMPLES / "alipay_light_rows.png").read_bytes() + _MARK
REFUSED = (SAMPLES / "danjuan_light_no_code.png").read_bytes() + _MARK


def blank(number: int) -> bytes:
    """A small picture that shows nothing, and differs from the others."""
    image = Image.new("RGB", (64, 64), (255, 255, 255 - number))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


ROUTES: dict[str, bytes | Behaviour] = {
    **{f"/eyes/sure-{n}.png": SURE + bytes([n]) for n in range(40)},
    **{f"/eyes/refused-{n}.png": REFUSED + bytes([n]) for n in range(8)},
    **{f"/eyes/blank-{n}.png": blank(n) for n in range(60)},
    "/eyes/again.png": SURE + bytes([0]),
    "/eyes/page.html": b"<html>no picture</html>",
    "/eyes/gone.png": status(404),
    "/eyes/silent.png": never_answers,
}
