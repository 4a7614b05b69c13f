"""Shows the OpenAPI document as a page: of each path its fields, an example, its answers."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One line of a table. name: `detail.fund_code`, `items[].state`. where: `path`, `query` or
    empty for a part of a body."""

    name: str
    type: str
    where: str = ""
    required: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One path with one method. request: a command to paste. answers: by status, what it says and
    how it looks, empty where it has the form of every error."""

    title: str
    summary: str
    text: str
    fields: tuple[Field, ...]
    request: str
    answers: tuple[tuple[str, str, str], ...]

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return "-".join(re.findall(r"[a-z_]+", self.title.lower()))


def operations(document: Schema) -> Iterator[Operation]:
    """All of them, in the document's order."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body = _resolved(document, operation.get("requestBody", {}))
            yield Operation(
                title=f"{method.upper()} {path}",
                summary=operation["summary"],
                text=operation.get("description", ""),
                fields=(*_parameters(document, operation), *_body_fields(document, body)),
                request=_request(document, path, operation, body),
                answers=tuple(_answers(document, operation["responses"])),
            )


def fields(document: Schema, schema: Schema) -> Iterator[Field]:
    """All of an object, those inside it too."""
    return _fields(document, schema, "")


def example(document: Schema, schema: Schema) -> str:
    """The schema's own, as JSON; empty where it has none."""
    found = _resolved(document, schema).get("example")
    return "" if found is None else _pretty(found)


def _parameters(document: Schema, operation: Schema) -> Iterator[Field]:
    for given in operation.get("parameters", ()):
        one = _resolved(document, given)
        yield Field(
            name=one["name"],
            type=_type(document, one["schema"]),
            where=one["in"],
            required=one.get("required", False),
            text=one.get("description", ""),
        )


def _body_fields(document: Schema, body: Schema) -> Iterator[Field]:
    for media_type, content in body.get("content", {}).items():
        found = tuple(_fields(document, content["schema"], ""))
        if media_type == "application/json":
            yield from found
        elif not found:
            text = content["schema"].get("description", "")
            yield Field(name="(or the body)", type=media_type, text=text)
        else:
            for one in found:
                yield Field(
                    name=one.name, type=f"{media_type} field", required=one.required, text=one.text
                )


def _fields(document: Schema, schema: Schema, before: str) -> Iterator[Field]:
    schema = _resolved(document, schema)
    if "items" in schema:
        yield from _fields(document, schema["items"], f"{before}[]")
        return
    for part in schema.get("allOf", ()):
        yield from _fields(document, part, before)
    needed = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        own = _resolved(document, one)
        path = f"{before}.{name}" if before else name
        yield Field(
            name=path,
            type=_type(document, own),
            required=name in needed,
            text=own.get("description", one.get("description", "")),
        )
        if "properties" in own or "items" in own:
            yield from _fields(document, own, path)


def _type(document: Schema, schema: Schema) -> str:
    schema = _resolved(document, schema)
    if "const" in schema:
        return _json(schema["const"])
    if "enum" in schema:
        return " | ".join("null" if one is None else str(one) for one in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(document, one) for one in schema["anyOf"])
    kind = schema.get("type", "object" if "properties" in schema else "bytes")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _request(document: Schema, path: str, operation: Schema, body: Schema) -> str:
    key = "" if operation.get("security") == [] else "-H 'Authorization: Bearer KEY' "
    given = [_resolved(document, one) for one in operation.get("parameters", ())]
    examples = {one["name"]: one["example"] for one in given if "example" in one}
    asked = {
        one["name"]: examples[one["name"]]
        for one in given
        if one["in"] == "query" and one["name"] in examples
    }
    query = f"?{urlencode(asked)}" if asked else ""
    url = f"http://127.0.0.1:8000{path.format_map(examples)}{query}"
    sent = body.get("content", {}).get("application/json", {}).get("example")
    data = "" if sent is None else f" \\\n  -d '{_json(sent)}'"
    return f"curl {key}'{url}'{data}"


def _answers(document: Schema, responses: Schema) -> Iterator[tuple[str, str, str]]:
    for status, given in responses.items():
        answer = _resolved(document, given)
        content = answer.get("content", {}).get("application/json", {})
        schema = content.get("schema", {})
        shown = content.get("example")
        if "$ref" in given:
            looks = ""
        elif shown is not None:
            looks = _pretty(shown)
        else:
            looks = example(document, schema)
        yield status, answer["description"], looks


def _resolved(document: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _pretty(value: Any, lines: int = 2, before: str = "") -> str:  # noqa: ANN401 — any JSON
    """JSON in lines; below so many levels what belongs together stands in one."""
    if lines == 0 or not isinstance(value, dict | list) or not value:
        return _json(value)
    within = before + "  "
    if isinstance(value, dict):
        parts = [f"{_json(key)}: {_pretty(one, lines - 1, within)}" for key, one in value.items()]
        return "{\n" + ",\n".join(within + part for part in parts) + f"\n{before}}}"
    parts = [within + _pretty(one, lines - 1, within) for one in value]
    return "[\n" + ",\n".join(parts) + f"\n{before}]"
