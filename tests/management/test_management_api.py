"""Versions and workers of a running service, changed by its operator."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from db.engine import open_engine
from db.tables import ocr_result
from pipeline.settings import PROJECT, Settings
from tests.archive.archives import build, manifest_of
from tests.management.operator_api import Operator
from tests.picture_host import PictureHost, picture_host
from tests.serve.archives import rewritten
from tests.trial import Trial

SAMPLES = PROJECT / "samples"
KNOWN, NEW, LATER = (
    "alipay_light_rows.png",
    "cmb_light_product_code.png",
    "tiantian_light_redeem_form.png",
)
WORKERS = {
    "ocr_handler": {"1.0": {"marName": "ocr_handler.mar", "minWorkers": 2, "maxWorkers": 2}},
    "ocr_info_update": {
        "1.0": {"marName": "ocr_info_update.mar", "minWorkers": 1, "maxWorkers": 1}
    },
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store with versions 1.0, 2.0 of other weights, and 3.0 of changed code."""
    folder = build(tmp_path_factory.mktemp("store"))
    build(folder, "--version", "2.0", "--preset", "PP-OCRv4_mobile")
    change(folder / "ocr_handler-2.0.mar", folder / "ocr_handler-3.0.mar")
    return folder


def change(archive: Path, changed: Path) -> None:
    """Archive 3.0: one of 2.0's files is another than its manifest says."""
    name = "postprocess/seed.py"
    with zipfile.ZipFile(archive) as source:
        content = source.read(name) + b"\n"
    rewritten(archive, changed, {name: content}, version="3.0")


@pytest.fixture(scope="module")
def elsewhere(store: Path) -> Iterator[PictureHost]:
    """A web server that would hand out pictures, and an archive."""
    routes = {f"/{name}": (SAMPLES / name).read_bytes() for name in (KNOWN, NEW, LATER)}
    routes["/ocr_handler-2.0.mar"] = (store / "ocr_handler-2.0.mar").read_bytes()
    with picture_host(routes) as host:
        yield host


@pytest.fixture(scope="module")
def trial(
    store: Path, elsewhere: PictureHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trial]:
    """A service whose config.properties asks for two readers and one corrector."""
    settings = {
        "FUNDOCR_LOCAL_HOSTS": elsewhere.authority,
        "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
        "FUNDOCR_THREADS": "1",
    }
    config = {"model_store": str(store), "models": json.dumps(WORKERS)}
    with Trial(tmp_path_factory.mktemp("managed"), settings, config) as running:
        yield running


@pytest.fixture(scope="module")
def operator(trial: Trial) -> Operator:
    return Operator(
        management=trial.address.management,
        authorization=lambda: trial.authorization("management"),
    )


