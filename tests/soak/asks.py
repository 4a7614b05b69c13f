"""What is asked in a soak, and what must come back."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.soak.files import File, Truth
from tests.soak.hosts import FAILED, FAILING

JSON = "application/json"
CORRECTED = {"fund_code": "000001", "hold_share": "12.50"}
_BOUNDARY = "soak-4711"
# Which of a hundred turns are what; all others are links to pictures whose truth is known.
_BROKEN = (7, 23, 41, 59, 77, 93)
_FAILING = (13, 47, 83)
_UPLOADS = (3, 10, 19, 28, 37, 44, 53, 62, 71, 80, 89, 98)
_FORMS = (10, 37, 44, 71)
_ODD = range(1, 100, 4)
_CORRECTIONS = (2, 18, 34, 50, 66, 82)
_REPEATS = (4, 20, 36, 52, 68, 84)
_OTHER_LINKS = (8, 24, 40, 56, 72, 88)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. codes: one of these must be answered; empty: an answer with status 200.

    identity: of the row that must be there after it; None: there is none. is_picture: whether the
    service is given a picture that it has to look at. truth: what the picture shows, None where
    nobody knows. data: what must come back to the letter. source: where the answer must be from.
    repeats: whether the data must be that of the turn's first ask.
    """

    path: str = "/ocr_handler"
    body: bytes
    content_type: str = JSON
    codes: frozenset[str] = frozenset()
    identity: str | None = None
    is_picture: bool = True
    truth: Truth | None = None
    data: Mapping[str, str] | None = None
    source: str | None = None
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """The asks of a soak by their number; known: with truth, odd: without.

    url: a path on the picture host → the link; the host serves `known`, then `odd`.
    """

    known: Sequence[File]
    odd: Sequence[File]
    url: Callable[[str], str]
    broken: Sequence[Ask]

    def turn(self, number: int) -> list[Ask]:
        """What one caller asks in a row; a hundred turns hold each kind in its share."""
        hundred, step = divmod(number, 100)
        if step in _BROKEN:
            place = hundred * len(_BROKEN) + _BROKEN.index(step)
            return [self.broken[place * 5 % len(self.broken)]]  # a mixed bag from the first on
        if step in _FAILING:
            place = hundred * len(_FAILING) + _FAILING.index(step)
            name = list(FAILING)[place % len(FAILING)]
            return [_link(self.url(f"/{name}/{number}"), codes=FAILED)]
        if step in _UPLOADS:
            files = self.known if step % 2 else self.odd
            file = files[number // 2 % len(files)]
            return [(_form if step in _FORMS else _upload)(file, number)]
        if step in _ODD:
            place = len(self.known) + number % len(self.odd)
            return [self._picture(place, number)]
        first = self._picture(number % len(self.known), number)
        if step in _CORRECTIONS:
            return [first, *_correction(first)]
        if step in _REPEATS:
            return [first, _again(first)]
        if step in _OTHER_LINKS:
            place = number % len(self.known)
            return [first, self._picture(place, number, query="?other", source="stored")]
        return [first]

    def _picture(self, place: int, number: int, *, query: str = "", source: str = "ocr") -> Ask:
        file = self.known[place] if place < len(self.known) else None
        url = self.url(f"/{place}/{number}{query}")
        truth = file.truth if file else None
        return _link(url, identity=url, truth=truth, source=source, repeats=bool(query))


def _link(url: str, **expected: Any) -> Ask:
    return Ask(body=_json(image_url=url, url_type="7min_local"), **expected)


def _upload(file: File, number: int) -> Ask:
    content = file.numbered(number)
    return Ask(
        body=content,
        content_type=file.content_type,
        identity=f"upload:sha256:{sha256(content).hexdigest()}",
        truth=file.truth,
        source="ocr",
    )


def _form(file: File, number: int) -> Ask:
    content = file.numbered(number)
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n'
        f"Content-Type: {file.content_type}\r\n\r\n"
    )
    return Ask(
        body=head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={_BOUNDARY}",
        identity=f"upload:sha256:{sha256(content).hexdigest()}",
        truth=file.truth,
        source="ocr",
    )


def _again(first: Ask) -> Ask:
    return Ask(
        body=first.body,
        identity=first.identity,
        is_picture=False,
        truth=first.truth,
        source="stored",
        repeats=True,
    )


def _correction(first: Ask) -> list[Ask]:
    code, share = CORRECTED["fund_code"], CORRECTED["hold_share"]
    body = _json(image_url=first.identity, update_fund_code=code, update_hold_share=share)
    corrected = Ask(path="/ocr_info_update", body=body, identity=first.identity, is_picture=False)
    read_again = Ask(
        body=first.body,
        identity=first.identity,
        is_picture=False,
        data=CORRECTED,
        source="corrected",
    )
    return [corrected, read_again]


def _json(**fields: Any) -> bytes:
    return json.dumps(fields).encode()
