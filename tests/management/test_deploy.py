"""Versions come and go by `fundocr deploy` and `rollback` while callers go on asking."""

from collections.abc import Callable
from pathlib import Path

import pytest

from serving.acceptance import Checks, check
from serving.choice import Version
from serving.failure import Failure
from serving.self_check import samples
from serving.torchserve_process import TorchServe
from serving.transition import Transition
from serving.versions_log import VersionsLog
from tests.management import broken_archives as broken
from tests.management.callers import Told
from tests.management.shop import CORRECTOR, READER, Shop
from tests.serve.archives import OCR, STORE, UPDATE, flipped

pytest_plugins = ["tests.management.shop_fixtures"]


def test_a_version_is_deployed_and_rolled_back_without_one_failed_answer(
    shop: Shop, busy: Told
) -> None:
    old, new = shop.default(READER), shop.new(READER)
    before = chosen(shop)
    link = shop.read_once("judged=0")
    with shop.store() as store:
        row = store.get(identity=link)
        store.confirm(row.id, row_version=row.row_version, actor="李四")
    done = shop.fundocr("deploy", new.file, "--stored", "3")
    assert done.returncode == 0, done
    assert "samples: 3 of 3 right, 0 wrong, 0 not answered" in done.stdout
    assert "judged links: 1 of 1 right, 0 wrong" in done.stdout
    assert shop.default(READER) == new.version
    assert shop.registered(READER) == shop.chosen(READER) == [new.version]
    assert (shop.archives / new.file.name).is_file()

    back = shop.fundocr("rollback")
    assert back.returncode == 0, back
    assert shop.default(READER) == old
    assert shop.registered(READER) == [old]
    assert chosen(shop) == before
    assert shop.doctor() == []
    assert busy.wrong == []
    assert busy.right > 0
    with shop.store() as store:
        store.forget(link)


def test_all_samples_are_there_to_be_read(truth: dict[str, dict[str, str]]) -> None:
    """The deploys here ask for a few of them, see conftest.py."""
    assert {one.name: one.right for one in samples()} == truth


def chosen(shop: Shop) -> dict[str, dict[str, object]]:
    """The reader's part of the config; the most workers are written anew by every command."""
    versions = shop.choice()[READER].items()
    return {
        version: {name: value for name, value in own.items() if name != "maxWorkers"}
        for version, own in versions
    }


@pytest.mark.drill  # that of the corrections' model is killed at every stage in test_broken_off.py
def test_a_readers_deploy_that_was_killed_is_finished_while_pictures_are_read(
    shop: Shop, busy: Told
) -> None:
    old, new = shop.default(READER), shop.new(READER)
    shop.killed("drained", "deploy", new.file)
    assert shop.registered(READER) == sorted([old, new.version])
    assert shop.fundocr("scale").returncode == 0
    assert shop.registered(READER) == shop.chosen(READER) == [new.version]
    assert shop.doctor() == []
    assert busy.wrong == []
    assert busy.right > 0


def refused(shop: Shop, model: str, archive: Path, said: str) -> None:
    """It is told in these words, and all is as it was."""
    choice, serves, archives = shop.choice(), shop.default(model), sorted(shop.archives.iterdir())
    told = shop.fundocr("deploy", archive)
    assert told.returncode == 1, told
    assert said.replace("SERVES", serves) in told.stderr
    assert "Traceback" not in told.stderr
    assert shop.registered(model) == [serves]
    assert shop.operator.ready(model, serves) == choice[model][serves]["minWorkers"]
    assert shop.choice() == choice
    assert sorted(shop.archives.iterdir()) == archives
    assert shop.doctor() == []


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
        (with_mistake(broken.FAILS_TO_ANSWER), "TorchServe answered 503"),
        (with_mistake(broken.READS_WRONG), "wrong, as sure"),
        pytest.param(
            with_mistake(broken.READS_NOTHING),
            "reads 3 of the samples right where SERVES reads 12",
            marks=pytest.mark.drill,  # reads all samples with both versions
        ),
    ],
    ids=["cut off", "one byte", "does not answer", "wrong", "silent"],
)
def test_a_broken_archive_is_refused_and_the_old_version_goes_on(
    shop: Shop, busy: Told, make: Callable[[Shop], Path], said: str
) -> None:
    refused(shop, READER, make(shop), said)
    assert busy.wrong == []


def test_an_archive_that_does_not_load_is_refused_and_the_old_version_goes_on(
    corrections: Shop, correcting: Told
) -> None:
    file = corrections.outside / "mistake.mar"
    broken.with_mistake(STORE / UPDATE, file, "4.0", broken.FAILS_TO_LOAD)
    refused(corrections, CORRECTOR, file, "TorchServe says")
    assert correcting.wrong == []


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
    transition = Transition(did="deploy", old=now, new=now, lines=())
    with pytest.raises(Failure, match="No link has been judged"):
        check(server, transition, Checks(stored=3))
    shop.routes["/gone.png"] = shop.routes["/a.png"]
    link = shop.read_once("judged=3", "/gone.png")
    del shop.routes["/gone.png"]
    with shop.store() as store:
        row = store.get(identity=link)
        store.confirm(row.id, row_version=row.row_version, actor="李四")
        before = shop.counts()
        with pytest.raises(Failure, match="None of the judged links can be fetched"):
            check(server, transition, Checks(stored=3))
        assert shop.counts() == before
        store.forget(link)
