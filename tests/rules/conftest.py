"""What every test of the rules begins with."""

import pytest

from postprocess.labels import role_of
from postprocess.segments import segments


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """No answer of a test before: `make mutation` asks of each test alone what it reaches."""
    role_of.cache_clear()
    segments.cache_clear()
