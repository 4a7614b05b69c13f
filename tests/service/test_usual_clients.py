"""TorchServe's usual clients, as its own documents write them, against a real TorchServe."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import PROJECT
from tests.service.rest import SAMPLES, link
from tests.shared_service import SharedService

pytest_plugins = ["tests.shared_service_fixtures"]

SAMPLE = SAMPLES / "alipay_light_rows.png"
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture that nobody has sent."""
    file = tmp_path / "pic.png"
    file.write_bytes(SAMPLE.read_bytes() + os.urandom(16))
    return file


@pytest.mark.parametrize("options", [["-T"], ["-F", "data=@"]], ids=["put", "form"])
def test_curl_sends_a_picture_to_torchserve(
    shared: SharedService, picture: Path, options: list[str]
) -> None:
    *before, last = options
    given = [*before, f"{last}{picture}"] if before else [last, str(picture)]
    (header,) = (f"{name}: {text}" for name, text in shared.trial.authorization().items())
    url = f"{shared.trial.address.inference}/predictions/ocr_handler"
    done = subprocess.run(
        ["curl", "-s", "-H", header, *given, url], capture_output=True, check=True
    )
    assert json.loads(done.stdout)["data"] == SHOWN


@pytest.fixture(scope="module")
def client(shared: SharedService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of docs/callers.md beside what it needs, at this TorchServe."""
    folder = tmp_path_factory.mktemp("grpc")
    (site,) = (PROJECT / ".venv" / "lib").glob("python3.*/site-packages")
    with zipfile.ZipFile(site / "ts" / "frontend" / "model-server.jar") as jar:
        jar.extractall(folder, ["inference.proto", "google/rpc/status.proto"])
    text = (PROJECT / "docs" / "callers.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- grpc -->\n```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    port = (shared.home / "config.properties").read_text().partition("grpc_inference_port=")[2]
    written = found[1].replace(":7070", f":{port.split()[0]}")
    (folder / "ask.py").write_text(written)
    return folder / "ask.py"


def asked(client: Path, file: Path, token: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, client.name, str(file), token]
    return subprocess.run(command, cwd=client.parent, capture_output=True, text=True, check=False)


def test_the_client_by_grpc_gets_answers_errors_and_no_further_without_a_token(
    shared: SharedService, client: Path, picture: Path, tmp_path: Path
) -> None:
    token = shared.trial.authorization()["Authorization"].removeprefix("Bearer ")

    def told(content: bytes) -> Any:
        file = tmp_path / "asked"
        file.write_bytes(content)
        done = asked(client, file, token)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert told(picture.read_bytes())["data"] == SHOWN
    url = shared.host.url("/grpc.png")
    shared.routes["/grpc.png"] = picture.read_bytes()
    assert told(json.dumps(link(url)).encode())["data"] == SHOWN
    assert told(b"no picture")["code"] == "NOT_JSON"
    refused = asked(client, picture, "wrong")
    assert refused.returncode == 1
    assert "PERMISSION_DENIED" in refused.stderr
