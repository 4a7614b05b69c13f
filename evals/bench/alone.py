"""`python -m evals.bench.alone MODELS HOST:PORT`: reads one picture at a time without a service
around it.

For each link on standard input one line of JSON: ms for the download, the decoding, and the
decision (detector, recogniser, rules, second reading), in a process that has the cores for itself.
"""

import http.client
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from evals.bench.child import Child
from evals.bench.system import Host, log_of
from ocr.models import load_models
from pipeline.decode.image import decode
from pipeline.open_reader import open_extractor
from pipeline.settings import load_settings


class Alone:
    """The process, asked link by link."""

    def __init__(self, models: Path, host: Host) -> None:
        command = [sys.executable, "-m", "evals.bench.alone", str(models), host.authority]
        self._child = Child(command, log=log_of("alone"))

    def __enter__(self) -> "Alone":
        if self._child.hear() != "ready":
            raise self._child.failure()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.stop()

    def ask(self, url: str) -> dict[str, float]:
        """ms of each part for one link."""
        self._child.tell(url)
        found: dict[str, float] = json.loads(self._child.hear())
        return found


def main(models: Path) -> None:
    """Answer links until they end."""
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(Path(home))
        extractor = open_extractor(settings, load_models(models))
        decoding = partial(decode, settings=settings)
        print("ready", flush=True)
        for line in sys.stdin:
            begun = time.perf_counter()
            content = _download(line.strip())
            downloaded = time.perf_counter()
            image = decoding(content)
            decoded = time.perf_counter()
            extractor.extract([image])
            ended = time.perf_counter()
            parts = {
                "download": downloaded - begun,
                "decode": decoded - downloaded,
                "decide": ended - decoded,
                "all": ended - begun,
            }
            print(json.dumps({key: 1000 * value for key, value in parts.items()}), flush=True)


def _download(url: str) -> bytes:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    try:
        connection.request("GET", parts.path, headers={"Connection": "close"})
        return connection.getresponse().read()
    finally:
        connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
