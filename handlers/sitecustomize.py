"""Keeps torch out of a worker until it is used, which in our workers is never.

TorchServe's worker imports torch to ask of each answer whether it is a tensor; ours are texts, of
which it does not ask. That import takes a worker one to two seconds and some 200 MB.

Python runs a `sitecustomize` before anything else; archive.sh puts this one into the archive's
root, which TorchServe puts on a worker's path.
"""

import importlib
import sys
from importlib.util import find_spec
from types import ModuleType
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


# Not where tests or the archive's own build import this file for what it holds.
if __name__ == "sitecustomize":
    import_later("torch")
