"""One batch's way: look up → fetch and decode side by side → read → rules → store → answers."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

from db.errors import RowRejected, StoreError
from db.rows import NewReading, Row
from db.store import Store
from ocr.reader import Reader
from pipeline.answer import Answer, Stored, Unstored
from pipeline.errors import DatabaseUnavailable, InternalError, ServiceError
from pipeline.image import Image
from pipeline.request import Request, Url
from pipeline.response import answer_of
from postprocess.evidence import page_to_json, settle
from postprocess.types import Extraction, Page

log = logging.getLogger(__name__)


class FetchesPictures(Protocol):
    def fetch(self, image_url: str, url_type: str) -> bytes: ...


class Pipeline:
    """Answers batches. One per worker process; `run` is called by one thread at a time.

    decode: bytes → Image, raising ServiceError. rules: Page → Extraction, total.
    fetchers: how many pictures are fetched and decoded side by side.
    """

    def __init__(
        self,
        *,
        fetcher: FetchesPictures,
        decode: Callable[[bytes], Image],
        reader: Reader,
        rules: Callable[[Page], Extraction],
        store: Store,
        fetchers: int = 8,
    ) -> None:
        self._fetcher = fetcher
        self._decode = decode
        self._reader = reader
        self._rules = rules
        self._store = store
        self._pool = ThreadPoolExecutor(fetchers, thread_name_prefix="fetch")

    def run(self, items: Sequence[Request | ServiceError]) -> list[Answer | ServiceError]:
        """One answer or error for each item, in input order; never raises for one item's fault."""
        # Equal requests are answered once: the key is all that can change an answer.
        keys = [_key(item) if isinstance(item, Request) else item for item in items]
        wanted = {_key(item): item for item in reversed(items) if isinstance(item, Request)}
        try:
            answers = self._answer(wanted)
        except StoreError as error:
            log.warning("the store failed: %s", error)
            answers = dict.fromkeys(wanted, DatabaseUnavailable())
        return [key if isinstance(key, ServiceError) else answers[key] for key in keys]

    def close(self) -> None:
        """Give back the fetching threads."""
        self._pool.shutdown(cancel_futures=True)

    def _answer(self, wanted: dict["Key", Request]) -> dict["Key", Answer | ServiceError]:
        answers: dict[Key, Answer | ServiceError] = {}
        lookups = [request.identity for request in wanted.values() if _uses_rows(request)]
        rows = self._store.find(lookups) if lookups else {}
        to_read: dict[Key, Request] = {}
        for key, request in wanted.items():
            row = rows.get(request.identity) if _uses_rows(request) else None
            if row is None:
                to_read[key] = request
            else:
                answers[key] = Stored(row=row, source="stored")

        readings: dict[Key, NewReading] = {}
        for arrived in self._pictures(to_read):
            self._read_arrived(arrived, to_read, answers, readings)
        saved = self._store.save(list(readings.values())) if readings else []
        for (key, reading), outcome in zip(readings.items(), saved, strict=True):
            answers[key] = _stored(reading, outcome)
        return answers

    def _read_arrived(
        self,
        arrived: dict["Key", Image | ServiceError],
        requests: dict["Key", Request],
        answers: dict["Key", Answer | ServiceError],
        readings: dict["Key", NewReading],
    ) -> None:
        """Turn the pictures that have arrived into answers or into readings to be stored."""
        images = {key: image for key, image in arrived.items() if isinstance(image, Image)}
        answers.update({k: e for k, e in arrived.items() if isinstance(e, ServiceError)})
        hashes = [image.sha256 for key, image in images.items() if _uses_rows(requests[key])]
        same = self._store.find_same_picture(hashes) if hashes else {}
        for key in list(images):
            if _uses_rows(requests[key]) and images[key].sha256 in same:
                image = images.pop(key)
                readings[key] = NewReading.copy_of(
                    same[image.sha256],
                    identity=requests[key].identity,
                    url_type=requests[key].url_type,
                )
        for key, page in zip(images, self._pages(list(images.values())), strict=True):
            if isinstance(page, ServiceError):
                answers[key] = page
                continue
            try:
                kept, extraction = settle(page, self._rules)
            except Exception:
                log.exception("the rules failed on request %s", requests[key].id)
                answers[key] = InternalError()
                continue
            if requests[key].dry_run:
                answers[key] = Unstored(page=kept, extraction=extraction)
            else:
                readings[key] = new_reading(requests[key], images[key], kept, extraction)

    def _pictures(
        self, requests: dict["Key", Request]
    ) -> Iterator[dict["Key", Image | ServiceError]]:
        """Pictures in the order they arrive, so that reading goes on while others are fetched."""
        keys: dict[Future[Image | ServiceError], Key] = {
            self._pool.submit(self._picture, request): key for key, request in requests.items()
        }
        pending = set(keys)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield {keys[future]: future.result() for future in done}

    def _picture(self, request: Request) -> Image | ServiceError:
        try:
            if isinstance(request.source, Url):
                content = self._fetcher.fetch(request.source.image_url, request.url_type)
            else:
                content = request.source.content
            return self._decode(content)
        except ServiceError as error:
            return error
        except Exception:
            log.exception("fetch or decode failed on request %s", request.id)
            return InternalError()

    def _pages(self, images: list[Image]) -> list[Page | ServiceError]:
        """Read all at once; should that fail, one by one, so that only the culprit is refused."""
        if not images:
            return []
        try:
            return list(self._reader.read([image.pixels for image in images]))
        except Exception:
            log.exception("reading %d pictures together failed", len(images))
        pages: list[Page | ServiceError] = []
        for image in images:
            try:
                pages.extend(self._reader.read([image.pixels]))
            except Exception:
                log.exception("reading a picture of shape %s failed", image.pixels.shape)
                pages.append(InternalError())
        return pages


Key = tuple[str, str, bool, bool]


def _key(request: Request) -> Key:
    return (request.identity, request.url_type, request.refresh, request.dry_run)


def _uses_rows(request: Request) -> bool:
    return not request.refresh and not request.dry_run


def _stored(reading: NewReading, row: Row | StoreError) -> Answer | ServiceError:
    if isinstance(row, RowRejected):
        return InternalError()
    if isinstance(row, StoreError):
        return DatabaseUnavailable()
    # Somebody else may have committed the same link first: then theirs is the answer.
    ours = reading.copied_from is None and row.evidence == reading.evidence
    return Stored(row=row, source="ocr" if ours else "stored")


def new_reading(request: Request, image: Image, page: Page, found: Extraction) -> NewReading:
    """The row of a picture that was just read."""
    code, share = found.fund_code, found.hold_share
    evidence: dict[str, Any] = {**page_to_json(page), "answer": answer_of(found, page)}
    return NewReading(
        identity=request.identity,
        url_type=request.url_type,
        image_sha256=image.sha256,
        ocr_fund_code=code.value if code else "",
        ocr_hold_share=share.value if share else "",
        flag=found.reason is None,
        reason=found.reason,
        confidence=min(code.confidence, share.confidence) if code and share else None,
        label=share.label if share else None,
        evidence=evidence,
        model_version=page.model_version,
        rules_version=found.rules,
        refresh=request.refresh,
    )
