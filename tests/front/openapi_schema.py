"""Whether an answer is one that /openapi.json describes."""

from functools import cache
from typing import Any

import requests
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from front.openapi import document


def assert_as_described(answer: requests.Response, method: str, path: str) -> None:
    """path: as the document writes it, such as `/ocr_batch/{batch_id}`."""
    validator(method, path, str(answer.status_code)).validate(answer.json())


@cache
def validator(method: str, path: str, status: str) -> Any:
    steps = ("paths", path.replace("/", "~1"), method, "responses", status)
    described = document()["paths"][path][method]["responses"][status]
    pointer = described["$ref"] if "$ref" in described else "#/" + "/".join(steps)
    schema = {"$ref": f"urn:front{pointer}/content/application~1json/schema"}
    whole = Resource(contents=document(), specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:front", whole)
    return OAS31Validator(schema, registry=registry)
