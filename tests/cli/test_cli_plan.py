"""`fundocr plan`: what so many pictures a day take."""

import json
import re
from pathlib import Path

import pytest

from cli.plan import PlanOptions, measured, plan
from cli.plan_text import lines, size
from pipeline.settings import PROJECT
from tests.fundocr_command import fundocr

# Round figures, for sums that are done in the head.
ROUND = {
    "pictures_per_s": 10.0,
    "start_s": 8.0,
    "worker_gb": 1.0,
    "java_gb": 0.25,
    "corrections_gb": 0.25,
    "front_gb": 0.5,
    "row_bytes": 5000.0,
    "redo_bytes": 7000.0,
    "row_sent_bytes": 4000.0,
    "rows_per_s": 2000.0,
    "picture_bytes": 100_000.0,
    "known_ms": 4.0,
}
FACTS = {
    "machine": "machine",
    "cores": 2,
    "figures": {
        name: {
            "value": value,
            "unit": "units",
            "what": name,
            "command": "make bench",
            "date": "2026-11-26",
            "doc": "docs/plan.md",
            "rows": 1000,
        }
        for name, value in ROUND.items()
    },
}


def test_it_is_what_one_works_out_by_hand() -> None:
    asked = PlanOptions(pictures_per_day=864_000, peak=3, cores_per_machine=4, load=0.5, spare=1)
    found = plan(asked, FACTS)
    # 864,000 a day are 10 a second; in the busiest hour 30.
    assert (found.mean, found.busiest) == (10, 30)
    # Of 4 cores, 2 workers of 2 threads: 20/s, of which half is used: 3 machines, and one more.
    assert (found.workers, found.threads, found.machine_can) == (2, 2, 20)
    assert (found.needed, found.machines, found.cores) == (3, 4, 16)
    assert found.load_without_spare == 0.5
    # 2 × 1 GB and the others' 1 GB; half as much again.
    assert (found.memory_used_gb, found.memory_gb) == (3.0, 5)
    # A year: 315,360,000 rows of 5,000 B.
    assert found.rows == 315_360_000
    assert found.database_bytes == found.bytes_per_year == pytest.approx(1.5768e12)
    # 30 rows/s of 5,000 B and 7,000 B of log; of 2,000 rows/s.
    assert found.write_bytes_per_s == 360_000
    assert (found.database_load, found.database_servers) == (0.015, 1)
    # Half of 2,000 rows/s in an hour that is three times the mean.
    assert found.one_server_until == pytest.approx(28_800_000)
    assert found.picture_bytes_per_s == 3_000_000
    assert found.database_network_per_s == 120_000


def test_every_line_shows_how_it_was_worked_out() -> None:
    asked = PlanOptions(pictures_per_day=864_000, peak=3, cores_per_machine=4, load=0.5, spare=1)
    told = list(lines(asked, plan(asked, FACTS), FACTS))
    assert told[:15] == [
        "864,000 pictures a day, the busiest hour 3 × the mean",
        "",
        "load       864,000 / 86,400 s = 10.00/s; × 3 = 30.00/s in the busiest hour",
        "a machine  2 OCR worker(s) × 2 thread(s) × 5.00 pictures/s of a core = 20.00/s; used to "
        "50%: 10.00/s",
        "machines   30.00 / 10.00 = 3.00, so 3; and 1 that may be lost: 4 (16 cores), and the "
        "database's",
        "  each     4 core(s): minWorkers 2, FUNDOCR_THREADS=2",
        "  memory   2 × 1 + 0.25 (TorchServe) + 0.25 (corrections) + 0.5 (front door) = 3.00 GB; "
        "× 1.5: 5 GB",
        "headroom   with 1 lost the others are 50% busy in the busiest hour",
        "a start    8 s from the command until READY. A machine that is lost costs what it was "
        "reading, for which callers ask again; the others take its place at once",
        "database   864,000 rows a day × 5,000 B = 4.32 GB a day, 1.58 TB a year; kept 365 days: "
        "315,360,000 rows, 1.58 TB",
        "  writes   30.00 rows/s × (5,000 B + 7,000 B of redo log) = 360.00 kB/s in the busiest "
        "hour",
        "  servers  30.00 / 2,000 rows/s = 1.50% of what one took; to 50% one is enough, up to "
        "28,800,000 pictures a day: 1",
        "network    pictures in: 30.00/s × 100.00 kB = 3.00 MB/s; rows to the database: 30.00/s × "
        "4,000 B = 120.00 kB/s",
        "",
        "Not known",
    ]
    assert any(line.startswith("  More than 2 cores in a machine were not there") for line in told)
    assert "  A row's bytes are those of a table of 1,000 rows; " in "\n".join(told)
    assert "  A known link takes 4 ms in a table of 1,000 rows, " in "\n".join(told)
    assert "  10 units: pictures_per_s (make bench, 2026-11-26; docs/plan.md)" in told


