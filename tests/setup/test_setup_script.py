"""scripts/setup.sh, run for real on a small project: what it makes, and what it says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import copy
from pathlib import Path

import pytest

from pipeline.settings import PROJECT
from tests.setup.checkout import Checkout, only_line, python_with, run_script

_SAYS_IT_IS = "import sys; sys.version_info = (3, {}, 0, 'final', 0)"


@pytest.fixture
def fresh(tmp_path: Path) -> Checkout:
    """A project that nobody has set up yet."""
    return Checkout(tmp_path / "project")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A project that was set up once for the tests of this module: that takes seconds."""
    checkout = Checkout(tmp_path_factory.mktemp("shared") / "project")
    done = checkout.set_up(None)
    assert done.returncode == 0, done.stderr
    checkout.folder.rename(checkout.folder.with_name("set up"))
    return checkout


def link_or_copy(source: str, target: str) -> None:
    """The environment's files by another name; the project's own are copied, tests change them."""
    if "/.venv/" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


@pytest.fixture
def made(shared: Checkout) -> Iterator[Checkout]:
    """A project that is set up as it is locked: a copy, where it was set up (its environment holds
    its path)."""
    checkout = copy(shared)
    made_once = shared.folder.with_name("set up")
    # What is installed is never written to again, but replaced.
    shutil.copytree(made_once, shared.folder, symlinks=True, copy_function=link_or_copy)
    yield checkout
    shutil.rmtree(checkout.folder)


def test_it_makes_an_environment_with_the_locked_packages_torch_and_the_project(
    made: Checkout,
) -> None:
    found = {name: made.version_of(name) for name in ("tiny_service", "torch", "fundocr")}
    assert found == {"tiny_service": "1.0", "torch": "2.13.0", "fundocr": "0.1.0"}


def test_a_second_run_says_and_changes_nothing(made: Checkout) -> None:
    before = made.log.stat().st_mtime_ns
    done = made.set_up()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert made.log.stat().st_mtime_ns == before


def test_a_lean_environment_stays_lean(made: Checkout) -> None:
    assert made.set_up("lean").returncode == 0
    assert made.version_of("tiny_lean") == "1.0"
    done = made.set_up(None)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_lean_environment_is_not_made_over_a_whole_one(made: Checkout) -> None:
    (packages,) = (made.folder / ".venv" / "lib").glob("python*/site-packages")
    (packages / "paddleocr").mkdir()
    done = made.set_up("lean")
    assert done.returncode == 1
    assert "remove .venv and run again" in only_line(done.stderr)
    assert made.version_of("tiny_service") == "1.0"


@pytest.mark.drill
def test_an_environment_for_many_machines_serves_too(made: Checkout) -> None:
    assert made.set_up("bulk").returncode == 0
    assert made.version_of("tiny_bulk") == "1.0"
    done = made.set_up("service")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_environment_for_the_tests_serves_too_until_a_lock_changes(made: Checkout) -> None:
    done = made.set_up("dev")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.startswith("setup: ") for line in done.stdout.splitlines())
    assert made.version_of("tiny_dev") == "1.0"
    done = made.set_up("service")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made.pin("service", "2.0")
    assert made.set_up().returncode == 0
    assert made.version_of("tiny_service") == "2.0"
    made.pin("service", "1.0")  # as when it was last installed
    made.pin("dev", "1.0")
    assert made.set_up().returncode == 0
    assert made.version_of("tiny_service") == "1.0"


def test_what_cannot_be_installed_is_named_in_one_sentence(made: Checkout) -> None:
    """Each time it is tried: a run that failed is not taken for a finished one."""
    made.pin("service", "3.0", digest="0" * 64)
    for _ in range(2):
        done = made.set_up()
        assert done.returncode == 1
        assert "HASHES" in only_line(done.stderr)
    made.pin("service", "4.0")
    (made.wheels / "tiny_service-4.0-py3-none-any.whl").unlink()
    done = made.set_up()
    assert done.returncode == 1
    assert "tiny_service==4.0" in only_line(done.stderr)
    assert made.version_of("tiny_service") == "1.0"


