"""Loads mpi-sppy without its output on the screen, its log files in the working folder, or a need for MPI.

mpi-sppy prints a time-stamped line for every step on import and later, and each of several modules opens a log file in
the working folder the moment it is imported.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import sys
from collections.abc import Iterator
from typing import Any

from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.interruption import signals
from mes_stoch.solvers.parallel.original_output import replaced_output

logger = logging.getLogger("mes_stoch.solvers.mpisppy")


def load() -> Any:
    """Import mpi-sppy quietly; returns the package.

    Raises
    ------
    UsageError
        It is not installed.
    """
    _do_without_broken_mpi()
    try:
        with quiet():
            package = importlib.import_module("mpisppy")
            # Its clock prints; without a stream it only counts.
            package.tt_timer.ostream = None
            package.tt_timer.logger = None
            log: Any = importlib.import_module("mpisppy.log")
            open_log_file = log.setup_logger
            log.setup_logger = _no_log_file
            try:
                for name in ("opt.ph", "extensions.extension", "convergers.converger"):
                    importlib.import_module(f"mpisppy.{name}")
                if package.haveMPI:
                    for name in ("spin_the_wheel", "cylinders.hub", "cylinders.spoke"):
                        importlib.import_module(f"mpisppy.{name}")
            finally:
                log.setup_logger = open_log_file
    except ImportError as error:
        raise UsageError(f"progressive hedging needs mpi-sppy, which does not load: {error}") from error
    return package


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what mpi-sppy prints to the debug log."""
    with replaced_output(_LogStream()):
        yield


class _LogStream(io.TextIOBase):
    def write(self, text: str) -> int:
        if text.strip():
            logger.debug("%s", text.rstrip())
        return len(text)


def _no_log_file(*arguments: Any, **keywords: Any) -> None:
    """In place of mpi-sppy's ``setup_logger``, which opens a file."""


def _do_without_broken_mpi() -> None:
    """mpi4py without an MPI library raises RuntimeError, which mpi-sppy does not expect: let it see no mpi4py."""
    if "mpi4py.MPI" in sys.modules:
        return
    try:
        importlib.import_module("mpi4py.MPI")
    except ImportError:
        return
    except RuntimeError as error:
        logger.warning("mpi4py finds no MPI library; going on with one process (%s)", error)
        sys.modules["mpi4py.MPI"] = None  # type: ignore[assignment]
    signals.listen_again()
