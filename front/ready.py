"""`/healthz`: this process is alive. `/readyz`: what it needs answers too."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.errors import StoreError
from db.store import Store
from front.errors import NotReady
from front.forward import MODELS
from front.respond import json_response
from front.threads import Threads
from pipeline.errors import DatabaseUnavailable
from serving.async_client import AsyncClient, NoReply, with_present_token
from serving.torchserve import (
    Answer,
    Header,
    Renewal,
    authorization,
    ready_workers,
    waiting_requests,
)

blueprint = Blueprint("ready")
# One look answers everybody who asks within this time (s); a part that does not answer within the
# second is missing.
_FRESH_S = 1.0
_ANSWER_S = 4.0
# How long a token that was renewed just now may take to be written down (s).
_TOKEN_WRITTEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """Of the version that answers. ready: workers. waiting: requests in the queue. batch: how many
    requests a worker takes at once."""

    ready: int = 0
    waiting: int = 0
    batch: int = 0


class Readiness:
    """What answers, and how TorchServe's models stand.

    management: TorchServe's management address. home: the folder where it writes its token."""

    def __init__(self, management: str, home: Path, store: Store, run: Threads) -> None:
        self._home = home
        self._store = store
        self._run = run
        self._client = AsyncClient(management, seconds=_ANSWER_S)
        self._looking = asyncio.Lock()
        self._missing: list[str] = []
        self._looked = float("-inf")
        self.parts = (*MODELS, "database")
        self.models = dict.fromkeys(MODELS, ModelState())

    async def missing(self) -> list[str]:
        """What does not answer, by name; empty when all is ready."""
        async with self._looking:
            if time.monotonic() - self._looked > _FRESH_S:
                parts = [*map(self._model, MODELS), self._database()]
                found = await asyncio.gather(*parts)
                self._missing = [n for n, ok in zip(self.parts, found, strict=True) if not ok]
                self._looked = time.monotonic()
            return self._missing

    async def state(self, model: str) -> ModelState:
        """How a model stands now."""
        await self._model(model)
        return self.models[model]

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    async def _model(self, name: str) -> bool:
        """Whether a worker of the version that answers is READY: /ping does not tell that."""
        try:
            description = await self._description(name)
            state = ModelState(
                ready=ready_workers(description),
                waiting=waiting_requests(description),
                batch=int(description.get("batchSize", 1)),
            )
        except (NoReply, ValueError, KeyError, IndexError, TypeError, AttributeError):
            state = ModelState()
        self.models[name] = state
        return state.ready > 0

    async def _description(self, name: str) -> dict[str, Any]:
        renewal = Renewal(partial(authorization, self._home, "management"), _TOKEN_WRITTEN)

        async def send(header: Header) -> Answer:
            return await self._client.send("GET", f"/models/{name}", headers=header)

        answer = await with_present_token(renewal, send)
        return dict(answer.json[0])

    async def _database(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._run(self._store.ping)
        except (StoreError, DatabaseUnavailable, TimeoutError):
            return False
        return True


@blueprint.head("/healthz", name="healthz_head")
@blueprint.get("/healthz", name="healthz")
async def alive(request: Request) -> HTTPResponse:
    """It answers, so it is alive."""
    return json_response(request, {"alive": True})


@blueprint.head("/readyz", name="readyz_head")
@blueprint.get("/readyz", name="readyz")
async def ready(request: Request) -> HTTPResponse:
    """Both models have a worker that is READY, and the database answers; 503 from the moment at
    which it is asked to stop.

    `?parts=models`: whatever the database does. All front doors stand on the same one: a balancer
    that looks at it too sends nobody anywhere, and callers do not hear why.
    """
    if request.app.ctx.is_stopping:
        raise NotReady("The service is stopping.", {"missing": []})
    missing = await request.app.ctx.readiness.missing()
    if request.args.get("parts") == "models":
        missing = [name for name in missing if name in MODELS]
    if missing:
        names = ", ".join(missing)
        raise NotReady(f"Not ready: {names}.", {"missing": missing})
    return json_response(request, {"ready": True})


@blueprint.head("/ping", name="ping_head")
@blueprint.get("/ping", name="ping")
async def ping(request: Request) -> HTTPResponse:
    """TorchServe's own health, by its name for it."""
    if not await request.app.ctx.forwarder.ping():
        raise NotReady(
            "TorchServe does not answer, or is not healthy.", {"missing": ["torchserve"]}
        )
    return json_response(request, {"status": "Healthy"})
