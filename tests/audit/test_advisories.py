"""What is known against packages: no answer is a failure, and said so."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evals.audit.advisories import (
    REQUIREMENTS,
    Accepted,
    Advisory,
    NotAudited,
    accepted,
    advisories,
    pinned,
    pins,
)
from pipeline.settings import PROJECT
from serving.ports import free_ports


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address where nobody listens, through which alone the network is reached."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, address)
        monkeypatch.setenv(name.lower(), address)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    return address


def test_where_no_advisory_can_be_reached_nothing_is_called_sound(
    nobody: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path))
    with pytest.raises(NotAudited, match="cannot be reached"):
        advisories(["sanic==25.12.1"], [f"--cache-dir={tmp_path}"])


def test_make_audit_says_so_and_fails(nobody: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evals.audit", f"--pip-audit=--cache-dir={tmp_path}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 1, done
    *_, last = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert re.fullmatch(
        r"open advisories against \d+ packages: 0 \| not known\. .*cannot be reached.* \| MISSED",
        last,
    )
    lines = json.loads((PROJECT / "var" / "audit.json").read_text(encoding="utf-8"))
    assert [line["met"] for line in lines] == [True, True, False]


def test_every_package_of_every_lock_is_asked_for_once() -> None:
    asked = pins()
    assert len(asked) == len(set(asked))
    names = {pin.partition("==")[0] for pin in asked}
    for lock in REQUIREMENTS.glob("*.txt"):
        wanted = {str(version) for version in pinned(lock, here=True).values()}
        assert wanted
        assert len(names) >= len(wanted)
    assert {"torch", "sanic", "pip-audit", "mutmut", "rapidocr"} <= names


def test_a_hole_that_was_looked_at_is_that_one_alone() -> None:
    hole = Advisory(
        package="a", version="1", names=frozenset({"CVE-2026-1", "GHSA-x"}), mended=("2",)
    )
    known = Accepted(package="a", name="GHSA-x", because="It is not called.")
    assert known.covers(hole)
    assert not Accepted(package="b", name="GHSA-x", because="").covers(hole)
    assert not Accepted(package="a", name="GHSA-y", because="").covers(hole)


def test_every_accepted_hole_says_why() -> None:
    for one in accepted():
        assert one.because.endswith("."), one
