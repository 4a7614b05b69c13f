"""Versions and workers of a running service, changed by its operator."""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from evals.testbed.picture_host import PictureHost
from pipeline.settings import PROJECT, Settings
from tests.archive.archives import build, manifest_of
from tests.management.operator_api import Operator
from tests.management.shop import Shop
from tests.serve.archives import OCR, STORE, rewritten

pytest_plugins = ["tests.management.shop_fixtures"]

SAMPLES = PROJECT / "samples"
KNOWN, NEW, LATER = (
    "alipay_light_rows.png",
    "cmb_light_product_code.png",
    "tiantian_light_redeem_form.png",
)


@pytest.fixture(scope="module")
def archives(shop: Shop) -> Iterator[Path]:
    """The shop's model store, with versions 2.0 of other weights, and 3.0 of changed code."""
    build(shop.outside / "built", "--version", "2.0", "--preset", "PP-OCRv4_mobile")
    other, changed = (shop.archives / f"ocr_handler-{version}.mar" for version in ("2.0", "3.0"))
    shutil.copy(shop.outside / "built" / other.name, other)
    change(other, changed)
    yield shop.archives
    other.unlink()
    changed.unlink()


def change(archive: Path, changed: Path) -> None:
    """Archive 3.0: one of 2.0's files is another than its manifest says."""
    name = "postprocess/seed.py"
    with zipfile.ZipFile(archive) as source:
        content = source.read(name) + b"\n"
    rewritten(archive, changed, {name: content}, version="3.0")


@pytest.fixture(scope="module")
def elsewhere(archives: Path, shop: Shop) -> PictureHost:
    """A web server that would hand out pictures, and an archive."""
    # Bytes of their own: a picture that is known is not read again.
    pictures = {f"/{name}": (SAMPLES / name).read_bytes() + b"api" for name in (KNOWN, NEW, LATER)}
    shop.routes.update(pictures)
    shop.routes["/ocr_handler-2.0.mar"] = (archives / "ocr_handler-2.0.mar").read_bytes()
    return shop.host


@pytest.fixture
def operator(shop: Shop) -> Operator:
    return shop.operator


