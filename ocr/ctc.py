"""From the recogniser's classes to text (greedy CTC decoding, Graves et al. 2006)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
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
    classes: npt.NDArray[np.integer[Any]],
    probabilities: npt.NDArray[np.floating[Any]],
    characters: Sequence[str],
    width: int = 0,
) -> Reading:
    """One line's text, and of each character the probability and place at its first time step.

    classes, probabilities: (T,), the best class of each time step and its probability.
    characters: class → text; class 0 is the blank. width: pixels that the T steps cover.
    """
    keep = classes != 0
    keep[1:] &= classes[1:] != classes[:-1]
    (steps,) = keep.nonzero()
    texts = [characters[index] for index in classes[steps].tolist()]
    sure = probabilities[steps].tolist()
    places = ((steps + 0.5) * (width / len(classes))).tolist()
    if any(len(text) != 1 for text in texts):  # a few dictionaries have entries of two characters
        sure = [p for text, p in zip(texts, sure, strict=True) for _ in text]
        places = [x for text, x in zip(texts, places, strict=True) for _ in text]
    return Reading(text="".join(texts), probabilities=tuple(sure), places=tuple(places))
