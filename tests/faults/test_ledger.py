"""The judge of the fault runs can fail: cases by hand, good ones and one for each fault."""

from collections.abc import Sequence

import pytest

from tests.faults.ledger import Entry, Findings, Kept, Outcome, Values, compare, counts

SHOWN: Values = ("011608", "1234.56")
SET: Values = ("000001", "7.25")
OTHER: Values = ("202015", "6.56")
ROW = Kept(identity="a", read=SHOWN, used=SHOWN)
CORRECTED = Kept(identity="a", read=SHOWN, used=SET, corrections=(SET,))


def asked(
    at: float, outcome: Outcome = Outcome.OK, told: Values | None = SHOWN, took: float = 1
) -> Entry:
    """One request for picture a."""
    told = told if outcome is Outcome.OK else None
    return Entry(identity="a", sent=at, ended=at + took, outcome=outcome, told=told)


def correction(at: float, outcome: Outcome = Outcome.OK, told: Values | None = SET) -> Entry:
    """One request to correct it."""
    told = told if outcome is Outcome.OK else None
    return Entry(identity="a", sent=at, ended=at + 1, outcome=outcome, told=told, set_to=SET)


def judged(entries: Sequence[Entry], rows: Sequence[Kept]) -> str:
    """Which of the three is not empty; `fine` where none is."""
    found = compare(entries, rows, {"a": SHOWN})
    names = [name for name in ("lost", "double", "changed") if getattr(found, name)]
    return " and ".join(names) or "fine"


@pytest.mark.parametrize(
    ("entries", "rows"),
    [
        pytest.param([asked(0)], [ROW], id="ok, and its row"),
        pytest.param([asked(0), asked(2)], [ROW], id="asked twice, one row"),
        pytest.param([asked(0, Outcome.FAILED)], [], id="failed, no row"),
        pytest.param([asked(0, Outcome.FAILED)], [ROW], id="failed after its COMMIT"),
        pytest.param([asked(0, Outcome.UNKNOWN)], [], id="unknown, no row"),
        pytest.param([asked(0, Outcome.UNKNOWN)], [ROW], id="unknown, one row"),
        pytest.param([asked(0, Outcome.UNKNOWN), asked(2)], [ROW], id="unknown, asked again"),
        pytest.param([asked(0), correction(2)], [CORRECTED], id="corrected"),
        pytest.param(
            [asked(0), correction(2), asked(4, told=SET)], [CORRECTED], id="corrected, and told"
        ),
        pytest.param(
            [asked(0), correction(2, Outcome.UNKNOWN), correction(4)],
            [CORRECTED],
            id="a correction sent twice is one",
        ),
        pytest.param(
            [asked(0), correction(2, Outcome.UNKNOWN)], [ROW], id="unknown correction, not done"
        ),
        pytest.param(
            [asked(0), correction(2, Outcome.UNKNOWN)], [CORRECTED], id="unknown correction, done"
        ),
        pytest.param(
            [asked(0), correction(2, Outcome.FAILED), asked(4, told=SET), asked(6, told=SET)],
            [CORRECTED],
            id="failed correction, done all the same, and told from then on",
        ),
        pytest.param(
            [asked(0), asked(1.5, took=9), correction(2), asked(2.5, told=SET, took=0.2)],
            [CORRECTED],
            id="what was asked before the correction was told may show what was before",
        ),
    ],
)
def test_what_may_be_is_found_fine(entries: list[Entry], rows: list[Kept]) -> None:
    assert judged(entries, rows) == "fine"


@pytest.mark.parametrize(
    ("verdict", "entries", "rows"),
    [
        pytest.param("lost", [asked(0)], [], id="ok without a row"),
        pytest.param(
            "lost", [asked(0, Outcome.UNKNOWN), asked(2)], [], id="ok in the end without a row"
        ),
        pytest.param("lost", [asked(0), correction(2)], [ROW], id="a correction that is gone"),
        pytest.param(
            "lost",
            [asked(0), correction(2, Outcome.UNKNOWN), asked(4, told=SET)],
            [ROW],
            id="a correction that somebody saw, gone",
        ),
        pytest.param("double", [asked(0)], [ROW, ROW], id="ok with two rows"),
        pytest.param("double", [asked(0, Outcome.UNKNOWN)], [ROW, ROW], id="unknown with two rows"),
        pytest.param("double", [asked(0, Outcome.FAILED)], [ROW, ROW], id="failed with two rows"),
        pytest.param(
            "double",
            [asked(0), correction(2)],
            [Kept(identity="a", read=SHOWN, used=SET, corrections=(SET, SET))],
            id="a correction done twice",
        ),
        pytest.param(
            "double",
            [asked(0)],
            [Kept(identity="a", read=SHOWN, used=SHOWN, others=1)],
            id="a line of history that nobody asked for",
        ),
        pytest.param(
            "double",
            [asked(0)],
            [ROW, Kept(identity="b", read=OTHER, used=OTHER)],
            id="a row that nobody asked for",
        ),
        pytest.param(
            "changed",
            [asked(0)],
            [Kept(identity="a", read=OTHER, used=OTHER)],
            id="another row than was told",
        ),
        pytest.param("changed", [asked(0, told=OTHER)], [ROW], id="told another picture's values"),
        pytest.param("changed", [asked(0), asked(2, told=OTHER)], [ROW], id="told something else"),
        pytest.param("changed", [asked(0, told=("", ""))], [ROW], id="told nothing"),
        pytest.param(
            "changed",
            [asked(0), correction(2), asked(4, told=SHOWN)],
            [CORRECTED],
            id="told as it was before its correction",
        ),
        pytest.param(
            "changed",
            [asked(0), correction(2, Outcome.FAILED), asked(4, told=SET), asked(6, told=SHOWN)],
            [CORRECTED],
            id="told new, then old again",
        ),
        pytest.param(
            "changed",
            [asked(0, told=SET), correction(2)],
            [CORRECTED],
            id="told new before it was asked for",
        ),
        pytest.param("changed", [asked(0)], [CORRECTED], id="corrected by nobody"),
        pytest.param(
            "changed",
            [asked(0), correction(2)],
            [Kept(identity="a", read=SHOWN, used=SHOWN, corrections=(SET,))],
            id="corrected, and readers use what was before",
        ),
        pytest.param(
            "changed",
            [asked(0), correction(2, told=OTHER)],
            [CORRECTED],
            id="the correction was acknowledged with other values",
        ),
    ],
)
def test_what_must_not_be_is_found(verdict: str, entries: list[Entry], rows: list[Kept]) -> None:
    assert judged(entries, rows) == verdict


def test_every_finding_is_told_by_its_picture_and_once() -> None:
    entries = [asked(0), asked(2, told=OTHER), asked(4, told=OTHER)]
    found = compare(entries, [ROW], {"a": SHOWN})
    assert found.changed == {f"a: told {OTHER} instead of {SHOWN}"}
    assert found
    assert not found.beside(found)
    assert found.beside(Findings()).changed == found.changed


def test_requests_are_counted_by_how_they_came_out() -> None:
    counted = counts([asked(0), asked(1, Outcome.UNKNOWN), correction(2), correction(3)])
    assert counted == {Outcome.OK: 3, Outcome.UNKNOWN: 1}
