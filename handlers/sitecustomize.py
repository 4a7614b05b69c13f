"""What a worker's Python runs first: torch is imported only if used (in our workers never), and the
archive's code comes from source files alone.

TorchServe's worker imports torch to ask of each answer whether it is a tensor; ours are texts, of
which it does not ask. That import takes a worker one to two seconds and some 200 MB.

Compiled code beside a source (`__pycache__`) would run in its place, and no manifest lists it.
What is written by a worker is private, also under a TorchServe that somebody else has started.

Python runs a `sitecustomize` before anything else; archive.sh puts this one into the archive's
root, which TorchServe puts on a worker's path.
"""

import importlib
import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a package until somebody wants something that is in it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def import_later(name: str) -> None:
    """Let `import name` do nothing until the module is used. One that is loaded already, or is not
    installed, stays as it is."""
    if name not in sys.modules and (spec := find_spec(name)) is not None:
        module = _Later(name)
        module.__spec__ = spec  # what asks whether it is installed is answered
        sys.modules[name] = module


class _Source(SourceFileLoader):
    """Compiles the source each time; compiled code is neither read nor written."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def only_sources(folder: Path) -> None:
    """Let Python import source files alone from this folder and those inside it."""
    folder = folder.resolve()

    def find(path: str) -> FileFinder:
        place = Path(path).resolve()
        if folder != place and folder not in place.parents:
            raise ImportError
        return FileFinder(path, (_Source, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, find)
    sys.path_importer_cache.clear()


# Not where tests or the archive's own build import this file for what it holds.
if __name__ == "sitecustomize":
    os.umask(0o077)  # what a worker writes (rows, logs) is nobody else's to read
    only_sources(Path(__file__).parent)
    import_later("torch")
