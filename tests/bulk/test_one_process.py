"""A backfill in one process: rows, report, bad pictures, and going on after it was killed."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest
from sqlalchemy import create_engine, text

from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import Behaviour, PictureHost, never_answers, status
from tests.bulk.backfills import (
    Crowd,
    Tap,
    backfill,
    done,
    environment,
    host_of,
    kill,
    listed,
    report,
    rows_of,
    running,
    wait_for_rows,
)
from tests.faults.ledger import Kept
from tests.faults.pictures import Pictures, upload_identity
from tests.faults.table import kept_rows
from tests.fundocr_command import ROOT
from tests.trial import share_compiled

LOCAL = ("--url-type", "7min_local")


def kept(database_url: str) -> dict[str, Kept]:
    rows = kept_rows(database_url)
    found = {row.identity: row for row in rows}
    assert len(found) == len(rows), "a link has two rows"
    return found


def test_rows_and_report_say_what_is_on_the_pictures_and_what_was_wrong_with_others(
    home: Path, tmp_path: Path, host: PictureHost, strips: Pictures, database_url: str
) -> None:
    good = [host.url(f"/{number}.png") for number in range(6)]
    lines = [
        ["image_url", "url_type"],
        *([url, "7min_local"] for url in good[:5]),
        [host.url("/gone.png"), "7min_local"],
        [good[0], "7min_local"],
        [good[5], "oss"],
        ["ftp://example.com/x.png", "7min_local"],
        ["", ""],
        [good[1], "fax"],
        ["=HYPERLINK(1)", "oss"],
    ]
    with (tmp_path / "links.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    settings = environment(home, [host], database_url)
    said = done(tmp_path / "links.csv", "--out", tmp_path / "r.csv", settings=settings)

    rows = report(tmp_path / "r.csv")
    assert [row["number"] for row in rows] == [str(n) for n in range(1, 13)]
    assert [row["image_url"] for row in rows[:11]] == [line[0] for line in lines[1:12]]
    assert rows[11]["image_url"] == "'=HYPERLINK(1)"
    for number, row in enumerate(rows[:5]):
        assert (row["fund_code"], row["hold_share"]) == strips.shows(number)
        assert (row["flag"], row["status"], row["source"]) == ("true", "200", "ocr")
    stored = kept(database_url)
    assert set(stored) == set(good[:5])
    assert {url: row.read for url, row in stored.items()} == {
        url: strips.shows(number) for number, url in enumerate(good[:5])
    }
    codes = [row["code"] for row in rows]
    assert codes[5] == "FETCH_FAILED"
    assert rows[5]["error"].endswith(" (status 404)")
    assert codes[7:] == [
        *("HOST_NOT_ALLOWED", "BAD_URL", "MISSING_FIELD", "MISSING_FIELD", "BAD_URL")
    ]
    assert all(row["error"] and row["flag"] == "" for row in rows if row["code"])
    again = rows[6]
    assert (again["row_id"], again["source"]) == (rows[0]["row_id"], "stored")
    assert said.startswith("12 lines in ")
    assert "6 answered" in said and "6 failed (BAD_URL 2, FETCH_FAILED 1" in said


def test_what_is_stored_is_not_fetched_again_and_what_failed_is(
    home: Path, tmp_path: Path, host: PictureHost, database_url: str
) -> None:
    urls = [host.url(f"/{number}.png") for number in range(3)]
    links = listed(tmp_path / "links.txt", [*urls, host.url("/gone.png")])
    settings = environment(home, [host], database_url)
    done(links, *LOCAL, "--out", tmp_path / "first.csv", settings=settings)
    host.requests.clear()
    said = done(links, *LOCAL, "--out", tmp_path / "second.csv", settings=settings)
    assert [asked.path for asked in host.requests] == ["/gone.png"]
    assert said.rstrip().endswith("0 read now, 3 known")
    first, second = report(tmp_path / "first.csv"), report(tmp_path / "second.csv")
    told_again = [{**row, "source": row["source"].replace("ocr", "stored")} for row in first]
    assert second == told_again


def test_a_folder_is_read_into_the_embedded_database_as_uploads(
    home: Path, tmp_path: Path, strips: Pictures
) -> None:
    pictures = tmp_path / "pictures"
    (pictures / "deep").mkdir(parents=True)
    for number in range(4):
        (pictures / f"{number}.png").write_bytes(strips.content(number))
    (pictures / "deep" / "same.png").write_bytes(strips.content(0))
    (pictures / "broken.png").write_bytes(strips.content(1)[:1000])
    url = f"sqlite:///{tmp_path}/var/fundocr.db"
    settings = environment(home, [], url)
    done(pictures, "--out", tmp_path / "r.parquet", settings=settings)

    rows = pyarrow.parquet.read_table(tmp_path / "r.parquet").to_pylist()
    names = [str(Path(row["file"]).relative_to(pictures)) for row in rows]
    assert names == ["0.png", "1.png", "2.png", "3.png", "broken.png", "deep/same.png"]
    by_name = dict(zip(names, rows, strict=True))
    assert by_name["broken.png"]["code"] == "BAD_PICTURE"
    assert by_name["broken.png"]["flag"] is None
    for number in range(4):
        row = by_name[f"{number}.png"]
        assert (row["fund_code"], row["hold_share"]) == strips.shows(number)
        assert row["image_url"] == upload_identity(strips.content(number))
    assert by_name["deep/same.png"]["row_id"] == by_name["0.png"]["row_id"]
    assert set(kept(url)) == {upload_identity(strips.content(number)) for number in range(4)}


def test_the_rows_of_a_query_without_a_report_file(
    home: Path, host: PictureHost, database_url: str
) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE old (id INTEGER, link TEXT)"))
        for number in range(3):
            values = {"id": number, "link": host.url(f"/{number}.png")}
            connection.execute(text("INSERT INTO old VALUES (:id, :link)"), values)
    engine.dispose()
    query = "SELECT link AS image_url FROM old WHERE link LIKE '%.png' ORDER BY id"
    settings = environment(home, [host], database_url)
    code, out, error = backfill("--sql", query, *LOCAL, "--limit", "2", settings=settings)
    assert code == 0, error
    rows = list(csv.DictReader(out.removeprefix("\ufeff").splitlines()))
    assert [row["image_url"] for row in rows] == [host.url(f"/{n}.png") for n in range(2)]
    assert rows_of(database_url) == 2


def test_a_dry_run_stores_nothing_and_needs_no_database(
    home: Path, tmp_path: Path, host: PictureHost, strips: Pictures
) -> None:
    links = listed(tmp_path / "links.txt", [host.url("/0.png")])
    nowhere = "mysql+pymysql://nobody:x@127.0.0.1:1/none"
    settings = environment(home, [host], nowhere)
    done(links, *LOCAL, "--dry-run", "--out", tmp_path / "r.csv", settings=settings)
    (row,) = report(tmp_path / "r.csv")
    assert (row["fund_code"], row["hold_share"]) == strips.shows(0)
    assert (row["source"], row["row_id"]) == ("dry_run", "")


def test_killed_half_way_and_run_again_nothing_is_lost_double_or_read_twice(
    tmp_path: Path, strips: Pictures, database_url: str
) -> None:
    own_home = tmp_path / "home"
    share_compiled(own_home)
    routes = {f"/{number}.png": strips.content(number) for number in range(32)}
    tap = Tap(routes, 20)
    with host_of(tap.serving()) as host:
        urls = [host.url(path) for path in routes]
        links = listed(tmp_path / "links.txt", urls)
        settings = environment(own_home, [host], database_url)
        command = (links, *LOCAL, "--batch", "4", "--out", tmp_path / "r.csv")
        with running(*command, settings=settings) as process:
            wait_for_rows(database_url, 8, process)
            kill(process)
        stored = set(kept(database_url))
        assert 8 <= len(stored) <= 20
        assert list(tmp_path.glob("*r.csv*")) == []
        assert len(list((own_home / "var").glob("backfill-*"))) == 1

        host.requests.clear()
        tap.open()
        done(*command, settings=settings)
        fetched = [host.url(asked.path) for asked in host.requests]
    assert sorted(fetched) == sorted(set(urls) - stored)
    rows = report(tmp_path / "r.csv")
    assert [row["image_url"] for row in rows] == urls
    for number, row in enumerate(rows):
        assert (row["fund_code"], row["hold_share"]) == strips.shows(number)
        assert row["source"] == ("stored" if urls[number] in stored else "ocr")
    assert set(kept(database_url)) == set(urls)
    assert list((own_home / "var").glob("backfill-*")) == []


def test_no_host_is_asked_for_more_at_once_than_said(
    home: Path, tmp_path: Path, strips: Pictures
) -> None:
    crowds = [Crowd(full=3), Crowd(full=3)]
    routes = [
        {f"/{n}.png": crowd.serving(strips.content(n + 8 * place)) for n in range(8)}
        for place, crowd in enumerate(crowds)
    ]
    with host_of(routes[0], "127.0.0.2") as one, host_of(routes[1], "127.0.0.3") as other:
        urls = [host.url(f"/{n}.png") for n in range(8) for host in (one, other)]
        links = listed(tmp_path / "links.txt", urls)
        url = f"sqlite:///{tmp_path}/fundocr.db"
        settings = environment(home, [one, other], url)
        done(links, *LOCAL, "--per-host", "3", "--out", tmp_path / "r.csv", settings=settings)
    assert [crowd.most for crowd in crowds] == [3, 3]
    assert {row["flag"] for row in report(tmp_path / "r.csv")} == {"true"}


def test_a_silent_host_holds_nobody_up_and_is_given_up(
    home: Path, tmp_path: Path, host: PictureHost
) -> None:
    silent_routes: dict[str, bytes | Behaviour] = {f"/{n}.png": never_answers for n in range(60)}
    with host_of(silent_routes, "127.0.0.2") as silent:
        urls = [silent.url(f"/{n}.png") for n in range(60)]
        urls[::3] = [host.url(f"/{n}.png") for n in range(20)]
        links = listed(tmp_path / "links.txt", urls)
        url = f"sqlite:///{tmp_path}/fundocr.db"
        settings = environment(home, [host, silent], url) | {"FUNDOCR_FETCH_SECONDS": "1"}
        done(links, *LOCAL, "--batch", "8", "--out", tmp_path / "r.csv", settings=settings)
        tried = len(silent.requests)
    rows = report(tmp_path / "r.csv")
    assert {row["flag"] for row in rows[::3]} == {"true"}
    told = [row["code"] for number, row in enumerate(rows) if number % 3]
    assert set(told) == {"FETCH_TIMEOUT", "HOST_SILENT"}
    assert told.count("FETCH_TIMEOUT") == tried < 20


def test_a_slow_host_is_waited_for_after_all_others(
    home: Path, tmp_path: Path, host: PictureHost, strips: Pictures
) -> None:
    slow_routes = {f"/{n}.png": Crowd(1.2).serving(strips.content(100 + n)) for n in range(10)}
    with host_of(slow_routes, "127.0.0.2") as slow:
        urls = [slow.url(f"/{n}.png") for n in range(10)]
        urls += [host.url(f"/{n}.png") for n in range(16)]
        links = listed(tmp_path / "links.txt", urls)
        url = f"sqlite:///{tmp_path}/fundocr.db"
        settings = environment(home, [host, slow], url)
        done(links, *LOCAL, "--batch", "8", "--out", tmp_path / "r.csv", settings=settings)
    rows = report(tmp_path / "r.csv")
    assert {row["flag"] for row in rows} == {"true"}
    ids = {row["image_url"]: int(row["row_id"]) for row in rows}
    of_host = max(ids[url] for url in urls[10:])
    assert sum(ids[url] > of_host for url in urls[:10]) >= 5


def test_a_host_that_is_away_for_good_leaves_its_pictures_to_the_next_run(
    home: Path, tmp_path: Path, database_url: str
) -> None:
    with host_of({"/0.png": status(503)}) as away:
        links = listed(tmp_path / "links.txt", [away.url("/0.png")])
        settings = environment(home, [away], database_url)
        done(links, *LOCAL, "--out", tmp_path / "r.csv", settings=settings)
    assert [row["code"] for row in report(tmp_path / "r.csv")] == ["FETCH_FAILED"]
    assert rows_of(database_url) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Give either a SOURCE or --sql QUERY."),
        (("x.txt", "--sql", "SELECT 1"), "Give either a SOURCE or --sql QUERY."),
        (("x.txt", "--from", "sqlite:///x"), "--from names the database of --sql."),
        (("x.txt", "--readers", "2"), "--readers needs --ray"),
        (("x.txt", "--rules", "none"), "There are no rules named 'none'"),
        (("x.txt",), "There is no file or folder named x.txt."),
        (("x.txt", "--out", "r.xlsx"), "r.xlsx says no form: name it .csv or .parquet."),
        (("x.txt", "--out", "/none/r.csv"), "/none/r.csv cannot be written"),
        (("x.txt", "--ray", "ray://h:1", "--dry-run"), "There is no file or folder"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    code, out, error = backfill(*arguments, settings={"FUNDOCR_HOME": str(tmp_path)})
    assert code in (1, 2)
    assert says in error
    assert (out, len(error.splitlines())) == ("", 1)


def test_a_server_without_tables_is_told(home: Path, tmp_path: Path, mariadb: MariaDB) -> None:
    links = listed(tmp_path / "links.txt", ["https://a.example.com/1.png"])
    settings = environment(home, [], mariadb.new_database())
    code, _, error = backfill(links, settings=settings)
    assert (code, error) == (
        1,
        "The tables of the database are missing; run `fundocr db upgrade`.\n",
    )


WITHOUT_RAY = """
import json, sys
sys.modules.update(dict.fromkeys(("ray", "pyarrow", "pandas")))
from cli.main import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["fundocr", "backfill", *words]
    try:
        main()
    except SystemExit as end:
        print(json.dumps(end.code), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def without_ray(
    home: Path, tmp_path_factory: pytest.TempPathFactory, strips: Pictures
) -> Iterator[tuple[Path, list[str]]]:
    """What three commands say in an installation that has neither Ray nor pyarrow: a line of theirs
    and one with the exit code, each; and the report of the first."""
    folder = tmp_path_factory.mktemp("without")
    with host_of({"/0.png": strips.content(0)}) as host:
        links = str(listed(folder / "links.txt", [host.url("/0.png")]))
        settings = environment(home, [host], f"sqlite:///{folder}/fundocr.db")
        commands = [
            [links, *LOCAL, "--out", str(folder / "r.csv")],
            [links, "--ray", "local"],
            [links, "--out", "r.parquet"],
        ]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("FUNDOCR_")}
        ended = subprocess.run(
            [sys.executable, "-c", WITHOUT_RAY, json.dumps(commands)],
            cwd=ROOT,
            env=clean | settings,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    yield folder / "r.csv", ended.stderr.splitlines()


def test_one_process_needs_neither_ray_nor_pyarrow(without_ray: tuple[Path, list[str]]) -> None:
    file, said = without_ray
    assert said[0].startswith("1 line in ")
    assert [row["flag"] for row in report(file)] == ["true"]


def test_what_they_are_needed_for_is_told_in_one_sentence(
    without_ray: tuple[Path, list[str]],
) -> None:
    _, said = without_ray
    assert said[2].startswith("Ray is not installed here: run `make setup-bulk`")
    assert said[4].startswith("Parquet needs pyarrow, which is not installed here")
    assert said[1::2] == ["0", "1", "1"]
    assert len(said) == 6
