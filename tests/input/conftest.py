"""One real service for all that is made up, and a host whose pictures may be asked for."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from db.engine import open_engine
from db.keys import Keys, Role
from pipeline.settings import PROJECT
from tests.conftest import SAMPLES
from tests.input.judge import TIMES, Judge
from tests.mariadb import MariaDB
from tests.picture_host import PictureHost, allowed_from, picture_host
from tests.trial import Trial

PICTURE = SAMPLES / "alipay_light_rows.png"
ON_MARIADB = os.environ.get("FUNDOCR_FUZZ_DATABASE") == "mariadb"
REPORT = PROJECT / "var" / "fuzz-input-counts.json"


def examples(count: int, **more: Any) -> settings:
    """Settings of Hypothesis for `count` examples: the same ones each time, with no database of
    failures and no time limit for one; under `make fuzz-input` more, and others each time."""
    return settings(
        max_examples=count * TIMES,
        derandomize=TIMES == 1,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        **more,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The service and who may ask it. links: of pictures that it has read or may read, and of
    hosts that it may not; none leads out of this machine."""

    trial: Trial
    headers: dict[str, str]
    links: list[str]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service before which a key is asked for; on SQLite, under `make fuzz-input` on MariaDB
    too."""
    with ExitStack() as stack:
        host = stack.enter_context(picture_host({"/good.png": PICTURE.read_bytes()}))
        more = {
            "FUNDOCR_ANONYMOUS_CIDRS": "",
            "FUNDOCR_OSS_HOSTS": "pictures.invalid",
            "FUNDOCR_RATE": "100000",
        }
        if ON_MARIADB:
            server = stack.enter_context(MariaDB())
            more["FUNDOCR_DATABASE_URL"] = server.new_database(upgraded=True)
        trial = Trial(tmp_path_factory.mktemp("input"), allowed_from(host) | more)
        stack.enter_context(trial)
        yield Place(trial=trial, headers=_key(trial), links=_links(host))


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """Counts all that is asked; `make fuzz-input` reads its counts."""
    one = Judge()
    yield one
    if TIMES > 1 or "FUNDOCR_FUZZ" in os.environ:
        REPORT.parent.mkdir(exist_ok=True)
        counts = [[asked, status, count] for (asked, status), count in sorted(one.counts.items())]
        REPORT.write_text(json.dumps(counts, indent=0), encoding="utf-8")


def _key(trial: Trial) -> dict[str, str]:
    engine = open_engine(trial.database_url)
    try:
        return {"Authorization": f"Bearer {Keys(engine).add('fuzzer', Role.ADMIN)}"}
    finally:
        engine.dispose()


def _links(host: PictureHost) -> list[str]:
    known = host.url("/good.png")
    return [known, f"{known}?2", "http://elsewhere.invalid/a.png", "https://10.0.0.1/a.png", "x"]
