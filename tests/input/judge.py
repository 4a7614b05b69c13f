"""Sends what tests make up, and judges every answer: no failure of ours, and in our form."""

import http.client
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

import front.app  # noqa: F401 — loads every module that names an error
from front.openapi import document
from pipeline.errors import ServiceError

TORCHSERVES_OWN = frozenset({400, 404, 405, 413})
"""What TorchServe may answer by itself to a request with a token, in its own form (docs/api.md)."""
OF_ITS_FORMS = frozenset({400, 403, 500})
"""The same where it cannot read a form. The front door never hands one on."""

_ERROR = frozenset({"error", "code", "request_id"})
# Examples of each strategy: as many times more under `make fuzz-input`, and not the same ones.
TIMES = int(os.environ.get("FUNDOCR_FUZZ", "1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """headers: names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The content type alone."""
        return self.headers.get("content-type", "").partition(";")[0]


def statuses_by_code() -> dict[str, set[int]]:
    """Every code that one of our errors has, with its statuses; those of the command line and of
    backfills, which another test of this process may have loaded, answer no request."""
    found: dict[str, set[int]] = {}
    for error in _below(ServiceError):
        if error.__module__.startswith(("bulk.", "cli.")):
            continue
        found.setdefault(error.code, set()).add(error.status)
    return found


def documented_codes() -> set[str]:
    """The codes that /openapi.json lists."""
    return set(document()["components"]["schemas"]["Error"]["properties"]["code"]["enum"])


def _below(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
    yield error
    for other in error.__subclasses__():
        yield from _below(other)


@dataclass(slots=True)
class Judge:
    """counts: how often which status was answered, by what was asked."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    _statuses: dict[str, set[int]] = field(default_factory=statuses_by_code)

    def at_front(
        self, asked: str, answer: Answer, *, page: bool = False, text: bool = False
    ) -> None:
        """An answer of the front door. page: HTML, a file or a way to another page may come too;
        text: what is asked for is plain text, or CSV.
        """
        self.counts[asked, answer.status] += 1
        assert answer.status < 500, self._told(asked, answer)
        if page and (answer.kind != "application/json" or answer.status in (303, 304)):
            assert answer.status in (200, 303, 304) or answer.kind == "text/html", answer
            return
        is_text = text and answer.status == 200 and answer.kind in ("text/plain", "text/csv")
        if not is_text and not asked.startswith("HEAD "):
            self._in_our_form(asked, answer)
        assert answer.headers["x-content-type-options"] == "nosniff"

    def at_torchserve(self, asked: str, answer: Answer, *, form: bool = False) -> None:
        """An answer of a handler, or one of the few that TorchServe gives by itself. form: the
        request called itself one."""
        content = json.loads(answer.body) if answer.body else None
        if isinstance(content, dict) and content.keys() == {"code", "type", "message"}:
            self.counts[f"TorchServe's own {content['type']}", answer.status] += 1
            own = TORCHSERVES_OWN | OF_ITS_FORMS if form else TORCHSERVES_OWN
            assert answer.status in own, self._told(asked, answer)
            return
        self.counts[asked, answer.status] += 1
        assert answer.status < 500, self._told(asked, answer)
        if content is None:
            assert answer.status == 413, self._told(asked, answer)
            return
        self._in_our_form(asked, answer)

    def _in_our_form(self, asked: str, answer: Answer) -> None:
        assert answer.kind == "application/json", self._told(asked, answer)
        content = json.loads(answer.body)
        assert isinstance(content, dict), self._told(asked, answer)
        if answer.status < 300:
            return
        assert content.keys() >= _ERROR, self._told(asked, answer)
        assert answer.status in self._statuses[content["code"]], self._told(asked, answer)
        assert all(content[name] and isinstance(content[name], str) for name in _ERROR), content

    @staticmethod
    def _told(asked: str, answer: Answer) -> str:
        return f"{asked}: {answer.status} {answer.headers} {answer.body[:500]!r}"


def ask(
    url: str,
    method: str,
    target: str,
    body: bytes | None = None,
    headers: Mapping[str, str | bytes] | None = None,
) -> Answer:
    """Send exactly this: no client tidies the target or the headers up."""
    talk = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    try:
        talk.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            talk.putheader(name, value)
        if body is not None:
            talk.putheader("Content-Length", str(len(body)))
        talk.endheaders(body)
        answer = talk.getresponse()
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            body=answer.read(),
        )
    finally:
        talk.close()


def of(answer: requests.Response) -> Answer:
    """The same of an answer that requests has got."""
    headers: dict[str, Any] = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(status=answer.status_code, headers=headers, body=answer.content)
