"""TorchServe's tokens: nobody notices when they change."""

import json
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from front.torchserve import read_token
from pipeline.settings import PROJECT
from tests.trial import Trial

SAMPLE = (PROJECT / "samples" / "alipay_light_rows.png").read_bytes()
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}
ROTATIONS = 8


def ping(address: str, token: str | None) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{address}/ping", headers=headers, timeout=30).status_code


def recognise(front: str) -> requests.Response:
    headers = {"Content-Type": "image/png"}
    return requests.post(f"{front}/ocr_handler", data=SAMPLE, headers=headers, timeout=120)


def test_requests_are_answered_while_tokens_change(service: Callable[[str], Trial]) -> None:
    trial = service("sqlite")
    done = threading.Event()

    def ask_until_done(_: int) -> list[tuple[int, bool]]:
        told = []
        while not done.is_set():
            answer = recognise(trial.front)
            told.append((answer.status_code, answer.json().get("data") == SHOWN))
        return told

    with ThreadPoolExecutor(4) as pool:
        asking = pool.map(ask_until_done, range(4))
        try:
            for _ in range(ROTATIONS):
                for api in ("inference", "management"):
                    before = read_token(trial.home, api)  # type: ignore[arg-type]
                    answer = requests.get(
                        f"{trial.address.management}/token",
                        params={"type": api},
                        headers=trial.authorization("API"),
                        timeout=30,
                    )
                    assert answer.status_code == 200
                    assert ping(trial.address.inference, before) == 400 or api == "management"
                time.sleep(1)  # more often than any lifetime makes TorchServe do it
        finally:
            done.set()
        told = [one for answers in asking for one in answers]
    assert len(told) > ROTATIONS
    assert set(told) == {(200, True)}
    assert requests.get(f"{trial.front}/readyz", timeout=30).status_code == 200


def test_tokens_are_for_the_services_user_alone(service: Callable[[str], Trial]) -> None:
    trial = service("sqlite")
    mode = (trial.home / "key_file.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    written = json.loads((trial.home / "key_file.json").read_text("utf-8"))
    tokens = [entry["key"] for entry in written.values()]
    assert len(set(tokens)) == 3
    for file in (trial.home / "var" / "log").iterdir():
        text = file.read_text("utf-8", "replace")
        assert [token for token in tokens if token in text] == [], file.name


def test_a_restart_gives_new_tokens_and_the_old_ones_open_nothing(tmp_path: Path) -> None:
    with Trial(tmp_path) as first:
        old = read_token(tmp_path, "inference")
        assert ping(first.address.inference, old) == 200
        assert recognise(first.front).json()["data"] == SHOWN
    assert not (tmp_path / "key_file.json").exists()
    with Trial(tmp_path) as second:
        new = read_token(tmp_path, "inference")
        assert new not in (None, old)
        assert ping(second.address.inference, old) == 400
        assert ping(second.address.inference, new) == 200
        assert recognise(second.front).json()["detail"]["source"] == "stored"
