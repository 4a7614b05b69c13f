"""Versions come and go by `fundocr deploy` and `rollback` while callers go on asking."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.failure import Failure
from cli.service.torchserve import TorchServe
from cli.versions.choice import Version
from cli.versions.move import Move
from cli.versions.version_check import Checks, check
from cli.versions.versions_log import VersionsLog
from tests.management import broken_archives as broken
from tests.management.callers import Told
from tests.management.shop import CORRECTOR, READER, Shop
from tests.serve.archives import OCR, STORE, flipped

pytest_plugins = ["tests.management.shop_fixtures"]


def test_versions_are_deployed_and_rolled_back_without_one_failed_answer(
    shop: Shop, busy: Told
) -> None:
    """The second deploy is killed, and finished while pictures are read."""
    one, two = shop.new(READER), shop.new(READER)
    link = shop.read_once("judged=0")
    with shop.store() as store:
        row = store.get(identity=link)
        store.confirm(row.id, row_version=row.row_version, actor="李四")
    done = shop.fundocr("deploy", one.file, "--stored", "3")
    assert done.returncode == 0, done
    assert "samples: " in done.stdout
    assert "judged links: 1 of 1 right, 0 wrong" in done.stdout
    assert shop.default(READER) == one.version
    assert shop.registered(READER) == shop.chosen(READER) == [one.version]
    assert (shop.archives / one.file.name).is_file()

    shop.killed("drained", "deploy", two.file)
    assert shop.registered(READER) == [one.version, two.version]
    assert shop.fundocr("scale").returncode == 0
    assert shop.registered(READER) == shop.chosen(READER) == [two.version]

    back = shop.fundocr("rollback")
    assert back.returncode == 0, back
    assert shop.default(READER) == one.version
    assert shop.registered(READER) == [one.version]
    assert shop.choice()[READER][one.version]["marName"] == one.file.name
    assert shop.doctor() == []
    assert busy.wrong == []
    assert busy.right > 0
    with shop.store() as store:
        store.forget(link)


def cut_off(shop: Shop) -> Path:
    return broken.cut_off(STORE / OCR, shop.outside / "cut.mar")


def with_one_changed_byte(shop: Shop) -> Path:
    path = shop.outside / "flipped.mar"
    path.write_bytes(flipped(STORE / OCR, "model/rec/inference.onnx"))
    return path


def with_mistake(mistake: tuple[str, str]) -> Callable[[Shop], Path]:
    def make(shop: Shop) -> Path:
        return broken.with_mistake(STORE / OCR, shop.outside / "mistake.mar", "4.0", mistake)

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (cut_off, "cannot be used"),
        (with_one_changed_byte, "cannot be used"),
        (with_mistake(broken.FAILS_TO_LOAD), "TorchServe says"),
        (with_mistake(broken.FAILS_TO_ANSWER), "TorchServe answered 503"),
        (with_mistake(broken.READS_WRONG), "wrong, as sure"),
        pytest.param(
            with_mistake(broken.READS_NOTHING),
            "reads 3 of the samples right where SERVES reads 12",
            marks=pytest.mark.drill,  # reads all samples with both versions
        ),
    ],
    ids=["cut off", "one byte", "does not load", "does not answer", "wrong", "silent"],
)
def test_a_broken_archive_is_refused_and_the_old_version_goes_on(
    shop: Shop, busy: Told, make: Callable[[Shop], Path], said: str
) -> None:
    before, serves = shop.choice(), shop.default(READER)
    told = shop.fundocr("deploy", make(shop))
    assert told.returncode == 1, told
    assert said.replace("SERVES", serves) in told.stderr
    assert "Traceback" not in told.stderr
    assert shop.registered(READER) == [serves]
    assert shop.operator.ready(READER, serves) == 1
    assert shop.choice() == before
    assert not (shop.archives / "ocr_handler-4.0.mar").exists()
    assert shop.doctor() == []
    assert busy.wrong == []


def test_the_version_in_service_cannot_be_deployed_again(shop: Shop) -> None:
    archive = str(shop.choice()[READER][shop.default(READER)]["marName"])
    told = shop.fundocr("deploy", shop.archives / archive)
    assert (told.returncode, told.stdout) == (1, "")
    assert "is in service already" in told.stderr


@pytest.mark.parametrize("command", [["deploy", "x.mar"], ["rollback"], ["scale"]], ids=" ".join)
def test_only_one_command_changes_versions_at_a_time(shop: Shop, command: list[str]) -> None:
    with VersionsLog(shop.home).changing():
        told = shop.fundocr(*command)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "Another deploy, rollback or scale is at work here.\n"


def test_a_version_that_somebody_registered_makes_way_for_the_archive(corrections: Shop) -> None:
    shop, new = corrections, corrections.new()
    (shop.archives / new.file.name).write_bytes(new.file.read_bytes())
    told = shop.operator.ask(
        "POST", "/models", url=new.file.name, initial_workers=1, synchronous="true"
    )
    assert told.status_code == 200, told.text
    done = shop.fundocr("deploy", new.file)
    assert done.returncode == 0, done
    assert shop.registered(CORRECTOR) == shop.chosen(CORRECTOR) == [new.version]


def test_a_version_that_reads_otherwise_than_people_said_is_refused_and_no_row_is_written(
    shop: Shop,
) -> None:
    serves = shop.default(READER)
    links = [shop.read_once(f"judged={n}") for n in (1, 2)]
    with shop.store() as store:
        one = store.get(identity=links[0])
        store.confirm(one.id, row_version=one.row_version, actor="李四")
        store.correct(links[1], "000001", "7", actor="李四")
        before = shop.counts()
        told = shop.fundocr("deploy", shop.new(READER).file, "--stored", "3")
        assert told.returncode == 1
        assert "judged links: 1 of 2 right, 1 wrong" in told.stdout
        assert "as sure" in told.stderr
        assert shop.registered(READER) == [serves]
        assert shop.counts() == before
        for link in links:
            store.forget(link)


def test_a_version_is_not_checked_by_judged_links_where_there_are_none_to_be_read(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version in service is looked at as if it were to come."""
    for name, value in shop.settings.items():
        monkeypatch.setenv(name, value)
    serves, server = shop.default(READER), TorchServe(shop.home)
    now = Version(model=READER, version=serves, archive=OCR, workers=1, is_default=True)
    move = Move(did="deploy", old=now, new=now, lines=())
    with pytest.raises(Failure, match="No link has been judged"):
        check(server, move, Checks(stored=3))
    shop.routes["/gone.png"] = shop.routes["/a.png"]
    link = shop.read_once("judged=3", "/gone.png")
    del shop.routes["/gone.png"]
    with shop.store() as store:
        row = store.get(identity=link)
        store.confirm(row.id, row_version=row.row_version, actor="李四")
        before = shop.counts()
        with pytest.raises(Failure, match="None of the judged links can be fetched"):
            check(server, move, Checks(stored=3))
        assert shop.counts() == before
        store.forget(link)
