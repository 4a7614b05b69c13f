"""`python -m evals.screens samples [FOLDER]` draws the bundled screenshots and their truth again;
`python -m evals.screens corpus N SEED FOLDER [tuning|held_out]` writes N screens as PNG, with
truth.json.
"""

import json
import sys
from pathlib import Path

from evals.screens.corpus import Split, draw
from evals.screens.fonts import FontMissing
from evals.screens.samples import write

SAMPLES_FOLDER = Path(__file__).resolve().parents[2] / "samples"
SPLITS: dict[str, Split] = {"all": "all", "tuning": "tuning", "held_out": "held_out"}


def main(arguments: list[str]) -> int:
    """Run one command; 2 where it is not one of ours, 1 where a font is missing."""
    try:
        match arguments:
            case ["samples", *rest] if len(rest) <= 1:
                folder = Path(rest[0]) if rest else SAMPLES_FOLDER
                folder.mkdir(parents=True, exist_ok=True)
                count = len(write(folder)) - 1
            case ["corpus", n, seed, out, *split] if all(s in SPLITS for s in split[:1]):
                folder = Path(out)
                count = write_corpus(
                    int(n), int(seed), folder, SPLITS[split[0] if split else "all"]
                )
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except FontMissing as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} pictures and truth.json are in {folder}")
    return 0


def write_corpus(n: int, seed: int, folder: Path, split: Split) -> int:
    """Write `n` screens of the corpus, named by number and layout; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    truth: dict[str, dict[str, str]] = {}
    for index, screen in enumerate(draw(n, seed, split)):
        file = f"{index:05d}_{screen.layout}.png"
        screen.picture.save(folder / file)
        answer = screen.truth
        truth[file] = {
            "fund_code": answer.fund_code,
            "hold_share": answer.hold_share,
            "layout": screen.layout,
        }
    text = json.dumps(truth, ensure_ascii=False, indent=2) + "\n"
    (folder / "truth.json").write_text(text, encoding="utf-8")
    return len(truth)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
