"""The fonts that screens are drawn in, from Debian's packages."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import PIL
from PIL import ImageFont, features

FOLDER = Path("/usr/share/fonts")


class FontMissing(Exception):
    """A face's file is not installed; the text names the Debian package that brings it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A family in two weights.

    regular, bold: (file below FOLDER, index of the simplified Chinese face in the collection).
    No bold: the regular outline is thickened.
    """

    package: str
    regular: tuple[str, int]
    bold: tuple[str, int] | None = None


FACES: dict[str, Face] = {
    "noto": Face(
        package="fonts-noto-cjk",
        regular=("opentype/noto/NotoSansCJK-Regular.ttc", 2),
        bold=("opentype/noto/NotoSansCJK-Bold.ttc", 2),
    ),
    "microhei": Face(package="fonts-wqy-microhei", regular=("truetype/wqy/wqy-microhei.ttc", 0)),
    "zenhei": Face(package="fonts-wqy-zenhei", regular=("truetype/wqy/wqy-zenhei.ttc", 0)),
    "serif": Face(
        package="fonts-noto-cjk",
        regular=("opentype/noto/NotoSerifCJK-Regular.ttc", 2),
        bold=("opentype/noto/NotoSerifCJK-Bold.ttc", 2),
    ),
}


@cache
def load(face: str, bold: bool, size: int) -> ImageFont.FreeTypeFont:
    """The font of FACES[face] at `size` pixels; FontMissing where its package is not installed."""
    source = FACES[face]
    name, index = (source.bold if bold else None) or source.regular
    path = FOLDER / name
    if not path.is_file():
        raise FontMissing(
            f"The font {path} is missing: install the Debian package {source.package}."
        )
    # The basic layout engine draws alike whether or not Pillow was built with Raqm.
    return ImageFont.truetype(str(path), size, index=index, layout_engine=ImageFont.Layout.BASIC)


def thickening(face: str, bold: bool, size: int) -> float:
    """Stroke width in pixels that stands in for a bold weight the family does not have."""
    return size * 0.022 if bold and FACES[face].bold is None else 0.0


@cache
def fingerprint() -> str:
    """Twelve hex digits that change with whatever a drawn pixel depends on besides our code."""
    digest = hashlib.sha256(f"{PIL.__version__} {features.version('freetype2')}".encode())
    for face in FACES.values():
        for name, _ in filter(None, (face.regular, face.bold)):
            path = FOLDER / name
            if not path.is_file():
                raise FontMissing(
                    f"The font {path} is missing: install the Debian package {face.package}."
                )
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
