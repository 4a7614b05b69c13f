"""The service that all tests share which can live with its settings: a test module takes it by
naming this one in `pytest_plugins`."""

from collections.abc import Iterator

import pytest

from evals.testbed.picture_host import PictureHost
from tests.shared_service import SharedService, opened_shared


@pytest.fixture(scope="session")
def shared(
    tmp_path_factory: pytest.TempPathFactory, pictures: PictureHost
) -> Iterator[SharedService]:
    with opened_shared(tmp_path_factory.mktemp("shared"), pictures) as running:
        yield running
