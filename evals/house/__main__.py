"""`make house`: modules, their size, the arrows between folders, and what a request passes.

Prints two tables in Markdown. How it is counted stands in modules.py, calls.py and ways.py.
"""

import argparse
import signal
import sys
from pathlib import Path

from evals.house.calls import NotCounted, Way
from evals.house.modules import Sizes, arrows, is_measuring, lines_of, modules, sizes
from evals.house.ways import walked
from pipeline.settings import PROJECT


def main() -> int:
    """Count one checkout; 1 and one sentence where its service cannot be asked."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.house",
        description="How large the house is, and what a request passes.",
    )
    parser.add_argument(
        "--repo",
        type=Path,
        default=PROJECT,
        metavar="DIR",
        help="count this checkout, which has its .venv and its archives; default: this one",
    )
    parser.add_argument("--static", action="store_true", help="start no service: sizes, arrows")
    parser.add_argument("--list", action="store_true", help="name the files of each way")
    given = parser.parse_args()
    # Its service is stopped and its folder removed also where it is told to end.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    repo = given.repo.resolve()
    files = modules(repo)
    _print_sizes(repo, files)
    if given.static:
        return 0
    try:
        ways = walked(repo, files)
    except NotCounted as error:
        print(f"evals.house: {error}", file=sys.stderr)
        return 1
    heads = ("way", "functions called", "their lines", "in files", "of lines")
    print(f"\n| {' | '.join(heads)} | with files they name | of lines | processes |")
    print("|---|---|---|---|---|---|---|---|")
    for way in ways:
        print(_row(way))
    for way in ways if given.list else ():
        print(f"\n{way.name}: file, its lines, lines of the functions called")
        for file, called in sorted(way.lines_called.items()):
            print(f"  {file:44} {way.lines_of[file]:5} {called:5}")
        for file, lines in sorted(way.named.items()):
            print(f"  {file:44} {lines:5} named")
    return 0


def _print_sizes(repo: Path, files: list[str]) -> None:
    parts = {
        "the service": [file for file in files if not is_measuring(file)],
        "what measures": [file for file in files if is_measuring(file)],
    }
    counted: list[Sizes] = [
        sizes([lines_of(repo, file) for file in part]) for part in parts.values()
    ]
    starts = arrows(repo, files)
    rows = {
        "modules": [one.modules for one in counted],
        "lines": [one.lines for one in counted],
        "median lines of a module": [one.median for one in counted],
        "modules of 50 lines or fewer": [one.small for one in counted],
        "modules over 250 lines": [one.large for one in counted],
        "arrows from its folders at the top to others": [
            sum(not is_measuring(f"{start}/") for start, _ in starts),
            sum(is_measuring(f"{start}/") for start, _ in starts),
        ],
    }
    print(f"| without tests | {' | '.join(parts)} |\n|---|---|---|")
    for name, figures in rows.items():
        print(f"| {name} | {' | '.join(f'{figure:,}' for figure in figures)} |")


def _row(way: Way) -> str:
    files, lines = len(way.lines_of), sum(way.lines_of.values())
    figures = (
        *(way.functions, sum(way.lines_called.values()), files, lines),
        *(files + len(way.named), lines + sum(way.named.values())),
    )
    return f"| {way.name} | {' | '.join(f'{one:,}' for one in figures)} | {way.processes} |"


if __name__ == "__main__":
    sys.exit(main())
