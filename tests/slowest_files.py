"""What the ten slowest files of a run cost, so that growth is seen."""

from collections import Counter

import pytest

_COUNT = 10


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seconds of the tests of each file, with what they set up and took down: what several files
    share counts for the first of them."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration  # type: ignore[assignment]
    if len(seconds) <= _COUNT:
        return
    terminalreporter.section(f"the {_COUNT} slowest of {len(seconds)} files")
    for file, cost in seconds.most_common(_COUNT):
        terminalreporter.line(f"{cost:7.1f} s  {file}")
    terminalreporter.line(f"{sum(seconds.values()):7.1f} s  all files together")
