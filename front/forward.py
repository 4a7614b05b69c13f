"""Requests handed on to TorchServe with its token; TorchServe's own failures become ours."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from front.torchserve import read_token
from pipeline.errors import PictureTooLarge, ServiceBusy, ServiceError
from pipeline.response import error_body, to_json

log = logging.getLogger(__name__)

# Above the longest responseTimeout of the archives (120 s), so that TorchServe is the one to give up.
SECONDS = 130.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer in our form. code: its stable error code, None where it is no error."""

    status: int
    code: str | None
    body: bytes
    retry_after: str | None = None


class Forwarder:
    """One TorchServe's inference API; `home` is the folder where it writes its token."""

    def __init__(self, torchserve: str, home: Path) -> None:
        self._home = home
        # TorchServe must not be reached through anybody's proxy, and never elsewhere.
        self._client = httpx.AsyncClient(
            base_url=torchserve,
            timeout=httpx.Timeout(SECONDS, connect=3.0),
            limits=httpx.Limits(max_connections=256, max_keepalive_connections=32),
            trust_env=False,
        )

    async def post(
        self,
        model: str,
        body: bytes,
        *,
        content_type: str,
        request_id: str,
        params: dict[str, str] | None = None,
    ) -> Reply:
        """The handler's answer, or ours where TorchServe itself failed.

        Tried once more when TorchServe's token has changed or a worker died under the request: rows
        are written once for each picture and a correction sent twice is one.
        """
        for is_last in (False, True):
            headers = {
                "Authorization": f"Bearer {read_token(self._home, 'inference')}",
                "Content-Type": content_type,
                "X-Request-Id": request_id,
            }
            try:
                answer = await self._client.post(
                    f"/predictions/{model}", content=body, headers=headers, params=params
                )
            except httpx.HTTPError as error:
                log.warning("request %s: TorchServe: %s", request_id, type(error).__name__)
                continue
            content = _object(answer.content)
            if "request_id" in content or "detail" in content:
                return Reply(
                    status=answer.status_code,
                    code=content.get("code"),
                    body=answer.content,
                    retry_after=answer.headers.get("Retry-After"),
                )
            if answer.status_code == 413:
                return reply_to(PictureTooLarge(), request_id)
            log.warning("request %s: TorchServe answered %d", request_id, answer.status_code)
            if is_last or not _is_worth_another_try(answer.status_code):
                break
        return reply_to(ServiceBusy(), request_id)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


def reply_to(error: ServiceError, request_id: str) -> Reply:
    """An error of our own as a reply."""
    retry_after = None if error.retry_after_s is None else str(error.retry_after_s)
    return Reply(
        status=error.status,
        code=error.code,
        body=to_json(error_body(error, request_id)).encode(),
        retry_after=retry_after,
    )


def _is_worth_another_try(status: int) -> bool:
    # 400: the token changed with a restart. 500, 507: the worker died; it is back after a second,
    # and the request waits for it in the queue. 503 means a full queue: the caller should wait.
    return status in (400, 500, 507)


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
