"""A client of one of TorchServe's APIs for an event loop, as the front door has one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2

from serving.torchserve import Answer, Header, Renewal

A = TypeVar("A", Answer, Answer | None)


class NoReply(Exception):
    """The connection failed, or nothing came in time; says what happened."""


class AsyncClient:
    """address: of the API. seconds: how long an answer may take; None: for ever, though the
    connection stands in `connect_s`. most: connections at a time."""

    def __init__(
        self, address: str, *, seconds: float | None, connect_s: float | None = None, most: int = 10
    ) -> None:
        # TorchServe must not be reached through anybody's proxy, and never elsewhere.
        self._client = httpx2.AsyncClient(
            base_url=address,
            timeout=httpx2.Timeout(seconds, connect=connect_s or seconds),
            limits=httpx2.Limits(max_connections=most, max_keepalive_connections=32),
            trust_env=False,
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Header | None = None,
        body: bytes | None = None,
        **how: Any,  # noqa: ANN401 — httpx2's own options
    ) -> Answer:
        """One try; NoReply where nothing comes."""
        try:
            answer = await self._client.request(method, path, content=body, headers=headers, **how)
        except httpx2.HTTPError as error:
            raise NoReply(type(error).__name__) from error
        return Answer(status=answer.status_code, body=answer.content, headers=answer.headers)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


async def with_present_token(renewal: Renewal, send: Callable[[Header], Awaitable[A]]) -> A:
    """What `send` answers to a token that holds, or at last to one that does not. None: nothing
    came."""
    answer = await send(renewal.header())
    while answer is not None and answer.refuses_token:
        for pause in renewal.pauses():
            await asyncio.sleep(pause)
        if not renewal.is_due:
            break
        answer = await send(renewal.header())
    return answer
