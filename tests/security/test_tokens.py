"""TorchServe's tokens: nobody notices when they change."""

import asyncio
import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from db.access import Role
from front.forward import Forwarder, Reply
from serving.torchserve import KEY_FILE, read_token
from tests.conftest import SAMPLES
from tests.security.canaries import picture
from tests.security.story import Story
from tests.serve.waiting import wait_until
from tests.shared_service import SharedService

pytest_plugins = ["tests.shared_service_fixtures", "tests.security.story_fixtures"]

SAMPLE = (SAMPLES / "alipay_light_rows.png").read_bytes()
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}
ROTATIONS = 8
ANSWERS_BETWEEN = 12


def ping(service: SharedService, token: str | None) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    address = service.trial.address.inference
    return requests.get(f"{address}/ping", headers=headers, timeout=30).status_code


def recognise(service: SharedService, content: bytes = SAMPLE) -> requests.Response:
    headers = {"Content-Type": "image/png"}
    return service.front("POST", "/ocr_handler", Role.CALLER, data=content, headers=headers)


def test_requests_are_answered_while_tokens_change(shared: SharedService) -> None:
    """More often than any lifetime makes TorchServe do it."""
    done = threading.Event()
    told: list[tuple[int, bool]] = []

    def ask_until_done(_: int) -> None:
        while not done.is_set():
            answer = recognise(shared)
            told.append((answer.status_code, answer.json().get("data") == SHOWN))

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_until_done, number) for number in range(4)]
        try:
            for _ in range(ROTATIONS):
                for api in ("inference", "management"):
                    before = read_token(shared.home, api)
                    answer = requests.get(
                        f"{shared.trial.address.management}/token",
                        params={"type": api},
                        headers=shared.trial.authorization("API"),
                        timeout=30,
                    )
                    assert answer.status_code == 200
                    assert ping(shared, before) == 400 or api == "management"
                so_far = len(told)
                wait_until(lambda so_far=so_far: len(told) >= so_far + ANSWERS_BETWEEN)  # type: ignore[misc]
        finally:
            done.set()
        for one in asking:
            one.result()
    assert len(told) > ROTATIONS
    assert set(told) == {(200, True)}
    assert shared.front("GET", "/readyz").status_code == 200


def test_a_token_that_is_written_late_is_waited_for(shared: SharedService, tmp_path: Path) -> None:
    """As on a busy machine: TorchServe gives a new one out before it has written it down."""
    written = (shared.home / KEY_FILE).read_text("utf-8")
    old = written.replace(read_token(shared.home, "inference") or "", "x" * 8)
    (tmp_path / KEY_FILE).write_text(old)
    failed: list[str] = []

    async def ask() -> Reply:
        forwarder = Forwarder(shared.trial.address.inference, tmp_path, failed.append)
        asking = asyncio.create_task(
            forwarder.post("ocr_handler", SAMPLE, content_type="image/png", request_id="late")
        )
        while not failed:
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        (tmp_path / KEY_FILE).write_text(written)
        try:
            return await asking
        finally:
            await forwarder.close()

    reply = asyncio.run(ask())
    assert (reply.status, json.loads(reply.body)["data"]) == (200, SHOWN)
    assert failed == ["400"]


def test_tokens_are_for_the_services_user_alone(shared: SharedService) -> None:
    mode = (shared.home / "key_file.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    written = json.loads((shared.home / "key_file.json").read_text("utf-8"))
    tokens = [entry["key"] for entry in written.values()]
    assert len(set(tokens)) == 3
    for file in (shared.home / "var" / "log").iterdir():
        text = file.read_text("utf-8", "replace")
        assert [token for token in tokens if token in text] == [], file.name


def test_a_restart_gives_new_tokens_and_the_old_ones_open_nothing(
    shared: SharedService, story: Story
) -> None:
    assert story.is_token_file_gone
    new = read_token(shared.home, "inference")
    assert new not in (None, "", story.old_token)
    assert (ping(shared, story.old_token), ping(shared, new)) == (400, 200)
    answer = recognise(shared, picture(200))  # which it was sent in its former life
    assert answer.json()["detail"]["source"] == "stored"
