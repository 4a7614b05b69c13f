"""What all tests of versions share."""

import pytest

from serving import self_check

# Light and dark, PNG and JPEG, one that must be refused.
FEW = ("alipay_light_rows.png", "alipay_dark_two_labels.jpg", "danjuan_light_no_code.png")


@pytest.fixture(autouse=True)
def few_samples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that is to come reads three of the twelve samples, except in the drills: all of
    them take six seconds, and that all are asked for is tried by itself."""
    if request.node.get_closest_marker("drill") is None:
        chosen = [one for one in self_check.samples() if one.name in FEW]
        monkeypatch.setattr(self_check, "samples", lambda: chosen)
