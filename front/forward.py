"""Forwards requests to TorchServe with its token; TorchServe's own failures become ours."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from front.errors import NoSuchPath, NoSuchVersion
from pipeline.errors import PictureTooLarge, ServiceBusy, ServiceError
from pipeline.response import error_body, to_json
from pipeline.work import HEADER
from serving.async_client import AsyncClient, NoReply, with_present_token
from serving.front_address import ANSWER_SECONDS
from serving.pause import Pause
from serving.torchserve import Answer, Header, Renewal, authorization

log = logging.getLogger(__name__)

# All that is asked of TorchServe from outside; its management API is not reached from here.
MODELS = ("ocr_handler", "ocr_info_update")
# How long TorchServe may take to write a new token down after it has given it out (s).
_TOKEN_WRITTEN = 5.0
_CONNECT_SECONDS = 3.0
# Pictures have places of their own (front.pictures): corrections find some left.
_CONNECTIONS = 320
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_PING_SECONDS = 4.0
_MOMENT = 2.0


_Send: TypeAlias = Callable[[Header], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer in our form. content: its JSON, and body: the same as it is sent. work: see
    pipeline.work; None: not told."""

    status: int
    content: dict[str, Any]
    body: bytes
    retry_after: str | None = None
    work: int | None = None

    @property
    def code(self) -> str | None:
        """Its stable error code; None where it is no error."""
        return self.content.get("code")

    @property
    def facts(self) -> dict[str, Any]:
        """What a log may tell of it: row, source, reason, and the cause of a failed fetch."""
        detail = self.content.get("detail")
        if not isinstance(detail, dict):
            return {}
        return {
            "row": detail.get("id"),
            "source": detail.get("source"),
            "reason": detail.get("reason"),
            "cause": detail.get("cause"),
        }


def plain_version(version: str) -> str:
    """A model's version as a caller names it in a path; NoSuchPath for what can be none."""
    if not _VERSION.fullmatch(version):
        raise NoSuchPath
    return version


class Forwarder:
    """One TorchServe's inference API; `home` is the folder where it writes its token.

    failed: is told of each try that came to nothing of ours: `connection`, `timeout`, or the status
        that TorchServe answered.
    """

    def __init__(self, torchserve: str, home: Path, failed: Callable[[str], None]) -> None:
        self._home = home
        self._failed = failed
        self._hold = Pause(home)
        self._waiting = 0
        self._answered = float("-inf")
        self._is_there = False
        self._client = AsyncClient(
            torchserve, seconds=None, connect_s=_CONNECT_SECONDS, most=_CONNECTIONS
        )

    async def post(
        self,
        model: str,
        body: bytes,
        *,
        content_type: str,
        request_id: str,
        version: str | None = None,
        in_background: bool = False,
    ) -> Reply:
        """The handler's answer, or ours where TorchServe itself failed.

        Tried again with each new token of TorchServe's, and once when a worker died under the
        request: rows are written once for each picture and a correction sent twice is one. (A new
        reading that is asked for with `refresh` may be made twice then; it is one line of history
        each.)
        in_background: nobody waits for it; it does not count for `has_callers`.
        """
        path = f"/predictions/{model}" + (f"/{version}" if version else "")
        own = {"Content-Type": content_type, "X-Request-Id": request_id}

        def send(header: Header) -> Awaitable[Answer]:
            return self._client.send("POST", path, headers=own | header, body=body)

        answer = None
        try:
            with nullcontext() if in_background else self.caller_waits():
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await self._ask(send, request_id)
                    if _worker_died(answer):
                        answer = await self._ask(send, request_id)
        except TimeoutError:
            self._failed("timeout")
            log.warning("request %s: no answer in %g s", request_id, ANSWER_SECONDS)
        if answer is not None and version and answer.kind == "ModelVersionNotFoundException":
            return reply_to(NoSuchVersion(), request_id)
        return _reply(answer, request_id)

    @contextmanager
    def caller_waits(self) -> Iterator[None]:
        """Somebody waits for an answer as long as this is entered."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            self._answered = time.monotonic()

    @property
    def has_callers(self) -> bool:
        """Whether a caller waits for an answer, or did a moment ago and may ask again."""
        return self._waiting > 0 or time.monotonic() - self._answered < _MOMENT

    async def is_there(self, request_id: str) -> bool:
        """Whether something answers at TorchServe's address, whatever it says; it is asked only
        where that is not known from the last request."""
        if not self._is_there:
            try:
                await self._client.send("GET", "/ping", timeout=_PING_SECONDS)
                self._is_there = True
            except NoReply as error:
                self._could_not(request_id, error)
        return self._is_there

    async def ping(self) -> bool:
        """Whether TorchServe says that it is healthy."""
        try:
            answer = await self._client.send(
                "GET", "/ping", headers=self._authorization(), timeout=_PING_SECONDS
            )
        except NoReply:
            return False
        return answer.status == 200 and answer.content.get("status") == "Healthy"

    async def _ask(self, send: _Send, request_id: str) -> Answer | None:
        """With the token of this moment, and with each new one; None when the connection fails."""
        renewal = Renewal(self._authorization, _TOKEN_WRITTEN)
        return await with_present_token(renewal, partial(self._try, send, request_id))

    async def _try(self, send: _Send, request_id: str, header: Header) -> Answer | None:
        await self._hold.passed()
        try:
            answer = await send(header)
        except NoReply as error:
            self._could_not(request_id, error)
            return None
        self._is_there = True
        if not answer.is_ours:
            self._failed(str(answer.status))
            log.warning("request %s: TorchServe answered %d", request_id, answer.status)
        return answer

    def _could_not(self, request_id: str, error: NoReply) -> None:
        self._is_there = False
        self._failed("connection")
        log.warning("request %s: TorchServe: %s", request_id, error)

    def _authorization(self) -> Header:
        return authorization(self._home, "inference")

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()


def reply_to(error: ServiceError, request_id: str) -> Reply:
    """An error of our own as a reply."""
    retry_after = None if error.retry_after_s is None else str(error.retry_after_s)
    content = error_body(error, request_id)
    return Reply(
        status=error.status,
        content=content,
        body=to_json(content).encode(),
        retry_after=retry_after,
    )


def _reply(answer: Answer | None, request_id: str) -> Reply:
    """The handler's answer as it stands; TorchServe's own failures become ours."""
    if answer is not None and answer.is_ours:
        return Reply(
            status=answer.status,
            content=answer.content,
            body=answer.body,
            retry_after=answer.headers.get("Retry-After"),
            work=_work(answer.headers.get(HEADER, "")),
        )
    if answer is not None and answer.status == 413:
        return reply_to(PictureTooLarge(), request_id)
    return reply_to(ServiceBusy(), request_id)


def _worker_died(answer: Answer | None) -> bool:
    """It is back after a second, and the request waits for it in the queue. (503 means that the
    queue is full: the caller should wait.)"""
    return answer is None or (answer.status in (500, 507) and not answer.is_ours)


def _work(work: str) -> int | None:
    return int(work) if work.isascii() and work.isdecimal() and len(work) < 10 else None
