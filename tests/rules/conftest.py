"""What every test of the rules begins with."""

import gc
from collections.abc import Iterator

import pytest

from postprocess.labels import role_of
from postprocess.segments import segments


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """No answer of a test before: `make mutation` asks of each test alone what it reaches."""
    role_of.cache_clear()
    segments.cache_clear()


@pytest.fixture(scope="package", autouse=True)
def little_garbage_collection() -> Iterator[None]:
    """Thousands of pages are made and judged here, in no cycles: looking for some after every
    700 objects takes a fifth of the time. A worker keeps what it has loaded out of that too."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
