"""requirements/*.txt: every package pinned with hashes, from any index, and nothing forgotten."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from evals.audit.advisories import REQUIREMENTS, entries, locks, pinned, unpinned
from pipeline.settings import PROJECT

LOCKS = locks()
WANTED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = WANTED["dependency-groups"]

_OF_CUDA = re.compile("nvidia-|cuda-|triton")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_has_one_version_and_its_hashes(lock: Path) -> None:
    assert entries(lock)
    assert unpinned(lock) == []


def test_the_document_tells_as_many_as_there_are() -> None:
    told = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
    assert f" {sum(len(entries(lock)) for lock in LOCKS)} entries of {len(LOCKS)} locks " in told


@pytest.mark.parametrize(
    "entry", ["sanic", "sanic>=1", "sanic==1", "sanic==1 --hash=md5:00", "./here --hash=sha256:00"]
)
def test_an_entry_without_version_or_hash_is_seen(tmp_path: Path, entry: str) -> None:
    lock = tmp_path / "a.txt"
    lock.write_text(f"{entry}\n")
    assert len(unpinned(lock)) == 1


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_names_an_index_or_an_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert re.findall(r"://|--(?:extra-)?index|--find-links|--trusted| @ ", text) == []


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("service.txt", WANTED["project"]["dependencies"]),
        ("service.txt", WANTED["project"]["optional-dependencies"]["paddle"]),
        ("service.txt", GROUPS["torch-needs"]),
        ("lean.txt", WANTED["project"]["dependencies"]),
        ("lean.txt", GROUPS["torch-needs"]),
        ("dev.txt", GROUPS["dev"]),
    ],
    ids=["dependencies", "paddle", "torch-needs", "lean", "lean-torch-needs", "dev"],
)
def test_every_package_of_pyproject_is_pinned_at_a_version_it_allows(
    lock: str, wanted: list[str]
) -> None:
    versions = pinned(REQUIREMENTS / lock)
    unmet = [
        text
        for text in wanted
        if not Requirement(text).specifier.contains(
            versions.get(canonicalize_name(Requirement(text).name), "0"), prereleases=True
        )
        or canonicalize_name(Requirement(text).name) not in versions
    ]
    assert unmet == []


def test_tests_and_checks_run_on_the_versions_that_serve() -> None:
    service, dev = pinned(REQUIREMENTS / "service.txt"), pinned(REQUIREMENTS / "dev.txt")
    assert service.items() <= dev.items()


def test_the_lean_lock_is_the_services_without_paddles_packages() -> None:
    lean, service = pinned(REQUIREMENTS / "lean.txt"), pinned(REQUIREMENTS / "service.txt")
    assert lean.items() < service.items()
    assert not {"paddleocr", "paddlex", "paddlepaddle"} & lean.keys()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_torch_is_installed_apart_and_no_lock_brings_cuda(lock: Path) -> None:
    unwanted = [name for name in pinned(lock) if name == "torch" or _OF_CUDA.match(name)]
    assert unwanted == []


def test_what_torch_needs_is_pinned() -> None:
    """torch is installed without hashes, so it must find in place what it would bring along."""
    needs = [Requirement(text) for text in requires("torch") or []]
    names = {
        canonicalize_name(need.name)
        for need in needs
        if need.marker is None or need.marker.evaluate({"extra": ""})
    }
    assert names
    assert {name for name in names if not _OF_CUDA.match(name)} <= {*GROUPS["torch-needs"]}
