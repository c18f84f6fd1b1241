"""Packages that are verbs too: `attest.load` and `attest.verify` hold the code of a step and are what people call.

A package's name in its parent is bound anew whenever one of its modules is imported, so the function of that name
cannot live beside it. The package itself is callable instead.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class VerbPackage(ModuleType):
    """A package that can be called as the verb it is named for."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call `attest.verbs`' function of the package's name."""
        verb = self.__name__.rpartition(".")[2]
        return getattr(importlib.import_module("attest.verbs"), verb)(*arguments, **options)


def make_callable(name: str) -> None:
    """Let the package `name` be called.

    Args:
        name: its `__name__`.
    """
    sys.modules[name].__class__ = VerbPackage
