"""Counts the modules of a checkout without its tests: how large, and which folder imports which.

A folder's arrow to another one is at least one import that is done when a module is loaded: imports
inside functions and those for the type checker alone make none.
"""

import ast
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SMALL, LARGE = 50, 250
# In checkouts of before evals/ too.
_MEASURING = ("accuracy/", "audit/", "bench/", "evals/", "screens/", "scripts/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Of some modules. small: of SMALL lines or fewer. large: of more than LARGE."""

    modules: int
    lines: int
    median: int
    small: int
    large: int


def modules(repo: Path) -> list[str]:
    """The Python files that git knows, as paths inside the checkout."""
    command = ["git", "ls-files", "*.py"]
    told = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=True).stdout
    return [
        file
        for file in told.splitlines()
        if not file.startswith("tests/") and (repo / file).exists()
    ]


def is_measuring(file: str) -> bool:
    """Whether it belongs to what draws, measures and judges, or to scripts/: not shipped."""
    return file.startswith(_MEASURING)


def lines_of(repo: Path, file: str) -> int:
    """All its lines."""
    return (repo / file).read_text(encoding="utf-8").count("\n")


def sizes(lines: Sequence[int]) -> Sizes:
    """Of modules of so many lines each."""
    return Sizes(
        modules=len(lines),
        lines=sum(lines),
        median=round(statistics.median(lines)) if lines else 0,
        small=sum(count <= SMALL for count in lines),
        large=sum(count > LARGE for count in lines),
    )


def arrows(repo: Path, files: Sequence[str]) -> set[tuple[str, str]]:
    """Which folder at the top imports which other one."""
    tops = {file.split("/")[0] for file in files if "/" in file}
    found = set()
    for file in files:
        tree = ast.parse((repo / file).read_text(encoding="utf-8"))
        found |= {(file.split("/")[0], name.split(".")[0]) for name in _imported(tree)}
    return {(start, end) for start, end in found if start != end and {start, end} <= tops}


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom):
            if child.module and not child.level:
                yield child.module
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield from _imported(other)
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imported(child)
