"""What is served with, beside what was measured as best on so many cores."""

import os
from pathlib import Path

import pytest

from cli.checks import MEASURED, compared
from pipeline.settings import Settings
from serving.torchserve_process import TorchServe
from tests.serve.service_process import place


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


@pytest.mark.usefixtures("two_cores")
def test_what_is_measured_as_best_is_named_so(tmp_path: Path) -> None:
    with place(tmp_path / "home") as here:
        told = compared(Settings(home=here.home), TorchServe(here.home))
    assert told == f"{MEASURED[2]}: what was measured as best on 2 core(s)"


@pytest.mark.usefixtures("two_cores")
def test_anything_else_stands_beside_what_is(tmp_path: Path) -> None:
    with place(tmp_path / "home") as here:
        told = compared(Settings(home=here.home, threads=1), TorchServe(here.home))
    assert told == (
        "1 × 1 thread(s), batch 8, delay 1 ms; measured as best on 2 core(s): "
        "1 × 2 thread(s), batch 8, delay 1 ms (docs/benchmarks.md)"
    )


@pytest.mark.parametrize("cores", [3, 64])
def test_of_cores_that_were_not_measured_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    with place(tmp_path / "home") as here:
        told = compared(Settings(home=here.home), TorchServe(here.home))
    assert told == (
        f"1 × {cores} thread(s), batch 8, delay 1 ms; on {cores} core(s) nothing was measured: "
        "`make bench-sweep` does"
    )
