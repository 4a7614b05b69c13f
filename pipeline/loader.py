"""Fetches and decodes the pictures of a batch side by side, and hands them on as they arrive."""

import logging
import time
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from functools import partial
from threading import Semaphore
from typing import Protocol, TypeVar

from pipeline.decode.image import Image, PixelBudget
from pipeline.errors import InternalError, ServiceError
from pipeline.fetch.link import Link
from pipeline.request import Request, Url
from pipeline.timings import Stage, Timings

log = logging.getLogger(__name__)

# How long pictures that are decoded wait for others of their batch (s): for those that are still
# being fetched, and at most for those that are being decoded.
_FETCH_SECONDS = 0.03
_DECODE_SECONDS = 0.5

K = TypeVar("K", bound=Hashable)


class FetchesPictures(Protocol):
    def fetch(self, link: Link, url_type: str) -> bytes: ...


class PictureLoader:
    """fetchers, decoders, …: see `Pipeline`."""

    def __init__(
        self,
        *,
        fetcher: FetchesPictures,
        decode: Callable[[bytes], Image],
        budget: PixelBudget,
        fetchers: int,
        decoders: int,
        meters: Timings,
    ) -> None:
        self._fetcher = fetcher
        self._decode = decode
        self._budget = budget
        self._meters = meters
        self._decoding = Semaphore(decoders)
        self._pool = ThreadPoolExecutor(fetchers, thread_name_prefix="fetch")

    def close(self) -> None:
        """Give back the fetching threads."""
        self._pool.shutdown(cancel_futures=True)

    def of(self, requests: Mapping[K, Request]) -> Generator[dict[K, Image | ServiceError]]:
        """Pictures in the order they arrive, so that reading goes on while others are fetched."""
        fetched: set[K] = set()
        keys: dict[Future[Image | ServiceError], K] = {
            self._pool.submit(self._picture, request, partial(fetched.add, key)): key
            for key, request in requests.items()
        }
        try:
            while keys:
                wait(keys, return_when=FIRST_COMPLETED)
                self._wait_for_company(keys, fetched)
                done = [future for future in keys if future.done()]
                yield {keys.pop(future): future.result() for future in done}
        finally:
            for future in as_completed(keys):  # none, unless what reads them has failed
                self._budget.release(pixels_in([future.result()]))

    def _wait_for_company(
        self, keys: dict[Future[Image | ServiceError], K], fetched: set[K]
    ) -> None:
        """Wait for pictures that will soon be decoded: those read together share their shapes,
        which saves a tenth of the time. A slow host is not waited for."""
        end = time.monotonic() + _DECODE_SECONDS
        wait(keys, timeout=_FETCH_SECONDS)
        # One that waits for room gets it when those that are decoded have been read.
        while not self._budget.is_short and time.monotonic() < end:
            soon = [f for f, key in keys.items() if key in fetched and not f.done()]
            if not soon:
                break
            wait(soon, timeout=_FETCH_SECONDS)

    def _picture(self, request: Request, fetched: Callable[[], None]) -> Image | ServiceError:
        try:
            source = request.source
            content = source.content
            if content is None:  # a link that nobody has fetched yet
                assert isinstance(source, Url), "other pictures come with their request"
                with self._meters.timed(Stage.FETCH):
                    content = self._fetcher.fetch(source.link, request.url_type)
            fetched()
            with self._decoding, self._meters.timed(Stage.DECODE):
                return self._decode(content)
        except ServiceError as error:
            return error
        except Exception:
            log.exception("fetch or decode failed on request %s", request.id)
            return InternalError()


def pixels_in(pictures: Iterable[Image | ServiceError]) -> int:
    """What they hold of the budget."""
    return sum(one.count for one in pictures if isinstance(one, Image))
