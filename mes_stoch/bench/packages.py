"""What the benchmark needs and a solve does not: the packages of the ``bench`` extra."""

from __future__ import annotations

import importlib
from types import ModuleType

from mes_stoch.schema.errors import UsageError


def bench_package(name: str) -> ModuleType:
    """Import a package of the ``bench`` extra.

    Raises
    ------
    UsageError
        It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise UsageError(f"{name} is not installed: pip install 'mes_stoch[bench]'") from None
