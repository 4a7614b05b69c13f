"""What somebody changes by plain curl, or in the file alone, is told by `fundocr doctor`."""

from collections.abc import Iterator

import pytest

from tests.management.shop import CORRECTOR, New, Shop

pytest_plugins = ["tests.management.shop_fixtures"]


@pytest.fixture
def shop(corrections: Shop) -> Iterator[Shop]:
    assert corrections.doctor() == []
    yield corrections
    assert corrections.doctor() == [], "what a test changes it takes back"


def register(shop: Shop, archive: str) -> None:
    asked = {"url": archive, "initial_workers": 1, "synchronous": "true"}
    assert shop.operator.ask("POST", "/models", **asked).status_code == 200


def registered(shop: Shop) -> New:
    new = shop.new()
    (shop.archives / new.file.name).write_bytes(new.file.read_bytes())
    register(shop, new.file.name)
    return new


def set_default(shop: Shop, version: str) -> None:
    answer = shop.operator.ask("PUT", f"/models/{CORRECTOR}/{version}/set-default")
    assert answer.status_code == 200


def test_an_extra_version_and_another_default_are_told(shop: Shop) -> None:
    old, config = shop.default(), shop.home / "config.properties"
    new = registered(shop).version
    is_extra = (
        f"{CORRECTOR} {new} is registered but will be gone after a restart: add it to load_models "
        f"and models= in {config}, or unregister it."
    )
    assert shop.doctor() == [is_extra]

    set_default(shop, new)
    is_other = (
        f"{CORRECTOR} {old} is the default in {config}, another version answers now: a restart "
        "will change that; set defaultVersion there, or set-default here."
    )
    assert shop.doctor() == [is_other, is_extra]
    said = shop.fundocr("doctor")
    assert said.returncode == 1
    told = [line for line in said.stdout.splitlines() if line.split()[1] == "versions"]
    assert told == [f"wrong  versions     {line}" for line in (is_other, is_extra)]
    # Nothing is deployed over what nobody wrote down.
    refused = shop.fundocr("deploy", shop.new().file)
    assert refused.returncode == 1
    said_so = f"does not choose the version of {CORRECTOR} that answers now ({new})"
    assert said_so in refused.stderr
    assert shop.registered() == sorted([old, new])

    set_default(shop, old)
    assert shop.operator.ask("DELETE", f"/models/{CORRECTOR}/{new}").status_code == 200


def test_other_workers_are_told_and_scale_makes_them_what_was_chosen(shop: Shop) -> None:
    now, config = shop.default(), shop.home / "config.properties"
    asked = {"min_worker": 2, "max_worker": 2, "synchronous": "true"}
    assert shop.operator.ask("PUT", f"/models/{CORRECTOR}/{now}", **asked).status_code == 200
    assert shop.doctor() == [
        f"{CORRECTOR} {now} was scaled to 2 workers, a restart will make it 1 again: set "
        f"minWorkers in models= of {config}."
    ]
    assert shop.fundocr("scale").returncode == 0
    assert shop.operator.ready(CORRECTOR, now) == 1


def test_a_version_that_was_removed_is_told(shop: Shop) -> None:
    now = shop.default()
    archive = str(shop.choice()[CORRECTOR][now]["marName"])
    assert shop.operator.ask("DELETE", f"/models/{CORRECTOR}/{now}").status_code == 200
    (told,) = shop.doctor()
    assert told == f"{CORRECTOR} {now} is not registered; restart the service."
    refused = shop.fundocr("scale")
    assert (refused.returncode, refused.stderr) == (1, f"{told}\n")
    register(shop, archive)


def test_what_was_changed_in_the_file_alone_is_told(shop: Shop) -> None:
    file = shop.home / "config.properties"
    before = file.read_text("utf-8")
    file.write_text(before.replace('"minWorkers": 1', '"minWorkers": 2', 1), "utf-8")
    (told,) = shop.doctor()
    assert "was scaled to 1 worker, a restart will make it 2 again" in told
    file.write_text(before, "utf-8")
