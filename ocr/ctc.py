"""From the recogniser's classes to text (greedy CTC decoding, Graves et al. 2006)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def decode(
    classes: npt.NDArray[np.integer[Any]],
    probabilities: npt.NDArray[np.floating[Any]],
    characters: Sequence[str],
) -> tuple[str, float]:
    """One line's text and the mean probability of its characters; ("", 0.0) when it has none.

    classes, probabilities: (T,), the best class of each time step and its probability.
    characters: class → text; class 0 is the blank.
    """
    keep = classes != 0
    keep[1:] &= classes[1:] != classes[:-1]
    if not keep.any():
        return "", 0.0
    text = "".join(characters[index] for index in classes[keep])
    return text, float(probabilities[keep].mean())
