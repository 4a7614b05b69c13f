"""Writes the last runs' tables into docs/benchmarks.md, between marks; the words around stay."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evals.bench.machine import described
from evals.bench.plot import draw
from pipeline.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "benchmarks.md"
Report = dict[str, Any]


def write_document(document: Path = DOCUMENT, reports: Path = PROJECT / "var") -> None:
    """Put the newest reports into the document, each section for itself; a section whose report is
    not there stays as it is.
    """
    text = document.read_text(encoding="utf-8")
    for name, (file, lines) in _SECTIONS.items():
        report = reports / file
        if report.is_file():
            found = json.loads(report.read_text(encoding="utf-8"))
            if (content := "\n".join(lines(found, document.parent))) != "":
                text = _between(text, name, content)
    document.write_text(text, encoding="utf-8")


def _between(text: str, name: str, content: str) -> str:
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, mark, rest = text.partition(begin)
    _, closing, after = rest.partition(end)
    if not mark or not closing:
        raise ValueError(f"docs/benchmarks.md has no place for {name}")
    return f"{before}{begin}\n{content}\n{end}{after}"


def _targets(report: Report, _: Path) -> Iterator[str]:
    yield from (f"{line}  " for line in described(report["machine"]).splitlines())
    if report.get("plan") == "quick":
        yield "`make bench-quick`: fewer pictures, shorter rounds, wider ranges."
    yield ""
    yield from _table(
        ("target", "measured", ""),
        (
            (one["target"], one["measured"], "met" if one["met"] else "**missed**")
            for one in report["targets"]
        ),
    )


def _systems(report: Report, _: Path) -> Iterator[str]:
    if rows := report.get("throughput"):
        yield from _table(
            ("", "screens/s (range)", "p50, s", "right", "runs with"),
            (_system(name, row) for name, row in rows.items()),
        )


def _system(name: str, row: Report) -> tuple[str, ...]:
    rate = row["rate"]
    rates = f"{rate['median']:.2f} ({rate['least']:.2f}–{rate['most']:.2f})"
    if "p50_s" not in row:
        return name, rates, "", "", f"{row['settings']}; {_reached(row)}"
    return name, rates, f"{row['p50_s']['median']:.2f}", f"{100 * row['right']:.1f} %", row[
        "settings"
    ]  # fmt: skip


def _reached(bound: Report) -> str:
    """What of the bound ours reach; told, not asked for."""
    return f"ours reach {bound['ours_of_it']['median']:.2f} of it"


def _profile(report: Report, folder: Path) -> Iterator[str]:
    if parts := report.get("profile"):
        draw("profile", parts, folder / "benchmarks-profile.svg")
        yield "![CPU time of one screen, by part](benchmarks-profile.svg)"
        yield ""
        total = sum(parts.values())
        yield from _table(
            ("part", "ms of CPU for a screen", "share"),
            ((name, f"{ms:.1f}", f"{100 * ms / total:.0f} %") for name, ms in parts.items()),
        )


def _clients(report: Report, folder: Path) -> Iterator[str]:
    if clients := report.get("clients"):
        draw("clients", clients, folder / "benchmarks-clients.svg")
        yield "![Screens a second and p50 over callers](benchmarks-clients.svg)"
        yield ""
        callers = sorted({row["clients"] for one in clients.values() for row in one["rows"]})
        yield from _table(
            ("screens/s · p50", *(str(n) for n in callers), "knee"),
            (
                (
                    name,
                    *(_cell(one["rows"], n) for n in callers),
                    str(one.get("knee", "")),
                )
                for name, one in clients.items()
            ),
        )


def _cell(rows: list[Report], clients: int) -> str:
    for row in rows:
        if row["clients"] == clients:
            return f"{row['rate']:.2f} · {row['p50_ms']:.0f} ms"
    return ""


def _sizes(report: Report, _: Path) -> Iterator[str]:
    if sizes := report.get("sizes"):
        yield from _table(
            ("picture", "megapixels", "p50, ms"),
            (
                (
                    row["size"].replace("x", " × "),
                    f"{row['megapixels']:.1f}",
                    f"{row['p50_ms']:.0f}",
                )
                for row in sizes["rows"]
            ),
        )
        yield ""
        yield f"Over the three screens time grows with megapixels to the {sizes['exponent']:.2f}."


def _rows(report: Report, _: Path) -> Iterator[str]:
    if rows := report.get("rows"):
        yield from _table(
            ("rows", "known link, p50", "p99"),
            (
                (f"{row['rows']:,}", f"{row['p50_ms']:.2f} ms", f"{row['p99_ms']:.2f} ms")
                for row in rows["rows"]
            ),
        )
        yield ""
        yield f"Time grows with rows to the {rows['exponent']:.2f}."


def _sweep(report: Report, _: Path) -> Iterator[str]:
    keys = ("workers", "threads", "batch", "delay_ms")
    yield from _table(
        ("cores", "workers", "threads", "batch", "delay, ms", "screens/s", "p50 at one, ms"),
        (
            (cores, *(str(one["best"][key]) for key in keys), *_speed(one["best"]))
            for cores, one in report["cores"].items()
        ),
    )
    yield ""
    yield "All that was tried:"
    yield ""
    yield from _table(
        ("cores", "workers", "threads", "batch", "delay, ms", "screens/s", "p50 at one, ms"),
        (
            (cores, *(str(row[key]) for key in keys), *_speed(row))
            for cores, one in report["cores"].items()
            for row in one["tried"]
        ),
    )


def _speed(row: Report) -> tuple[str, str]:
    return f"{row['rate']:.2f}", f"{row['p50_ms']:.0f}"


def _memory(report: Report, _: Path) -> Iterator[str]:
    for one in report["targets"]:
        if one["key"] == "memory":
            yield f"{report['machine']['date']}, {one['numbers']['screens']:,} screens: " + one[
                "measured"
            ]  # fmt: skip


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


_SECTIONS: dict[str, tuple[str, Callable[[Report, Path], Iterator[str]]]] = {
    "targets": ("bench.json", _targets),
    "systems": ("bench.json", _systems),
    "profile": ("bench.json", _profile),
    "clients": ("bench-growth.json", _clients),
    "sizes": ("bench-growth.json", _sizes),
    "rows": ("bench-growth.json", _rows),
    "sweep": ("bench-sweep.json", _sweep),
    "memory": ("bench-memory.json", _memory),
}


if __name__ == "__main__":
    write_document()
