"""Whatever a caller sends to TorchServe's two models is answered, and never by a failure."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.engine import open_engine
from db.store import Store
from tests.db.sample_readings import reading
from tests.front.front_process import database_url
from tests.handlers.in_process import Handlers
from tests.input.conftest import Place, examples
from tests.input.judge import Answer, Judge, ask
from tests.input.strange import (
    CONTENT_TYPES,
    NASTY,
    TEXTS,
    bodies,
    forms,
    quoted,
    urlencoded,
)

pytest_plugins = ["tests.shared_service_fixtures", "tests.handlers.handler_fixtures"]

MODELS = ("ocr_handler", "ocr_info_update")


def post(place: Place, model: str, body: bytes, kind: bytes) -> Answer:
    trial = place.service.trial
    headers: dict[str, str | bytes] = {**trial.authorization(), "Content-Type": kind}
    return ask(trial.address.inference, "POST", f"/predictions/{model}", body, headers)


def good(place: Place, model: str) -> dict[str, list[str]]:
    """Values that the fields of this model's body may have."""
    if model == "ocr_handler":
        return {"image_url": place.links, "url_type": ["oss", "7min_local"]}
    return {
        "image_url": place.links,
        "update_fund_code": ["011608"],
        "update_hold_share": ["1,234.56", "7"],
        "actor": ["somebody"],
        "note": ["seen"],
    }


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", NASTY)
def test_a_body_that_once_stopped_a_parser(
    place: Place, judge: Judge, model: str, name: str
) -> None:
    for kind in (b"application/json", b"application/octet-stream", b"image/png"):
        judge.at_torchserve(f"{model}, nasty", post(place, model, NASTY[name], kind))


@pytest.mark.parametrize("model", MODELS)
def test_json_that_is_nearly_right(place: Place, judge: Judge, model: str) -> None:
    @examples(120)
    @given(body=bodies(good(place, model)))
    def run(body: bytes) -> None:
        judge.at_torchserve(f"{model}, JSON", post(place, model, body, b"application/json"))

    run()


@pytest.mark.parametrize("model", MODELS)
def test_any_bytes_under_any_content_type(place: Place, judge: Judge, model: str) -> None:
    contents = st.binary(max_size=300) | forms() | urlencoded() | bodies(good(place, model))

    @examples(120)
    @given(body=contents, kind=st.sampled_from(CONTENT_TYPES))
    def run(body: bytes, kind: bytes) -> None:
        is_form = kind.startswith((b"multipart/", b"application/x-www-form-urlencoded"))
        answer = post(place, model, body, kind)
        judge.at_torchserve(f"{model}, any bytes", answer, form=is_form)

    run()


@pytest.mark.parametrize("name", ["note", "actor"])
def test_any_text_of_any_length_as_note_and_actor(place: Place, judge: Judge, name: str) -> None:
    """The row is there, so the text goes as far as the database."""
    known = place.links[0]
    first = f'{{"image_url":{quoted(known, True)},"url_type":"7min_local"}}'
    assert post(place, "ocr_handler", first.encode(), b"application/json").status == 200

    @examples(60)
    @given(body=corrections_of(known, name))
    def run(body: bytes) -> None:
        answer = post(place, "ocr_info_update", body, b"application/json")
        judge.at_torchserve(f"{name} of a correction", answer)
        assert answer.status in (200, 400), answer

    run()


@pytest.mark.parametrize("name", ["note", "actor"])
def test_any_text_of_any_length_as_note_and_actor_on_sqlite(
    handlers: Handlers, tmp_path: Path, name: str
) -> None:
    """The same archive in this process: the service keeps its rows on MariaDB."""
    known = "http://127.0.0.1/known.png"
    corrector = handlers("ocr_info_update", home=tmp_path)
    engine = open_engine(database_url(tmp_path))
    Store(engine).save([reading(known)])
    engine.dispose()

    @examples(60)
    @given(body=corrections_of(known, name))
    def run(body: bytes) -> None:
        assert corrector.post(body).status_code in (200, 400)

    run()


def corrections_of(known: str, name: str) -> st.SearchStrategy[bytes]:
    """Of a row that is there, with any text under this name."""
    start = '{"update_fund_code":"011608","update_hold_share":"'
    return st.builds(
        lambda text, escaped, share: (
            f'{start}{share}","image_url":{quoted(known, True)},"{name}":{quoted(text, escaped)}}}'
        ).encode("utf-8", "surrogatepass"),
        TEXTS,
        st.booleans(),
        st.integers(0, 10**16 - 1),
    )
