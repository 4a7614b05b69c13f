"""A review desk to test with: drawn screens in a database as a perfect reader reads them, their
pictures on a host, a front door before them, and people with keys.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np

from db.access import Keys, Role
from db.engine import open_engine
from db.queue import Queue
from db.replace import Doubt, doubt_answers
from db.rows import Row
from db.store import Store
from db.upgrade import upgrade
from evals.screens.corpus import draw
from evals.screens.screen import Screen, Truth
from evals.testbed.picture_host import PictureHost
from ocr.crops import Pixels
from ocr.reader import Doubts
from pipeline.answer import Stored
from pipeline.batch import Pipeline
from pipeline.decode.image import PixelBudget, decode
from pipeline.extractor import Extractor
from pipeline.fetch.fetcher import Fetcher
from pipeline.parse import recognise_bytes, recognise_link
from pipeline.response import to_json
from pipeline.rules import open_rules
from pipeline.settings import Settings
from pipeline.timings import UNMEASURED
from postprocess.types import Page
from tests.front.in_process import front_in_process

SEED = 4
# Nobody listens there: these tests read no picture through TorchServe.
NO_TORCHSERVE = "http://127.0.0.1:9"


def screens(count: int) -> list[Screen]:
    """Drawn screens of all layouts, one in three or so without a sure answer."""
    return list(draw(count, SEED))


def png(screen: Screen) -> bytes:
    buffer = BytesIO()
    screen.picture.save(buffer, "PNG")
    return buffer.getvalue()


class AsDrawn:
    """A reader that knows what was drawn on each of these screens. What these tests look at is the
    pages; a real one takes half a second for each."""

    model_version = "drawn@1"

    def __init__(self, drawn: Iterable[Screen]) -> None:
        self._pages = {_pixels(np.asarray(one.picture)[..., ::-1]): one.page() for one in drawn}

    def read(self, images: Sequence[Pixels], doubts: Doubts | None = None) -> list[Page]:
        pages = (self._pages[_pixels(image)] for image in images)
        return [replace(page, model_version=self.model_version) for page in pages]


def _pixels(image: Pixels) -> tuple[tuple[int, ...], bytes]:
    return image.shape, image.tobytes()


def read_into(
    home: Path, drawn: Mapping[str, Screen], uploads: Sequence[bytes], host: PictureHost
) -> None:
    """Make a database in `home` and fill it as the service would. drawn: by the path and query of
    their links to the host. uploads: files with the same pixels as one of them."""
    settings = Settings(
        home=home,
        local_hosts=(host.authority,),
        local_cidrs=("127.0.0.1/32",),  # type: ignore[arg-type]
    )
    upgrade(settings.resolved_database_url)
    budget = PixelBudget(settings.max_pixels)
    pipeline = Pipeline(
        fetcher=Fetcher(settings),
        decode=partial(decode, settings=settings, budget=budget),
        budget=budget,
        extractor=Extractor(
            reader=AsDrawn(drawn.values()), second=None, rules=open_rules(settings)
        ),
        store=Store(open_engine(settings.resolved_database_url)),
        fetchers=8,
        meters=UNMEASURED,
    )
    links = [
        recognise_link(
            to_json({"image_url": host.url(path), "url_type": "7min_local"}).encode(), ""
        )
        for path in drawn
    ]
    try:
        answers = pipeline.run([*links, *(recognise_bytes(content, "") for content in uploads)])
        assert all(isinstance(answer, Stored) for answer in answers), answers
    finally:
        pipeline.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A front door in this process, over a database of its own."""

    url: str
    home: Path
    store: Store
    queue: Queue
    keys: Keys
    truths: dict[str, Truth] = field(default_factory=dict)

    def key(self, name: str, role: Role = Role.CORRECTOR) -> str:
        return self.keys.add(name, role)

    def row_of(self, path: str) -> Row:
        """The row of the link with this path."""
        (found,) = [row for row in self.rows() if f"{path}?" in row.image_url]
        return found

    def rows(self) -> list[Row]:
        """All rows, by id."""
        return [row for _, row in sorted(self.store.get_many(range(1, 200)).items())]

    def doubt(self, row: Row, code: str, share: str) -> None:
        """As `fundocr replay` does where later rules read this on the row's page."""
        other = {
            "fund_code": code,
            "hold_share": share,
            "reason": None,
            "rules_version": "layout@9",
        }
        told = Doubt(identity=row.image_url, row_version=row.row_version, other=other)
        engine = open_engine(f"sqlite:///{self.home}/var/fundocr.db")
        try:
            doubt_answers(engine, [told], actor="replay", note="rules layout@9")
        finally:
            engine.dispose()

    def actions(self, id: int) -> list[tuple[str, str]]:
        """What was said of a row and by whom, oldest first."""
        return [(line.action, line.actor) for line in self.store.history(id)]


@contextmanager
def desk(
    home: Path, filled: Path, host: PictureHost, truths: dict[str, Truth], torchserve: str
) -> Iterator[Desk]:
    """filled: a home whose database is copied. torchserve: its inference address."""
    shutil.copytree(filled / "var", home / "var")
    engine = open_engine(f"sqlite:///{home}/var/fundocr.db")
    try:
        with front_in_process(
            torchserve,
            home,
            FUNDOCR_ANONYMOUS_CIDRS="",
            FUNDOCR_LOCAL_HOSTS=host.authority,
            FUNDOCR_LOCAL_CIDRS="127.0.0.1/32",
        ) as url:
            yield Desk(
                url=url,
                home=home,
                store=Store(engine),
                queue=Queue(engine),
                keys=Keys(engine),
                truths=truths,
            )
    finally:
        engine.dispose()
