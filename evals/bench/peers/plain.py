"""Peers behind the plain server: the legacy design, and RapidOCR in its engine's place."""

import os
from dataclasses import dataclass
from types import TracebackType

from evals.bench.child import Child
from evals.bench.database import Database
from evals.bench.http import Response, post
from evals.bench.pictures import BenchPicture
from evals.bench.system import as_body, log_of
from pipeline.response import Body
from pipeline.settings import PROJECT
from serving.ports import free_ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """engine: of evals.bench.peers.engines. weights: below weights/. what: for the report."""

    name: str
    engine: str
    weights: str
    what: str


TODAY = Kind(
    name="legacy design",
    engine="paddle",
    weights="PP-OCRv4_mobile",
    what="one Sanic process, PaddleOCR 3.7 (paddle with oneDNN, PP-OCRv4 mobile) in its handler",
)
RAPIDOCR = Kind(
    name="RapidOCR",
    engine="rapidocr",
    weights="",
    what="the same server with RapidOCR 3.10 (OpenVINO, PP-OCRv6 small), one call at a time",
)
RAPIDOCR_TINY = Kind(
    name="RapidOCR with tiny",
    engine="rapidocr",
    weights="PP-OCRv6_tiny",
    what=(
        "the same with the tiny recogniser's file that ours reads with first, which reads alone "
        "there, and PP-OCRv6 small's detector"
    ),
)


class Plain:
    """A context manager: answering inside. side: `960` or `default`, of the requests to come."""

    def __init__(self, kind: Kind, python: str, database: Database) -> None:
        self.name, self._kind = kind.name, kind
        self.side = "960"
        (port,) = free_ports(1)
        self.place = ("127.0.0.1", port)
        self.threads = len(os.sched_getaffinity(0))
        self._child = Child(
            [
                python, "-m", "evals.bench.peers.plain_server", kind.engine,
                str(PROJECT / "weights" / kind.weights), database.new_database(),
                str(port), str(self.threads),
            ],
            log=log_of(kind.name),
            environment={"PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"},
        )  # fmt: skip

    def __enter__(self) -> "Plain":
        while self._child.hear() != "ready":
            pass
        self._child.drain()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.stop()

    @property
    def settings(self) -> str:
        """See evals.bench.system.System."""
        side = "longest side 960" if self.side == "960" else "its own default side limit"
        return (
            f"{self._kind.what}; {self.threads} threads, {side}, pooled PyMySQL, layout rules, "
            "no second reading"
        )

    def ask(self, url: str) -> bytes:
        """See evals.bench.system.System."""
        body = {"image_url": url, "url_type": "7min_local", "side": self.side}
        return post("/ocr_handler", body)

    def answer(self, picture: BenchPicture, response: Response) -> Body:
        """See evals.bench.system.System."""
        return as_body(response)

    def processes(self) -> dict[str, int]:
        """See evals.bench.system.System."""
        return {"server": self._child.pid}
