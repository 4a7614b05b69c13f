"""A list of funds: is a code on it, and does the name on the screen belong to the code?"""

from collections.abc import Mapping
from enum import Enum
from hashlib import sha256

from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from postprocess.fund_names import FundName, Marks, also_called, fund_name

_SAME = 0.8
"""Share of the shorter name's characters that stand in the longer one, in order: the same fund."""
_OTHER = 0.5
"""The same, below which it is another fund."""
_LEFT_OUT = 0.25
"""What a character that is left out counts against one that is not the fund's."""
_COMPARED = "2"
"""How names are compared: who changes it makes other answers of the same list, so that lists get
another version."""


class Fit(Enum):
    """What the list says of a code and a name."""

    SAME = "the name is the code's"
    OTHER = "the name is another fund's"
    UNKNOWN = "the list does not tell"


class FundList:
    """Codes and names as the holder of the list writes them.

    version: of its content; rows carry it, because another list may decide otherwise.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {code: fund_name(name) for code, name in names.items()}
        self._codes: dict[str, list[str]] = {}
        for code, name in self._names.items():
            for own in {name.own, also_called(name.own)} - {""}:
                self._codes.setdefault(own, []).append(code)
        self._owns = list(self._codes)
        content = "\n".join(f"{code},{name.whole}" for code, name in sorted(self._names.items()))
        told = f"{_COMPARED}\n{content}".encode()
        self.version = f"funds@{sha256(told).hexdigest()[:8]}"

    def __contains__(self, code: str) -> bool:
        return code in self._names

    def __len__(self) -> int:
        return len(self._names)

    def fit(self, code: str, name: str) -> Fit:
        """Compare a code with a name as it was read; apps shorten names, OCR misreads them."""
        listed, shown = self._names.get(code), fund_name(name)
        if listed is None or not listed.own or not shown.own:
            return Fit.UNKNOWN
        called = max((listed.own, also_called(listed.own)), key=lambda own: _common(own, shown.own))
        likeness = _common(called, shown.own) / min(len(called), len(shown.own))
        # One line of a name that is wrapped; how much of it does not matter.
        part = listed.whole.startswith(shown.whole) or listed.whole.endswith(shown.whole)
        if (likeness < _OTHER and not part) or self._is_of_another(listed, called, shown, part):
            return Fit.OTHER
        return Fit.SAME if likeness >= _SAME else Fit.UNKNOWN

    def _is_of_another(self, listed: FundName, called: str, shown: FundName, part: bool) -> bool:
        """Whether the name is nearer to another listed fund than to the code's own."""
        # Where a name goes on in the next line, a letter at the end of the first is no class.
        if not part and shown.marks.contradict(listed.marks):
            return True
        if called == shown.own:
            return self._has_more_marks(called, shown.marks, listed.marks)
        part = part or called.startswith(shown.own)
        if shown.cut and part:
            return False
        if shown.own in self._codes:
            return True
        if part or called.endswith(shown.own):
            return False
        return self._is_nearer_to_another(called, shown.own)

    def _has_more_marks(self, own: str, shown: Marks, listed: Marks) -> bool:
        """Of funds of one name: whether another one's class is what the screen says."""
        others = (self._names[code].marks for code in self._codes[own])
        known = shown.in_common(listed)
        return any(
            shown.in_common(other) > known and not shown.contradict(other) for other in others
        )

    def _is_nearer_to_another(self, called: str, shown: str) -> bool:
        common = _common(called, shown)
        distance = _distance(called, shown, common)
        enough = min(common + 1, len(shown))
        found = process.extract(
            shown, self._owns, scorer=LCSseq.similarity, score_cutoff=enough, limit=None
        )
        return any(
            other.startswith(shown)
            or (score > common and _distance(other, shown, score) < distance)
            for other, score, _ in found
        )


def _common(one: str, other: str) -> int:
    """How many characters stand in both, in order."""
    return int(LCSseq.similarity(one, other))


def _distance(listed: str, shown: str, common: float) -> float:
    return len(shown) - common + _LEFT_OUT * (len(listed) - common)
