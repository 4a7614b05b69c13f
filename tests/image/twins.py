"""One screenshot in forms that a careless decoder shows otherwise: transparent, deep, turned."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.image.pictures import png, png_header, png_rows, saved

_FAST_WEBP = {"lossless": True, "method": 0, "quality": 0}
# How a picture must lie in the file so that EXIF's turn sets it upright.
_LIES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def twins(picture: Image.Image) -> dict[str, bytes]:
    """Files that show a person the same as `picture` (RGB, on a light ground), by name."""
    made: dict[str, Callable[[Image.Image], bytes]] = {
        "transparent PNG": lambda p: saved(_transparent(p), "PNG"),
        "transparent WEBP": lambda p: saved(_transparent(p), "WEBP", **_FAST_WEBP),
        "half-transparent PNG": lambda p: saved(_faded(p), "PNG"),
        "palette with a transparent entry": _keyed,
        "16-bit grey": _deep_grey,
        "16-bit colour": lambda p: _deep(p, 2),
        "16-bit colour with alpha": lambda p: _deep(p, 6),
        "CMYK JPEG": lambda p: saved(p.convert("CMYK"), "JPEG", quality=92),
        "grey JPEG": lambda p: saved(p.convert("L"), "JPEG", quality=92),
        "progressive JPEG": lambda p: saved(p, "JPEG", quality=92, progressive=True),
        "BMP": lambda p: saved(p, "BMP"),
    }
    files = {name: make(picture) for name, make in made.items()}
    for orientation, lies in _LIES.items():
        form = ("JPEG", "PNG", "WEBP")[orientation % 3]
        files[f"{form} turned by EXIF {orientation}"] = _turned(picture, orientation, lies, form)
    return files


def _transparent(picture: Image.Image) -> Image.Image:
    """White is not drawn at all: black lies under it."""
    pixels = np.dstack([np.asarray(picture), np.full(picture.size[::-1], 255, np.uint8)])
    pixels[(pixels[:, :, :3] == 255).all(axis=2)] = 0
    return Image.fromarray(pixels)


def _faded(picture: Image.Image) -> Image.Image:
    """Drawn darker and half transparent, so that it is as light on white as it was."""
    light = np.asarray(picture).astype(float)
    alpha = 1 - light.min(axis=2) / 255
    with np.errstate(divide="ignore", invalid="ignore"):
        dark = (light - 255 * (1 - alpha[:, :, None])) / alpha[:, :, None]
    pixels = np.dstack([np.nan_to_num(dark), alpha * 255]).round().clip(0, 255)
    return Image.fromarray(pixels.astype(np.uint8))


def _keyed(picture: Image.Image) -> bytes:
    """The palette's entry of the commonest colour is transparent where that is white."""
    index = picture.quantize(200, dither=Image.Dither.NONE)
    white = int(np.bincount(np.asarray(index).ravel()).argmax())
    palette = np.array(index.getpalette()).reshape(-1, 3)
    is_white = (palette[white] >= 250).all()
    return saved(index, "PNG", **({"transparency": white} if is_white else {}))


def _deep_grey(picture: Image.Image) -> bytes:
    grey = np.asarray(picture.convert("L")).astype(np.uint16) * 257
    return png(png_header(*picture.size, 16, 0), png_rows(grey.astype(">u2")))


def _deep(picture: Image.Image, colours: int) -> bytes:
    deep = np.asarray(picture).astype(np.uint16) * 257
    if colours == 6:
        deep = np.dstack([deep, np.full(picture.size[::-1], 65535, np.uint16)])
    rows = png_rows(deep.astype(">u2").reshape(picture.height, -1))
    return png(png_header(*picture.size, 16, colours), rows)


def _turned(picture: Image.Image, orientation: int, lies: Image.Transpose, form: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": _FAST_WEBP, "JPEG": {"quality": 92}}.get(form, {})
    return saved(picture.transpose(lies), form, exif=exif, **options)
