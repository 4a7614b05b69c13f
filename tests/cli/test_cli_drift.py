"""`fundocr drift`: last week and the week before, and what is different."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.engine import open_engine
from db.rows import NewReading
from db.writes import write_batch
from pipeline.reading import reading_of
from postprocess.evidence import redact
from postprocess.extract import RULES
from tests.cli.tables_of import database_of
from tests.fundocr_command import Done, fundocr
from tests.rules.layout_pages import page_of

pytest_plugins = ["tests.db.store_fixtures"]

NOW = datetime.now(UTC)
BEFORE, SINCE_TUESDAY = NOW - timedelta(days=10), NOW - timedelta(days=2)
PAGE = [["基金代码 011608", 16, 100, 14], ["可用份额 1,234.56", 16, 200, 14]]


@pytest.fixture(params=["sqlite", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, dict[str, str]]:
    """A database of either kind, and the settings that lead a command to it."""
    if request.param == "sqlite":
        return database_of(tmp_path), {}
    url: str = request.getfixturevalue("mariadb").new_database(upgraded=True)
    return url, {"FUNDOCR_DATABASE_URL": url}


@pytest.fixture
def engine(database: tuple[str, dict[str, str]]) -> Iterator[Engine]:
    engine = open_engine(database[0])
    yield engine
    engine.dispose()


def write(engine: Engine, when: datetime, readings: list[NewReading]) -> None:
    ordered = sorted(readings, key=lambda one: one.image_sha256 or b"")
    with engine.begin() as connection:
        for reading in ordered:
            write_batch(connection, [reading], when)


def pages(
    first: int, count: int, lines: list[object], host: str = "a.example.com"
) -> list[NewReading]:
    kept, found = redact(replace(page_of(lines), model_version="m@1"), RULES["layout"])
    return [
        reading_of(
            kept,
            found,
            identity=f"https://{host}/{number}.png",
            url_type="oss",
            image_sha256=number.to_bytes(32, "big"),
            refresh=False,
        )
        for number in range(first, first + count)
    ]


def told(home: Path, settings: dict[str, str]) -> str:
    utc = {"FUNDOCR_TIMEZONE": "UTC", **settings}
    return said_by(fundocr("drift", home=home, settings=utc))


def said_by(done: Done[bytes]) -> str:
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def test_with_nothing_stored_there_is_nothing_to_compare(
    tmp_path: Path, database: tuple[str, dict[str, str]]
) -> None:
    assert "nothing to compare with yet" in told(tmp_path, database[1])


def test_two_weeks_alike_are_told_as_alike(
    tmp_path: Path, engine: Engine, database: tuple[str, dict[str, str]]
) -> None:
    write(engine, BEFORE, pages(0, 60, PAGE))
    write(engine, SINCE_TUESDAY, pages(100, 60, PAGE))
    said = told(tmp_path, database[1])
    assert "Nothing moved that chance would not move." in said
    assert said.count("60 pictures, 0 refused (0.0%)") == 2


def test_a_new_label_and_the_refusals_it_brings_are_told(
    tmp_path: Path, engine: Engine, database: tuple[str, dict[str, str]]
) -> None:
    other = [["基金代码 011608", 16, 100, 14], ["持有单位 1,234.56", 16, 200, 14]]
    write(engine, BEFORE, pages(0, 60, PAGE))
    write(engine, SINCE_TUESDAY, pages(100, 40, PAGE))
    write(engine, SINCE_TUESDAY, pages(200, 40, other, host="b.example.com"))
    lines = told(tmp_path, database[1]).splitlines()
    (label,) = [line for line in lines if line.startswith("持有单位")]
    assert f"{SINCE_TUESDAY:%a %m-%d}" in label
    assert label.endswith("unknown to the rules")
    assert " 40 " in label
    (refused,) = [line for line in lines if line.startswith("refused: NO_SHARE")]
    assert refused.split()[-3:] == ["0.0%", "50.0%", "80"]
    assert any(line.startswith("refusals of host b.example.com") for line in lines)
    assert not any("a.example.com" in line for line in lines)


def test_a_label_of_last_week_that_is_gone_is_told(
    tmp_path: Path, engine: Engine, database: tuple[str, dict[str, str]]
) -> None:
    other = [["基金代码 011608", 16, 100, 14], ["可卖份额 1,234.56", 16, 200, 14]]
    rare = [["基金代码 011608", 16, 100, 14], ["可赎份额 1,234.56", 16, 200, 14]]
    write(engine, BEFORE, pages(0, 40, PAGE) + pages(100, 40, other) + pages(200, 3, rare))
    write(engine, SINCE_TUESDAY, pages(300, 40, PAGE))
    lines = told(tmp_path, database[1]).splitlines()
    heading = lines.index(next(one for one in lines if one.startswith("gone beside numbers")))
    (gone,) = lines[heading + 1 :]
    assert gone.split()[0] == "可卖份额" and gone.split()[-1] == "40"
    assert f"{BEFORE:%m-%d}" in gone


@pytest.mark.parametrize(
    ("zone", "hours"), [("", 8), ("America/Sao_Paulo", -3)], ids=["China's", "another"]
)
def test_days_are_those_of_the_zone_whatever_the_machines_clock_says(
    zone: str, hours: int, tmp_path: Path, engine: Engine, database: tuple[str, dict[str, str]]
) -> None:
    other = [["基金代码 011608", 16, 100, 14], ["持有单位 1,234.56", 16, 200, 14]]
    late = SINCE_TUESDAY.replace(hour=20, minute=30)
    write(engine, BEFORE, pages(0, 40, PAGE))
    write(engine, late, pages(100, 40, other))
    settings = database[1] | ({"FUNDOCR_TIMEZONE": zone} if zone else {})
    said = said_by(fundocr("drift", home=tmp_path, settings=settings))
    assert f"{late + timedelta(hours=hours):%a %m-%d %H:%M}" in said
    assert f" {zone or 'Asia/Shanghai'}: " in said


def test_sinking_confidence_is_told_for_the_model(
    tmp_path: Path, engine: Engine, database: tuple[str, dict[str, str]]
) -> None:
    write(engine, BEFORE, pages(0, 60, PAGE))
    unsure = [replace(one, confidence=0.91) for one in pages(100, 60, PAGE)]
    write(engine, SINCE_TUESDAY, unsure)
    assert "confidence of m@1" in told(tmp_path, database[1])


def test_what_was_read_is_shown_as_it_stands(
    tmp_path: Path, engine: Engine, database: tuple[str, dict[str, str]]
) -> None:
    strange = [["基金代码 011608", 16, 100, 14], ["可卖[/b] 7.10", 16, 200, 14]]
    write(engine, BEFORE, pages(0, 60, PAGE))
    write(engine, SINCE_TUESDAY, pages(100, 60, strange))
    assert "可卖[/b]" in told(tmp_path, database[1])
