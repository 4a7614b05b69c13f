"""Draws the plots of docs/benchmarks.md.

Drawn by `python -m evals.bench.plot` in an environment of its own: with matplotlib in the
project's, other packages would import it too, and leave files at home.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]


def draw(kind: str, numbers: Mapping[str, Any], file: Path) -> None:
    """Write the picture `kind`, a key of KINDS, as SVG."""
    from evals.bench.peers.venvs import python_of

    python = python_of("plots", PROJECT / "requirements" / "bench.txt")
    command = [python, "-m", "evals.bench.plot", kind, str(file)]
    subprocess.run(command, cwd=PROJECT, input=json.dumps(numbers), text=True, check=True)


def plot_clients(clients: Mapping[str, Any], file: Path) -> None:
    """Screens a second and p50 over the number of callers, a line for each system."""
    figure, (rates, waits) = _figure(1, 2, (10, 4))
    for name, found in clients.items():
        rows = found["rows"]
        callers = [row["clients"] for row in rows]
        style = "o-" if name.startswith("ours") else "s--"
        rates.plot(callers, [row["rate"] for row in rows], style, label=name)
        waits.plot(callers, [row["p50_ms"] / 1000 for row in rows], style, label=name)
    for axes, what in ((rates, "screens a second"), (waits, "p50 of a caller's wait, s")):
        axes.set_xscale("log", base=2)
        ticks = sorted({row["clients"] for found in clients.values() for row in found["rows"]})
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set_xlabel("callers at once")
        axes.set_ylabel(what)
        axes.grid(alpha=0.3)
    rates.set_ylim(bottom=0)
    waits.set_yscale("log")
    for axis in ("set_major_formatter", "set_minor_formatter"):
        getattr(waits.yaxis, axis)("{x:g}")
    rates.legend(fontsize=8)
    _save(figure, file)


def plot_profile(parts: Mapping[str, float], file: Path) -> None:
    """Where one screen's CPU time goes, ms, as a stacked bar."""
    figure, ((axes,),) = _figure(1, 1, (10, 2.6), squeeze=False)
    left = 0.0
    # What is below 0 stands in the table.
    shown = {name: ms for name, ms in parts.items() if ms > 0}
    for number, (name, ms) in enumerate(shown.items()):
        axes.barh([0], [ms], left=left, label=f"{name} {ms:.1f}", color=f"C{number % 10}",
                  alpha=1 if number < 10 else 0.5)  # fmt: skip
        left += ms
    axes.set_yticks([])
    axes.set_xlabel(f"ms of CPU for one screen, {sum(parts.values()):.0f} in all")
    axes.legend(fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.35))
    _save(figure, file)


def _figure(rows: int, columns: int, size: tuple[float, float], **options: Any) -> Any:  # noqa: ANN401
    import matplotlib

    matplotlib.use("svg")
    # The same numbers make the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "fundocr", "svg.fonttype": "none"})
    from matplotlib import pyplot

    return pyplot.subplots(rows, columns, figsize=size, layout="constrained", **options)


def _save(figure: Any, file: Path) -> None:  # noqa: ANN401
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})
    from matplotlib import pyplot

    pyplot.close(figure)
    # Its lines end in spaces, which nobody's editor leaves alone.
    text = file.read_text(encoding="utf-8")
    file.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")


KINDS = {"clients": plot_clients, "profile": plot_profile}

if __name__ == "__main__":
    kind, file = sys.argv[1:]
    KINDS[kind](json.load(sys.stdin), Path(file))
