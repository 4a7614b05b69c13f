"""A deploy, rollback or scale that is killed: callers notice nothing, `doctor` says it, and the
next command brings it to an end.

Of the model of the corrections: there are many deploys here, and it loads quickly. The reader's is
killed in test_deploy.py.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.failure import Failure
from cli.versions import deploy as deploy_module
from cli.versions.version_check import Checks
from cli.versions.versions_log import VersionsLog
from front.torchserve import read_properties
from tests.management.callers import Told
from tests.management.shop import CORRECTOR, Shop, choice_of, corrected
from tests.serve.archives import OCR, UPDATE

pytest_plugins = ["tests.management.shop_fixtures"]

# Stages of a deploy, and whether config.properties chooses the new version by then.
STAGES = {
    "copied": False,
    "registered": False,
    "default set": False,
    "chosen": True,
    "drained": True,
}


def killed(shop: Shop, stage: str, *command: str | Path) -> None:
    program = (sys.executable, "-m", "tests.management.killed", stage)
    done = shop.fundocr(*command, program=program)
    assert done.returncode == -signal.SIGKILL, done


def mended(shop: Shop, *command: str | Path) -> subprocess.CompletedProcess[str]:
    done = shop.fundocr(*command)
    assert done.returncode == 0, done
    assert shop.doctor() == []
    assert not (shop.home / "var" / "run" / "move.json").exists()
    assert list(shop.store.glob("*.partial")) == []
    return done


@pytest.fixture
def busy(shop: Shop) -> Iterator[Told]:
    """Two who correct."""
    with corrected(shop, "one", "another") as told:
        yield told


def forget_all(shop: Shop) -> None:
    """Nobody has ever deployed anything."""
    (shop.home / "var" / "versions.jsonl").unlink(missing_ok=True)
    for archive in shop.store.glob("*-*.mar"):
        archive.unlink()


@pytest.fixture(autouse=True)
def as_before(shop: Shop) -> Iterator[None]:
    """1.0 answers again."""
    forget_all(shop)
    yield
    if shop.default(CORRECTOR) != "1.0":
        assert shop.fundocr("deploy", shop.store / UPDATE).returncode == 0
    forget_all(shop)
    assert shop.registered(CORRECTOR) == ["1.0"]
    assert shop.doctor() == []


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_killed_deploy_left_is_told_and_scale_ends_it(
    shop: Shop, busy: Told, stage: str
) -> None:
    is_chosen = STAGES[stage]
    killed(shop, stage, "deploy", shop.other(model=CORRECTOR))
    assert shop.chosen(CORRECTOR) == (["2.0"] if is_chosen else ["1.0"])
    (broken, *_) = shop.doctor()
    end = "finishes it" if is_chosen else "takes it back"
    assert broken.startswith(
        f"The deploy of ocr_info_update 2.0 was broken off: `fundocr scale` {end}"
    )
    assert shop.fundocr("versions").returncode == 0

    done = mended(shop, "scale")
    how = "finished" if is_chosen else "taken back"
    assert f"The deploy of ocr_info_update 2.0, which was broken off, is {how}." in done.stdout
    version = "2.0" if is_chosen else "1.0"
    assert shop.default(CORRECTOR) == version
    assert shop.registered(CORRECTOR) == shop.chosen(CORRECTOR) == [version]
    assert (shop.store / "ocr_info_update-2.0.mar").exists() == is_chosen
    lines = [(one.did, one.version) for one in VersionsLog(shop.home).lines(CORRECTOR)]
    assert lines == [("found", "1.0"), ("deploy", "2.0")] * is_chosen
    times = [one.time for one in VersionsLog(shop.home).lines(CORRECTOR)]
    assert times == sorted(times)
    assert busy.wrong == []


@pytest.mark.parametrize(("stage", "before"), [("default set", "1.0"), ("drained", "2.0")])
def test_the_next_deploy_ends_it_too_and_rollback_knows_what_was_before(
    shop: Shop, busy: Told, stage: str, before: str
) -> None:
    killed(shop, stage, "deploy", shop.other(model=CORRECTOR))
    done = mended(shop, "deploy", shop.other("3.0", CORRECTOR))
    assert "which was broken off, is " in done.stdout
    assert shop.registered(CORRECTOR) == shop.chosen(CORRECTOR) == ["3.0"]
    mended(shop, "rollback", CORRECTOR)
    assert shop.registered(CORRECTOR) == shop.chosen(CORRECTOR) == [before]
    assert busy.wrong == []


def test_what_serves_is_named_before_another_archive_is_in_the_store(shop: Shop) -> None:
    """Where all archives are loaded at a start, a copy that nobody has checked would be, too."""
    config = shop.home / "config.properties"
    text = config.read_text("utf-8")
    loaded = read_properties(config)["load_models"]
    config.write_text(text.replace(f"load_models={loaded}", "load_models=all"), "utf-8")
    killed(shop, "copied", "deploy", shop.other(model=CORRECTOR))
    assert read_properties(config)["load_models"].split(",") == [OCR, UPDATE]
    assert "takes it back" in shop.doctor()[0]
    mended(shop, "scale")
    assert shop.registered(CORRECTOR) == shop.chosen(CORRECTOR) == ["1.0"]


def test_a_killed_rollback_is_taken_back_or_finished_as_well(shop: Shop, busy: Told) -> None:
    mended(shop, "deploy", shop.other(model=CORRECTOR))
    killed(shop, "registered", "rollback", CORRECTOR)
    mended(shop, "scale")
    assert shop.registered(CORRECTOR) == shop.chosen(CORRECTOR) == ["2.0"]
    killed(shop, "chosen", "rollback", CORRECTOR)
    done = mended(shop, "rollback", CORRECTOR)
    assert "The rollback of ocr_info_update 1.0, which was broken off, is finished." in done.stdout
    assert shop.registered(CORRECTOR) == shop.chosen(CORRECTOR) == ["2.0"], (
        "and rolled back once more"
    )
    assert busy.wrong == []


@pytest.mark.parametrize("stage", ["to be scaled", "scaled"])
def test_what_a_killed_scale_was_to_do_is_done_by_the_next(
    shop: Shop, busy: Told, stage: str
) -> None:
    killed(shop, stage, "scale", CORRECTOR, "2")
    assert choice_of(shop.trial)[CORRECTOR]["1.0"]["minWorkers"] == 2
    told = shop.doctor()
    assert [line.split(",")[0] for line in told] == (
        ["ocr_info_update 1.0 was scaled to 1 workers"] if stage == "to be scaled" else []
    )
    mended(shop, "scale")
    assert shop.operator.ready(CORRECTOR) == 2
    killed(shop, stage, "scale", CORRECTOR, "1")  # while it lets callers wait
    mended(shop, "scale")
    assert shop.operator.ready(CORRECTOR) == 1
    assert busy.wrong == []


def in_this_process(shop: Shop, patch: pytest.MonkeyPatch) -> None:
    for name, value in {**shop.place.settings, "FUNDOCR_HOME": str(shop.home)}.items():
        patch.setenv(name, value)


def fail(*_: object, **__: object) -> None:
    raise Failure("as if it had failed")


def test_a_deploy_that_fails_after_it_was_chosen_keeps_what_config_names(
    shop: Shop, busy: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_this_process(shop, monkeypatch)
    monkeypatch.setattr(deploy_module, "retire", fail)
    with pytest.raises(Failure, match="as if it had failed"):
        deploy_module.deploy(shop.other(model=CORRECTOR), workers=None, checks=Checks())
    assert shop.chosen(CORRECTOR) == ["2.0"]
    assert shop.registered(CORRECTOR) == ["1.0", "2.0"]
    assert (shop.store / "ocr_info_update-2.0.mar").is_file()
    assert "was broken off: `fundocr scale` finishes it" in shop.doctor()[0]
    mended(shop, "scale")
    assert shop.registered(CORRECTOR) == ["2.0"]
    assert busy.wrong == []


def test_a_deploy_that_cannot_be_written_down_has_never_been(
    shop: Shop, busy: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = shop.home / "config.properties"
    before = config.read_bytes()
    in_this_process(shop, monkeypatch)
    monkeypatch.setattr(VersionsLog, "add", fail)
    with pytest.raises(Failure, match="as if it had failed"):
        deploy_module.deploy(shop.other(model=CORRECTOR), workers=None, checks=Checks())
    assert config.read_bytes() == before
    assert shop.default(CORRECTOR) == "1.0"
    assert shop.registered(CORRECTOR) == ["1.0"]
    assert sorted(file.name for file in shop.store.iterdir()) == [OCR, UPDATE]
    assert shop.doctor() == []
    assert busy.wrong == []
