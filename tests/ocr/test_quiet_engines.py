"""What a process that reads pictures imports, sends and leaves behind."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ocr.reading import PROJECT, SAMPLES, V4, V6, WEIGHTS

READ = """
import json, socket, sys
calls = []
sys.addaudithook(
    lambda event, arguments: calls.append([event, repr(arguments)])
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto") else None
)
from pathlib import Path
import cv2
from ocr.models import load_models
from ocr.reader import open_reader
engine, weights, picture, cache = sys.argv[1:]
reader = open_reader(load_models(Path(weights)), engine=engine, threads=1, cache_dir=Path(cache))
page = reader.read([cv2.imread(picture)])[0]
print(json.dumps({
    "lines": len(page.lines), "calls": calls,
    "modules": sorted({name.split(".")[0] for name, module in sys.modules.items() if module}),
}))
"""


OTHER_ENGINES = {"paddleocr", "paddlex", "paddle", "torch", "onnxruntime", "openvino_telemetry"}
"""What a process that reads with OpenVINO does not import."""


@pytest.fixture
def proxy() -> Iterator[socket.socket]:
    """A listener that every HTTP client of the child would have to go through."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize(
    ("engine", "models"),
    [
        ("openvino", V6),
        ("onnxruntime", V6),
        pytest.param("paddle", V4, marks=pytest.mark.drill),
    ],
)
def test_reading_touches_no_network_and_leaves_no_identifier_at_home(
    engine: str, models: str, tmp_path: Path, proxy: socket.socket
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    told = read_in_a_fresh_process(engine, models, home, tmp_path / "cache", proxy)
    assert told["lines"] > 10
    assert told["calls"] == []
    if engine == "openvino":
        assert "openvino" in told["modules"]
        assert OTHER_ENGINES.isdisjoint(told["modules"])
    with pytest.raises(BlockingIOError):
        proxy.accept()
    left = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert left == set()


def read_in_a_fresh_process(
    engine: str, models: str, home: Path, cache: Path, proxy: socket.socket
) -> dict[str, object]:
    address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    keep = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            READ,
            engine,
            WEIGHTS / models,
            SAMPLES / "alipay_light_rows.png",
            cache,
        ],
        env=keep | {"HOME": str(home), "PYTHONPATH": str(PROJECT)} | dict.fromkeys(names, address),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))
