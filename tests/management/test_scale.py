"""Workers come and go by `fundocr scale` and by config.properties while callers go on asking."""

from cli.service.archive import read_archive
from tests.management.callers import Told
from tests.management.shop import Shop, choice_of
from tests.serve.archives import OCR

pytest_plugins = ["tests.management.shop_fixtures"]


def test_workers_are_scaled_up_and_down_without_one_failed_answer(shop: Shop, busy: Told) -> None:
    for workers in (2, 1):
        done = shop.fundocr("scale", "ocr_handler", str(workers))
        assert done.returncode == 0, done
        assert shop.operator.ready("ocr_handler", "1.0") == workers
        assert choice_of(shop.trial)["ocr_handler"]["1.0"]["minWorkers"] == workers
    assert busy.wrong == []
    assert busy.right > 0


def test_the_file_scales_too(shop: Shop, busy: Told) -> None:
    file = shop.home / "config.properties"
    text = file.read_text("utf-8")
    file.write_text(text.replace('"minWorkers": 1', '"minWorkers": 2'), "utf-8")
    done = shop.fundocr("scale")
    assert done.returncode == 0, done
    assert shop.operator.ready("ocr_handler") == 2
    assert shop.operator.ready("ocr_info_update") == 2
    file.write_text(text, "utf-8")
    assert shop.fundocr("scale").returncode == 0
    assert shop.operator.ready("ocr_handler") == 1
    assert shop.operator.ready("ocr_info_update") == 1
    assert busy.wrong == []


def test_versions_tells_what_serves_and_since_when(shop: Shop) -> None:
    told = shop.fundocr("versions").stdout
    (line,) = [line for line in told.splitlines() if line.startswith("ocr_handler")]
    weights = read_archive(shop.store / OCR).weights
    assert line.split()[:5] == ["ocr_handler", "1.0", "yes", "1/1", weights]


def test_a_model_without_a_number_is_refused(shop: Shop) -> None:
    for arguments, said in (
        (["ocr_handler"], "Name a model and a number"),
        (["nobody", "2"], "There is no model nobody"),
    ):
        told = shop.fundocr("scale", *arguments)
        assert (told.returncode, told.stdout) == (2, "")
        assert said in told.stderr
