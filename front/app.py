"""Builds the front door's application: routes, keys, limits, errors, and what runs beside them.

Everything a caller sends is read whole, and within its limits, before anything is handed on; every
failure is answered in one form.
"""

import asyncio
import re
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeAlias

from sanic import Sanic
from sanic.config import Config
from sanic.exceptions import BadRequest, BadURL
from sanic.request import Request

from db.access import Keys
from db.batches import Batches
from db.engine import open_engine
from db.lookup import Lookup
from db.presence import Presence
from db.queue import Queue
from db.sessions import Sessions
from db.statistics import Numbers
from db.store import Store
from front import batches, correct, lines, login, openapi, pages, ready, recognise, respond, results
from front import metrics as metrics_page
from front.access import Access
from front.batch_worker import BatchWorker
from front.forward import Forwarder
from front.hosts import Hosts
from front.lookups import Lookups
from front.metrics import FrontMetrics, Shared, TorchServeMetrics
from front.pages.failed import failed
from front.pages.query import ROW_NUMBER, row_number
from front.pictures import MODEL, Pictures
from front.proxies import Proxies
from front.rate_limit import Limits, Pace
from front.retention import forget_on_time
from front.threads import Threads, ThreadsInTurn
from front.workbooks import Workbooks
from pipeline.decode.image import PixelBudget
from pipeline.fetch.fetcher import Fetcher, listed_hosts
from pipeline.settings import Settings
from serving.front_address import ARRIVAL_SECONDS, FORM_FRAME, GRACEFUL_SECONDS
from serving.torchserve import TorchServeAddress

# The head of a request: refused where two readers could take it apart in two ways.

# A name directly before its colon, no controls, and no end of a line but CRLF: Sanic takes
# `Content-Length : 5` for a header of another name, and the body for the next request, where others
# take it for the length.
_HEAD = re.compile(rb"[^\r\n\0]*(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*)*")
_HOSTS = re.compile(rb"\r\n(?i:host):[\t ]*([^\r]*)")
_LENGTHS = re.compile(rb"\r\n(?i:content-length):[\t ]*([^\r]*)")
# A name or an address, and a port (RFC 9110, 7.2). Empty: the target has no host.
_HOST = re.compile(
    rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Za-z:.%_~-]+\])(?::[0-9]{0,5})?[\t ]*"
)
# Python reads digits of every script, and a sign; no body of ours is 10^18 bytes long.
_LENGTH = re.compile(rb"[0-9]{1,18}[\t ]*")


def is_plain(head: bytes) -> bool:
    """Whether everybody reads the same in it. head: up to its last line, without that one's end."""
    hosts = _HOSTS.findall(head)
    return (
        _HEAD.fullmatch(head) is not None
        and len(hosts) == 1
        and _HOST.fullmatch(hosts[0]) is not None
        and all(_LENGTH.fullmatch(length) for length in _LENGTHS.findall(head))
    )


App: TypeAlias = Sanic[Config, SimpleNamespace]
# Of a body that is too large this many times the limit are thrown away as they arrive, so that its
# sender gets to read why it is refused; a larger one finds the connection closed.
_SWALLOWED = 10
# Of one caller's bodies, on all its connections together: faster than its pictures could be read.
_BYTES_A_SECOND = 64 * 1024 * 1024