def test_few_pictures_take_one_machine_and_one_that_may_be_lost() -> None:
    found = plan(PlanOptions(pictures_per_day=1), FACTS)
    assert (found.needed, found.machines, found.database_servers) == (1, 2, 1)


def test_very_many_pictures_are_told_to_be_too_many_for_one_database() -> None:
    asked = PlanOptions(pictures_per_day=1_000_000_000)
    found = plan(asked, FACTS)
    # 34,722 rows/s in the busiest hour; 1,000 for each server.
    assert found.database_servers == 35
    told = "\n".join(lines(asked, found, FACTS))
    assert "pictures a day: 35, that is shards or a distributed database" in told


def test_of_three_cores_two_are_used() -> None:
    found = plan(PlanOptions(pictures_per_day=1000, cores_per_machine=3), FACTS)
    assert (found.workers, found.threads, found.machine_can) == (1, 2, 10)


@pytest.mark.parametrize(
    ("bytes", "shown"), [(0.4, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (2.5e12, "2.50 TB")]
)
def test_sizes_are_told_in_the_unit_that_fits(bytes: float, shown: str) -> None:
    assert size(bytes) == shown


@pytest.mark.parametrize("name", measured()["figures"])
def test_every_figure_is_the_one_that_the_docs_state(name: str) -> None:
    figure = measured()["figures"][name]
    text = (PROJECT / figure["doc"]).read_text("utf-8")
    found = re.search(figure["says"], text)
    assert found is not None, f"{figure['doc']} says nothing like {figure['says']}"
    stated = float(found.group(1).replace(",", ""))
    assert figure["value"] == stated, f"cli/measured.json is to say {stated} for {name}"
    assert set(figure) - {"rows"} == {"value", "unit", "what", "date", "command", "doc", "says"}


def test_the_figures_are_those_that_the_plan_takes() -> None:
    assert set(measured()["figures"]) == set(ROUND)


def test_the_command_prints_it_and_the_same_as_json(tmp_path: Path) -> None:
    given = ["plan", "--pictures-per-day", "1000000", "--cores-per-machine", "4", "--spare", "2"]
    asked = PlanOptions(pictures_per_day=1_000_000, cores_per_machine=4, spare=2)
    found = plan(asked, measured())
    told = fundocr(*given, home=tmp_path)
    assert told.stdout.decode().splitlines() == list(lines(asked, found, measured()))
    answer = json.loads(fundocr(*given, "--format", "json", home=tmp_path).stdout)
    assert answer["plan"]["machines"] == found.machines
    assert answer["plan"]["database_bytes"] == found.database_bytes
    assert answer["measured"] == measured()
    wrong = fundocr("plan", "--pictures-per-day", "0", home=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, b"")


def test_the_plan_that_the_docs_show_is_the_one_that_is_printed() -> None:
    text = (PROJECT / "docs" / "plan.md").read_text("utf-8")
    shown = re.search(r"```console\n\$ .*plan --pictures-per-day (\d+)\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    asked = PlanOptions(pictures_per_day=int(shown.group(1)))
    told = "\n".join(lines(asked, plan(asked, measured()), measured()))
    assert shown.group(2) == f"{told}\n", "run the command again and show what it says"
