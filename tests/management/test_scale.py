"""Workers come and go by `fundocr scale` and by config.properties while callers go on asking."""

import re

from serving.archive import read_archive
from tests.management.callers import Told
from tests.management.shop import CORRECTOR, READER, Shop
from tests.serve.archives import OCR, STORE

pytest_plugins = ["tests.management.shop_fixtures"]


def workers(shop: Shop) -> tuple[int, int]:
    """How many of each model are READY; and config.properties says the same."""
    found = []
    for model in (READER, CORRECTOR):
        version = shop.default(model)
        found.append(shop.operator.ready(model, version))
        assert shop.choice()[model][version]["minWorkers"] == found[-1]
    reading, correcting = found
    return reading, correcting


def test_workers_are_scaled_up_and_down_without_one_failed_answer(shop: Shop, busy: Told) -> None:
    """The readers up by the command and down by the file, the correctors the other way round."""
    assert workers(shop) == (1, 2)
    for model, number in ((READER, "2"), (CORRECTOR, "1")):
        done = shop.fundocr("scale", model, number)
        assert done.returncode == 0, done
    assert workers(shop) == (2, 1)

    file = shop.home / "config.properties"
    text = file.read_text("utf-8")
    swapped = re.sub(r'(?<="minWorkers": )[12]', lambda n: str(3 - int(n[0])), text)
    assert swapped != text
    file.write_text(swapped, "utf-8")
    done = shop.fundocr("scale")
    assert done.returncode == 0, done
    assert workers(shop) == (1, 2)
    assert busy.wrong == []
    assert busy.right > 0


def test_versions_tells_what_serves_and_since_when(shop: Shop) -> None:
    told = shop.fundocr("versions").stdout
    (line,) = [line for line in told.splitlines() if line.startswith("ocr_handler")]
    weights = read_archive(STORE / OCR).weights
    assert line.split()[:5] == ["ocr_handler", shop.default(READER), "yes", "1/1", weights]


def test_a_model_without_a_number_is_refused(shop: Shop) -> None:
    for arguments, said in (
        (["ocr_handler"], "Name a model and a number"),
        (["nobody", "2"], "There is no model nobody"),
    ):
        told = shop.fundocr("scale", *arguments)
        assert (told.returncode, told.stdout) == (2, "")
        assert said in told.stderr
