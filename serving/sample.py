"""A bundled screenshot with known values, to try the service with."""

import json
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings import PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A picture, its content type, and what a right answer says in `data`."""

    path: Path
    content_type: str
    data: dict[str, str]


def known_sample() -> Sample:
    """The first picture of samples/truth.json that shows a code and a share."""
    folder = PROJECT / "samples"
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    name, data = next((name, data) for name, data in truth.items() if data["fund_code"])
    return Sample(
        path=folder / name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        data=data,
    )
