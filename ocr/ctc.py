"""From the recogniser's scores to text (greedy CTC decoding, Graves et al. 2006)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class LineText:
    """What a recogniser sees in one line.

    probabilities: of each character of `text`, 0–1. places: the pixel across the crop at which it
    saw each of them first.
    """

    text: str
    probabilities: tuple[float, ...]
    places: tuple[float, ...] = ()

    @property
    def confidence(self) -> float:
        """The mean over the characters; 0 where there is none."""
        return sum(self.probabilities) / len(self.probabilities) if self.text else 0.0


def decode(
    scores: npt.NDArray[Any],
    characters: Sequence[str],
    width: int = 0,
) -> LineText:
    """One line's text, and of each character the probability and place at its first time step.

    scores: (T, classes), a softmax of which gives probabilities; float32, or the bits of bfloat16
    as int16. characters: class → text; class 0 is the blank. width: pixels that the T steps cover.
    """
    classes = best_classes(scores)
    keep = classes != 0
    keep[1:] &= classes[1:] != classes[:-1]
    (steps,) = keep.nonzero()
    texts = [characters[index] for index in classes[steps].tolist()]
    sure = _largest_probabilities(scores[steps]).tolist()
    places = ((steps + 0.5) * (width / len(classes))).tolist()
    if any(len(text) != 1 for text in texts):  # a few dictionaries have entries of two characters
        sure = [p for text, p in zip(texts, sure, strict=True) for _ in text]
        places = [x for text, x in zip(texts, places, strict=True) for _ in text]
    return LineText(text="".join(texts), probabilities=tuple(sure), places=tuple(places))


def best_classes(scores: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Of each time step the class with the largest score, the first of equal ones; (T,).

    scores: as for decode.
    """
    best: npt.NDArray[np.intp] = scores.argmax(axis=1)
    # Bits of positive floats have the order of the floats. Where one is positive it is the largest.
    if scores.dtype == np.int16 and (scores[np.arange(len(best)), best] < 0).any():
        best = _floats(scores).argmax(axis=1)
    return best


def _largest_probabilities(scores: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Of each row the softmax of its largest score."""
    floats = _floats(scores)
    if not len(floats):
        return np.empty(0, np.float32)
    floats -= floats.max(axis=1, keepdims=True)
    np.exp(floats, out=floats)
    found: npt.NDArray[np.float32] = 1 / floats.sum(axis=1)
    return found


def _floats(scores: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The scores as floats of their own."""
    if scores.dtype != np.int16:
        return scores.astype(np.float32)
    # A bfloat16 is the upper half of a float32.
    bits = scores.astype(np.int32)
    bits <<= 16
    return bits.view(np.float32)


# Which characters of a recogniser's dictionary a fund app can show.
#
# PP-OCRv6 knows 15,908 Chinese characters, most of which no app has ever shown; telling them apart
# costs a tenth of a line's time (docs/adr/0012). Nothing else is left out: a digit of another
# script that was no longer known would be read as one of ours.

_HAN = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))
_BIG5_RARE = 0xC9
"""First byte from which Big5 has its rarely used characters."""


def kept_classes(characters: Sequence[str]) -> npt.NDArray[np.int64]:
    """The classes to tell apart, ascending; class 0, the blank, is the first of them.

    characters: class → text. Of the Chinese characters those of GB 2312 stay (6,763, simplified)
    and those of Big5's first level (5,401, traditional); all other classes stay too.
    """
    return np.array([index for index, text in enumerate(characters) if _is_kept(text)], np.int64)


def _is_kept(text: str) -> bool:
    return not _is_han(text) or _encoded(text, "gb2312") is not None or _is_usual_in_big5(text)


def _is_han(text: str) -> bool:
    return len(text) == 1 and any(first <= text <= last for first, last in _HAN)


def _encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


def _is_usual_in_big5(text: str) -> bool:
    code = _encoded(text, "big5")
    return code is not None and code[0] < _BIG5_RARE
