"""Hostile pictures sent to a running worker: what it answers, and whether it lives."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock, local

import requests

from pipeline.settings import PROJECT
from tests.hostile.stage import MemoryWatch, ready_worker
from tests.image.hostile_files import as_large_as_allowed, film_of, harmless_bombs, other_kinds
from tests.serve.waiting import wait_until
from tests.trial import Trial

Named = tuple[str, bytes]


@dataclass(slots=True, kw_only=True)
class Answered:
    """How many were answered with which status and code (`OK`: read), and those that must not be:
    5xx, or no answer. growth: of the worker's memory while they came, at its highest, in bytes.
    """

    tries: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    deaths: int = 0
    growth: int = 0


def send(service: Trial, pictures: Iterable[Named], clients: int = 16) -> Answered:
    """Upload them all, so many at a time, as dry runs."""
    found, lock, mine = Answered(), Lock(), local()
    # It may have died of what came before.
    wait_until(lambda: ready_worker(service))
    worker = ready_worker(service)
    assert worker is not None

    def upload(one: Named) -> None:
        name, content = one
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.trust_env = False
        status, code = _upload(mine.session, service, content)
        with lock:
            found.tries += 1
            answer = f"{status} {code}"
            found.codes[answer] = found.codes.get(answer, 0) + 1
            if not 200 <= status < 500:
                found.failures.append(f"{name}: {status} {code}")

    with MemoryWatch(worker) as memory, ThreadPoolExecutor(clients) as pool:
        # In pieces, or all of them would be made before the first is sent.
        pictures = iter(pictures)
        while piece := list(itertools.islice(pictures, 10 * clients)):
            list(pool.map(upload, piece))
    found.growth = memory.growth
    found.deaths = int(ready_worker(service) != worker)
    return found


def harmless() -> Iterator[Named]:
    """Whole pictures with what explodes in whoever unpacks it."""
    yield from harmless_bombs().items()
    yield "a film of 300 frames", film_of(300)


def other_formats() -> Iterator[Named]:
    """What is no JPEG, PNG, WEBP or BMP. An empty body is no upload at all."""
    yield from ((name, content) for name, content in other_kinds().items() if content)


def largest() -> Iterator[Named]:
    """Eight each of the largest pictures, and of those that show the most text."""
    for name, content in as_large_as_allowed().items():
        # Bytes after the end make other files of them.
        yield from ((name, content + bytes([number])) for number in range(8))


def cut_samples() -> Iterator[Named]:
    """Each bundled screenshot cut at 1 … 99 % and by two bytes."""
    for file in sorted((PROJECT / "samples").iterdir()):
        if file.suffix in (".png", ".jpg"):
            content = file.read_bytes()
            for percent in range(1, 100):
                yield f"{file.name} at {percent} %", content[: len(content) * percent // 100]
            yield f"{file.name} without its last two bytes", content[:-2]


def _upload(session: requests.Session, service: Trial, content: bytes) -> tuple[int, str]:
    try:
        answer = session.post(
            f"{service.address.inference}/predictions/ocr_handler?dry_run=true",
            data=content,
            headers={**service.authorization(), "Content-Type": "image/png"},
            timeout=180,
        )
    except requests.RequestException as error:
        return 0, type(error).__name__
    try:
        return answer.status_code, answer.json().get("code", "OK")
    except ValueError:
        return answer.status_code, answer.text[:60]
