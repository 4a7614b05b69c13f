"""Requests that /openapi.json allows, and requests that it does not, to every operation: each
answer has a status that the document tells of for it, and the body that it says.
"""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode

from front.openapi import document
from tests.front.openapi_schema import validator
from tests.input.conftest import PICTURE, Place, examples
from tests.input.judge import Answer, Judge

pytest_plugins = ["tests.shared_service_fixtures"]


def needs_key(operation: Any) -> bool:
    return bool(document()["paths"][operation.path][operation.method].get("security") != [])


OPERATIONS = [
    found.ok() for found in schemathesis.openapi.from_dict(document()).get_all_operations()
]
# What a request is refused for before anybody looks at what its operation is.
OF_HTTP = {"400": "BAD_REQUEST", "404": "NO_SUCH_PATH", "431": "HEADERS_TOO_LONG"}
# Who asks only whether the service lives can do nothing wrong.
KINDS = [
    (operation, mode)
    for operation in OPERATIONS
    for mode in GenerationMode
    # A workbook takes a process each time; its filters are those of the CSV.
    if (mode is GenerationMode.POSITIVE or needs_key(operation))
    and operation.path != "/export.xlsx"
]
TEXTS = ("/metrics", "/export.csv")


def sent(case: Any, place: Place, own: bool, link: str | None, picture: bytes | None) -> Answer:
    """Send what was made up. own: with our key instead of the made-up one. link: a link that leads
    somewhere, in the place of the made-up one. picture: the same for pictures."""
    if case.media_type and case.media_type.startswith("image/"):
        case.body = PICTURE if picture is None else picture
    elif isinstance(case.body, dict) and "image_url" in case.body and link:
        case.body["image_url"] = link
    if own:
        case.headers.pop("Authorization", None)
    headers = place.headers if own else {}
    answer = case.call(base_url=place.front, headers=headers, timeout=60)
    told = {name.lower(): values[0] for name, values in answer.headers.items()}
    return Answer(status=answer.status_code, headers=told, body=answer.content)


def is_described(case: Any, answer: Answer, content: Any) -> bool:
    """Whether the document tells of this answer."""
    method, path, status = case.operation.method, case.operation.path, str(answer.status)
    told = document()["paths"][path][method]["responses"]
    if status not in told:
        return OF_HTTP.get(status) == content.get("code")
    if isinstance(content, str):
        return answer.headers["content-type"].partition(";")[0] in told[status]["content"]
    validator(method, path, status).validate(content)
    return "retry-after" in answer.headers or "Later" not in told[status].get("$ref", "")


@pytest.mark.parametrize(
    ("operation", "mode"), KINDS, ids=[f"{one.label}, {mode.value}" for one, mode in KINDS]
)
def test_every_answer_is_one_that_the_document_tells_of(
    place: Place, judge: Judge, operation: Any, mode: GenerationMode
) -> None:
    @examples(40 if operation.body else 15)
    @given(
        case=operation.as_strategy(generation_mode=mode),
        own=st.sampled_from([True, True, True, False]),
        link=st.sampled_from([None, *place.links]),
        picture=st.none() | st.binary(max_size=100),
    )
    def run(case: Any, own: bool, link: str | None, picture: bytes | None) -> None:
        answer = sent(case, place, own, link, picture)
        is_text = operation.path in TEXTS and answer.status == 200
        judge.at_front(f"{operation.label}, {mode.value}", answer, text=is_text)
        content = answer.body.decode() if is_text else json.loads(answer.body)
        assert is_described(case, answer, content), (case.as_curl_command(), answer)
        if not own and needs_key(operation) and "Authorization" not in case.headers:
            assert answer.status == 401, answer

    run()
