"""Versions come and go by `fundocr deploy` and `rollback` while callers go on asking."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.versions.versions_log import VersionsLog
from tests.management import broken_archives as broken
from tests.management.callers import Told
from tests.management.shop import CORRECTOR, Shop, choice_of, counts_of, read_once, rows_of
from tests.serve.archives import OCR, STORE, UPDATE, flipped

pytest_plugins = ["tests.management.shop_fixtures"]


def test_a_version_is_deployed_and_rolled_back_without_one_failed_answer(
    shop: Shop, busy: Told
) -> None:
    done = shop.fundocr("deploy", shop.other())
    assert done.returncode == 0, done
    assert "samples: " in done.stdout
    assert shop.default() == "2.0"
    assert shop.registered() == shop.chosen() == ["2.0"]
    assert (shop.store / "ocr_handler-2.0.mar").is_file()

    back = shop.fundocr("rollback")
    assert back.returncode == 0, back
    assert shop.default() == "1.0"
    assert shop.registered() == ["1.0"]
    assert choice_of(shop.trial)["ocr_handler"]["1.0"]["marName"] == OCR
    assert busy.wrong == []
    assert busy.right > 0


def test_a_deploy_that_is_killed_is_finished_while_pictures_are_read(
    shop: Shop, busy: Told
) -> None:
    program = (sys.executable, "-m", "tests.management.killed", "drained")
    done = shop.fundocr("deploy", shop.other(), program=program)
    assert done.returncode == -signal.SIGKILL, done
    assert shop.registered() == ["1.0", "2.0"]
    assert shop.fundocr("scale").returncode == 0
    assert shop.registered() == shop.chosen() == ["2.0"]
    assert shop.fundocr("rollback").returncode == 0
    assert shop.registered() == ["1.0"]
    assert shop.doctor() == []
    assert busy.wrong == []
    assert busy.right > 0


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
        (with_mistake(broken.READS_NOTHING), "reads 3 of the samples right where 1.0 reads 12"),
    ],
    ids=["cut off", "one byte", "does not load", "does not answer", "wrong", "silent"],
)
def test_a_broken_archive_is_refused_and_the_old_version_goes_on(
    shop: Shop, busy: Told, make: Callable[[Shop], Path], said: str
) -> None:
    before = choice_of(shop.trial)
    told = shop.fundocr("deploy", make(shop))
    assert told.returncode == 1, told
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert shop.registered() == ["1.0"]
    assert shop.operator.ready("ocr_handler", "1.0") == 1
    assert choice_of(shop.trial) == before
    assert not (shop.store / "ocr_handler-4.0.mar").exists()
    assert shop.doctor() == []
    assert busy.wrong == []


def test_the_version_in_service_cannot_be_deployed_again(shop: Shop) -> None:
    told = shop.fundocr("deploy", STORE / OCR)
    assert (told.returncode, told.stdout) == (1, "")
    assert "is in service already" in told.stderr


@pytest.mark.parametrize("command", [["deploy", "x.mar"], ["rollback"], ["scale"]], ids=" ".join)
def test_only_one_command_changes_versions_at_a_time(shop: Shop, command: list[str]) -> None:
    with VersionsLog(shop.home).changing():
        told = shop.fundocr(*command)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "Another deploy, rollback or scale is at work here.\n"


def test_a_version_that_somebody_registered_makes_way_for_the_archive(shop: Shop) -> None:
    archive = shop.other(model=CORRECTOR)
    (shop.store / archive.name).write_bytes(archive.read_bytes())
    told = shop.operator.ask(
        "POST", "/models", url=archive.name, initial_workers=1, synchronous="true"
    )
    assert told.status_code == 200, told.text
    done = shop.fundocr("deploy", archive)
    assert done.returncode == 0, done
    assert shop.registered(CORRECTOR) == shop.chosen(CORRECTOR) == ["2.0"]
    assert shop.fundocr("rollback", CORRECTOR).returncode == 0


def test_a_version_that_reads_otherwise_than_people_said_is_refused_and_no_row_is_written(
    shop: Shop,
) -> None:
    nothing = shop.fundocr("deploy", shop.other(), "--stored", "3")
    assert "No link has been judged" in nothing.stderr
    links = [read_once(shop, f"judged={n}") for n in range(2)]
    with rows_of(shop) as store:
        one, other = (store.get(identity=link) for link in links)
        store.confirm(one.id, row_version=one.row_version, actor="李四")
        store.correct(links[1], "000001", "7", actor="李四")
        before = counts_of(shop)
        told = shop.fundocr("deploy", shop.other(), "--stored", "3")
        assert "judged links: 1 of 2 right, 1 wrong" in told.stdout
        assert "as sure" in told.stderr
        assert shop.registered() == ["1.0"]
        assert counts_of(shop) == before
        store.undo(other.id, row_version=store.get(id=other.id).row_version, actor="李四")
    before = counts_of(shop)
    content = shop.routes.pop("/a.png")
    told = shop.fundocr("deploy", shop.other(), "--stored", "3")
    shop.routes["/a.png"] = content
    assert told.returncode == 1
    assert "None of the judged links can be fetched" in told.stderr
    assert shop.registered() == ["1.0"]
    done = shop.fundocr("deploy", shop.other(), "--stored", "3")
    assert "judged links: 1 of 1 right, 0 wrong" in done.stdout
    assert shop.fundocr("rollback").returncode == 0
    assert counts_of(shop) == before
    with rows_of(shop) as store:  # nobody has judged anything
        store.undo(one.id, row_version=store.get(id=one.id).row_version, actor="李四")


def test_the_corrections_model_is_deployed_in_the_same_way(shop: Shop) -> None:
    file = broken.version_of(STORE / UPDATE, shop.outside / "update.mar", "1.1")
    done = shop.fundocr("deploy", file)
    assert done.returncode == 0, done
    assert shop.registered("ocr_info_update") == ["1.1"]
    assert shop.fundocr("rollback", "ocr_info_update").returncode == 0
    assert shop.registered("ocr_info_update") == ["1.0"]
