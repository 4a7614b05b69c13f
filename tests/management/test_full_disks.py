"""No byte is left where a deploy or a scale writes: one sentence, and nothing has changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving.choice import choice_written, read_choice
from serving.failure import Failure
from serving.versions_log import Change, VersionsLog
from tests.faults.small_disk import SmallDisk
from tests.management.shop import CORRECTOR, Shop, opened_shop
from tests.serve.archives import CORRECTIONS_ALONE, store_with

NO_ROOM = "No space left on device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disks:
    """A shop whose folders each lie on a disk of their own; rows and logs do not."""

    shop: Shop
    home: SmallDisk
    run: SmallDisk
    store: SmallDisk


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disks]:
    folder = tmp_path_factory.mktemp("disks")
    home, store = folder / "home", folder / "store"
    with (
        SmallDisk(home, megabytes=256) as at_home,
        SmallDisk(home / "var" / "run", megabytes=1) as running,
        SmallDisk(store, megabytes=160) as archives,
        opened_shop(
            folder,
            home=home,
            store=store,
            config=CORRECTIONS_ALONE,
            FUNDOCR_DATABASE_URL=f"sqlite:///{folder}/rows.db",
        ) as shop,
    ):
        yield Disks(shop=shop, home=at_home, run=running, store=archives)


def state(shop: Shop) -> tuple[object, ...]:
    """All that must be as it was."""
    log = shop.home / "var" / "versions.jsonl"
    return (
        (shop.home / "config.properties").read_bytes(),
        log.read_bytes() if log.exists() else None,
        sorted(file.name for file in shop.archives.iterdir() if file.name != "filling"),
        sorted(file.name for file in shop.home.iterdir() if file.name != "filling"),
        shop.default(),
        shop.registered(),
        shop.operator.ready(CORRECTOR, shop.default()),
        shop.doctor(),
    )


@pytest.mark.parametrize(
    ("command", "which"),
    [("deploy", "home"), ("deploy", "run"), ("deploy", "store"), ("scale", "home")],
)
def test_it_ends_in_one_sentence_and_nothing_has_changed(
    disks: Disks, command: str, which: str
) -> None:
    shop, disk = disks.shop, getattr(disks, which)
    arguments = ["deploy", shop.new().file] if command == "deploy" else ["scale", CORRECTOR, "2"]
    before = state(shop)
    with shop.corrected("one", "another") as told:
        disk.fill()
        assert disk.is_full()
        done = shop.fundocr(*arguments)
        disk.free()
    assert told.wrong == []
    assert done.returncode == 1, done
    assert NO_ROOM in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert state(shop) == before


def test_with_room_again_it_does_what_it_was_to_do(disks: Disks) -> None:
    """Every disk has been full once."""
    shop = disks.shop
    for disk in (disks.home, disks.run, disks.store):
        disk.fill()
        disk.free()
    for command in (
        ["deploy", shop.new().file],
        ["scale", CORRECTOR, "2"],
        ["scale", CORRECTOR, "1"],
    ):
        done = shop.fundocr(*command)
        assert done.returncode == 0, done
    assert shop.doctor() == []


def test_a_line_that_does_not_fit_leaves_no_half_of_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with SmallDisk(home / "var", megabytes=1) as disk:
        log = VersionsLog(home)
        log.add([change("1.0")])
        disk.fill()
        # What is left of the file's last block is used up by small lines.
        with pytest.raises(Failure, match=NO_ROOM):
            log.add([change("2.0" * 5000), change("3.0")])
        assert [one.version for one in log.lines("ocr_handler")] == ["1.0"]
        assert (home / "var" / "versions.jsonl").read_bytes().count(b"\n") == 1
        disk.free()
        log.add([change("2.0")])
        assert [one.version for one in log.lines("ocr_handler")] == ["1.0", "2.0"]


def test_a_line_that_a_crash_has_cut_off_costs_no_other(tmp_path: Path) -> None:
    log = VersionsLog(tmp_path)
    log.add([change("1.0")])
    with (tmp_path / "var" / "versions.jsonl").open("a") as file:
        file.write('{"time": "2026-11-')
    log.add([change("2.0")])
    assert [one.version for one in log.lines("ocr_handler")] == ["1.0", "2.0"]


def test_what_fails_after_config_was_written_puts_it_back_without_any_room(tmp_path: Path) -> None:
    home, store = tmp_path / "home", store_with(tmp_path / "store")
    with SmallDisk(home, megabytes=1) as disk:
        config = home / "config.properties"
        config.write_text(f"# mine\nmodel_store={store}\nload_models=all\n", "utf-8")
        before = config.read_bytes()
        chosen = read_choice(config)
        with pytest.raises(ZeroDivisionError), choice_written(config, home, chosen):
            assert config.read_bytes() != before
            disk.fill()
            raise ZeroDivisionError
        assert config.read_bytes() == before
        assert sorted(file.name for file in home.iterdir()) == ["config.properties", "filling"]


def change(version: str) -> Change:
    return Change(
        time="2026-11-26T08:00:00+00:00",
        did="deploy",
        model="ocr_handler",
        version=version,
        archive="ocr_handler.mar",
        sha256="0" * 64,
        weights="w@1",
        workers=1,
    )
