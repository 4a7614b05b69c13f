"""`make demo`: the bundled samples through a real service, by link and by bytes, against the truth.

Starts a service of its own on free ports and in a private folder, serves samples/ from a web server
on loopback, asks TorchServe's REST API for every picture, by link, by link again and by bytes,
prints answers and rows, and stops. The exit code is 1 when anything differs from truth.json.
"""

import json
import mimetypes
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from db.engine import open_engine
from db.tables import ocr_result
from pipeline.settings import PROJECT
from serving.failure import Failure
from serving.temporary import Trial

SAMPLES = PROJECT / "samples"


def main() -> int:
    """Run the demo; 0 when every answer is right."""
    truth = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
    console = Console(width=140)
    console.print("starting TorchServe with PaddleOCR's models, and the front door …")
    try:
        with _picture_server() as host, tempfile.TemporaryDirectory() as folder:
            settings = {"FUNDOCR_LOCAL_HOSTS": host, "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32"}
            with Trial(Path(folder), settings) as service:
                asked = {name: _ask(service, host, name) for name in truth}
            rows = _rows(Path(folder))
    except Failure as failure:
        console.print(str(failure), style="red")
        return 1

    console.print(_answers(asked, truth))
    console.print(_stored(rows))
    wrong = [
        f"{name}, {way}"
        for name, answers in asked.items()
        for way, answer in answers.items()
        if not _is_right(answer, truth[name], way)
    ]
    links = sum(row["url_type"] == "7min_local" for row in rows)
    if wrong or links != len(truth):
        console.print(f"WRONG: {'; '.join(wrong) or f'{links} rows for {len(truth)} links'}")
        return 1
    console.print(f"all {len(truth)} samples right: by link, by bytes, and asked again")
    return 0


def _ask(service: Trial, host: str, name: str) -> dict[str, dict[str, Any]]:
    """The answers for one sample: by link, by the same link again, by bytes."""
    url = f"{service.address.inference}/predictions/ocr_handler"
    link = {"image_url": f"http://{host}/{name}", "url_type": "7min_local"}
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = service.authorization()
    answers = {
        "link": requests.post(url, json=link, headers=headers, timeout=60),
        "again": requests.post(url, json=link, headers=headers, timeout=60),
        "bytes": requests.post(
            url,
            files={
                "image": (name, (SAMPLES / name).read_bytes(), kind),
                "refresh": (None, "true"),  # the picture is known by its link: read it once more
            },
            headers=headers,
            timeout=60,
        ),
    }
    return {way: answer.json() for way, answer in answers.items()}


def _is_right(answer: dict[str, Any], truth: dict[str, str], way: str) -> bool:
    source = "stored" if way == "again" else "ocr"
    return (
        answer.get("data") == truth
        and answer["flag"] == bool(truth["fund_code"])
        and answer["detail"]["source"] == source
    )


def _rows(home: Path) -> list[Any]:
    with open_engine(f"sqlite:///{home}/var/fundocr.db").connect() as connection:
        return list(connection.execute(select(ocr_result).order_by(ocr_result.c.id)).mappings())


def _answers(asked: dict[str, dict[str, Any]], truth: dict[str, dict[str, str]]) -> Table:
    table = Table(title="answers", title_justify="left")
    for column in ("sample", "fund_code", "hold_share", "reason", "ms", "again", "by bytes", ""):
        table.add_column(column)
    for name, answers in asked.items():
        answer = answers["link"]
        detail = answer.get("detail", {})
        right = all(_is_right(one, truth[name], way) for way, one in answers.items())
        table.add_row(
            name,
            answer.get("data", {}).get("fund_code"),
            answer.get("data", {}).get("hold_share"),
            detail.get("reason") or answer.get("code"),
            str(detail.get("elapsed_ms")),
            *(
                f"{answers[way].get('detail', {}).get('source')} "
                f"{answers[way].get('detail', {}).get('elapsed_ms')} ms"
                for way in ("again", "bytes")
            ),
            "right" if right else "WRONG",
        )
    return table


def _stored(rows: list[Any]) -> Table:
    columns = ("id", "url_type", "fund_code", "hold_share", "reason", "model_version")
    table = Table(*columns, title="rows of ocr_result", title_justify="left")
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    return table


@contextmanager
def _picture_server() -> Iterator[str]:
    """samples/ on a free port of 127.0.0.1; gives host:port."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SAMPLES)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
