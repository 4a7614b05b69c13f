"""One life of one service: first what `make soak` asks of it for 20 minutes, in small; then what
`make faults` does to it for a quarter of an hour, once or twice of most kinds.

How much memory it takes, and how soon it is well again, is measured there, not here.
"""

import json
import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from evals.bench.host import unique
from evals.bench.report import Target, conclude
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import picture_host
from tests.db.cutting_proxy import CuttingProxy
from tests.faults import faults
from tests.faults.faults import Fault
from tests.faults.ledger import Findings, Outcome
from tests.faults.pictures import Pictures, kinds, without_code
from tests.faults.place import Place, place
from tests.faults.run import run
from tests.soak.asks import Ask, Asks
from tests.soak.broken import broken
from tests.soak.files import File, encoded, of_odd_sizes
from tests.soak.hosts import FETCH_SECONDS, Routes
from tests.soak.run import CALLERS, Soaked, long_life, soak_of
from tests.soak.watch import Watch

PICTURES = 140
"""So many are two hundred turns begun, after which every kind of answer was given."""
JUDGED_LATER = ("memory", "growth")
"""Of these pictures say nothing: the worker is still warming up."""
CLIENTS, PAUSE = 8, 0.3
"""Of each client after an answer (s): some requests are in work at any time, and the machine is
left to what else is tested on it."""
FAULTS = (
    faults.worker_killed(1),
    faults.database_killed(1),
    faults.commit_cut_off(2),
    faults.database_read_only(1, seconds=1),
    faults.front_restarted(1),
    faults.torchserve_restarted(1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The service, as faults are done to it, and what came of its first 140 pictures."""

    place: Place
    soak: Soaked
    targets: list[Target]
    watch: Watch


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """On a database of its own, which it reaches through a proxy."""
    folder = tmp_path_factory.mktemp("life")
    temporary = folder / "tmp"
    temporary.mkdir()
    known = _quick_to_read()
    files = [*known, *of_odd_sizes(known, 7)]
    with ExitStack() as stack:
        host = stack.enter_context(picture_host(Pictures()))
        mixed = stack.enter_context(picture_host(Routes(files)))
        server = stack.enter_context(MariaDB())
        proxy = stack.enter_context(CuttingProxy(server.port))
        settings = {
            "TMPDIR": str(temporary),
            "FUNDOCR_LOCAL_HOSTS": f"{host.authority},{mixed.authority}",
            "FUNDOCR_FETCH_SECONDS": str(FETCH_SECONDS),
        }
        url = server.new_database(upgraded=True)
        here = stack.enter_context(
            place(folder / "home", host, url, server=server, proxy=proxy, settings=settings)
        )
        asks = Asks(known=known, odd=files[len(known) :], url=mixed.url, broken=broken(known[0]))
        headers = {"Authorization": f"Bearer {here.world.key}"}
        soak = soak_of(here.trial, headers, temporary, asks, url)
        soak.callers.run(PICTURES // 2, CALLERS)  # so that what is opened once is open
        targets, watch = long_life(soak, PICTURES // 2, rest=0)
        here.findings()  # these rows are none of the ledger's
        yield Life(place=here, soak=soak, targets=targets, watch=watch)


def _quick_to_read() -> list[File]:
    """Strips, of other bytes than the faults' clients ask for: a correction goes with its
    picture. Beside them one without a code, which must be refused, and a JPEG."""
    strips = [
        File(
            content_type="image/png",
            content=unique(kind.content, 0),
            truth=dict(zip(("fund_code", "hold_share"), kind.shows, strict=True)),
        )
        for kind in kinds()
    ]
    nothing = {"fund_code": "", "hold_share": ""}
    refused = File(content_type="image/png", content=unique(without_code(), 0), truth=nothing)
    with Image.open(BytesIO(strips[0].content)) as picture:
        jpeg = replace(encoded(picture, "JPEG"), truth=strips[0].truth)
    return [*strips, refused, *strips, jpeg, *strips]


def test_every_answer_and_what_is_taken_meets_the_targets(life: Life) -> None:
    later = [one for one in life.targets if one.key.startswith(JUDGED_LATER)]
    assert [one.line() for one in life.targets if not one.met and one not in later] == []
    assert len(life.targets) == 22


def test_all_kinds_of_answers_were_given(life: Life) -> None:
    tally = life.soak.callers.tally
    assert tally.pictures >= PICTURES
    assert {200, 400, 403, 413, 415, 422, 502} <= set(tally.statuses)
    assert min(tally.judged, tally.corrections) > 0


def test_every_process_of_the_service_was_looked_at(life: Life) -> None:
    assert set(life.watch.looks) >= {
        "OCR worker",
        "correction worker",
        "front door",
        "TorchServe (Java)",
        "TorchServe's launcher",
        "fundocr serve",
    }
    looks_of = life.watch.looks.values()
    assert all(looks[0].rss > 0 and looks[0].threads > 0 for looks in looks_of)
    assert life.watch.disk[-1].logs > 0


def test_the_report_holds_targets_and_looks(life: Life, tmp_path: Path) -> None:
    details = {"looks": life.watch.as_json()}
    code = conclude(tmp_path / "soak.json", life.targets, details)
    written = json.loads((tmp_path / "soak.json").read_text(encoding="utf-8"))
    assert code == (0 if all(one.met for one in life.targets) else 1)
    assert [one["key"] for one in written["targets"]] == [one.key for one in life.targets]
    assert written["targets"][0]["numbers"]["statuses"]["200"] > 80
    assert len(written["looks"]["disk"]) == len(life.watch.disk)


def test_a_hundred_turns_hold_what_is_said_of_them(life: Life) -> None:
    asks: list[Ask] = [ask for number in range(100) for ask in life.soak.callers.turn(number)]
    assert sum(bool(ask.codes) for ask in asks) == 9
    assert sum(ask.path == "/ocr_info_update" for ask in asks) == 6
    assert sum(ask.content_type.startswith("image/") for ask in asks) >= 8
    assert sum(ask.content_type.startswith("multipart/") for ask in asks) == 4


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost_double_or_changed(life: Life, fault: Fault) -> None:
    result = run(life.place, fault, CLIENTS, PAUSE)
    assert result.findings == Findings()
    assert result.foreign == {}
    assert len(result.recoveries) == fault.times
    is_well = all(math.isfinite(seconds) for seconds in result.recoveries)
    assert is_well, (result.codes, life.place.told_at_last())
    assert result.requests[Outcome.OK] > 0
    if fault.is_noticed:
        assert result.requests[Outcome.FAILED] + result.requests[Outcome.UNKNOWN] > 0
