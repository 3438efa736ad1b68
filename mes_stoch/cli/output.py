"""Results on standard output, everything else on standard error, under MPI from rank 0 alone."""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import Any

import click

from mes_stoch.io.names import printable
from mes_stoch.solvers.parallel import mpi

# Set by the launcher before any MPI call, so that reading them starts no MPI. In the order of mpi.launcher_size.
_RANK_VARIABLES = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "MPI_WORLD_RANK", "SLURM_PROCID")
_HEAD_START_S = 3.0


def launched_rank() -> int:
    """Rank the launcher gave this process; 0 without a launcher."""
    for name in _RANK_VARIABLES:
        value = os.environ.get(name, "")
        if value.isdigit():
            return int(value)
    return 0


def prints_output() -> bool:
    """Whether this process prints what there is to result of the run."""
    return mpi.launcher_size() == 1 or launched_rank() == 0


def result(text: str) -> None:
    """A result, on standard output."""
    if prints_output():
        click.echo(printable(text))


def status(text: str) -> None:
    """Progress, warnings and where things are, on standard error."""
    if prints_output():
        click.echo(printable(text), err=True)


def error(text: str) -> None:
    """An error, once.

    Most errors of a parallel run are met by all ranks at once. Rank 0 says so and ends the job while the others wait;
    whoever is still there afterwards met an error of its own.
    """
    if prints_output():
        click.echo(printable(f"mes-stoch: {text}"), err=True)
        return
    time.sleep(_HEAD_START_S)
    click.echo(printable(f"mes-stoch: rank {launched_rank()}: {text}"), err=True)


class PrintedWarnings(logging.Handler):
    """Prints the library's warnings as status lines, so that under MPI they come once."""

    def emit(self, record: logging.LogRecord) -> None:
        status(f"warning: {record.getMessage()}")


def print_warnings() -> None:
    """Let the library's warnings be printed; once a process is enough."""
    library = logging.getLogger("mes_stoch")
    if not any(isinstance(handler, PrintedWarnings) for handler in library.handlers):
        library.addHandler(PrintedWarnings(logging.WARNING))


def show(renderable: Any) -> None:
    """A table: with colour on a terminal, as plain text of 100 columns anywhere else."""
    if not prints_output():
        return
    if sys.stdout.isatty():
        from rich.console import Console

        Console(highlight=False, markup=False).print(renderable)
    else:
        from mes_stoch.report.tables import plain_console

        plain_console(sys.stdout).print(renderable)
