"""Runs mutmut and reads which mutants were killed and which survived."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

FATES = {
    **{None: "not run", 0: "survived", 1: "killed", 3: "killed", 33: "no test"},
    **dict.fromkeys((36, 24, -24, 152, 255), "timed out"),
}
"""What an exit code of a mutant's tests means, as mutmut notes it."""


def run_mutmut(
    folder: Path,
    names: Sequence[str] = (),
    *,
    children: int,
    log: Path,
    env: Mapping[str, str] | None = None,
) -> bool:
    """Run mutmut as the folder's pyproject.toml says; whether it came to its end.

    names: patterns of the mutants to try; none: all. env: what its processes have in their
    environment besides.
    """
    mutmut = [sys.executable, "-m", "mutmut", "run", "--max-children", str(children), *names]
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as out:
        ended = subprocess.run(
            mutmut, cwd=folder, env=os.environ | dict(env or {}), stdout=out, stderr=out
        )
    return not ended.returncode


def numbered(tenths: int, first: int = 0) -> list[str]:
    """Patterns for the mutants whose number ends in one of so many digits, from this one on."""
    if tenths >= 10:
        return []
    return [f"*__mutmut_*{digit % 10}" for digit in range(first, first + tenths)]


def fates_of(notes: Path) -> dict[str, str]:
    """What each mutant of a module came to. notes: mutmut's `.meta` beside the mutated module."""
    codes = json.loads(notes.read_text(encoding="utf-8"))["exit_code_by_key"]
    return {mutant: FATES.get(code, "ended oddly") for mutant, code in codes.items()}


def summary(fates: Counter[str]) -> str:
    """One line for a module."""
    told = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
    return f"{fates.total():5} mutants: {told} ({killed_percent(fates):.1f} %)"


def killed_percent(fates: Counter[str]) -> float:
    """Killed of all; a mutant that never ends is killed by the limit of time."""
    return 100 * (fates["killed"] + fates["timed out"]) / max(fates.total(), 1)
