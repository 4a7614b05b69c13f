"""Services whose versions are changed, and their callers. A test module takes these by naming this
one in `pytest_plugins`. All of them share the services; each leaves one version of each model in
service, with as many workers as there were, and no judged link.
"""

import json
from collections.abc import Iterator

import pytest

from tests.management.callers import Told, callers
from tests.management.shop import Shop, opened_shop
from tests.serve.archives import CORRECTIONS_ALONE, OCR, UPDATE

CLIENTS = 2
WORKERS = {
    "ocr_handler": {
        "1.0": {"defaultVersion": True, "marName": OCR, "minWorkers": 1, "maxWorkers": 1}
    },
    "ocr_info_update": {
        "1.0": {"defaultVersion": True, "marName": UPDATE, "minWorkers": 2, "maxWorkers": 2}
    },
}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One with both models: one worker reads, two correct."""
    config = {"models": json.dumps(WORKERS)}
    with opened_shop(tmp_path_factory.mktemp("shop"), config=config) as opened:
        yield opened


@pytest.fixture(scope="session")
def corrections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One with the model of the corrections alone, which loads quickly; one worker."""
    folder = tmp_path_factory.mktemp("corrections")
    with opened_shop(folder, config=CORRECTIONS_ALONE) as opened:
        yield opened


@pytest.fixture
def busy(shop: Shop) -> Iterator[Told]:
    """Callers who ask as long as the test lasts."""
    with callers(shop.url, shop.host, CLIENTS) as told:
        yield told


@pytest.fixture
def correcting(corrections: Shop) -> Iterator[Told]:
    """Two who correct as long as the test lasts."""
    with corrections.corrected("one", "another") as told:
        yield told