def recognise(
    trial: Trial, link: str, version: str = "", **options: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(`data`, `detail`) of the answer for one link."""
    answer = requests.post(
        f"{trial.address.inference}/predictions/ocr_handler{version}",
        json={"image_url": link, "url_type": "7min_local", **options},
        headers=trial.authorization(),
        timeout=120,
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["data"], body["detail"]


def stored_rows(trial: Trial) -> int:
    engine = open_engine(f"sqlite:///{trial.home}/var/fundocr.db")
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(ocr_result)).scalar_one())


def test_the_config_file_says_how_many_workers_each_model_has(operator: Operator) -> None:
    assert operator.ready("ocr_handler") == 2
    assert operator.ready("ocr_info_update") == 1


def test_a_version_goes_into_service_and_back_while_rows_stay(
    trial: Trial,
    operator: Operator,
    elsewhere: PictureHost,
    store: Path,
    truth: dict[str, dict[str, str]],
) -> None:
    first = manifest_of(store / "ocr_handler.mar")["model_version"]
    second = manifest_of(store / "ocr_handler-2.0.mar")["model_version"]
    assert first.startswith("PP-OCRv6_small@")
    assert second.startswith("PP-OCRv4_mobile@")
    data, detail = recognise(trial, elsewhere.url(f"/{KNOWN}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[KNOWN], "ocr", first)
    rows = stored_rows(trial)

    registered = operator.ask(
        "POST", "/models", url="ocr_handler-2.0.mar", initial_workers=1, synchronous="true"
    )
    assert registered.status_code == 200, registered.text
    assert operator.ready("ocr_handler", "2.0") == 1
    assert operator.default_version("ocr_handler") == "1.0"

    for name in (KNOWN, NEW):
        data, detail = recognise(trial, elsewhere.url(f"/{name}"), "/2.0", dry_run=True)
        assert (data, detail["source"]) == (truth[name], "dry_run")
        assert (detail["id"], detail["model_version"]) == (None, second)
    assert stored_rows(trial) == rows

    changed = operator.ask("PUT", "/models/ocr_handler/2.0/set-default")
    assert changed.status_code == 200, changed.text
    data, detail = recognise(trial, elsewhere.url(f"/{NEW}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[NEW], "ocr", second)
    data, detail = recognise(trial, elsewhere.url(f"/{KNOWN}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[KNOWN], "stored", first)
    assert operator.ask("DELETE", "/models/ocr_handler/2.0").status_code == 403  # the default

    back = operator.ask("PUT", "/models/ocr_handler/1.0/set-default")
    assert back.status_code == 200, back.text
    data, detail = recognise(trial, elsewhere.url(f"/{LATER}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[LATER], "ocr", first)
    data, detail = recognise(trial, elsewhere.url(f"/{NEW}"))
    assert (data, detail["source"], detail["model_version"]) == (truth[NEW], "stored", second)

    removed = operator.ask("DELETE", "/models/ocr_handler/2.0")
    assert removed.status_code == 200, removed.text
    assert operator.describe("ocr_handler").keys() == {"1.0"}
    assert operator.ask("GET", "/models/ocr_handler/2.0").status_code == 404


def test_workers_are_scaled_down_and_up_again(
    trial: Trial, operator: Operator, elsewhere: PictureHost
) -> None:
    down = operator.ask("PUT", "/models/ocr_handler/1.0", min_worker=1, max_worker=1)
    assert down.status_code == 202, down.text
    operator.wait_ready("ocr_handler", 1)
    recognise(trial, elsewhere.url(f"/{KNOWN}"), dry_run=True)
    up = operator.ask(
        "PUT", "/models/ocr_handler/1.0", min_worker=2, max_worker=2, synchronous="true"
    )
    assert up.status_code == 200, up.text
    assert operator.ready("ocr_handler") == 2


@pytest.mark.parametrize(
    ("model", "archive"),
    [("ocr_handler", "ocr_handler.mar"), ("ocr_info_update", "ocr_info_update.mar")],
)
def test_a_description_tells_what_the_version_runs(
    model: str, archive: str, trial: Trial, operator: Operator, store: Path
) -> None:
    answer = operator.ask("GET", f"/models/{model}", customized="true")
    assert answer.status_code == 200, answer.text
    (version,) = answer.json()
    assert (version["modelVersion"], version["modelUrl"]) == ("1.0", archive)
    chosen = ("rules", "engine", "device", "box_threshold", "text_threshold", "detector_side")
    assert version["customizedMetadata"] == {
        "model_version": manifest_of(store / archive)["model_version"],
        **{name: Settings.model_fields[name].default for name in chosen},
        "database": "sqlite",
        "home": str(trial.home),
    }


def test_a_version_that_was_changed_does_not_come_into_service(
    trial: Trial, operator: Operator, elsewhere: PictureHost
) -> None:
    refused = operator.ask(
        "POST", "/models", url="ocr_handler-3.0.mar", initial_workers=1, synchronous="true"
    )
    assert refused.status_code == 500, refused.text
    assert refused.json()["message"] == (
        "Failed to start workers for model ocr_handler version: 3.0"
    )
    assert operator.describe("ocr_handler").keys() == {"1.0"}
    _, detail = recognise(trial, elsewhere.url(f"/{KNOWN}"), dry_run=True)
    assert detail["model_version"].startswith("PP-OCRv6_small@")
    log = (trial.home / "var" / "log" / "model_log.log").read_text(encoding="utf-8")
    assert "cannot serve: postprocess/seed.py differs from what was archived; build it again" in log


@pytest.mark.parametrize("token", [None, "wrong", "inference"])
def test_only_the_management_token_opens_the_management_api(
    token: str | None, trial: Trial
) -> None:
    headers = {
        None: {},
        "wrong": {"Authorization": "Bearer wrong"},
        "inference": trial.authorization("inference"),
    }[token]
    url = f"{trial.address.management}/models"
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
        ("ocr_handler.mar", 409, "ConflictStatusException"),
    ],
)
def test_an_archive_that_cannot_be_registered_is_refused(
    archive: str, status: int, kind: str, operator: Operator
) -> None:
    answer = operator.ask("POST", "/models", url=archive)
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
