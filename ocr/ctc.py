"""From the recogniser's classes to text (greedy CTC decoding, Graves et al. 2006)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a recogniser sees in one line. probabilities: of each character of `text`, 0–1."""

    text: str
    probabilities: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """The mean over the characters; 0 where there is none."""
        return sum(self.probabilities) / len(self.probabilities) if self.text else 0.0


def decode(
    classes: npt.NDArray[np.integer[Any]],
    probabilities: npt.NDArray[np.floating[Any]],
    characters: Sequence[str],
) -> Reading:
    """One line's text and the probability of each character at its first time step.

    classes, probabilities: (T,), the best class of each time step and its probability.
    characters: class → text; class 0 is the blank.
    """
    keep = classes != 0
    keep[1:] &= classes[1:] != classes[:-1]
    texts = [characters[index] for index in classes[keep]]
    # A few dictionaries have entries of two characters.
    sure = zip(texts, probabilities[keep].tolist(), strict=True)
    return Reading(text="".join(texts), probabilities=tuple(p for text, p in sure for _ in text))
