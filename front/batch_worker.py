"""Reads the items of batches in the background of the front door's process; each front door of a
database takes some.

Single requests go first: with a caller waiting for TorchServe hardly any item is handed on.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from db.batch_rows import BatchItem
from db.batches import Batches
from db.errors import StoreError, StoreUnavailable
from db.store import Store
from front.forward import Forwarder, reply_to
from front.pictures import Pictures
from front.threads import Threads
from front.turns import BACKGROUND
from pipeline import parse
from pipeline.errors import DatabaseUnavailable, ServiceBusy, ServiceError

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)

# Items at TorchServe at once: what it reads together (batchSize of handlers/ocr_handler.yaml).
ITEMS = 8
# The same while a caller waits for an answer, or did a moment ago and may ask again: batches go on,
# but hardly delay that caller.
ITEMS_BESIDE_CALLERS = 1
# TorchServe and the database are waited for as long as they are away. An item that TorchServe does
# not get done although it is well, such as a picture that ends each worker, fails after as many
# tries, this long (s) apart.
TRIES = 12
PAUSE_S = 5.0
# Items that were left or added by another process are looked for this often (s).
LOOK_S = 5.0
# What a process works on, it says this often (s); what nobody says anything of for LEFT is taken up
# by whoever notices it first.
KEEP_S = 5.0
LEFT = timedelta(seconds=60)
# A stop waits so long (s) for the items in work; the rest is for other front doors, or the next.
STOP_S = 5.0
_PASSES = frozenset({ServiceBusy.code, DatabaseUnavailable.code})


class BatchWorker:
    """One for each front door; `work` runs until it is cancelled."""

    def __init__(
        self,
        batches: Batches,
        store: Store,
        forwarder: Forwarder,
        pictures: Pictures,
        run: Threads,
    ) -> None:
        self._batches = batches
        self._store = store
        self._forwarder = forwarder
        self._pictures = pictures
        self._run = run
        self._more = asyncio.Event()
        self._items: dict[asyncio.Task[None], BatchItem] = {}

    def wake(self) -> None:
        """There are new items."""
        self._more.set()

    async def work(self) -> None:
        """Take items and work them off. What an ended process had begun is begun again."""
        if not self._batches.are_shared:  # it was one before this process
            await self._stored(self._batches.requeue_left, timedelta(0))
        async with asyncio.TaskGroup() as both:
            both.create_task(self._again_and_again(self._take))
            both.create_task(self._again_and_again(self._keep))

    async def stop(self, work: asyncio.Task[None]) -> None:
        """Take no more items; finish what can soon be finished, and hand the rest back."""
        work.cancel()
        await asyncio.wait({work, *self._items}, timeout=STOP_S)
        left = dict(self._items)
        for task in left:
            task.cancel()
        with suppress(StoreError, DatabaseUnavailable):  # else they are found to be LEFT
            await self._run(self._batches.requeue, list(left.values()))

    async def _again_and_again(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await step()
            except Exception:
                log.exception("batches stand still for a while")
                await asyncio.sleep(PAUSE_S)

    async def _keep(self) -> None:
        """Say what is in work here, and take up what others have left."""
        begun = asyncio.get_running_loop().time()
        await self._stored(self._batches.keep, list(self._items.values()))
        # Where the database was away, others must have the time to say it first.
        if asyncio.get_running_loop().time() - begun < PAUSE_S:
            left = await self._stored(self._batches.requeue_left, LEFT)
            if left:
                log.info("%d items of batches were left by another front door", left)
                self.wake()
        await asyncio.sleep(KEEP_S)

    async def _take(self) -> None:
        """Begin as many items as there is room for; wait where there are none."""
        self._more.clear()
        room = self._room()
        items = await self._stored(self._batches.claim, room) if room > 0 else []
        for item in items:
            task = asyncio.create_task(self._work_off(item))
            self._items[task] = item
            task.add_done_callback(self._done)
        if not items:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._more.wait()

    def _room(self) -> int:
        most = ITEMS_BESIDE_CALLERS if self._forwarder.has_callers else ITEMS
        return most - len(self._items)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._items.pop(task, None)
        self._more.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an item of a batch was left unfinished", exc_info=error)

    async def _work_off(self, item: BatchItem) -> None:
        outcome = await self._outcome(item)
        if isinstance(outcome, int):
            await self._stored(self._batches.finish, item, result_id=outcome)
        else:
            await self._stored(self._batches.finish, item, error=outcome)

    async def _outcome(self, item: BatchItem) -> int | dict[str, Any]:
        """The id of the item's row, or why it has none: `error`, `code`, and `detail` of some."""
        request_id = f"{item.batch_id}-{item.position}"
        fields = {"image_url": item.image_url, "url_type": item.url_type}
        try:
            asked = parse.recognise_fields(fields, request_id)
        except ServiceError as error:
            return {"error": str(error), "code": error.code}
        tries = 0
        while True:
            rows = await self._stored(self._store.find, [asked.identity])
            if asked.identity in rows:
                return rows[asked.identity].id
            try:
                reply = await self._pictures.read_link(asked, BACKGROUND, request_id=request_id)
            except ServiceError as error:
                reply = reply_to(error, request_id)
            tries += reply.code in _PASSES and await self._forwarder.ping()
            if reply.code not in _PASSES or tries == TRIES:
                break
            await asyncio.sleep(PAUSE_S)
        content = reply.content
        if reply.code is None:
            return int(content["detail"]["id"])
        told = {"error": content["error"], "code": reply.code}
        return told | {key: content[key] for key in ("detail",) if key in content}

    async def _stored(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call of the database, again and again until it answers."""
        while True:
            try:
                return await self._run(work, *args, **kwargs)
            except (StoreUnavailable, DatabaseUnavailable) as error:
                log.warning("batches wait for the database: %s", error)
            await asyncio.sleep(PAUSE_S)
