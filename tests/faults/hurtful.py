"""`python -m tests.faults.hurtful NAME FRONT HOST`: one caller who hurts others, until his input
ends.

He has a key of his own (FUNDOCR_HURTFUL_KEY) and 16 connections. His process gives way to everybody
else's: where he really is, he has a machine of his own. The last line he prints:
{"tries", "statuses": {status: how often}}.
"""

import http.client
import io
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageFont

from evals.bench.host import unique
from pipeline.settings import PROJECT

CONNECTIONS = 16
SLOW_PATH, NOTHING_PATH = "/slow", "/nothing"
_SEGMENT = b"\xff\xfe\x00\x02"
_PATHS = ("/logout", "/static/style.css", "/", "/openapi.yaml", "/healthz", "/ocr_handler")
_NO_KEY_BYTES = 90_000_000


@dataclass(slots=True, kw_only=True)
class Hurtful:
    """front: the front door's address. host: of pictures that are slow, or not there."""

    front: str
    host: str
    key: str
    tries: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    enough: threading.Event = field(default_factory=threading.Event)
    numbers: "count[int]" = field(default_factory=lambda: count(time.time_ns()))
    """Of links and pictures; no process's are another's, which would be known."""

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        content_type: str = "application/json",
        *,
        keyless: bool = False,
    ) -> bytes:
        """One request on a connection of its own; its answer."""
        place = urlsplit(self.front)
        talk = http.client.HTTPConnection(place.hostname or "", place.port, timeout=300)
        headers = {} if keyless else {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            headers["Content-Type"] = content_type
        self.tries += 1
        with suppress(OSError):  # refused before all of it was sent; the answer may be there
            talk.request("GET" if body is None else "POST", path, body, headers)
        try:
            answer = talk.getresponse()
            content = answer.read()
            self.statuses[answer.status] += 1
        except (OSError, http.client.HTTPException):
            self.statuses[0] += 1
            content = b""
        finally:
            talk.close()
        return content

    def links(self, path: str, how_many: int) -> list[dict[str, str]]:
        """So many links that nobody has asked for."""
        return [
            {"image_url": f"{self.host}{path}/{next(self.numbers)}.png", "url_type": "7min_local"}
            for _ in range(how_many)
        ]


def long_jpegs(one: Hurtful) -> Callable[[], object]:
    """Pictures of ten megabytes whose head has two and a half million empty segments."""
    whole = next(PROJECT.glob("samples/*.jpg")).read_bytes()
    body = whole[:2] + _SEGMENT * 2_400_000 + whole[2:]
    return lambda: one.ask("/ocr_handler", body, "image/jpeg")


def bodies_without_a_key(one: Hurtful) -> Callable[[], object]:
    """Ninety megabytes to every path in turn."""
    body = bytes(_NO_KEY_BYTES)

    def ask() -> None:
        path = _PATHS[next(one.numbers) % len(_PATHS)]
        one.ask(path, body, "application/octet-stream", keyless=True)

    return ask


def batches(one: Hurtful) -> Callable[[], object]:
    """A thousand links at once, again and again."""
    return lambda: one.ask("/ocr_batch", json.dumps(one.links(NOTHING_PATH, 1000)).encode())


def slow_links(one: Hurtful) -> Callable[[], object]:
    """Links whose host answers just in time."""
    return lambda: one.ask("/ocr_handler", json.dumps(one.links(SLOW_PATH, 1)[0]).encode())


def polling(one: Hurtful) -> Callable[[], object]:
    """A batch of a thousand items, asked for again and again."""
    made = one.ask("/ocr_batch", json.dumps(one.links(NOTHING_PATH, 1000)).encode())
    batch = json.loads(made)["batch_id"]
    return lambda: one.ask(f"/ocr_batch/{batch}")


def exports(one: Hurtful) -> Callable[[], object]:
    """All rows as XLSX."""
    return lambda: one.ask("/export.xlsx")


def much_text(one: Hurtful) -> Callable[[], object]:
    """Pictures of five hundred numbers, read for seconds each, none more than is allowed."""
    picture = _numbers(50, 10)
    return lambda: one.ask("/ocr_handler", unique(picture, next(one.numbers)), "image/png")


def _numbers(rows: int, columns: int) -> bytes:
    chance, wide, high = random.Random(1), 160, 50
    picture = Image.new("RGB", (columns * wide, rows * high), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(30)
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        text = f"{chance.randrange(10**6):06}"
        draw.text((20 + column * wide, 10 + row * high), text, fill="black", font=font)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def csv(one: Hurtful) -> Callable[[], object]:
    """All rows as CSV."""
    return lambda: one.ask("/export.csv?state=all")


def searches(one: Hurtful) -> Callable[[], object]:
    """Links that begin as ten thousand others do."""
    path = "/review?state=all&q=https://bucket.oss.example.com/c0000"
    return lambda: one.ask(f"{path}{next(one.numbers) % 4}")


def scrapes(one: Hurtful) -> Callable[[], object]:
    """The figures, again and again."""
    return lambda: one.ask("/metrics")


WAYS: dict[str, Callable[[Hurtful], Callable[[], object]]] = {
    "JPEGs of 2.4 million segments": long_jpegs,
    "90 MB without a key": bodies_without_a_key,
    "batches of 1,000": batches,
    "slow links": slow_links,
    "polling a batch of 1,000": polling,
    "XLSX of 60,000 rows": exports,
    "pictures of 500 numbers": much_text,
    "CSV of 60,000 rows": csv,
    "searches of 10,000 rows": searches,
    "scrapes of /metrics": scrapes,
}


def main() -> None:
    """Hurt until told to stop."""
    name, front, host = sys.argv[1:]
    os.nice(19)
    one = Hurtful(front=front, host=host, key=os.environ["FUNDOCR_HURTFUL_KEY"])
    ask = WAYS[name](one)

    def again_and_again() -> None:
        while not one.enough.is_set():
            ask()

    threads = [threading.Thread(target=again_and_again, daemon=True) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    print("hurting", flush=True)
    sys.stdin.read()
    one.enough.set()
    # What is in work is broken off with this process.
    print(json.dumps({"tries": one.tries, "statuses": dict(one.statuses)}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
