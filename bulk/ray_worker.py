"""A reader of a cluster: one process, with its models loaded once."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulk.errors import BulkError
from bulk.ray_gate import SharedTurns
from bulk.reader import BulkReader, bundled_models
from bulk.spool import to_json
from bulk.version import code_version
from pipeline.settings import PROJECT, Settings

if TYPE_CHECKING:
    import pyarrow

CANNOT = "cannot: "
"""What an outcome begins with that is none: why this run cannot go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What readers are to do. settings: of who runs the backfill. gate: the handle of the shared
    one. code, model: the versions that he has.
    """

    settings: Settings
    gate: Any
    dry_run: bool
    hurry: bool
    code: str
    model: str


class RayReader:
    """What Ray Data calls with each batch. Says by an outcome of its own why it cannot read: an
    exception would only be one more reader that died."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        os.umask(0o077)  # Ray started this process, and it writes into FUNDOCR_HOME
        self._cannot = ""
        try:
            self._reader = _opened(wish)
        except BulkError as error:
            self._cannot = f"A reader on {os.uname().nodename} cannot be opened: {error}"

    def __call__(self, batch: "pyarrow.Table") -> dict[str, list[str]]:
        """An outcome of each picture that has come to something."""
        from bulk.blocks import to_pictures

        if not self._cannot:
            try:
                outcomes = self._reader.read(to_pictures(batch), hurry=self._wish.hurry)
            except BulkError as error:
                self._cannot = str(error)
        if self._cannot:
            return {"outcome": [CANNOT + self._cannot]}
        return {"outcome": [to_json(one) for one in outcomes]}


def _opened(wish: Wish) -> BulkReader:
    if code_version() != wish.code:
        raise BulkError(
            f"it has another version of this program ({code_version()}, not {wish.code}); "
            "install the same on every machine."
        )
    settings = wish.settings
    if not settings.home.is_dir():  # another machine may have it elsewhere
        settings = settings.model_copy(update={"home": PROJECT})
    models = bundled_models(settings)
    if models.version != wish.model:
        raise BulkError(f"it has the models {models.version}, not {wish.model}.")
    return BulkReader(settings, models, SharedTurns(wish.gate), dry_run=wish.dry_run)