def create_app(
    settings: Settings,
    torchserve: TorchServeAddress,
    *,
    local_key: bytes | None = None,
) -> App:
    """The application for one TorchServe; its management API is asked for readiness alone.

    local_key: sha256 of the key of this run (see Access).
    """
    app = _Front("front", configure_logging=False, request_class=_Request)
    app.config.ACCESS_LOG = False
    app.config.REQUEST_MAX_SIZE = (settings.max_bytes + FORM_FRAME) * _SWALLOWED
    app.config.REQUEST_TIMEOUT = ARRIVAL_SECONDS
    app.config.KEEP_ALIVE_TIMEOUT = ARRIVAL_SECONDS
    app.config.RESPONSE_TIMEOUT = GRACEFUL_SECONDS
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = GRACEFUL_SECONDS
    app.router.register_pattern("row", row_number, ROW_NUMBER)
    context = app.ctx
    context.settings = settings
    context.metrics = FrontMetrics(listed_hosts(settings))
    context.torchserve_metrics = TorchServeMetrics(torchserve.metrics)
    context.is_stopping = False
    engine = open_engine(settings.resolved_database_url)
    context.engine = engine
    context.run = Threads()
    context.run_batches = ThreadsInTurn("batches")
    context.run_pages = ThreadsInTurn("pages", threads=3, rests=True)
    context.store = Store(engine)
    context.lookups = Lookups(Lookup(settings.resolved_database_url))
    context.queue = Queue(engine)
    context.numbers = Numbers(engine)
    context.keys = Keys(engine)
    context.batches = Batches(engine, most_open=settings.open_items)
    context.sessions = Sessions(engine)
    context.presence = Presence(engine)
    context.proxies = Proxies(settings.proxy_cidrs)
    context.access = Access(
        settings,
        context.keys,
        context.lookups,
        context.sessions,
        context.run,
        context.proxies,
        Hosts(settings),
        local_key,
    )
    context.limits = Limits(settings.rate)
    context.pace = Pace(_BYTES_A_SECOND)
    context.fetcher = Fetcher(settings)
    # However many reviewers look at the largest pictures that are allowed: one is drawn at a time.
    context.picture_budget = PixelBudget(settings.max_pixels)
    context.workbooks = Workbooks(settings)
    context.forwarder = Forwarder(
        torchserve.inference, settings.home, context.metrics.torchserve_failed
    )
    context.readiness = ready.Readiness(
        torchserve.management, settings.home, context.store, context.run
    )
    context.pictures = Pictures(
        context.forwarder,
        context.fetcher,
        settings.max_bytes,
        partial(context.readiness.state, MODEL),
        context.metrics,
    )
    context.metrics_text = Shared(
        partial(context.metrics.text, context.readiness, context.torchserve_metrics)
    )
    context.batch_worker = BatchWorker(
        context.batches, context.store, context.forwarder, context.pictures, context.run
    )
    for module in (
        recognise,
        correct,
        results,
        batches,
        ready,
        metrics_page,
        openapi,
        login,
        pages,
    ):
        app.blueprint(module.blueprint)
    app.exception(Exception)(failed)
    app.register_middleware(respond.give_id, "request")
    app.register_middleware(respond.complete, "response")
    _serve_beside(app)
    return app


def _serve_beside(app: App) -> None:
    """What begins and ends with the server."""

    @app.before_server_start
    async def sweep_workbooks(app: App) -> None:
        app.ctx.workbooks.sweep()

    @app.after_server_start
    async def begin_batches(app: App) -> None:
        app.ctx.batches_task = asyncio.create_task(app.ctx.batch_worker.work())

    @app.after_server_start
    async def begin_forgetting(app: App) -> None:
        ctx = app.ctx
        work = forget_on_time(ctx.store, ctx.run, ctx.settings.keep_days)
        ctx.forgetting_task = asyncio.create_task(work)

    @app.before_server_stop
    async def leave(app: App) -> None:
        """`/readyz` says at once that it stops; requests that still come, because a balancer has
        not asked yet, are answered as ever. Then no new connection is taken."""
        ctx = app.ctx
        ctx.is_stopping = True
        ctx.forgetting_task.cancel()
        drained = asyncio.sleep(ctx.settings.drain_seconds)
        await asyncio.gather(drained, ctx.batch_worker.stop(ctx.batches_task))
        ctx.workbooks.stop()

    @app.after_server_stop
    async def close(app: App) -> None:
        await app.ctx.pictures.close()
        await app.ctx.forwarder.close()
        await app.ctx.readiness.close()
        await app.ctx.torchserve_metrics.close()
        app.ctx.run.close()
        app.ctx.run_batches.close()
        app.ctx.run_pages.close()
        app.ctx.lookups.close()


class _Front(Sanic[Config, SimpleNamespace]):
    """Sanic that tells of each request when it is over, also where its caller has gone."""

    async def handle_request(self, request: Request) -> None:
        """See Sanic."""
        lines.begin(request)
        self.ctx.metrics.in_flight.inc()
        try:
            await super().handle_request(request)
        finally:
            self.ctx.metrics.in_flight.dec()
            lines.log_request(request, getattr(request.ctx, "response", None))


class _Request(Request):
    """A request whose target may be no URL at all (`CONNECT host:port`): it gets its answer too.
    One whose head could be read in two ways is refused, and its connection closed."""

    def __init__(self, url_bytes: bytes, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        # Without a head it stands for a request whose head could not be read.
        if "head" in kwargs and not is_plain(kwargs["head"]):
            raise BadRequest("Bad Request")
        try:
            super().__init__(url_bytes, *args, **kwargs)
        except BadURL:
            super().__init__(b"*", *args, **kwargs)
