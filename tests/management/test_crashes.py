"""What was deployed and scaled is there again, however the service ended."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.management.shop import CORRECTOR, READER, Shop, corrected, read_once
from tests.serve.archives import OCR, UPDATE
from tests.serve.waiting import wait_until

pytest_plugins = ["tests.management.shop_fixtures"]


@pytest.fixture(autouse=True)
def rebooted(shop: Shop) -> Iterator[None]:
    """Whatever a test did, 1.0 is in service with one worker when the next begins."""
    yield
    for model, archive in ((READER, OCR), (CORRECTOR, UPDATE)):
        if shop.default(model) != "1.0":
            assert shop.fundocr("deploy", shop.store / archive).returncode == 0
        assert shop.fundocr("scale", model, "1").returncode == 0
    assert shop.doctor() == []


def processes(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("FUNDOCR_HOME") == str(home):
                found.append(process)
        except psutil.Error:
            continue
    return found


def reboot(shop: Shop) -> None:
    """End all of it by SIGKILL, as a power cut does, and start it again."""
    left = processes(shop.home)
    for process in left:
        process.kill()
    psutil.wait_procs(left)
    shop.trial.stop()
    shop.trial.__enter__()  # what opened the shop stops it


def test_a_killed_java_comes_back_with_what_was_chosen(shop: Shop) -> None:
    assert shop.fundocr("deploy", shop.other(model=CORRECTOR)).returncode == 0
    assert shop.fundocr("scale", READER, "2").returncode == 0
    (java,) = [one for one in processes(shop.home) if one.name() == "java"]
    java.kill()
    java.wait(60)

    def is_back() -> bool:
        try:
            return all(
                shop.operator.ready(model, version) == workers
                for model, version, workers in ((READER, "1.0", 2), (CORRECTOR, "2.0", 1))
            )
        except (requests.RequestException, AssertionError, KeyError, ValueError):
            return False

    wait_until(is_back)
    assert shop.default(CORRECTOR) == "2.0"
    assert shop.registered(CORRECTOR) == ["2.0"]
    assert shop.doctor() == []
    read_once(shop, "after-java")  # asserts the right answer


def test_what_was_deployed_is_there_again_after_a_reboot(shop: Shop) -> None:
    assert shop.fundocr("deploy", shop.other(model=CORRECTOR)).returncode == 0
    assert shop.fundocr("scale", CORRECTOR, "2").returncode == 0
    reboot(shop)
    assert shop.default(CORRECTOR) == "2.0"
    assert shop.operator.ready(CORRECTOR, "2.0") == 2
    assert shop.doctor() == []
    read_once(shop, "after-reboot")
    assert shop.fundocr("rollback", CORRECTOR).returncode == 0
    assert shop.default(CORRECTOR) == "1.0"


@pytest.mark.parametrize(("stage", "answers"), [("default set", "1.0"), ("chosen", "3.0")])
def test_a_reboot_in_the_middle_of_a_deploy_leaves_one_version_or_the_other(
    shop: Shop, stage: str, answers: str
) -> None:
    program = (sys.executable, "-m", "tests.management.killed", stage)
    done = shop.fundocr("deploy", shop.other("3.0", CORRECTOR), program=program)
    assert done.returncode == -signal.SIGKILL, done
    # Both are the same code: they answer alike, and so does what comes up.
    reboot(shop)
    assert shop.default(CORRECTOR) == answers
    with corrected(shop, stage.replace(" ", "-")) as told:
        wait_until(lambda: told.right or told.wrong)
    assert told.wrong == []
    (broken,) = shop.doctor()
    assert "was broken off" in broken
    assert shop.fundocr("scale").returncode == 0
    assert shop.doctor() == []
    assert (shop.store / "ocr_info_update-3.0.mar").exists() == (answers == "3.0")
