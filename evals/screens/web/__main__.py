"""`python -m evals.screens.web`: draw web screens into a folder, with what they show in
truth.jsonl."""

import argparse
import json
from pathlib import Path

from evals.screens.web.render import draw_all, template_names


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(prog="python -m evals.screens.web", description=__doc__)
    parser.add_argument("--only", default="", help="templates whose names begin so")
    parser.add_argument("--count", type=int, default=1, help="screens of each template")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / "truth.jsonl").open("w", encoding="utf-8") as truth:
        for screen in draw_all(
            [n for n in template_names() if n.startswith(args.only)], args.count
        ):
            ending = "jpg" if screen.content.startswith(b"\xff\xd8") else "png"
            name = f"{screen.template.replace('/', '-')}-{screen.number}.{ending}"
            (args.out / name).write_bytes(screen.content)
            line = {"file": name, "template": screen.template, "kind": screen.kind}
            line |= {
                "fund_code": screen.fund_code,
                "hold_share": screen.hold_share,
                "why": screen.why,
            }
            truth.write(json.dumps(line, ensure_ascii=False) + "\n")
            print(name, screen.fund_code, screen.hold_share, screen.why)


if __name__ == "__main__":
    main()
