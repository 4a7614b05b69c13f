"""Brings new pictures to TorchServe: fetched here, and handed on in their callers' turn.

Nothing of one caller waits behind what another one has sent: fetches and places at TorchServe are
shared in turn. A request whose caller has left before its turn never reaches TorchServe; what
TorchServe has taken is read all the same, and holds its place until then.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Any

from front.fetches import FETCHES, Fetches
from front.forward import Forwarder, Reply
from front.metrics import FrontMetrics
from front.read_turns import HEAVY, ReadTurns
from front.ready import ModelState
from front.turns import BACKGROUND, Turns
from pipeline import fetched
from pipeline.decode.container import look_at_beginning
from pipeline.errors import NotJson, PictureTooLarge, ServiceBusy, TooManyPixels
from pipeline.fetch.fetcher import Fetcher
from pipeline.request import Request
from serving.front_address import ANSWER_SECONDS

log = logging.getLogger(__name__)

MODEL = "ocr_handler"
_JSON = "application/json"
# What is said of a picture that was fetched by an older archive, which knows links alone, and by a
# TorchServe whose max_request_size is below FUNDOCR_MAX_BYTES: then the handler fetches it again.
_WANTS_THE_LINK = frozenset({NotJson.code, PictureTooLarge.code})
# What the workers read together, and as much again, so that none of them waits for the next. Until
# it is known how many they are, and how much they take (batchSize of handlers/ocr_handler.yaml),
# there is one.
_TIMES, _AT_ONCE = 2, 8
# Beyond this requests would wait for longer in TorchServe's queue than here: 200 have room there.
_MOST_PLACES = 256
# How old (s) what is known of the workers may be when somebody has to wait.
_LOOK_SECONDS = 10.0
# Requests that may wait to be fetched, and as many to be read; a lone caller has half, as many as
# TorchServe's queue takes.
MOST_WAITING = 400


class Pictures:
    """One front door's.

    most_bytes: of one picture. state: how TorchServe's workers stand.
    """

    def __init__(
        self,
        forwarder: Forwarder,
        fetcher: Fetcher,
        most_bytes: int,
        state: Callable[[], Awaitable[ModelState]],
        metrics: FrontMetrics,
    ) -> None:
        self._forwarder = forwarder
        self._state = state
        self._looked = float("-inf")
        self._tasks: set[asyncio.Task[Any]] = set()
        fetch_turns = Turns(
            FETCHES * most_bytes,
            most_waiting=MOST_WAITING,
            spares=True,
            waited=partial(metrics.waited, "fetch"),
        )
        self._fetches = Fetches(fetcher, fetch_turns, most_bytes, metrics.fetched)
        self._turns = ReadTurns(
            _TIMES * _AT_ONCE,
            most_waiting=MOST_WAITING,
            waited=partial(metrics.waited, "read"),
            is_short=self._look,
        )
        metrics.show_waiting("fetch", lambda: fetch_turns.waiting)
        metrics.show_waiting("read", lambda: self._turns.waiting)

    async def read_link(
        self, asked: Request, caller: str, *, request_id: str, version: str | None = None
    ) -> Reply:
        """The answer to a link, which is fetched here. Raises what a fetch raises; ServiceBusy
        without a fetch where TorchServe is not there."""
        async with self._in_time(caller, request_id):
            if not await self._forwarder.is_there(request_id):
                raise ServiceBusy
            in_turn = partial(self._in_turn, caller, request_id=request_id, version=version)
            async with self._fetches.picture(asked, caller) as content:
                look_at_beginning(content)
                reply = await in_turn(lambda: fetched.pack(asked, content), fetched.CONTENT_TYPE)
            if reply.code in _WANTS_THE_LINK:
                reply = await in_turn(lambda: fetched.link_alone(asked), _JSON)
            return reply

    async def read(
        self,
        body: bytes,
        content_type: str,
        caller: str,
        *,
        request_id: str,
        version: str | None = None,
    ) -> Reply:
        """The answer to a body that is handed on as it stands."""
        async with self._in_time(caller, request_id):
            return await self._in_turn(
                caller, lambda: body, content_type, request_id=request_id, version=version
            )

    async def close(self) -> None:
        """Wait for nothing that is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fetches.close()

    @asynccontextmanager
    async def _in_time(self, caller: str, request_id: str) -> AsyncIterator[None]:
        waits = nullcontext() if caller == BACKGROUND else self._forwarder.caller_waits()
        try:
            with waits:
                async with asyncio.timeout(ANSWER_SECONDS):
                    yield
        except TimeoutError:
            log.warning("request %s: no answer in %g s", request_id, ANSWER_SECONDS)
            raise ServiceBusy from None

    async def _in_turn(
        self,
        caller: str,
        body: Callable[[], bytes],
        content_type: str,
        *,
        request_id: str,
        version: str | None,
    ) -> Reply:
        await self._turns.take(caller)
        begun, work = time.monotonic(), None

        async def post() -> Reply:
            nonlocal work
            reply = await self._forwarder.post(
                MODEL,
                body(),
                content_type=content_type,
                request_id=request_id,
                version=version,
                in_background=caller == BACKGROUND,
            )
            work = _work_of(reply)
            return reply

        def answered() -> None:
            self._turns.read(caller, work, time.monotonic() - begun)

        # Not given up with its caller: TorchServe reads it to the end, and it fills a place there.
        return await asyncio.shield(self._begun(post(), answered))

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked > _LOOK_SECONDS:
            self._looked = now
            self._begun(self._resize())

    async def _resize(self) -> None:
        """There may be more workers by now, or fewer."""
        state = await self._state()
        if at_once := state.ready * state.batch:
            self._turns.resize_to(state.ready, min(_TIMES * at_once, _MOST_PLACES))

    def _begun(
        self, work: Coroutine[Any, Any, Any], done: Callable[[], None] = lambda: None
    ) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: done())
        return task


def _work_of(reply: Reply) -> int | None:
    """What it took to read; of one with too much text it is not told."""
    return HEAVY + 1 if reply.code == TooManyPixels.code else reply.work
