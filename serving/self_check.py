"""Has a loaded version read the samples and judged links, and counts what it reads right."""

import json
import mimetypes
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests

from pipeline.settings import PROJECT
from serving.failure import Failure
from serving.torchserve_process import TorchServe

_SECONDS = 120
_AT_ONCE = 8
_UPDATE_MODEL = "ocr_info_update"
Data = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A request body whose right answer is known. right: `data`; both empty: there is none.

    send: posts it to a url with these headers.
    """

    name: str
    right: Data
    send: Callable[[requests.Session, str, dict[str, str]], requests.Response]


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
    body = {"image_url": image_url, "url_type": url_type, "dry_run": True}

    def send(session: requests.Session, url: str, headers: dict[str, str]) -> requests.Response:
        return session.post(url, json=body, headers=headers, timeout=_SECONDS)

    # The query of a link may be a signature.
    return Picture(name=image_url.partition("?")[0], right=right, send=send)


def score(server: TorchServe, model: str, version: str, pictures: Iterable[Picture]) -> Score:
    """Have a version read pictures, with `dry_run`: no row is looked at or written.

    Failure when the version answers with an error of its own.
    """
    places: dict[str, list[str]] = {"right": [], "wrong": [], "silent": [], "gone": []}
    url = f"{server.address.inference}/predictions/{model}/{version}"
    asked = list(pictures)
    # As many as a batch takes: beside callers' own pictures one by one would take minutes.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for picture, answer in zip(
            asked, pool.map(partial(_answer, server, url), asked), strict=True
        ):
            places[_verdict(answer, picture.right)].append(picture.name)
    return Score(**{name: tuple(found) for name, found in places.items()})


def require_sound_answers(server: TorchServe, model: str, version: str) -> None:
    """Failure unless the corrections' model refuses an empty correction in our own form."""
    empty = Picture(
        name="an empty correction",
        right={},
        send=lambda s, url, headers: s.post(url, data=b"{}", headers=headers, timeout=_SECONDS),
    )
    answer = _answer(server, f"{server.address.inference}/predictions/{model}/{version}", empty)
    if answer.get("code") != "MISSING_FIELD":
        raise Failure(f"{model} {version} did not answer an empty correction as it should.")


def reads_pictures(model: str) -> bool:
    """Whether a model answers pictures; the other one takes corrections."""
    return model != _UPDATE_MODEL


def _sample(name: str, right: Data) -> Picture:
    path = PROJECT / "samples" / name
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"

    def send(session: requests.Session, url: str, headers: dict[str, str]) -> requests.Response:
        form = {"image": (name, path.read_bytes(), kind)}
        return session.post(
            url, files=form, data={"dry_run": "true"}, headers=headers, timeout=_SECONDS
        )

    return Picture(name=name, right=right, send=send)


def _answer(server: TorchServe, url: str, picture: Picture) -> dict[str, Any]:
    for _ in range(2):  # a token may be renewed between reading and using it
        try:
            with requests.Session() as session:
                session.trust_env = False
                headers = server.management.authorization("inference")
                response = picture.send(session, url, headers)
            body = json.loads(response.content)
        except (requests.RequestException, ValueError) as error:
            raise Failure(f"{picture.name}: no answer ({type(error).__name__}).") from None
        if isinstance(body, dict) and "request_id" in body | body.get("detail", {}):
            return body
    raise Failure(f"{picture.name}: TorchServe answered {response.status_code}.")


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
