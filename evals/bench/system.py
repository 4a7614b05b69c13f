"""The interface of every measured system: a picture's link in, what it read there out."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cli.judge import Judgement, judge
from evals.bench.child import Child
from evals.bench.http import Response
from evals.bench.pictures import FOLDER, BenchPicture
from pipeline.response import Body
from pipeline.settings import PROJECT

LOGS = PROJECT / "var" / "bench" / "logs"


class System(Protocol):
    """One of those that are compared. place: host and port."""

    name: str
    place: tuple[str, int]

    @property
    def settings(self) -> str:
        """What it runs with, for the report."""
        ...

    def ask(self, url: str) -> bytes:
        """The request, whole, that has it read the picture behind the link."""
        ...

    def answer(self, picture: BenchPicture, response: Response) -> Body:
        """The answer as our own service gives it: `flag` and `data`."""
        ...

    def processes(self) -> dict[str, int]:
        """What its CPU time is counted by: name → process id."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The running picture host. A number is given out once, so every link has bytes of its own."""

    child: Child
    port: int
    _next: list[int] = field(default_factory=lambda: [1])

    @property
    def authority(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    def url(self, picture: BenchPicture) -> str:
        """A link to the picture that was never given out before."""
        number = self._next[0]
        self._next[0] += 1
        return f"http://{self.authority}/{number}/{picture.file}"


@contextmanager
def hosted() -> Iterator[Host]:
    """Serve the pictures that are drawn by now."""
    command = [sys.executable, "-m", "evals.bench.host", str(FOLDER)]
    with Child(command, log=LOGS / "host.log") as child:
        yield Host(child=child, port=int(child.hear()))


def verdict(system: System, picture: BenchPicture, response: Response) -> Judgement | None:
    """Whether the answer is right; None where there was none."""
    if response.status != 200:
        return None
    try:
        return judge(picture.truth, system.answer(picture, response))
    except (ValueError, KeyError, TypeError):
        return None


def counted(
    system: System, asked: Sequence[BenchPicture], responses: Mapping[int, Response]
) -> tuple[Counter[Judgement], list[str]]:
    """Verdicts by number of request, and the first failures in their own words."""
    verdicts: Counter[Judgement] = Counter()
    failures: list[str] = []
    for number, response in responses.items():
        found = verdict(system, asked[number], response)
        if found is None:
            failures.append(f"{response.status} {response.body[:200]!r}")
        else:
            verdicts[found] += 1
    return verdicts, failures


def as_body(response: Response) -> Body:
    """The JSON of an answer."""
    body: Body = json.loads(response.body)
    return body


def log_of(name: str) -> Path:
    """Where a child's stderr goes."""
    return LOGS / f"{name.replace(' ', '-')}.log"
