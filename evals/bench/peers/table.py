"""The plain server's rows: looked up, inserted and committed over pooled connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import pymysql

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
