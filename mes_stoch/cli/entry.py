"""Where the ``mes-stoch`` command begins: it listens to signals before it loads anything that takes time."""

from __future__ import annotations

from typing import NoReturn

from mes_stoch.solvers.interruption.signals import SignalWatch


def main() -> NoReturn:
    """Entry point of the console script and of ``python -m mes_stoch``."""
    watch = SignalWatch(owns_process=True)
    watch.__enter__()  # until the process ends

    from mes_stoch.cli.main import main as command

    command(watch=watch)
