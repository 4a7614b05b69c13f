"""Counts recorded calls: functions, their lines, their files.

Counted are files with a function called, those of which such a function uses a name besides (a
type, a constant, an error), and functions. Lines of functions are from the first decorator to the
last line, those inside others counted once: they stay the same where two files become one. Code
that runs when a module is loaded is none of them.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from evals.house.modules import lines_of


class NotCounted(Exception):
    """One sentence that says why there is no figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One as its code object tells of it. file: inside the checkout."""

    file: str
    line: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """By `caller`, or by none of ours, in the process of this name."""

    process: str
    function: Function
    caller: Function | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What one request passed. lines_of: each file with a function called; lines_called: how many
    of its lines belong to such a function. named: each other file of which such a function uses a
    name, with its lines. processes: their names."""

    name: str
    lines_of: dict[str, int]
    named: dict[str, int]
    lines_called: dict[str, int]
    functions: int
    processes: str


def placed(journal: str, files: Sequence[str]) -> dict[int, set[Call]]:
    """The calls of each period that a journal tells of, of functions in these files alone.

    A worker's files lie in a folder of its own, its handler beside them.
    """
    known = frozenset(files)

    @cache
    def inside(file: str) -> str | None:
        parts = Path(file).parts
        tails = ("/".join(parts[start:]) for start in range(1, len(parts)))
        beside = f"handlers/{parts[-1]}" if parts else ""
        return next((tail for tail in (*tails, beside) if tail in known), None)

    def function(path: str, line: str, name: str) -> Function | None:
        file = inside(path)
        return None if file is None else Function(file=file, line=int(line), name=name)

    found: dict[int, set[Call]] = {}
    for told in journal.splitlines():
        period, process, *fields = told.split("\t")
        called, caller = function(*fields[:3]), function(*fields[3:])
        if called is not None:
            call = Call(process=process, function=called, caller=caller)
            found.setdefault(int(period), set()).add(call)
    return found


def way(name: str, calls: set[Call], idle: set[Call], repo: Path, files: Sequence[str]) -> Way:
    """What was called and is no call of an idle service, as figures. files: all modules of the
    checkout. NotCounted when one of them has no such function."""
    spans: dict[str, set[range]] = {}
    processes = set()
    called = {call.function for call in calls}
    for call in calls - idle:
        processes.add(call.process)
        # The calling function counts too, even if it runs when idle; not what runs since the start.
        for one in called & {call.function, call.caller}:
            if (span := _source(repo / one.file).span(one)) is not None:
                spans.setdefault(one.file, set()).add(span)
    modules = {module_of(file): file for file in files}
    used = {name for file, found in spans.items() for name in _source(repo / file).uses(found)}
    found = {modules.get(name, modules.get(name.rpartition(".")[0])) for name in used}
    named = {file for file in found if file is not None and file not in spans}
    return Way(
        name=name,
        lines_of={file: lines_of(repo, file) for file in spans},
        named={file: lines_of(repo, file) for file in named},
        lines_called={file: len(set().union(*found)) for file, found in spans.items()},
        functions=sum(map(len, spans.values())),
        processes=", ".join(sorted(processes)),
    )


def module_of(file: str) -> str:
    """The name by which a file is imported."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Source:
    """One file's functions and classes, each with its lines, and where its names come from."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._tree = ast.parse(file.read_text(encoding="utf-8"))
        self._functions: dict[tuple[int, str], range] = {}
        self._classes: set[tuple[int, str]] = set()
        # Each name with what it is in the dotted form: a module, or a name in one.
        self._imported: dict[str, set[str]] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for one in node.names:
                    place = f"{node.module}.{one.name}"
                    self._imported.setdefault(one.asname or one.name, set()).add(place)
            elif isinstance(node, ast.Import):
                for one in node.names:
                    name = one.asname or one.name.partition(".")[0]
                    self._imported.setdefault(name, set()).add(one.name)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                if isinstance(node, ast.ClassDef):
                    self._classes.add((first, node.name))
                else:
                    assert node.end_lineno is not None
                    self._functions[first, node.name] = range(first, node.end_lineno + 1)

    def span(self, function: Function) -> range | None:
        """The lines of a function, of the innermost one for what has no name in it (a lambda, a
        comprehension); None for code that runs when a module is loaded."""
        if function.name.startswith("<"):
            around = [span for span in self._functions.values() if function.line in span]
            if around or function.name != "<lambda>":
                return min(around, key=len, default=None)
            return range(function.line, function.line + 1)
        found = self._functions.get((function.line, function.name))
        if found is None and (function.line, function.name) not in self._classes:
            raise NotCounted(
                f"{self._file} has no {function.name} in line {function.line}, which the service "
                "ran: its archives are of other code; run make archive there"
            )
        return found

    def uses(self, spans: Iterable[range]) -> set[str]:
        """What these lines use of other modules, in the dotted form."""
        lines = set().union(*spans)
        names = {
            node.id
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name) and node.lineno in lines
        }
        return set().union(*(self._imported.get(name, set()) for name in names))


_source = cache(_Source)
