"""`/metrics`: the front door's own metrics and TorchServe's, in one answer for Prometheus.

Labels are few and known beforehand: routes as they are written here, statuses, codes and names of
parts. Nothing that a caller sends becomes one.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from db.access import Role
from front.access import needs
from front.ready import Readiness
from pipeline.fetch.link import Link
from serving.async_client import AsyncClient, NoReply

T = TypeVar("T")
blueprint = Blueprint("metrics")
# Prometheus waits 10 s for the whole answer; the parts are asked at the same time.
_TORCHSERVE_SECONDS = 3.0
# However many ask, the answer is put together for a tenth of the time at most, and once a second
# also where that takes long.
_SHARE, _LONGEST_PAUSE_S = 10, 1.0
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 130)


class FrontMetrics:
    """One front door's, in a registry of its own. hosts: those that are told by their names."""

    def __init__(self, hosts: frozenset[str] = frozenset()) -> None:
        self._hosts = hosts
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(namespace="fundocr_front", registry=self.registry)
        self._requests = Counter(
            "fundocr_front_requests",
            "Requests by route, status and error code (empty: none).",
            ("route", "status", "code"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "fundocr_front_seconds",
            "Seconds until the answer was there, by who gave it: table, torchserve or front.",
            ("route", "answered_by"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "fundocr_front_requests_in_flight", "Requests in work.", registry=self.registry
        )
        self._failures = Counter(
            "fundocr_front_torchserve_failures",
            "Tries that TorchServe answered by itself, by its status, or not at all.",
            ("kind",),
            registry=self.registry,
        )
        self._fetches = Counter(
            "fundocr_front_fetches",
            "Pictures fetched for new links, by error code (empty: none).",
            ("url_type", "host", "code"),
            registry=self.registry,
        )
        self._fetch_seconds = Histogram(
            "fundocr_front_fetch_seconds",
            "Seconds that one fetch took, whatever came of it.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._turn_seconds = Histogram(
            "fundocr_front_turn_seconds",
            "Seconds until a request's turn: to be fetched, and to be handed on and read.",
            ("turn",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._turns = Gauge(
            "fundocr_front_turns_waiting",
            "Requests that wait for their turn.",
            ("turn",),
            registry=self.registry,
        )
        self._up = Gauge(
            "fundocr_up",
            "Whether each part answers (1) or not (0).",
            ("part",),
            registry=self.registry,
        )
        self._workers = Gauge(
            "fundocr_workers_ready", "READY workers.", ("model",), registry=self.registry
        )
        self._waiting = Gauge(
            "fundocr_queue_length",
            "Requests that wait for a worker.",
            ("model",),
            registry=self.registry,
        )
        self._torchserve_up = Gauge(
            "fundocr_torchserve_up",
            "Whether TorchServe's own metrics are part of this answer.",
            registry=self.registry,
        )
        for kind in ("connection", "timeout", "503"):
            self._failures.labels(kind)
        for turn in ("fetch", "read"):
            self._turn_seconds.labels(turn)

    def answered(
        self, route: str, status: int, code: str | None, answered_by: str, seconds: float
    ) -> None:
        """One request has had its answer."""
        self._requests.labels(route, str(status), code or "").inc()
        self._seconds.labels(route, answered_by).observe(seconds)

    def torchserve_failed(self, kind: str) -> None:
        """One try at TorchServe came to nothing of ours. kind: `connection`, `timeout`, or the
        status that it answered."""
        self._failures.labels(kind).inc()

    def fetched(self, link: Link, url_type: str, code: str | None, seconds: float) -> None:
        """A picture was fetched, or could not be. In any thread."""
        host = link.host if link.host in self._hosts else "other"
        self._fetches.labels(url_type, host, code or "").inc()
        self._fetch_seconds.observe(seconds)

    def waited(self, turn: str, seconds: float) -> None:
        """A request's turn has come."""
        self._turn_seconds.labels(turn).observe(seconds)

    def show_waiting(self, turn: str, waiting: Callable[[], int]) -> None:
        """Ask there how many requests wait for this turn."""
        self._turns.labels(turn).set_function(waiting)

    async def text(self, readiness: Readiness, torchserve: "TorchServeMetrics") -> bytes:
        """Everything, as it is now, in Prometheus' text format."""
        missing, theirs = await asyncio.gather(readiness.missing(), torchserve.text())
        for part in readiness.parts:
            self._up.labels(part).set(part not in missing)
        for model, state in readiness.models.items():
            self._workers.labels(model).set(state.ready)
            self._waiting.labels(model).set(state.waiting)
        self._torchserve_up.set(theirs is not None)
        return generate_latest(self.registry) + (theirs or b"")


class Shared(Generic[T]):
    """What many ask for at the same time, made for all of them at once, and no more often than
    that to make it takes a small part of the time. Nobody gets what was begun before asking.
    """

    def __init__(self, make: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._make = make
        self._next: asyncio.Task[T] | None = None
        self._may_begin = float("-inf")

    async def __call__(self) -> T:
        """What `make` makes, or raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._made())
        return await asyncio.shield(self._next)

    async def _made(self) -> T:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._may_begin - loop.time())
        self._next = None  # whoever asks from now on has the next one
        begun = loop.time()
        try:
            return await self._make()
        finally:
            took = loop.time() - begun
            self._may_begin = begun + min(_SHARE * took, _LONGEST_PAUSE_S)


class TorchServeMetrics:
    """TorchServe's metrics at its address, which is on loopback and asks for no token."""

    def __init__(self, address: str) -> None:
        self._client = AsyncClient(address, seconds=_TORCHSERVE_SECONDS)

    async def text(self) -> bytes | None:
        """As it tells them; None where it does not answer."""
        try:
            answer = await self._client.send("GET", "/metrics")
        except NoReply:
            return None
        return answer.body.rstrip(b"\n") + b"\n" if answer.status == 200 else None

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()


@blueprint.get("/metrics", name="metrics")
@needs(Role.MONITOR)
async def metrics(request: Request) -> HTTPResponse:
    """For Prometheus, by a key that opens nothing else."""
    body = await request.app.ctx.metrics_text()
    return raw(body, content_type=CONTENT_TYPE_PLAIN_0_0_4)
