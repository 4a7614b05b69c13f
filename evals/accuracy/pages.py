"""`make pages`: the rules on pages that others described, and on windows scrolled over lists.

Described pages and notations of codes are text lines with their places (tests/rules/handed), so
nothing is read; windows are made up (evals/accuracy/scrolled.py). `--pictures` and `--web N` read:
the handed pictures, and N screens of each HTML template (evals/screens/web); `--watermark N` reads
N drawn screens under a watermark. What was read is kept in var/pages for the next time. `--covered
N`: N drawn screens with something laid over them (evals/accuracy/covered.py), alone. Prints right,
wrong and missed by kind; the exit code is 1 where one answer is wrong.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cli.recognize import default_extractor
from evals.accuracy.covered import covered
from evals.accuracy.covered import show as show_covered
from evals.accuracy.reading import JUDGED, answer, decide, first_readings
from evals.accuracy.scrolled import windows
from evals.accuracy.watermarked import watermarked
from ocr.models import PRESETS
from pipeline.decode.image import Image
from pipeline.extractor import Extractor, covered_lines, with_covered
from pipeline.settings import PROJECT, load_settings
from postprocess.evidence import rounded
from postprocess.layout import extract
from postprocess.types import Line, Page

HANDED = PROJECT / "tests" / "rules" / "handed"
_KEPT = PROJECT / "var" / "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A page and its truth: one pair, or none where several are each right (`any_of`) or nothing
    can be answered. may_refuse: a refusal counts as right. is_secret: only counted, never shown.
    """

    group: str
    name: str
    page: Page
    any_of: tuple[tuple[str, str], ...]
    may_refuse: bool = False
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the rules made of a case."""

    case: Case
    verdict: str
    said: str


def judge(case: Case) -> Result:
    """right, missed, wrong; `may` for a refusal that may be."""
    found = extract(case.page)
    said = answer(found)
    if said == ("", ""):
        verdict = "right" if not case.any_of else "may" if case.may_refuse else "missed"
        return Result(case=case, verdict=verdict, said=str(found.reason))
    fits = any(said[0] == code and _same(said[1], share) for code, share in case.any_of)
    return Result(case=case, verdict="right" if fits else "wrong", said=" ".join(said))


def _same(one: str, other: str) -> bool:
    return Decimal(one) == Decimal(other.replace(",", ""))


def described(file: Path, group: str) -> Iterator[Case]:
    """The cases of a file of described pages."""
    for text in file.read_text("utf-8").splitlines():
        one = json.loads(text)
        yield Case(
            group=f"{group}, {one['how_common']}",
            name=one["name"],
            page=page_from(one),
            any_of=_pair(one),
            may_refuse=one.get("may_refuse", False),
        )


def scrolled(count: int, seed: int) -> Iterator[Case]:
    """Windows over lists; any whole pair of one card is right, and a refusal may be unless just one
    card stands in the window."""
    for window in windows(count, seed):
        yield Case(
            group="one whole card" if window.whole else "other windows",
            name=f"window {window.number}",
            page=window.page,
            any_of=(window.whole,) if window.whole else window.pairs,
            may_refuse=window.whole is None,
        )


def pictures(extractor: Extractor) -> Iterator[Case]:
    """The handed pictures, read now."""
    folder = HANDED / "pictures"
    for name, one in json.loads((folder / "truth.json").read_text("utf-8")).items():
        yield Case(
            group=f"pictures, {one['kind']}",
            name=name,
            page=read(extractor, (folder / name).read_bytes(), name),
            any_of=_pair(one),
            may_refuse=one.get("may_refuse", False),
        )


def web(extractor: Extractor, count: int, only: str) -> Iterator[Case]:
    """Screens of the HTML templates; those of templates kept for judging are secret."""
    from evals.screens.web.render import renderer, template_names

    names = [name for name in template_names() if name.startswith(only)]
    with renderer() as drawing:
        for template in names:
            for number in range(count):
                drawn = drawing.draw(template, number)
                part = "kept for judging" if drawn.is_held_out else "looked at"
                pair = (drawn.fund_code, drawn.hold_share)
                yield Case(
                    group=f"web screens {part}, {drawn.kind if drawn.fund_code else 'no answer'}",
                    name=f"{template} {number}",
                    page=read(extractor, drawn.content, f"{template}-{number}"),
                    any_of=(pair,) if drawn.fund_code else (),
                    is_secret=drawn.is_held_out,
                )


def under_watermarks(extractor: Extractor, count: int, seed: int) -> Iterator[Case]:
    """Usual drawn screens under a watermark."""
    for number, one in enumerate(watermarked(count, seed)):
        truth, pixels = one.screen.truth, np.asarray(one.picture)[:, :, ::-1]
        kept, content = cv2.imencode(".png", np.ascontiguousarray(pixels))
        assert kept
        pair = (truth.fund_code, truth.hold_share)
        yield Case(
            group="drawn screens under a watermark",
            name=f"{one.screen.layout} {number}",
            page=read(extractor, content.tobytes(), f"watermark-{seed}-{number}"),
            any_of=() if truth.refused else (pair,),
        )


def read(extractor: Extractor, content: bytes, name: str) -> Page:
    """What the readers read in a picture, kept by its content and the model's version, and what was
    found to lie over the lines that decide. What other rules would decide by was read once."""
    version = f"{extractor.model_version}-{_reader_code()}".replace("/", "-")
    file = _KEPT / version / f"{sha256(content).hexdigest()}.json"
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None, name
    image = Image(sha256=bytes(32), pixels=np.asarray(pixels, np.uint8))
    if file.is_file():
        return _looked_at(page_from(json.loads(file.read_text("utf-8"))), image)
    (page,) = first_readings(extractor, [image])
    (extracted,) = decide(extractor, [page], [image], rules=JUDGED, twice=True)
    seconds = {line.quad: line.second for line in extracted.page.lines if line.second is not None}
    page = rounded(page)
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        {
            "text": line.text,
            "confidence": float(line.confidence),
            "quad": [[float(x), float(y)] for x, y in line.quad],
            "characters": [float(one) for one in line.characters],
            "second": seconds.get(line.quad),
        }
        for line in page.lines
    ]
    said = {"name": name, "width": page.width, "height": page.height, "lines": lines}
    file.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    return _looked_at(page_from(said), image)


@cache
def _reader_code() -> str:
    """Of the code that reads: what another reader read is read again."""
    files = [*sorted((PROJECT / "ocr").rglob("*.py")), PROJECT / "pipeline" / "doubts.py"]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


def _looked_at(page: Page, image: Image) -> Page:
    return with_covered(page, covered_lines(extract(page), image))


def page_from(said: dict[str, Any]) -> Page:
    """A described page as the rules take it."""
    lines = tuple(
        Line(
            text=line["text"],
            confidence=line["confidence"],
            quad=tuple((x, y) for x, y in line["quad"]),  # type: ignore[arg-type]
            characters=tuple(line.get("characters", ())),
            second=line.get("second"),
        )
        for line in said["lines"]
    )
    return Page(lines=lines, width=said["width"], height=said["height"])


def _pair(one: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return ((one["fund_code"], one["hold_share"]),) if one["fund_code"] else ()


def by_group(results: Iterable[Result]) -> dict[str, Counter[str]]:
    """How many of each verdict."""
    groups: dict[str, Counter[str]] = {}
    for one in results:
        groups.setdefault(one.case.group, Counter())[one.verdict] += 1
    return groups


def show(results: Sequence[Result], *, shown: Iterable[str]) -> None:
    """One line for each group, then each case with one of these verdicts."""
    for group, counts in by_group(results).items():
        answerable = counts["right"] + counts["missed"]
        share = f"{100 * counts['right'] / answerable:5.1f} %" if answerable else ""
        print(
            f"{group:52} {counts.total():6} right {counts['right']:6} wrong {counts['wrong']:4} "
            f"missed {counts['missed']:5} may refuse {counts['may']:5}  {share}"
        )
    for one in results:
        if one.verdict in shown and not one.case.is_secret:
            print(f"{one.verdict}: {one.case.group}: {one.case.name}: {one.case.any_of} {one.said}")


def main() -> int:
    """Judge; 1 when an answer is wrong."""
    parser = argparse.ArgumentParser(prog="make pages", description=__doc__)
    parser.add_argument("--windows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pictures", action="store_true")
    parser.add_argument("--web", type=int, default=0)
    parser.add_argument("--only", default="", help="web templates whose names begin so")
    parser.add_argument("--show", default="wrong", help="wrong,missed: what is told one by one")
    parser.add_argument("--watermark", type=int, default=0, help="drawn screens under one")
    parser.add_argument("--models", choices=PRESETS, help="bundled ones; default: as the service")
    parser.add_argument("--covered", type=int, default=0, help="screens that are covered, alone")
    options = parser.parse_args()
    if options.covered:
        extractor = default_extractor(load_settings(), options.models)
        return 1 if show_covered(list(covered(extractor, options.covered, options.seed))) else 0
    cases = [
        *described(HANDED / "pages.jsonl", "described pages"),
        *described(HANDED / "pages_of_another_hand.jsonl", "pages of another hand"),
        *(
            case
            for file in sorted(HANDED.glob("pages_of_a*_*_hand.jsonl"))
            for case in described(file, file.stem.replace("_", " "))
        ),
        *described(HANDED / "code_notations.jsonl", "notations"),
        *scrolled(options.windows, options.seed),
    ]
    if options.pictures or options.web or options.watermark:
        extractor = default_extractor(load_settings(), options.models)
        cases += pictures(extractor) if options.pictures else ()
        cases += web(extractor, options.web, options.only) if options.web else ()
        cases += under_watermarks(extractor, options.watermark, options.seed)
    results = [judge(case) for case in cases]
    show(results, shown=options.show.split(","))
    return 1 if any(one.verdict == "wrong" for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
