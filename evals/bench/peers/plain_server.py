"""`python -m evals.bench.peers.plain_server ENGINE WEIGHTS DATABASE_URL PORT THREADS`: the legacy
design.

One Sanic process whose async handler looks the link up, downloads, reads and stores by calls that
block, one picture after the other. Runs in a peer's own environment, from the project's folder.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pymysql
import requests
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json

from evals.bench.peers.engines import ENGINES
from postprocess.layout import extract
from postprocess.types import Page

# The plain server's rows: looked up, inserted and committed over pooled connections.

_TABLE = """
CREATE TABLE IF NOT EXISTS ocr_info (
  id BIGINT PRIMARY KEY AUTO_INCREMENT,
  image_url VARCHAR(700) CHARACTER SET ascii NOT NULL UNIQUE,
  url_type VARCHAR(20) NOT NULL,
  business_type VARCHAR(20) NOT NULL,
  ocr_fund_code VARCHAR(20) NOT NULL,
  ocr_hold_share VARCHAR(40) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) CHARACTER SET utf8mb4
"""
Values = tuple[str, str]
"""Code and share; both empty where there is no answer."""


class Table:
    """url: mysql+pymysql://user:password@host:port/database. Connections are opened once."""

    def __init__(self, url: str, connections: int = 4) -> None:
        parts = urlsplit(url)
        self._free: SimpleQueue[Any] = SimpleQueue()
        for _ in range(connections):
            self._free.put(
                pymysql.connect(
                    host=parts.hostname,
                    port=parts.port,
                    user=parts.username,
                    password=parts.password,
                    database=parts.path[1:],
                    charset="utf8mb4",
                    autocommit=False,
                    ssl_disabled=True,
                )
            )
        with self._cursor() as cursor:
            cursor.execute(_TABLE)

    def find(self, image_url: str) -> Values | None:
        """What is stored for a link; None where it is new."""
        with self._cursor() as cursor:
            cursor.execute(
                "SELECT ocr_fund_code, ocr_hold_share FROM ocr_info WHERE image_url = %s",
                (image_url,),
            )
            row = cursor.fetchone()
        return None if row is None else (row[0], row[1])

    def save(self, image_url: str, url_type: str, values: Values) -> None:
        """Insert one row and commit."""
        with self._cursor() as cursor:
            cursor.execute(
                "INSERT INTO ocr_info (image_url, url_type, business_type, ocr_fund_code,"
                " ocr_hold_share) VALUES (%s, %s, '基金', %s, %s)",
                (image_url, url_type, *values),
            )

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        connection = self._free.get()
        try:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
        finally:
            self._free.put(connection)


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
