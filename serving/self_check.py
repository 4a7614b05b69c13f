"""Has a loaded version read the samples and judged links, and counts what it reads right."""

import json
import mimetypes
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.settings import PROJECT
from serving.client import NoAnswer
from serving.failure import Failure
from serving.torchserve_process import TorchServe

_AT_ONCE = 8
_UPDATE_MODEL = "ocr_info_update"
Data = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A request body whose right answer is known. right: `data`; both empty: there is none.

    body: makes it, as serving.client takes it.
    """

    name: str
    right: Data
    body: Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """right: as known. wrong: other values given as sure. silent: none where there are some.
    gone: pictures that their host no longer gives."""

    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __str__(self) -> str:
        judged = len(self.right) + len(self.wrong) + len(self.silent)
        gone = f", {len(self.gone)} cannot be fetched any more" if self.gone else ""
        return (
            f"{len(self.right)} of {judged} right, {len(self.wrong)} wrong, "
            f"{len(self.silent)} not answered{gone}"
        )


def samples() -> list[Picture]:
    """The bundled samples."""
    folder = PROJECT / "samples"
    truth: dict[str, Data] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return [_sample(name, right) for name, right in truth.items()]


def judged_link(image_url: str, url_type: str, right: Data) -> Picture:
    """A stored link of which a person said what it shows."""
    link = {"image_url": image_url, "url_type": url_type, "dry_run": True}
    # The query of a link may be a signature.
    return Picture(name=image_url.partition("?")[0], right=right, body=lambda: {"json": link})


def score(server: TorchServe, model: str, version: str, pictures: Iterable[Picture]) -> Score:
    """Have a version read pictures, with `dry_run`: no row is looked at or written.

    Failure when the version answers with an error of its own.
    """
    places: dict[str, list[str]] = {"right": [], "wrong": [], "silent": [], "gone": []}
    asked = list(pictures)
    # As many as a batch takes: beside callers' own pictures one by one would take minutes.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(partial(_answer, server, model, version), asked)
        for picture, answer in zip(asked, answers, strict=True):
            places[_verdict(answer, picture.right)].append(picture.name)
    return Score(**{name: tuple(found) for name, found in places.items()})


def require_sound_answers(server: TorchServe, model: str, version: str) -> None:
    """Failure unless the corrections' model refuses an empty correction in our own form."""
    empty = Picture(name="an empty correction", right={}, body=lambda: {"data": b"{}"})
    answer = _answer(server, model, version, empty)
    if answer.get("code") != "MISSING_FIELD":
        raise Failure(f"{model} {version} did not answer an empty correction as it should.")


def reads_pictures(model: str) -> bool:
    """Whether a model answers pictures; the other one takes corrections."""
    return model != _UPDATE_MODEL


def _sample(name: str, right: Data) -> Picture:
    path = PROJECT / "samples" / name
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"

    def body() -> dict[str, Any]:
        return {"files": {"image": (name, path.read_bytes(), kind)}, "data": {"dry_run": "true"}}

    return Picture(name=name, right=right, body=body)


def _answer(server: TorchServe, model: str, version: str, picture: Picture) -> dict[str, Any]:
    try:
        return server.client.predict(model, version, again=True, **picture.body())
    except NoAnswer as error:
        raise Failure(f"{picture.name}: {error}.") from None


def _verdict(answer: dict[str, Any], right: Data) -> str:
    if answer.get("code") in ("FETCH_FAILED", "FETCH_TIMEOUT"):
        return "gone"
    if "data" not in answer:
        return "silent"
    if answer["data"] == right:
        return "right"
    return "wrong" if answer["flag"] else "silent"


# A bundled screenshot with known values, to try the service with.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A picture, its content type, and what a right answer says in `data`."""

    path: Path
    content_type: str
    data: dict[str, str]


def known_sample() -> Sample:
    """The first picture of samples/truth.json that shows a code and a share."""
    folder = PROJECT / "samples"
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    name, data = next((name, data) for name, data in truth.items() if data["fund_code"])
    return Sample(
        path=folder / name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        data=data,
    )
