"""Reads pictures with the service's pipeline, in one process or on a cluster: the same outcomes."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256

from bulk.errors import BulkError, FileNotReadable, Later
from bulk.fetch import FetchTurns, TurnFetcher
from bulk.records import LineResult, SourcePicture
from db.errors import StoreError
from ocr.engines import ENGINES
from ocr.errors import ReaderError
from ocr.models import Models, load_bundled
from pipeline.answer import Answer, answer_body
from pipeline.errors import DatabaseUnavailable, ServiceError
from pipeline.factory import open_loaded
from pipeline.fetch.fetcher import Fetcher
from pipeline.memory import give_memory_back
from pipeline.parse import recognise_bytes, recognise_fields
from pipeline.request import Request
from pipeline.settings import PROJECT, Settings, SettingsError

BATCH = 32
"""Pictures of one call: those that are there are read while others are fetched, and all are stored
at once."""

_FETCHERS = 16
# How long (s) the database may be away before the whole run ends, and how often it is asked.
_PATIENCE_S, _PAUSE_S = 60.0, 2.0


class BulkReader:
    """One for each process; one thread uses it at a time. BulkError where it cannot be opened.

    dry_run: look at no row and store none.
    """

    def __init__(
        self, settings: Settings, models: Models, turns: FetchTurns, *, dry_run: bool
    ) -> None:
        self._dry_run = dry_run
        give_memory_back()  # before threads have made heaps of their own
        try:
            self._fetcher = TurnFetcher(Fetcher(settings), turns)
            self._pipeline = open_loaded(settings, models, self._fetcher, fetchers=_FETCHERS)
        except (SettingsError, ReaderError, StoreError) as error:
            raise BulkError(str(error)) from error

    def read(self, pictures: Sequence[SourcePicture], *, hurry: bool) -> list[LineResult]:
        """What they came to. With `hurry` those whose host is slow are left out.

        BulkError: the database does not come back. What was stored until then stays.
        """
        self._fetcher.hurry = hurry
        outcomes: list[LineResult] = []
        waiting, end = list(pictures), time.monotonic() + _PATIENCE_S
        while True:
            requests = [self._request(picture) for picture in waiting]
            away: list[SourcePicture] = []
            answers = self._pipeline.run(requests)
            for picture, request, answer in zip(waiting, requests, answers, strict=True):
                if isinstance(answer, DatabaseUnavailable):
                    away.append(picture)
                elif not isinstance(answer, Later):
                    outcomes.append(_outcome(picture, request, answer))
            if not away:
                return outcomes
            if time.monotonic() > end:
                raise BulkError(
                    f"{DatabaseUnavailable.message} It stayed away for {_PATIENCE_S:.0f} s; "
                    "run the same command again when it is back."
                )
            waiting = away
            time.sleep(_PAUSE_S)

    def close(self) -> None:
        """Give back the fetching threads."""
        self._pipeline.close()

    def _request(self, picture: SourcePicture) -> Request | ServiceError:
        line, id = picture.line, f"backfill-{picture.line.number}"
        if line.is_file:
            if picture.content is None:
                return FileNotReadable(f"The file cannot be read: {picture.fault}.")
            return recognise_bytes(picture.content, id, dry_run=self._dry_run)
        try:
            request = recognise_fields({"image_url": line.place, "url_type": line.url_type}, id)
        except ServiceError as error:
            return error
        return replace(request, dry_run=self._dry_run)


def bundled_models(settings: Settings) -> Models:
    """The models that this machine's checkout brings; BulkError where they are not there."""
    weights = PROJECT / "weights"
    try:
        return load_bundled(weights, ENGINES[settings.engine].bundled)
    except ReaderError as error:
        hint = "" if weights.is_dir() else " `make archive` brings the bundled ones."
        raise BulkError(f"{error}{hint}") from None


def _outcome(
    picture: SourcePicture, request: Request | ServiceError, answer: Answer | ServiceError
) -> LineResult:
    number = picture.line.number
    if isinstance(request, Request):
        identity = request.identity
    else:
        identity = "" if picture.line.is_file else picture.line.place
    if isinstance(answer, ServiceError):
        cause = answer.detail.get("detail", {}).get("cause")
        return LineResult(
            number=number,
            image_url=identity,
            status=answer.status,
            code=answer.code,
            error=f"{answer} ({cause})" if cause else str(answer),
        )
    body = answer_body(answer, "", 0)
    detail = body["detail"]
    return LineResult(
        number=number,
        image_url=identity,
        flag=body["flag"],
        **body["data"],
        reason=detail["reason"],
        row_id=detail["id"],
        source=detail["source"],
    )


# Whether two machines run the same code.

_PACKAGES = ("bulk", "db", "ocr", "pipeline", "postprocess")


@cache
def code_version() -> str:
    """12 hex digits of all code that a reader runs."""
    digest = sha256()
    for package in _PACKAGES:
        for file in sorted((PROJECT / package).rglob("*.py")):
            digest.update(file.relative_to(PROJECT).as_posix().encode() + b"\0")
            digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
