"""A service whose versions are changed, and its callers. A test module takes these by naming this
one in `pytest_plugins`. All of them share the service, and each leaves 1.0 of both models in
service with one worker, and no judged link.
"""

from collections.abc import Iterator

import pytest

from tests.management.callers import Told, callers
from tests.management.shop import Shop, opened_shop

CLIENTS = 8


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened_shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest.fixture
def busy(shop: Shop) -> Iterator[Told]:
    """Callers who ask as long as the test lasts."""
    with callers(shop.trial.front, shop.host, CLIENTS) as told:
        yield told
