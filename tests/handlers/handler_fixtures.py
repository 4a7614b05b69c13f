"""Both models in this process: a module that wants them names this one in `pytest_plugins`."""

from collections.abc import Iterator

import pytest

from evals.testbed.picture_host import PictureHost
from tests.handlers.in_process import Handlers, loaded_handlers


@pytest.fixture(scope="session")
def handlers(tmp_path_factory: pytest.TempPathFactory, pictures: PictureHost) -> Iterator[Handlers]:
    """`handlers("ocr_handler")` or `handlers("ocr_info_update", settings, home)`: see Handlers."""
    with loaded_handlers(tmp_path_factory.mktemp("handlers"), pictures) as handlers:
        yield handlers
