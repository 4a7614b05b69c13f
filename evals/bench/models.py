"""The models that the service serves: those in the built archive."""

from pathlib import Path
from zipfile import ZipFile

from pipeline.settings import PROJECT

ARCHIVE = PROJECT / "model_store" / "ocr_handler.mar"


def unpack_models(folder: Path) -> Path:
    """Unpack the archive's models into `folder`; the folder with det, rec and second."""
    with ZipFile(ARCHIVE) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name[:6] == "model/"])
    return folder / "model"
