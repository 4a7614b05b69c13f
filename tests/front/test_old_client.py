"""The replaced service's client, unchanged, with FUNDOCR_LEGACY=1 and the pictures' host named."""

import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from evals.testbed.picture_host import PictureHost, allowed_from
from pipeline.errors import FETCH_FAILED, RECOGNISE_REQUIRED, UPDATE_UNKNOWN
from pipeline.settings import PROJECT, Settings, load_settings
from serving.serve import _legacy
from tests.front.in_process import front_in_process, lone_front_in_process
from tests.trial import Trial

CLIENT = Path(__file__).with_name("old_client.py")
UPDATED = "MySQL中ocr信息更新成功!"
ADDRESS_AND_NAME = [("10.1.2.3", 200), ("ocr.internal.example", 200), ("elsewhere.example", 421)]
# Nobody is let in but by FUNDOCR_LEGACY.
BARE = {"FUNDOCR_ANONYMOUS_CIDRS": None, "FUNDOCR_ANONYMOUS_PAGES": None, "FUNDOCR_LEGACY": "1"}


def client_says(front: str, *lines: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, CLIENT, front],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return done.stdout.splitlines()


def test_its_two_calls_and_its_failures_come_out_as_ever(
    trial: Trial, pictures: PictureHost
) -> None:
    mark = uuid4().hex
    link = pictures.url(f"/alipay_light_rows.png?old-{mark}")
    to_correct = pictures.url(f"/to-correct-3.png?old-{mark}")
    settings = {**BARE, **allowed_from(pictures)}
    with front_in_process(trial.address.inference, trial.home, **settings) as front:
        said = client_says(
            front,
            f"{link} 7min_local",
            f"{link} 7min_local",
            f"{to_correct} 7min_local",
            f"{to_correct} 000934 1,000.50",
            f"{to_correct} 7min_local",
            f"{pictures.url('/gone.png')} 7min_local",
            f"{link} somewhere",
            f"https://never.example.com/{mark}.png 000934 1",
            "http://elsewhere.invalid/a.png 7min_local",
        )
        page = requests.get(f"{front}/review", allow_redirects=False, timeout=30)
    assert said == [
        "011608 1234.56",
        "011608 1234.56",
        "nothing found",
        UPDATED,
        "000934 1000.50",
        f"error: {FETCH_FAILED}",
        f"error: {RECOGNISE_REQUIRED}",
        f"error: {UPDATE_UNKNOWN}",
        "failed: HTTP 403",  # its hosts are named, or nothing is fetched
    ]
    assert (page.status_code, page.json()["code"]) == (401, "NO_KEY")


def test_a_name_counts_that_is_named_and_every_address(tmp_path: Path) -> None:
    with lone_front_in_process(tmp_path, **BARE, FUNDOCR_HOSTS="ocr.internal.example") as front:
        for host, status in ADDRESS_AND_NAME:
            answer = requests.post(
                f"{front}/ocr_handler", data="{", headers={"Host": host}, timeout=30
            )
            assert answer.status_code == status, host


def test_nobody_is_warned_of_what_he_did_not_ask_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _legacy(Settings(home=tmp_path)) == ""
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))
    monkeypatch.setenv("FUNDOCR_LEGACY", "1")
    told = _legacy(load_settings())
    assert told.strip().startswith("Warning: FUNDOCR_LEGACY listens on 0.0.0.0:8000, without TLS.")
    assert "10.0.0.0/8" in told


@pytest.mark.parametrize("name", ["docs/callers.md", "docs/callers.zh-CN.md"])
def test_the_block_to_paste_names_settings_that_are_sound(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    found = re.search(r"<!-- legacy -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found is not None
    (tmp_path / ".env").write_text(found[1])
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))
    settings = load_settings()
    assert settings.legacy
    assert settings.local_hosts
    assert settings.local_cidrs
    assert settings.hosts
