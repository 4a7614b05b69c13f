"""`/openapi.json`, and the same as a plain page at `/docs` that loads nothing from elsewhere."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html, raw

from db import roles
from front.docs_page import example, fields, operations
from front.pages.render import add_headers, rendered
from pipeline.url_types import HOST_SETTINGS, URL_TYPES

blueprint = Blueprint("openapi")
_ERROR = {"$ref": "#/components/schemas/Error"}
# What the page tells once, below its paths.
_SCHEMAS = {"Answer": "Answers", "Batch": "Batches", "Error": "Errors"}
_FILE = Path(__file__).with_name("openapi.yaml")


@cache
def document() -> dict[str, Any]:
    """The description of every path that programs call."""
    schema: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    link = schema["components"]["schemas"]["Link"]["properties"]
    # What stands in tables is said there alone.
    key = schema["components"]["securitySchemes"]["key"]
    key["description"] += f", of a role ({roles.summary()})."
    settings = " or ".join(f"FUNDOCR_{name.upper()}" for name in HOST_SETTINGS)
    link["url_type"] = {
        "enum": list(URL_TYPES),
        "description": f"Which hosts it may be fetched from: {settings}.",
    }
    return schema


@blueprint.get("/openapi.json", name="openapi")
async def as_json(_: Request) -> HTTPResponse:
    """The document."""
    body = json.dumps(document(), ensure_ascii=False).encode()
    return raw(body, content_type="application/json; charset=utf-8")


@blueprint.get("/docs", name="docs")
async def as_page(request: Request) -> HTTPResponse:
    """The document to read."""
    answer = html(_page(request.app.ctx.settings.zone))
    add_headers(request, answer)
    return answer


@cache
def _page(zone: ZoneInfo) -> str:
    schema = document()
    # (Examples of answers stand at their paths.)
    schemas = {
        title: (
            tuple(fields(schema, schema["components"]["schemas"][name])),
            example(schema, _ERROR) if name == "Error" else "",
        )
        for name, title in _SCHEMAS.items()
    }
    found = tuple(operations(schema))
    return rendered(
        "docs.html", "en", zone=zone, info=schema["info"], operations=found, schemas=schemas
    )
