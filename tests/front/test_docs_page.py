"""/docs tells of fields and examples, and every example is what the document says."""

import html
import json
import re
from zoneinfo import ZoneInfo

import pytest
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from front.docs_page import Operation, example, fields, operations
from front.openapi import _page, document

OPERATIONS = list(operations(document()))


@pytest.fixture(scope="module")
def text() -> str:
    """The page as it is read."""
    return html.unescape(re.sub(r"<[^>]+>", "", _page(ZoneInfo("UTC"))))


def checked(value: object, schema: object) -> None:
    whole = Resource(contents=document(), specification=DRAFT202012)
    registry: Registry[object] = Registry().with_resource("urn:front", whole)
    pointed = json.loads(json.dumps(schema).replace('"#/', '"urn:front#/'))
    OAS31Validator(pointed, registry=registry).validate(value)


def test_no_reference_is_left_and_no_yaml(text: str) -> None:
    assert "$ref" not in text
    assert "components" not in text


@pytest.mark.parametrize("told", OPERATIONS, ids=lambda told: told.title)
def test_each_path_has_its_fields_and_a_request_to_paste(told: Operation, text: str) -> None:
    assert told.request in text
    assert "{" not in told.request.partition("'http")[2].partition("'")[0]
    for field in told.fields:
        assert f"\n  {field.name}\n" in text
        assert field.type not in ("", "bytes")
        assert field.text, field.name
    looks = {status: shown for status, _, shown in told.answers}
    if "application/json" in str(document()["paths"][told.title.split()[1]]):
        assert json.loads(looks.get("200") or looks["202"])


def test_fields_inside_fields_are_told_too() -> None:
    schemas = document()["components"]["schemas"]
    names = [field.name for field in fields(document(), schemas["Answer"])]
    assert {"flag", "data.fund_code", "detail.candidates", "detail.elapsed_ms"} <= set(names)
    names = [field.name for field in fields(document(), schemas["Batch"])]
    assert {"counts", "items[].state", "items[].answer"} <= set(names)


def test_every_example_is_as_its_schema_says() -> None:
    count = 0
    for schema in document()["components"]["schemas"].values():
        if shown := example(document(), schema):
            checked(json.loads(shown), schema)
            count += 1
    for methods in document()["paths"].values():
        for told in methods.values():
            places = [told.get("requestBody", {}), *told["responses"].values()]
            for place in (document()["components"]["requestBodies"].values(), places):
                for content in (one.get("content", {}) for one in place):
                    media = content.get("application/json", {})
                    shown = media.get("example") or media.get("schema", {}).get("example")
                    if shown is not None:
                        checked(shown, media["schema"])
                        count += 1
    assert count > 20
