"""What was deployed and scaled is there again, however the service ended."""

from contextlib import suppress

import psutil
import pytest
import requests

from tests.management.shop import CORRECTOR, Shop
from tests.serve.waiting import wait_until

pytest_plugins = ["tests.management.shop_fixtures"]


def reboot(shop: Shop) -> None:
    """End all of it by SIGKILL, as a power cut does, and start it again."""
    left = shop.processes()
    for process in left:
        process.kill()
    psutil.wait_procs(left)
    shop.trial.stop()
    shop.trial.__enter__()  # what opened the shop stops it


def is_back(shop: Shop, version: str, workers: int) -> bool:
    with suppress(requests.RequestException, AssertionError, KeyError, ValueError):
        return shop.operator.ready(CORRECTOR, version) == workers
    return False


def answers(shop: Shop, version: str) -> None:
    """Just this version is there, and takes corrections."""
    assert shop.default() == version
    assert shop.registered() == [version]
    with shop.corrected("afterwards") as told:
        wait_until(lambda: told.right or told.wrong)
    assert told.wrong == []


def test_what_was_deployed_and_scaled_is_there_after_javas_death_and_a_reboot(
    corrections: Shop,
) -> None:
    shop, old, new = corrections, corrections.default(), corrections.new()
    assert shop.fundocr("deploy", new.file).returncode == 0
    assert shop.fundocr("scale", CORRECTOR, "2").returncode == 0
    java = shop.java()
    java.kill()
    java.wait(60)
    wait_until(lambda: is_back(shop, new.version, 2))
    answers(shop, new.version)
    assert shop.doctor() == []

    reboot(shop)
    assert shop.operator.ready(CORRECTOR, new.version) == 2
    answers(shop, new.version)
    assert shop.doctor() == []
    assert shop.fundocr("scale", CORRECTOR, "1").returncode == 0
    assert shop.fundocr("rollback", CORRECTOR).returncode == 0
    assert shop.default() == old
    assert shop.doctor() == []


@pytest.mark.parametrize(
    ("stage", "is_new"),
    [("default set", False), pytest.param("chosen", True, marks=pytest.mark.drill)],
)
def test_a_reboot_in_the_middle_of_a_deploy_leaves_one_version_or_the_other(
    corrections: Shop, stage: str, is_new: bool
) -> None:
    shop, old, new = corrections, corrections.default(), corrections.new()
    shop.killed(stage, "deploy", new.file)
    # Both are the same code: they answer alike, and so does what comes up.
    reboot(shop)
    answers(shop, new.version if is_new else old)
    (broken,) = shop.doctor()
    assert "was interrupted" in broken
    assert shop.fundocr("scale").returncode == 0
    assert shop.doctor() == []
    assert (shop.archives / new.file.name).exists() == is_new