def test_how_far_it_is_is_told_while_it_installs(tmp_path: Path) -> None:
    """Off a terminal a line now and then: here after each package."""
    said = [
        "Collecting numpy==2.3.5 (from -r requirements/service.txt (line 1))",
        "Ignoring colorama: markers 'os_name == \"nt\"' don't match your environment",
        "  Downloading numpy-2.3.5.whl (16.6 MB)",
        "Requirement already satisfied: sanic==25.12 in ./.venv",
        "Installing collected packages: numpy, sanic",
        "Successfully installed numpy-2.3.5 sanic-25.12",
    ]
    site = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    (site / "numpy-2.3.5.dist-info").mkdir(parents=True)
    done = subprocess.run(
        [PROJECT / "scripts" / "setup_progress.sh", "the packages", "3", "log"],
        input="\n".join(said) + "\n",
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "SETUP_SECONDS": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    first, *others = done.stdout.splitlines()
    assert re.fullmatch(r"setup: installing the packages: \d+ s", first)
    assert others == [
        "setup: fetching the packages: 2 of 3, now colorama",
        "setup: fetching the packages: 3 of 3, now sanic==25.12",
        "setup: installing the packages: 1 of 3 are in place",
    ]
    assert (tmp_path / "log").read_text().splitlines() == said


def test_an_environment_whose_making_was_cut_short_is_made_anew(made: Checkout) -> None:
    made.stamp.unlink()
    (made.folder / ".venv" / "bin" / "pip").unlink()
    done = made.set_up()
    assert done.returncode == 0, done.stderr
    assert made.version_of("tiny_service") == "1.0"


@pytest.mark.drill
def test_a_project_that_was_moved_gets_an_environment_for_its_new_place(made: Checkout) -> None:
    made.folder = made.folder.rename(made.folder.with_name("moved here"))
    done = made.set_up()
    assert (done.returncode, done.stderr) == (0, "")
    assert str(made.folder) in (made.folder / ".venv" / "bin" / "pip").read_text()
    assert made.python("import sys; print(sys.prefix)") == str(made.folder / ".venv")


def test_another_python_than_the_environments_is_refused_in_one_sentence(
    made: Checkout, tmp_path: Path
) -> None:
    other = 12 if sys.version_info.minor != 12 else 13
    done = made.set_up(PYTHON=python_with(tmp_path / "other", _SAYS_IT_IS.format(other)))
    assert done.returncode == 1
    assert f"not Python 3.{other}; remove .venv" in only_line(done.stderr)
    assert made.version_of("tiny_service") == "1.0"


def test_a_python_that_is_not_there_is_named_in_one_sentence(fresh: Checkout) -> None:
    done = fresh.set_up(PYTHON="/nowhere/python3.12")
    assert done.returncode == 1
    assert "/nowhere/python3.12" in only_line(done.stderr)
    assert not (fresh.folder / ".venv").exists()


@pytest.mark.parametrize("minor", [10, 14])
def test_a_python_too_old_or_too_new_is_refused_in_one_sentence(
    fresh: Checkout, tmp_path: Path, minor: int
) -> None:
    done = fresh.set_up(PYTHON=python_with(tmp_path / "old", _SAYS_IT_IS.format(minor)))
    assert done.returncode == 1
    assert f"is Python 3.{minor}; set PYTHON to a Python 3.11" in only_line(done.stderr)
    assert not (fresh.folder / ".venv").exists()


def test_a_python_without_venv_is_refused_with_the_package_to_install(
    fresh: Checkout, tmp_path: Path
) -> None:
    done = fresh.set_up(PYTHON=python_with(tmp_path / "bare", "", hidden=["ensurepip"]))
    assert done.returncode == 1
    assert "python3-venv" in only_line(done.stderr)
    assert not (fresh.folder / ".venv").exists()


def test_a_machine_without_python_is_told_so_in_one_sentence(
    fresh: Checkout, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "cat", "dirname", "env", "flock", "grep", "sha256sum"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = run_script(fresh.folder, ["scripts/setup.sh", "service"], {"PATH": tools})
    assert done.returncode == 1
    assert "there is no Python 3.11, 3.12 or 3.13 here" in only_line(done.stderr)
