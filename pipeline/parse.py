"""Parses callers' bodies into requests; every fault is one of the sentences that callers know."""

import json
import re
from typing import Any

from db import column_types
from db.rows import UPLOAD
from pipeline import errors
from pipeline.fetch.link import parse_link
from pipeline.request import Bytes, Correction, Request, Url
from pipeline.url_types import URL_TYPES

_PLAIN_DECIMAL = re.compile(r"[0-9]{1,16}(\.[0-9]{1,4})?")
# What `curl -d image_url=…` sends, and a form that does not say that it is one.
_FORM = re.compile(rb"\s*(?:[A-Za-z_][A-Za-z0-9_]*=|--[^\r\n]+\r\nContent-Disposition:)")
_SAID = {b"": False, b"false": False, b"0": False, b"true": True, b"1": True}
_SIX_DIGITS = re.compile(r"[0-9]{6}")


def parse_json(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; NotJson for everything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        if not body.strip():
            raise errors.NotJson("empty") from None
        raise errors.NotJson("form" if _FORM.match(body) else "syntax") from None
    if not isinstance(value, dict):
        raise errors.NotJson("no object")
    return value


def recognise_link(body: bytes, request_id: str) -> Request:
    """`{"image_url", "url_type"}`, optional `refresh` (with `row_version`) and `dry_run`."""
    return recognise_fields(parse_json(body), request_id)


def recognise_fields(fields: dict[str, Any], request_id: str) -> Request:
    """The same of a JSON object."""
    image_url, url_type = _strings(
        fields, ("image_url", "url_type"), errors.RECOGNISE_REQUIRED, errors.RECOGNISE_STRINGS
    )
    if url_type not in URL_TYPES:
        raise errors.MissingField(errors.RECOGNISE_REQUIRED)
    link = parse_link(image_url)  # one that could not be fetched is refused, known or not
    refresh = _flag(fields, "refresh")
    return Request(
        id=request_id,
        source=Url(link=link),
        url_type=url_type,
        refresh=refresh,
        row_version=_row_version(fields) if refresh else None,
        dry_run=_flag(fields, "dry_run"),
    )


def recognise_bytes(
    content: bytes, request_id: str, *, refresh: bool = False, dry_run: bool = False
) -> Request:
    """The picture itself."""
    return Request(
        id=request_id,
        source=Bytes(content=content),
        url_type=UPLOAD,
        refresh=refresh,
        dry_run=dry_run,
    )


def correction(body: bytes, request_id: str) -> Correction:
    """`{"image_url", "update_fund_code", "update_hold_share"}`, optional `row_version`, …"""
    fields = parse_json(body)
    image_url, fund_code, hold_share = _strings(
        fields,
        ("image_url", "update_fund_code", "update_hold_share"),
        errors.UPDATE_REQUIRED,
        errors.UPDATE_STRINGS,
    )
    return Correction(
        id=request_id,
        image_url=image_url,
        fund_code=plain_code(fund_code),
        hold_share=plain_share(hold_share),
        row_version=_row_version(fields),
        actor=_text(fields, "actor", 128),
        note=_text(fields, "note", 1000),
    )


def plain_code(text: str) -> str:
    """Six ASCII digits; else BadFundCode."""
    if not _SIX_DIGITS.fullmatch(text):
        raise errors.BadFundCode
    return text


def plain_share(text: str) -> str:
    """A plain non-negative decimal, well-formed thousands commas removed; else BadHoldShare."""
    text = column_types.without_commas(text)
    if not _PLAIN_DECIMAL.fullmatch(text):
        raise errors.BadHoldShare
    return text


def _strings(
    fields: dict[str, Any], names: tuple[str, ...], required: str, strings: str
) -> list[str]:
    values = [fields.get(name) for name in names]
    if any(value is None or value == "" for value in values):
        raise errors.MissingField(required)
    if not all(isinstance(value, str) for value in values):
        raise errors.WrongType(strings)
    return values  # type: ignore[return-value]  # all are strings by now


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise errors.WrongType(f"{name} must be true or false.")
    return value


def form_flag(text: bytes, name: str) -> bool:
    """A field of a form or of a query: false where it is empty, as forms send what is left out.
    WrongType for what is neither true nor false."""
    said = _SAID.get(text.strip().lower())
    if said is None:
        raise errors.WrongType(f"{name} must be true or false.")
    return said


def _row_version(fields: dict[str, Any]) -> int | None:
    value: int | None = fields.get("row_version")
    if value is not None and (type(value) is not int or value < 1):
        raise errors.WrongType("row_version must be a whole number from 1.")
    return value


def _text(fields: dict[str, Any], name: str, longest: int) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise errors.WrongType(f"{name} must be a string.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise errors.WrongType(f"{name} holds characters that are no text.") from None
    if len(value) > longest:
        raise errors.WrongType(f"{name} may have at most {longest} characters.")
    return value
