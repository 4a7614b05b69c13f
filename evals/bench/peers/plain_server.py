"""`python -m evals.bench.peers.plain_server ENGINE WEIGHTS DATABASE_URL PORT THREADS`: today's
design.

One Sanic process whose async handler looks the link up, downloads, reads and stores by calls that
block, one picture after the other. Runs in a peer's own environment, from the project's folder.
"""

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import requests
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json

from evals.bench.peers.engines import ENGINES
from evals.bench.peers.table import Table, Values
from postprocess.layout import extract
from postprocess.types import Page


def make_app(engine: str, weights: Path, database_url: str, threads: int) -> Sanic[Any, Any]:
    """The application; models and connections are opened before it serves."""
    app: Sanic[Any, Any] = Sanic("plain_server", configure_logging=False)
    app.config.RESPONSE_TIMEOUT = app.config.REQUEST_TIMEOUT = 600
    app.config.ACCESS_LOG = False
    opened: dict[str, Any] = {}

    @app.before_server_start
    async def open_all(*_: object) -> None:
        opened["read"] = ENGINES[engine](weights, threads)
        opened["table"] = Table(database_url)
        opened["session"] = requests.Session()
        opened["session"].trust_env = False

    @app.after_server_start
    async def say_ready(*_: object) -> None:
        print("ready", flush=True)

    @app.post("/ocr_handler")
    async def recognise(request: Request) -> HTTPResponse:
        body = request.json
        image_url, url_type = body["image_url"], body["url_type"]
        values = opened["table"].find(image_url)
        if values is None:
            content = opened["session"].get(image_url, timeout=10).content
            pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
            height, width = pixels.shape[:2]
            lines = opened["read"](pixels, body.get("side", "960"))
            values = _values(Page(lines=lines, width=width, height=height))
            opened["table"].save(image_url, url_type, values)
        code, share = values
        data = {"fund_code": code, "hold_share": share}
        return json({"flag": bool(code), "data": data})

    return app


def _values(page: Page) -> Values:
    found = extract(page)
    code, share = found.fund_code, found.hold_share
    return (code.value, share.value) if code and share else ("", "")


if __name__ == "__main__":
    engine, weights, database_url, port, threads = sys.argv[1:]
    make_app(engine, Path(weights), database_url, int(threads)).run(
        host="127.0.0.1", port=int(port), single_process=True, motd=False
    )
