"""Batches of pictures that are read at once: a picture of one grey is read as that grey's page.

All else is real: fetching, decoding, the rules, the store. What the models make of real pictures is
for test_pipeline.py.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image

from db.engine import open_engine
from db.store import Store
from evals.testbed.picture_host import PictureHost, picture_host
from ocr.crops import Pixels
from ocr.errors import TooMuchText
from ocr.reader import Doubts
from pipeline.answer import Answer, Stored
from pipeline.batch import Pipeline
from pipeline.decode.image import PixelBudget, decode
from pipeline.errors import ServiceError
from pipeline.extractor import Extractor
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.link import parse_link
from pipeline.request import Request, Url
from pipeline.rules import open_rules
from pipeline.settings import Settings
from pipeline.timings import BatchTimings
from postprocess.types import Page
from tests.db.migrated import sqlite_with_tables
from tests.rules.layout_pages import page_of

SIDE = 20
SHARELESS, UNSTORABLE, CROWDED = 255, 254, 253
"""Greys of a page that has no share, of one that no database can hold, and of too much text."""


def picture(grey: int) -> bytes:
    """A PNG of one grey."""
    file = BytesIO()
    PIL.Image.new("L", (SIDE, SIDE), grey).save(file, "PNG")
    return file.getvalue()


def page_of_grey(grey: int) -> Page:
    """A page with the code 011608 and as many shares, and a half."""
    lines: list[Any] = [["基金代码", 20, 100, 16], ["011608", "r350", 100, 16]]
    if grey != SHARELESS:
        lines += [["持有份额", 20, 140, 16], [f"{grey}.50", "r350", 140, 16]]
    half_a_character = "\ud83d"
    model = half_a_character if grey == UNSTORABLE else "written@1"
    return replace(page_of(lines), model_version=model)


@dataclass
class GreyReader:
    """reads: how many pictures came together, each time. before: is done first, each time."""

    model_version: str = "written@1"
    reads: list[int] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def read(self, images: Sequence[Pixels], doubts: Doubts | None = None) -> list[Page]:
        greys = [int(pixels[0, 0, 0]) for pixels in images]
        if CROWDED in greys:
            raise TooMuchText
        self.reads.append(len(images))
        self.before()
        return [page_of_grey(grey) for grey in greys]


@dataclass(kw_only=True)
class Batches:
    """A pipeline, and what a test looks at besides its answers."""

    pipeline: Pipeline
    reader: GreyReader
    store: Store
    meters: BatchTimings
    budget: PixelBudget
    host: PictureHost

    def run(self, *items: Request | ServiceError) -> list[Answer | ServiceError]:
        return self.pipeline.run(items)

    def link(self, name: str, **how: Any) -> Request:
        """Asks for `/7.png`, or by another link for the same picture: `/7.png?again`."""
        return Request(
            **{"id": "", "url_type": "7min_local", **how},
            source=Url(link=parse_link(self.url(name))),
        )

    def url(self, name: str) -> str:
        return self.host.url(name)

    def lose_tables(self) -> None:
        """What an operator can do at any moment. Done again it changes nothing: the pictures of a
        batch that arrive late on a busy machine are read by themselves, so `before` comes twice."""
        with self.store._reader.begin() as connection:
            if connection.dialect.has_table(connection, "ocr_result"):
                connection.exec_driver_sql("ALTER TABLE ocr_result RENAME TO elsewhere")


@contextmanager
def batches(folder: Path, routes: dict[str, Any] | None = None) -> Iterator[Batches]:
    """A pipeline with a store of its own; a host with the pictures of 20 greys, and more."""
    greys = [*range(1, 20), SHARELESS, UNSTORABLE, CROWDED]
    pictures = {f"/{grey}.png": picture(grey) for grey in greys}
    reader, meters = GreyReader(), BatchTimings()
    engine = open_engine(sqlite_with_tables(folder / "rows.db"))
    with picture_host(pictures | (routes or {})) as host:
        settings = Settings(
            home=folder,
            local_hosts=(host.authority,),
            local_cidrs=("127.0.0.1/32",),  # type: ignore[arg-type]
        )
        budget, store = PixelBudget(settings.max_pixels), Store(engine)
        pipeline = Pipeline(
            fetcher=Fetcher(settings),
            decode=partial(decode, settings=settings, budget=budget),
            budget=budget,
            extractor=Extractor(reader=reader, second=None, rules=open_rules(settings)),
            store=store,
            meters=meters,
        )
        try:
            yield Batches(
                pipeline=pipeline,
                reader=reader,
                store=store,
                meters=meters,
                budget=budget,
                host=host,
            )
        finally:
            pipeline.close()
            engine.dispose()


def told(outcomes: list[Answer | ServiceError]) -> list[str]:
    """What each came to, in one word."""
    return [
        one.code
        if isinstance(one, ServiceError)
        else one.source
        if isinstance(one, Stored)
        else "dry_run"
        for one in outcomes
    ]


def stored(outcome: Answer | ServiceError) -> Stored:
    assert isinstance(outcome, Stored), outcome
    return outcome
