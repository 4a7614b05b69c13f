"""The README's picture of an answer shows the sample, and the answer that stands below it."""

import json
import re

import numpy as np
from PIL import Image

from evals.readme_pictures import ANSWERED, FOLDER, answer_drawn
from pipeline.settings import PROJECT


def test_the_picture_is_that_of_the_answer_that_is_shown() -> None:
    """Which the service gives: tests/docs/test_readme.py asks it."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- answer -->\n```json\n(.*?)```", text, re.DOTALL)
    assert shown is not None and f"@samples/{ANSWERED}" in text
    answer = json.loads(shown[1])
    content = (PROJECT / "samples" / ANSWERED).read_bytes()
    with Image.open(FOLDER / "answer.webp") as opened:
        kept = np.asarray(opened.convert("RGB")).astype(int)
    assert _largest_difference(kept, answer_drawn(content, answer)) < 60
    # The judge can fail: another value, another place.
    answer["data"]["hold_share"] = "1234.57"
    assert _largest_difference(kept, answer_drawn(content, answer)) > 60
    answer["data"]["hold_share"] = "1234.56"
    answer["detail"]["fund_code"]["box"] = answer["detail"]["hold_share"]["box"]
    assert _largest_difference(kept, answer_drawn(content, answer)) > 60


def _largest_difference(kept: np.ndarray, drawn: Image.Image) -> float:
    """Of the means of 6 × 6 pixels: WebP changes single ones. (0 to 255)"""
    other = np.asarray(drawn).astype(int)
    assert kept.shape == other.shape
    apart = np.abs(kept - other).mean(axis=2)
    height, width = (side // 6 * 6 for side in apart.shape)
    blocks = apart[:height, :width].reshape(height // 6, 6, width // 6, 6)
    return float(blocks.mean(axis=(1, 3)).max())
