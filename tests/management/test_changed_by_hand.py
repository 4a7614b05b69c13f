"""What somebody changes by plain curl, or in the file alone, is told by `fundocr doctor`."""

from collections.abc import Iterator

import pytest

from tests.management.shop import Shop

pytest_plugins = ["tests.management.shop_fixtures"]


@pytest.fixture(autouse=True)
def as_before(shop: Shop) -> Iterator[None]:
    assert shop.doctor() == []
    yield
    assert shop.doctor() == [], "what a test changes it takes back"


def register(shop: Shop) -> None:
    (shop.store / "ocr_handler-2.0.mar").write_bytes(shop.other().read_bytes())
    asked = {"url": "ocr_handler-2.0.mar", "initial_workers": 1, "synchronous": "true"}
    assert shop.operator.ask("POST", "/models", **asked).status_code == 200


def test_an_extra_version_and_another_default_are_told(shop: Shop) -> None:
    register(shop)
    (told,) = shop.doctor()
    assert told.startswith("ocr_handler 2.0 is registered but will be gone after a restart")

    shop.operator.ask("PUT", "/models/ocr_handler/2.0/set-default")
    default, extra = shop.doctor()
    assert default.startswith("ocr_handler 1.0 is the default in ")
    assert "another version answers now" in default
    assert extra == told
    said = shop.fundocr("doctor")
    assert said.returncode == 1
    assert f"wrong  versions     {default}" in said.stdout.splitlines()
    # Nothing is deployed over what nobody wrote down.
    refused = shop.fundocr("deploy", shop.other("3.0"))
    assert refused.returncode == 1
    assert "does not choose the version of ocr_handler that answers now (2.0)" in refused.stderr
    assert shop.registered() == ["1.0", "2.0"]

    shop.operator.ask("PUT", "/models/ocr_handler/1.0/set-default")
    assert shop.operator.ask("DELETE", "/models/ocr_handler/2.0").status_code == 200


@pytest.mark.parametrize("model", ["ocr_handler", "ocr_info_update"])
def test_other_workers_are_told_and_scale_makes_them_what_was_chosen(
    shop: Shop, model: str
) -> None:
    asked = {"min_worker": 2, "max_worker": 2, "synchronous": "true"}
    assert shop.operator.ask("PUT", f"/models/{model}/1.0", **asked).status_code == 200
    (told,) = shop.doctor()
    assert told.startswith(f"{model} 1.0 was scaled to 2 workers, a restart will make it 1 again")
    assert shop.fundocr("scale").returncode == 0
    assert shop.operator.ready(model) == 1


def test_a_version_that_was_removed_is_told(shop: Shop) -> None:
    assert shop.operator.ask("DELETE", "/models/ocr_info_update/1.0").status_code == 200
    (told,) = shop.doctor()
    assert told == "ocr_info_update 1.0 is not registered; restart the service."
    refused = shop.fundocr("scale")
    assert (refused.returncode, refused.stderr) == (1, f"{told}\n")
    asked = {"url": "ocr_info_update.mar", "initial_workers": 1, "synchronous": "true"}
    assert shop.operator.ask("POST", "/models", **asked).status_code == 200


def test_what_was_changed_in_the_file_alone_is_told(shop: Shop) -> None:
    file = shop.home / "config.properties"
    before = file.read_text("utf-8")
    file.write_text(before.replace('"minWorkers": 1', '"minWorkers": 2', 1), "utf-8")
    (told,) = shop.doctor()
    assert "was scaled to 1 workers, a restart will make it 2 again" in told
    file.write_text(before, "utf-8")
