"""One batch's way: look up → fetch and decode side by side → read → rules → store → answers."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from hashlib import sha256

from db.errors import (
    RowConflict,
    RowNotFound,
    RowRejected,
    StoreError,
    StoreUnavailable,
)
from db.rows import NewReading, Row
from db.store import Store
from pipeline.answer import Answer, Stored, Unstored
from pipeline.decode.image import Image, PixelBudget
from pipeline.errors import (
    InternalError,
    RowChanged,
    ServiceError,
    UnknownImage,
)
from pipeline.extractor import Extractor
from pipeline.loader import FetchesPictures, PictureLoader, pixels_in
from pipeline.reading import new_reading
from pipeline.request import LONGEST, Request
from pipeline.review import present, unavailable
from pipeline.timings import UNMEASURED, Stage, Timings

log = logging.getLogger(__name__)


class Pipeline:
    """Answers batches. One per worker process; `run` is called by one thread at a time.

    decode: bytes → Image, raising ServiceError; takes the Image's pixels out of `budget`, and we
        give them back when it has been read.
    fetchers: how many pictures are fetched side by side. decoders: of these how many are decoded at
        once; more than there are cores only need more memory.
    meters: is told what each batch takes.
    """

    def __init__(
        self,
        *,
        fetcher: FetchesPictures,
        decode: Callable[[bytes], Image],
        budget: PixelBudget,
        extractor: Extractor,
        store: Store,
        fetchers: int = 8,
        decoders: int = 2,
        meters: Timings = UNMEASURED,
    ) -> None:
        self._arrivals = PictureLoader(
            fetcher=fetcher,
            decode=decode,
            budget=budget,
            fetchers=fetchers,
            decoders=decoders,
            meters=meters,
        )
        self._budget = budget
        self._extractor = extractor
        self._store = store
        self._meters = meters

    def run(self, items: Sequence[Request | ServiceError]) -> list[Answer | ServiceError]:
        """One answer or error for each item, in input order; never raises for one item's fault."""
        # Equal requests are answered once: the key is all that can change an answer.
        keys = [_key(item) if isinstance(item, Request) else item for item in items]
        requests = {_key(item): item for item in reversed(items) if isinstance(item, Request)}
        answers = self._answer(requests)
        return [key if isinstance(key, ServiceError) else answers[key] for key in keys]

    def close(self) -> None:
        """Give back the fetching threads."""
        self._arrivals.close()

    def _answer(self, requests: dict["Key", Request]) -> dict["Key", Answer | ServiceError]:
        answers, readings = self._known(requests)
        to_read = {
            key: request
            for key, request in requests.items()
            if key not in answers and key not in readings
        }
        with closing(self._arrivals.of(to_read)) as groups:
            for arrived in groups:
                try:
                    self._read_arrived(arrived, to_read, answers, readings)
                finally:
                    self._budget.release(pixels_in(arrived.values()))
        return answers | self._saved(readings)

    def _known(
        self, requests: dict["Key", Request]
    ) -> tuple[dict["Key", Answer | ServiceError], dict["Key", NewReading]]:
        """The stored answers of known links; and what new links of known pictures take over, of
        those pictures that came with their request. With the database away all but dry runs are
        refused here, before anything is fetched or read for them."""
        asked = {key: request for key, request in requests.items() if _uses_rows(request)}
        pictures = {
            key: sha256(content).digest()
            for key, request in asked.items()
            if (content := request.source.content) is not None
        }
        try:
            with self._meters.timed(Stage.LOOK_UP):
                rows, of_pictures = self._store.find_known(
                    [request.identity for request in asked.values()], [*pictures.values()]
                )
        except StoreError as error:
            self._meters.database_failed(Stage.LOOK_UP)
            log.warning("rows were not looked up: %s", error)
            refused = unavailable(error)
            return {key: refused for key, one in requests.items() if not one.dry_run}, {}
        answers: dict[Key, Answer | ServiceError] = {
            key: Stored(row=rows[request.identity], source="stored")
            for key, request in asked.items()
            if request.identity in rows
        }
        readings = {
            key: _same_picture(asked[key], of_pictures[digest])
            for key, digest in pictures.items()
            if key not in answers and digest in of_pictures
        }
        return answers, readings

    def _saved(self, readings: dict["Key", NewReading]) -> dict["Key", Answer | ServiceError]:
        """The answers of readings, committed."""
        if not readings:
            return {}
        try:
            with self._meters.timed(Stage.SAVE):
                rows = self._store.save(list(readings.values()))
        except StoreError as error:
            rows = [error] * len(readings)
        failed = [row for row in rows if isinstance(row, StoreUnavailable)]
        if failed:
            self._meters.database_failed(Stage.SAVE)
            log.warning("%d readings were not stored: %s", len(failed), failed[0])
        return {
            key: _stored(reading, row)
            for (key, reading), row in zip(readings.items(), rows, strict=True)
        }

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
        for key, known in self._same_pictures(images, requests).items():
            del images[key]
            if isinstance(known, ServiceError):
                answers[key] = known
            else:
                readings[key] = known
        with self._meters.reading(len(images), pixels_in(images.values())):
            extracted = self._extractor.extract(list(images.values()))
        for (key, image), one in zip(images.items(), extracted, strict=True):
            if isinstance(one, ServiceError):
                answers[key] = one
            elif requests[key].dry_run:
                answers[key] = Unstored(page=one.page, extraction=one.extraction)
            else:
                readings[key] = new_reading(requests[key], image, one.page, one.extraction)

    def _same_pictures(
        self, images: dict["Key", Image], requests: dict["Key", Request]
    ) -> dict["Key", NewReading | ServiceError]:
        """Of the pictures that were fetched here those that are known by another link, with the
        readings they take over."""
        asked = {
            key: image
            for key, image in images.items()
            if _uses_rows(requests[key]) and requests[key].source.content is None
        }
        if not asked:
            return {}
        try:
            with self._meters.timed(Stage.LOOK_UP):
                rows = self._store.find_same_picture([image.sha256 for image in asked.values()])
        except StoreError as error:
            self._meters.database_failed(Stage.LOOK_UP)
            log.warning("pictures were not looked up: %s", error)
            return dict.fromkeys(asked, unavailable(error))
        return {
            key: _same_picture(requests[key], rows[image.sha256])
            for key, image in asked.items()
            if image.sha256 in rows
        }


Key = tuple[str, str, bool, int | None, bool]


def _key(request: Request) -> Key:
    how = (request.refresh, request.row_version, request.dry_run)
    return (request.identity, request.url_type, *how)


def _uses_rows(request: Request) -> bool:
    return not request.refresh and not request.dry_run


def _same_picture(request: Request, row: Row) -> NewReading:
    return NewReading.copy_of(
        row,
        identity=request.identity,
        url_type=request.url_type,
        request_id=request.id[:LONGEST] or None,
    )


def _stored(reading: NewReading, row: Row | StoreError) -> Answer | ServiceError:
    if isinstance(row, RowRejected):
        return InternalError()
    if isinstance(row, RowConflict):
        return RowChanged(detail={"present": present(row.present)})
    if isinstance(row, RowNotFound):
        return UnknownImage()
    if isinstance(row, StoreError):
        return unavailable(row)
    # Somebody else may have committed the same link first: then theirs is the answer.
    ours = reading.copied_from is None and row.evidence == reading.evidence
    is_copy = reading.copied_from is not None
    return Stored(row=row, source="ocr" if ours else "stored", is_copy=is_copy)
