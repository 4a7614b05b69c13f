"""Calls of TorchServe's inference API as its users make them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from pipeline.settings import PROJECT
from tests.trial import Trial

SAMPLES = PROJECT / "samples"


def post(service: Trial, body: bytes | dict[str, Any], **options: Any) -> requests.Response:
    """POST /predictions/ocr_handler, JSON or a raw body.

    options: `model`, `content_type`, `params`, `files`.
    """
    model = options.pop("model", "ocr_handler")
    headers = service.authorization()
    if isinstance(body, dict):
        options["json"] = body
    elif body:
        options["data"] = body
    if content_type := options.pop("content_type", None):
        headers["Content-Type"] = content_type
    url = f"{service.address.inference}/predictions/{model}"
    return requests.post(url, headers=headers, timeout=120, **options)


def post_at_once(
    service: Trial, bodies: Sequence[dict[str, Any]], **options: Any
) -> list[requests.Response]:
    """All of them side by side, so that TorchServe puts them into one batch."""
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(lambda body: post(service, body, **options), bodies))


def link(url: str, **more: Any) -> dict[str, Any]:
    """The body for a picture's link on this machine."""
    return {"image_url": url, "url_type": "7min_local", **more}


def correction(url: str, code: Any = "000001", share: Any = "12.5", **more: Any) -> dict[str, Any]:
    """The body of a correction."""
    return {"image_url": url, "update_fund_code": code, "update_hold_share": share, **more}
