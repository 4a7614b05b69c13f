"""Requests handed on to TorchServe with its token; TorchServe's own failures become ours."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx

from front.errors import NoSuchVersion
from pipeline.errors import PictureTooLarge, ServiceBusy, ServiceError
from pipeline.response import error_body, to_json
from pipeline.work import HEADER
from serving.front_address import ANSWER_SECONDS
from serving.pause import Hold
from serving.torchserve import read_token

log = logging.getLogger(__name__)

# All that is asked of TorchServe from outside; its management API is not reached from here.
MODELS = ("ocr_handler", "ocr_info_update")
# How long TorchServe may take to write a new token down after it has given it out, and how often
# we look (s).
_TOKEN_WRITTEN = 5.0
_LOOK_SECONDS = 0.05
_PING_SECONDS = 4.0
_MOMENT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer in our form. code: its stable error code, None where it is no error. facts: what
    a log may tell of it: row, source, reason, and the cause of a failed fetch. work: see
    pipeline.work; None: not told."""

    status: int
    code: str | None
    body: bytes
    retry_after: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    work: int | None = None


class Forwarder:
    """One TorchServe's inference API; `home` is the folder where it writes its token.

    failed: is told of each try that came to nothing of ours: `connection`, `timeout`, or the status
        that TorchServe answered.
    """

    def __init__(self, torchserve: str, home: Path, failed: Callable[[str], None]) -> None:
        self._home = home
        self._failed = failed
        self._hold = Hold(home)
        self._waiting = 0
        self._answered = float("-inf")
        self._is_there = False
        # TorchServe must not be reached through anybody's proxy, and never elsewhere.
        self._client = httpx.AsyncClient(
            base_url=torchserve,
            timeout=httpx.Timeout(None, connect=3.0),
            # Pictures have places of their own (front.pictures): corrections find some left.
            limits=httpx.Limits(max_connections=320, max_keepalive_connections=32),
            trust_env=False,
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
        request = self._client.build_request(
            "POST",
            f"/predictions/{model}" + (f"/{version}" if version else ""),
            content=body,
            headers={"Content-Type": content_type, "X-Request-Id": request_id},
        )
        answer = None
        try:
            with nullcontext() if in_background else self.caller_waits():
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await self._ask(request)
                    while _token_is_refused(answer) and await self._another_token(request):
                        answer = await self._ask(request)
                    if _worker_died(answer):
                        answer = await self._ask(request)
        except TimeoutError:
            self._failed("timeout")
            log.warning("request %s: no answer in %g s", request_id, ANSWER_SECONDS)
        if answer is not None and version and _kind(answer) == "ModelVersionNotFoundException":
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
                await self._client.get("/ping", timeout=_PING_SECONDS)
                self._is_there = True
            except httpx.HTTPError as error:
                self._could_not(request_id, error)
        return self._is_there

    async def ping(self) -> bool:
        """Whether TorchServe says that it is healthy."""
        headers = {"Authorization": self._authorization()}
        try:
            answer = await self._client.get("/ping", headers=headers, timeout=_PING_SECONDS)
            return answer.status_code == 200 and json.loads(answer.content)["status"] == "Healthy"
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return False

    async def _ask(self, request: httpx.Request) -> httpx.Response | None:
        """One try with the token of this moment; None when the connection fails."""
        await self._hold.passed()
        request.headers["Authorization"] = self._authorization()
        request_id = request.headers["X-Request-Id"]
        try:
            answer = await self._client.send(request)
        except httpx.HTTPError as error:
            self._could_not(request_id, error)
            return None
        self._is_there = True
        if _ours(answer) is None:
            self._failed(str(answer.status_code))
            log.warning("request %s: TorchServe answered %d", request_id, answer.status_code)
        return answer

    def _could_not(self, request_id: str, error: httpx.HTTPError) -> None:
        self._is_there = False
        self._failed("connection")
        log.warning("request %s: TorchServe: %s", request_id, type(error).__name__)

    async def _another_token(self, request: httpx.Request) -> bool:
        """Wait until TorchServe has written another token down than this request was sent with;
        False where it does not."""
        until = time.monotonic() + _TOKEN_WRITTEN
        while time.monotonic() < until:
            if self._authorization() != request.headers["Authorization"]:
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    def _authorization(self) -> str:
        return f"Bearer {read_token(self._home, 'inference')}"

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


def reply_to(error: ServiceError, request_id: str) -> Reply:
    """An error of our own as a reply."""
    retry_after = None if error.retry_after_s is None else str(error.retry_after_s)
    content = error_body(error, request_id)
    return Reply(
        status=error.status,
        code=error.code,
        body=to_json(content).encode(),
        retry_after=retry_after,
        facts=_facts(content),
    )


def _reply(answer: httpx.Response | None, request_id: str) -> Reply:
    """The handler's answer as it stands; TorchServe's own failures become ours."""
    if answer is not None and (content := _ours(answer)) is not None:
        return Reply(
            status=answer.status_code,
            code=content.get("code"),
            body=answer.content,
            retry_after=answer.headers.get("Retry-After"),
            facts=_facts(content),
            work=_work(answer.headers.get(HEADER, "")),
        )
    if answer is not None and answer.status_code == 413:
        return reply_to(PictureTooLarge(), request_id)
    return reply_to(ServiceBusy(), request_id)


def _token_is_refused(answer: httpx.Response | None) -> bool:
    return answer is not None and _kind(answer) == "InvalidKeyException"


def _worker_died(answer: httpx.Response | None) -> bool:
    """It is back after a second, and the request waits for it in the queue. (503 means that the
    queue is full: the caller should wait.)"""
    return answer is None or (answer.status_code in (500, 507) and _ours(answer) is None)


def _ours(answer: httpx.Response) -> dict[str, Any] | None:
    """The body, where a handler wrote it; None where TorchServe itself did."""
    content = _object(answer)
    return content if "request_id" in content or "detail" in content else None


def _facts(content: dict[str, Any]) -> dict[str, Any]:
    detail = content.get("detail")
    if not isinstance(detail, dict):
        return {}
    return {
        "row": detail.get("id"),
        "source": detail.get("source"),
        "reason": detail.get("reason"),
        "cause": detail.get("cause"),
    }


def _work(told: str) -> int | None:
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def _kind(answer: httpx.Response) -> str:
    """What kind of error TorchServe itself tells; empty where it is none of its own. (One that is
    about to start knows no model yet, which is another kind than a version it does not know.)
    """
    return "" if _ours(answer) is not None else str(_object(answer).get("type", ""))


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = json.loads(answer.content)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