def recognise(
    shop: Shop, link: str, version: str = "", **options: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(`data`, `detail`) of the answer for one link."""
    body = {"image_url": link, "url_type": "7min_local", **options}
    answer = shop.torchserve(body, path=version)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["data"], body["detail"]


def test_the_config_file_says_how_many_workers_each_model_has(shop: Shop) -> None:
    for model, workers in (("ocr_handler", 1), ("ocr_info_update", 2)):
        assert shop.operator.ready(model, shop.default(model)) == workers


def test_a_version_goes_into_service_and_back_while_rows_stay(
    shop: Shop,
    operator: Operator,
    elsewhere: PictureHost,
    archives: Path,
    truth: dict[str, dict[str, str]],
) -> None:
    serves = shop.default("ocr_handler")
    first = manifest_of(STORE / OCR)["model_version"]
    second = manifest_of(archives / "ocr_handler-2.0.mar")["model_version"]
    assert first.startswith("PP-OCRv6_cascade@")
    assert second.startswith("PP-OCRv4_mobile@")
    data, detail = recognise(shop, elsewhere.url(f"/{KNOWN}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[KNOWN], "ocr", first)
    rows = shop.counts()

    registered = operator.ask(
        "POST", "/models", url="ocr_handler-2.0.mar", initial_workers=1, synchronous="true"
    )
    assert registered.status_code == 200, registered.text
    assert operator.ready("ocr_handler", "2.0") == 1
    assert operator.default_version("ocr_handler") == serves

    for name in (KNOWN, NEW):
        data, detail = recognise(shop, elsewhere.url(f"/{name}"), "/2.0", dry_run=True)
        assert (data, detail["source"]) == (truth[name], "dry_run")
        assert (detail["id"], detail["model_version"]) == (None, second)
    assert shop.counts() == rows

    changed = operator.ask("PUT", "/models/ocr_handler/2.0/set-default")
    assert changed.status_code == 200, changed.text
    data, detail = recognise(shop, elsewhere.url(f"/{NEW}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[NEW], "ocr", second)
    data, detail = recognise(shop, elsewhere.url(f"/{KNOWN}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[KNOWN], "stored", first)
    assert operator.ask("DELETE", "/models/ocr_handler/2.0").status_code == 403  # the default

    back = operator.ask("PUT", f"/models/ocr_handler/{serves}/set-default")
    assert back.status_code == 200, back.text
    data, detail = recognise(shop, elsewhere.url(f"/{LATER}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[LATER], "ocr", first)
    data, detail = recognise(shop, elsewhere.url(f"/{NEW}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[NEW], "stored", second)

    removed = operator.ask("DELETE", "/models/ocr_handler/2.0")
    assert removed.status_code == 200, removed.text
    assert operator.describe("ocr_handler").keys() == {serves}
    assert operator.ask("GET", "/models/ocr_handler/2.0").status_code == 404


def test_workers_are_scaled_down_and_up_again(shop: Shop, operator: Operator) -> None:
    model, serves = "ocr_info_update", shop.default("ocr_info_update")
    path = f"/models/{model}/{serves}"
    down = operator.ask("PUT", path, min_worker=1, max_worker=1)
    assert down.status_code == 202, down.text
    operator.wait_ready(model, 1, serves)
    assert shop.torchserve({}, model).json()["code"] == "MISSING_FIELD"
    up = operator.ask("PUT", path, min_worker=2, max_worker=2, synchronous="true")
    assert up.status_code == 200, up.text
    operator.wait_ready(model, 2, serves)


@pytest.mark.parametrize("model", ["ocr_handler", "ocr_info_update"])
def test_a_description_tells_what_the_version_runs(
    model: str, shop: Shop, operator: Operator
) -> None:
    serves = shop.default(model)
    archive = str(shop.choice()[model][serves]["marName"])
    answer = operator.ask("GET", f"/models/{model}", customized="true")
    assert answer.status_code == 200, answer.text
    (version,) = answer.json()
    assert (version["modelVersion"], version["modelUrl"]) == (serves, archive)
    chosen = ("rules", "engine", "device", "box_threshold", "text_threshold", "detector_side")
    assert version["customizedMetadata"] == {
        "model_version": manifest_of(shop.archives / archive)["model_version"],
        **{name: Settings.model_fields[name].default for name in chosen},
        "database": "sqlite",
        "home": str(shop.home),
    }


def test_a_version_that_was_changed_does_not_come_into_service(
    shop: Shop, operator: Operator, elsewhere: PictureHost
) -> None:
    serves = shop.default("ocr_handler")
    refused = operator.ask(
        "POST", "/models", url="ocr_handler-3.0.mar", initial_workers=1, synchronous="true"
    )
    assert refused.status_code == 500, refused.text
    assert refused.json()["message"] == (
        "Failed to start workers for model ocr_handler version: 3.0"
    )
    assert operator.describe("ocr_handler").keys() == {serves}
    _, detail = recognise(shop, elsewhere.url(f"/{KNOWN}"), dry_run=True)
    assert detail["model_version"].startswith("PP-OCRv6_cascade@")
    log = (shop.home / "var" / "log" / "model_log.log").read_text(encoding="utf-8")
    assert "cannot serve: postprocess/seed.py differs from what was archived; build it again" in log


@pytest.mark.parametrize("token", [None, "wrong", "inference"])
def test_only_the_management_token_opens_the_management_api(token: str | None, shop: Shop) -> None:
    headers = {
        None: {},
        "wrong": {"Authorization": "Bearer wrong"},
        "inference": shop.trial.authorization("inference"),
    }[token]
    url = f"{shop.trial.address.management}/models"
    answer = requests.get(url, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["type"]) == (400, "InvalidKeyException")


def test_no_archive_is_fetched_from_an_address(operator: Operator, elsewhere: PictureHost) -> None:
    archive = elsewhere.url("/ocr_handler-2.0.mar")
    for path in ("/models", "/workflows"):
        answer = operator.ask("POST", path, url=archive)
        assert answer.status_code == 404
        assert answer.json()["message"].endswith("does not match any allowed URL(s)")
    assert [asked for asked in elsewhere.requests if asked.path.endswith(".mar")] == []


@pytest.mark.parametrize(
    ("archive", "status", "kind"),
    [
        ("ocr_handler-9.0.mar", 404, "ModelNotFoundException"),
        ("../ocr_handler-2.0.mar", 404, "ModelNotFoundException"),
        ("", 409, "ConflictStatusException"),
    ],
)
def test_an_archive_that_cannot_be_registered_is_refused(
    archive: str, status: int, kind: str, shop: Shop, operator: Operator
) -> None:
    """Empty: the archive of what serves."""
    serves = shop.choice()["ocr_handler"][shop.default("ocr_handler")]["marName"]
    answer = operator.ask("POST", "/models", url=archive or str(serves))
    assert (answer.status_code, answer.json()["type"]) == (status, kind)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/models/nothing", "ModelNotFoundException"),
        ("/models/ocr_handler/7.0", "ModelVersionNotFoundException"),
    ],
)
def test_an_unknown_model_or_version_is_not_found(path: str, kind: str, operator: Operator) -> None:
    answer = operator.ask("GET", path)
    assert (answer.status_code, answer.json()["type"]) == (404, kind)
