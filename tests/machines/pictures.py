"""What the machines read: small pictures for the ledger (tests.faults), whole screens for speed."""

import json
from itertools import count

from evals.bench.host import unique
from evals.testbed.picture_host import Behaviour
from pipeline.settings import PROJECT
from tests.faults.ledger import Values
from tests.faults.pictures import Pictures

_SAMPLES = PROJECT / "samples"
_SCREEN = "/screen-"


class Screens(Pictures):
    """Both kinds without end, each with bytes of its own: `/1.png` … and `/screen-1.png` …."""

    def __init__(self) -> None:
        super().__init__()
        truth = json.loads((_SAMPLES / "truth.json").read_text("utf-8"))
        self._screens = [
            ((_SAMPLES / name).read_bytes(), (data["fund_code"], data["hold_share"]))
            for name, data in truth.items()
            if name.endswith(".png") and data["fund_code"]
        ]
        self._screen_numbers = count()

    def next_screen(self) -> tuple[str, Values]:
        """A path that nobody has asked for, and what is on its screen."""
        number = next(self._screen_numbers)
        return f"{_SCREEN}{number}.png", self._screens[number % len(self._screens)][1]

    def __getitem__(self, path: str) -> "bytes | Behaviour":
        number = path.removeprefix(_SCREEN).removesuffix(".png")
        if not path.startswith(_SCREEN) or not number.isdecimal():
            return super().__getitem__(path)
        return unique(self._screens[int(number) % len(self._screens)][0], int(number))
