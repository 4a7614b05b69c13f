"""`/openapi.json`, and the same as a plain page at `/docs` that loads nothing from elsewhere."""

import json
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import yaml
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html, raw

from front.pages.render import add_headers
from pipeline.url_types import URL_TYPES

blueprint = Blueprint("openapi")
_FILE = Path(__file__).with_name("openapi.yaml")


@cache
def document() -> dict[str, Any]:
    """The description of every path that programs call."""
    told: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    link = told["components"]["schemas"]["Link"]["properties"]
    link["url_type"] = {"enum": list(URL_TYPES)}
    return told


@blueprint.get("/openapi.json", name="openapi")
async def as_json(_: Request) -> HTTPResponse:
    """The document."""
    body = json.dumps(document(), ensure_ascii=False).encode()
    return raw(body, content_type="application/json; charset=utf-8")


@blueprint.get("/docs", name="docs")
async def as_page(request: Request) -> HTTPResponse:
    """The document to read."""
    answer = html(_page())
    add_headers(request, answer)
    return answer


@cache
def _page() -> str:
    info = document()["info"]
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])}</title>",
        '<link rel="stylesheet" href="/static/docs.css">',
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>",
        '<p>For programs: <a href="/openapi.json">openapi.json</a></p>',
    ]
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            parts += _operation(f"{method.upper()} {path}", operation)
    parts.append("<h2>Schemas</h2>")
    parts.append(_code(document()["components"]))
    return "\n".join(parts)


def _operation(title: str, operation: dict[str, Any]) -> list[str]:
    shown = {key: operation[key] for key in ("parameters", "requestBody") if key in operation}
    statuses = ", ".join(operation["responses"])
    return [
        f"<h2><code>{escape(title)}</code></h2>",
        f"<p>{escape(operation['summary'])}. {escape(operation.get('description', ''))}</p>",
        _code(shown) if shown else "",
        f"<p>Answers: {escape(statuses)}</p>",
    ]


def _code(part: Mapping[Any, Any]) -> str:
    text = yaml.safe_dump(dict(part), allow_unicode=True, sort_keys=False, width=90)
    return f'<pre tabindex="0">{escape(text)}</pre>'
