"""Where the ``mes-stoch`` command begins: it listens to signals before it loads anything that takes time."""

from __future__ import annotations

import gc
from typing import NoReturn

from mes_stoch.solvers.interruption.signals import SignalWatch

#: Imports and models make many objects that stay: looking through them at Python's own pace takes a third of building
#: a site, and once more at the end 0.6 s.
_OBJECTS_BEFORE_COLLECTION = 100_000


def main() -> NoReturn:
    """Entry point of the console script and of ``python -m mes_stoch``."""
    watch = SignalWatch(owns_process=True)
    watch.__enter__()  # until the process ends

    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    from mes_stoch.cli.main import main as command

    try:
        command(watch=watch)
    finally:
        gc.freeze()
