"""The bundled screenshots, cut anywhere, are never read as if they were whole."""

import pytest

from pipeline.decode.image import decode
from pipeline.errors import BadPicture, NotAPicture
from pipeline.settings import PROJECT, Settings

SETTINGS = Settings()
SAMPLES = sorted(
    file for file in (PROJECT / "samples").iterdir() if file.suffix in (".png", ".jpg")
)


def is_read(content: bytes) -> bool:
    try:
        decode(content, SETTINGS)
    except (BadPicture, NotAPicture):
        return False
    return True


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.name)
def test_no_sample_that_is_cut_is_read(file: object) -> None:
    content = file.read_bytes()  # type: ignore[attr-defined]
    cuts = [len(content) * percent // 100 for percent in range(1, 100)]
    cuts += [len(content) - lost for lost in (1, 2)]
    assert [cut for cut in cuts if is_read(content[:cut])] == []
    assert is_read(content)
