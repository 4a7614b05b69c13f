"""What a service has answered and left behind, for the modules that name this one in
`pytest_plugins`, beside tests.shared_service_fixtures."""

import pytest

from tests.security.story import Story, lived
from tests.shared_service import SharedService


@pytest.fixture(scope="session")
def story(shared: SharedService) -> Story:
    """The service was started again since."""
    return lived(shared)
