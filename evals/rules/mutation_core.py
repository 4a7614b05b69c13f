"""`make mutation-core`: do the tests notice when the modules that all else stands on change?

mutmut changes one of them at a time (`CORES`), in one place at a time, and runs the tests that are
named below and reach the place; it stops at the first that fails. Prints what the mutants came to,
then `target | measured | met or missed` for each; the same with every survivor as JSON in
var/mutation-core.json. The exit code is 1 on a miss. A survivor's change: `mutmut show NAME` in
mutants/CORE, which --keep leaves there.
"""

import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.rules import mutation_plugin
from evals.rules.mutant_fates import fates_of, killed_percent, numbered, run_mutmut, summary
from evals.testbed.mariadb import MariaDB
from pipeline.settings import PROJECT

LEAST_KILLED = 80.0
"""Percent of all mutants of each module."""
_MUTANTS = PROJECT / "mutants"
_CODE = (
    *("bulk", "cli", "db", "evals", "front", "handlers", "ocr", "pipeline"),
    *("postprocess", "serving"),
)
_BESIDES = ("samples", "weights", "deploy", "scripts")
_MUTMUT = """
[tool.mutmut]
source_paths = {code}
only_mutate = ["{module}"]
also_copy = {besides}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = {arguments}
# Each worker is forked from a process that has only imported the tests: models and servers have
# threads, which a fork does not take along.
process_isolation = "forkserver"
# A test that hangs is ended by its own limit of time; this ends what is beyond that.
timeout_multiplier = 10.0
timeout_constant = 20.0
use_git_change_detection = false
track_dependencies = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """A module that all else stands on. tests: patterns of the files with the tests that know it,
    where they are there, the fast first. without: tests among them that take long and know nothing
    more of it. seconds: the longest that one test may take."""

    module: str
    tests: tuple[str, ...]
    without: str = ""
    seconds: int = 30


_OF_ROWS = (
    *("tests/db/test_writes_*.py", "tests/db/test_store_rows.py"),
    *("tests/db/test_store_doubts.py", "tests/db/test_store_corrections.py"),
    "tests/db/test_store_looked_at.py",
)
CORES = {
    "batch": Core(
        module="pipeline/batch.py",
        tests=("tests/pipeline/test_batch_*.py", "tests/pipeline/test_pipeline.py"),
        without="beyond_the_budget or fault_of_ours or being_decoded or slow_host",
        seconds=40,
    ),
    "writes": Core(module="db/writes.py", tests=_OF_ROWS, without="same_moment"),
    "reads": Core(
        module="db/reads.py",
        tests=(*_OF_ROWS, "tests/db/test_store_review.py"),
        without="same_moment or at_once",
    ),
    "transport": Core(
        module="pipeline/fetch/transport.py",
        tests=("tests/fetch/test_transport_*.py", "tests/fetch/test_fetching.py"),
        seconds=20,
    ),
}


def main() -> int:
    """Run mutmut over each module and judge; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="make mutation-core", description=__doc__)
    parser.add_argument("--only", choices=CORES, action="append", help="one module; repeatable")
    parser.add_argument("--children", type=int, default=1, help="mutants tried at once")
    parser.add_argument(
        "--tenths", type=int, default=10, help="try so many tenths of the mutants, by their numbers"
    )
    parser.add_argument(
        "--first", type=int, default=0, metavar="DIGIT", help="the first of these tenths"
    )
    parser.add_argument("--keep", action="store_true", help="leave mutants/ for mutmut show")
    options = parser.parse_args()
    names = options.only or list(CORES)
    # The server is ended and its folder removed however we are ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, MariaDB() as server:
        server.new_database(upgraded=True)
        file = Path(folder) / "server"
        mutation_plugin.describe(server, file)
        report = {name: _tried(name, options, file) for name in names}
    if not options.keep:
        for name in names:
            shutil.rmtree(_MUTANTS / name, ignore_errors=True)
    met = all(one["met"] for one in report.values())
    minutes = (time.monotonic() - begun) / 60
    print(f"{minutes:.0f} minutes")
    told = {"target": LEAST_KILLED, "met": met, "minutes": round(minutes, 1), "cores": report}
    file = PROJECT / "var" / "mutation-core.json"
    file.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if met else 1


def _tried(name: str, options: argparse.Namespace, server_file: Path) -> dict[str, Any]:
    """Try all mutants of one module, say what they came to and report it."""
    core = CORES[name]
    # In the order of the patterns.
    tests = [
        str(file.relative_to(PROJECT)) for one in core.tests for file in sorted(PROJECT.glob(one))
    ]
    folder = _workspace(name, core, tests)
    begun = time.monotonic()
    log = PROJECT / "var" / f"mutation-{name}.log"
    temporary = folder / "temporary"
    temporary.mkdir()
    env = {
        "TMPDIR": str(temporary),
        mutation_plugin.SERVER_FILE: str(server_file),
        mutation_plugin.FILES: os.pathsep.join(tests),
    }
    ended = run_mutmut(
        folder, numbered(options.tenths, options.first), children=options.children, log=log, env=env
    )
    notes = folder / "mutants" / f"{core.module}.meta"
    if not ended or not notes.exists():
        print(f"{name}: mutmut failed, see {log.relative_to(PROJECT)}", file=sys.stderr)
        return {"met": False}
    fates = {mutant: fate for mutant, fate in fates_of(notes).items() if fate != "not run"}
    counts = Counter(fates.values())
    killed = killed_percent(counts)
    met = killed >= LEAST_KILLED
    minutes = (time.monotonic() - begun) / 60
    print(f"{core.module}: {summary(counts)}, {minutes:.1f} minutes")
    told = "met" if met else "missed"
    print(f"mutants killed, {name}: ≥ {LEAST_KILLED:g} % | {killed:.1f} % | {told}", flush=True)
    return {
        "module": core.module,
        "killed_percent": round(killed, 2),
        "met": met,
        "minutes": round(minutes, 1),
        **counts,
        "left": {mutant: fate for mutant, fate in fates.items() if fate != "killed"},
    }


def _workspace(name: str, core: Core, tests: list[str]) -> Path:
    """A folder that looks like the project to mutmut, with settings for this module."""
    folder = _MUTANTS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in (*_CODE, *_BESIDES, "tests"):
        (folder / part).symlink_to(PROJECT / part)
    # The plugin is imported by its name.
    shutil.copy(mutation_plugin.__file__, folder)
    arguments = ["-p", "mutation_plugin", "-p", "no:cacheprovider", "--timeout", str(core.seconds)]
    if core.without:
        arguments += ["-k", f"not ({core.without})"]
    settings = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    ours = _MUTMUT.format(
        code=json.dumps(_CODE),
        module=core.module,
        besides=json.dumps((*_BESIDES, "mutation_plugin.py")),
        tests=json.dumps(tests),
        arguments=json.dumps(arguments),
    )
    # The project's own settings for mutmut are of its rules.
    kept = re.sub(r"(?ms)^\[tool\.mutmut\]\n.*?(?=^\[|\Z)", "", settings)
    (folder / "pyproject.toml").write_text(kept + ours, encoding="utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(main())
