"""A deploy, rollback or scale that is killed: callers notice nothing, `doctor` says it, and the
next command brings it to an end.

Of the model of the corrections: there are many deploys here, and it loads quickly. The reader's is
killed in test_deploy.py.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import deploy as deploy_module
from serving.acceptance import Checks
from serving.failure import Failure
from serving.properties import read_properties
from serving.versions_log import VersionsLog
from tests.management.callers import Told
from tests.management.shop import CORRECTOR, Shop

pytest_plugins = ["tests.management.shop_fixtures"]

# Stages of a deploy, and whether config.properties chooses the new version by then.
STAGES = {
    "copied": False,
    "registered": False,
    "default set": False,
    "chosen": True,
    "drained": True,
}


def mended(shop: Shop, *command: str | Path) -> "subprocess.CompletedProcess[str]":
    done = shop.fundocr(*command)
    assert done.returncode == 0, done
    assert shop.doctor() == []
    assert not (shop.home / "var" / "run" / "move.json").exists()
    assert list(shop.archives.glob("*.partial")) == []
    return done


@pytest.fixture
def shop(corrections: Shop) -> Iterator[Shop]:
    """Nobody has ever deployed anything; in the end one version serves, with one worker."""
    (serves,) = corrections.choice()[CORRECTOR].values()
    (corrections.home / "var" / "versions.jsonl").unlink(missing_ok=True)
    for archive in corrections.archives.glob("ocr_info_update-*.mar"):
        if archive.name != serves["marName"]:
            archive.unlink()
    yield corrections
    assert corrections.registered() == corrections.chosen() == [corrections.default()]
    assert corrections.operator.ready(CORRECTOR, corrections.default()) == 1
    assert corrections.doctor() == []


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_killed_deploy_left_is_told_and_scale_ends_it(
    shop: Shop, correcting: Told, stage: str
) -> None:
    is_chosen = STAGES[stage]
    old, new = shop.default(), shop.new()
    shop.killed(stage, "deploy", new.file)
    assert shop.chosen() == [new.version if is_chosen else old]
    (broken, *_) = shop.doctor()
    end = "finishes it" if is_chosen else "undoes it"
    assert broken.startswith(
        f"The deploy of ocr_info_update {new.version} was interrupted: `fundocr scale` {end}"
    )
    assert shop.fundocr("versions").returncode == 0

    done = mended(shop, "scale")
    how = "finished" if is_chosen else "undone"
    told = f"The deploy of ocr_info_update {new.version}, which was interrupted, is {how}."
    assert told in done.stdout
    assert shop.default() == (new.version if is_chosen else old)
    assert shop.registered() == shop.chosen() == [shop.default()]
    assert (shop.archives / new.file.name).exists() == is_chosen
    lines = [(one.did, one.version) for one in VersionsLog(shop.home).lines(CORRECTOR)]
    assert lines == [("found", old), ("deploy", new.version)] * is_chosen
    times = [one.time for one in VersionsLog(shop.home).lines(CORRECTOR)]
    assert times == sorted(times)
    assert correcting.wrong == []


@pytest.mark.parametrize(
    ("stage", "is_kept"),
    [pytest.param("default set", False, marks=pytest.mark.drill), ("drained", True)],
)
def test_the_next_deploy_ends_it_too_and_rollback_knows_what_was_before(
    shop: Shop, correcting: Told, stage: str, is_kept: bool
) -> None:
    old, broken, new = shop.default(), shop.new(), shop.new()
    shop.killed(stage, "deploy", broken.file)
    done = mended(shop, "deploy", new.file)
    assert "which was interrupted, is " in done.stdout
    assert shop.registered() == shop.chosen() == [new.version]
    mended(shop, "rollback", CORRECTOR)
    assert shop.registered() == shop.chosen() == [broken.version if is_kept else old]
    assert correcting.wrong == []


def test_what_serves_is_named_before_another_archive_is_in_the_store(shop: Shop) -> None:
    """Where all archives are loaded at a start, a copy that nobody has checked would be, too."""
    old, config = shop.default(), shop.home / "config.properties"
    text = config.read_text("utf-8")
    loaded = read_properties(config)["load_models"]
    for archive in shop.archives.iterdir():  # there are no others
        if archive.name != loaded:
            archive.rename(shop.outside / archive.name)
    config.write_text(text.replace(f"load_models={loaded}", "load_models=all"), "utf-8")
    shop.killed("copied", "deploy", shop.new().file)
    assert read_properties(config)["load_models"] == loaded
    assert "undoes it" in shop.doctor()[0]
    mended(shop, "scale")
    assert shop.registered() == shop.chosen() == [old]


def test_a_killed_rollback_is_taken_back_or_finished_as_well(shop: Shop, correcting: Told) -> None:
    old, new = shop.default(), shop.new()
    mended(shop, "deploy", new.file)
    shop.killed("registered", "rollback", CORRECTOR)
    mended(shop, "scale")
    assert shop.registered() == shop.chosen() == [new.version]
    shop.killed("chosen", "rollback", CORRECTOR)
    done = mended(shop, "rollback", CORRECTOR)
    told = f"The rollback of ocr_info_update {old}, which was interrupted, is finished."
    assert told in done.stdout
    assert shop.registered() == shop.chosen() == [new.version], "and rolled back once more"
    assert correcting.wrong == []


@pytest.mark.parametrize("stage", ["to be scaled", "scaled"])
def test_what_a_killed_scale_was_to_do_is_done_by_the_next(
    shop: Shop, correcting: Told, stage: str
) -> None:
    now = shop.default()
    shop.killed(stage, "scale", CORRECTOR, "2")
    assert shop.choice()[CORRECTOR][now]["minWorkers"] == 2
    told = shop.doctor()
    assert [line.split(",")[0] for line in told] == (
        [f"ocr_info_update {now} was scaled to 1 worker"] if stage == "to be scaled" else []
    )
    mended(shop, "scale")
    assert shop.operator.ready(CORRECTOR, now) == 2
    shop.killed(stage, "scale", CORRECTOR, "1")  # while it lets callers wait
    mended(shop, "scale")
    assert shop.operator.ready(CORRECTOR, now) == 1
    assert correcting.wrong == []


def in_this_process(shop: Shop, patch: pytest.MonkeyPatch) -> None:
    for name, value in shop.settings.items():
        patch.setenv(name, value)


def fail(*_: object, **__: object) -> None:
    raise Failure("as if it had failed")


def test_a_deploy_that_fails_after_it_was_chosen_keeps_what_config_names(
    shop: Shop, correcting: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = shop.default(), shop.new()
    in_this_process(shop, monkeypatch)
    with monkeypatch.context() as failing:
        failing.setattr(deploy_module, "retire", fail)
        with pytest.raises(Failure, match="as if it had failed"):
            deploy_module.deploy(new.file, workers=None, checks=Checks())
    assert shop.chosen() == [new.version]
    assert shop.registered() == sorted([old, new.version])
    assert (shop.archives / new.file.name).is_file()
    assert "was interrupted: `fundocr scale` finishes it" in shop.doctor()[0]
    mended(shop, "scale")
    assert shop.registered() == [new.version]
    assert correcting.wrong == []


def test_a_deploy_that_cannot_be_written_down_has_never_been(
    shop: Shop, correcting: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = shop.home / "config.properties"
    before, archives = config.read_bytes(), sorted(shop.archives.iterdir())
    old = shop.default()
    in_this_process(shop, monkeypatch)
    monkeypatch.setattr(VersionsLog, "add", fail)
    with pytest.raises(Failure, match="as if it had failed"):
        deploy_module.deploy(shop.new().file, workers=None, checks=Checks())
    assert config.read_bytes() == before
    assert shop.default() == old
    assert shop.registered() == [old]
    assert sorted(shop.archives.iterdir()) == archives
    assert shop.doctor() == []
    assert correcting.wrong == []
