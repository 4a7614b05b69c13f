"""What was deployed and scaled is there again, however the service ended."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.management.callers import SHOWN
from tests.management.shop import Shop, read_once
from tests.serve.waiting import wait_until

pytest_plugins = ["tests.management.shop_fixtures"]


@pytest.fixture(autouse=True)
def rebooted(shop: Shop) -> Iterator[None]:
    """Whatever a test did, 1.0 is in service with one worker when the next begins."""
    yield
    if shop.default() != "1.0":
        assert shop.fundocr("deploy", shop.store / "ocr_handler.mar").returncode == 0
    assert shop.fundocr("scale", "ocr_handler", "1").returncode == 0
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
    assert shop.fundocr("deploy", shop.other()).returncode == 0
    assert shop.fundocr("scale", "ocr_handler", "2").returncode == 0
    assert shop.fundocr("scale", "ocr_info_update", "2").returncode == 0
    (java,) = [one for one in processes(shop.home) if one.name() == "java"]
    java.kill()
    java.wait(60)

    def is_back() -> bool:
        try:
            return all(
                shop.operator.ready(model, version) == 2
                for model, version in (("ocr_handler", "2.0"), ("ocr_info_update", "1.0"))
            )
        except (requests.RequestException, AssertionError, KeyError, ValueError):
            return False

    wait_until(is_back)
    assert shop.default() == "2.0"
    assert shop.registered() == ["2.0"]
    assert shop.doctor() == []
    read_once(shop, "after-java")  # asserts the right answer
    assert shop.fundocr("scale", "ocr_info_update", "1").returncode == 0


def test_what_was_deployed_is_there_again_after_a_reboot(shop: Shop) -> None:
    assert shop.fundocr("deploy", shop.other()).returncode == 0
    assert shop.fundocr("scale", "ocr_handler", "2").returncode == 0
    reboot(shop)
    assert shop.default() == "2.0"
    assert shop.operator.ready("ocr_handler", "2.0") == 2
    assert shop.doctor() == []
    assert shop.fundocr("rollback").returncode == 0
    assert shop.default() == "1.0"


@pytest.mark.parametrize(("stage", "answers"), [("default set", "1.0"), ("chosen", "3.0")])
def test_a_reboot_in_the_middle_of_a_deploy_leaves_one_version_or_the_other(
    shop: Shop, stage: str, answers: str
) -> None:
    program = (sys.executable, "-m", "tests.management.killed", stage)
    done = shop.fundocr("deploy", shop.other("3.0"), program=program)
    assert done.returncode == -signal.SIGKILL, done
    # Both are the same code and weights: they answer alike, and so does what comes up.
    reboot(shop)
    assert shop.default() == answers
    link = shop.host.url(f"/a.png?{stage.replace(' ', '-')}")
    asked = {"image_url": link, "url_type": "7min_local", "refresh": True}
    answer = requests.post(f"{shop.trial.front}/ocr_handler", json=asked, timeout=120)
    assert answer.json()["data"] == SHOWN
    (told,) = shop.doctor()
    assert "was broken off" in told
    assert shop.fundocr("scale").returncode == 0
    assert shop.doctor() == []
    assert (shop.store / "ocr_handler-3.0.mar").exists() == (answers == "3.0")
