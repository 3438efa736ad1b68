"""Who speaks, and where: results on standard output, everything else on standard error, under MPI from rank 0 alone."""

from __future__ import annotations

import os
from typing import Any

import click

# Set by the launcher before any MPI call, so that reading them starts no MPI.
_RANK_VARIABLES = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")
_SIZE_VARIABLES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")


def _from_environment(names: tuple[str, ...], default: int) -> int:
    for name in names:
        value = os.environ.get(name, "")
        if value.isdigit():
            return int(value)
    return default


def launched_rank() -> int:
    """Rank the launcher gave this process; 0 without a launcher."""
    return _from_environment(_RANK_VARIABLES, 0)


def launched_size() -> int:
    """Number of processes the launcher started; 1 without a launcher."""
    return _from_environment(_SIZE_VARIABLES, 1)


def is_speaker() -> bool:
    return launched_rank() == 0


def say(text: str) -> None:
    """A result, on standard output."""
    if is_speaker():
        click.echo(text)


def remark(text: str) -> None:
    """Progress, warnings and where things are, on standard error."""
    if is_speaker():
        click.echo(text, err=True)


def complain(text: str, *, everywhere: bool = False) -> None:
    """An error; ``everywhere`` for one that only this rank may have met."""
    if everywhere and launched_size() > 1:
        click.echo(f"mes-stoch: rank {launched_rank()}: {text}", err=True)
    elif everywhere or is_speaker():
        click.echo(f"mes-stoch: {text}", err=True)


def show(renderable: Any) -> None:
    """A table: with colour on a terminal, as plain text of 100 columns anywhere else."""
    if not is_speaker():
        return
    import sys

    if sys.stdout.isatty():
        from rich.console import Console

        Console(highlight=False, markup=False).print(renderable)
    else:
        from mes_stoch.report.tables import plain_console

        plain_console(sys.stdout).print(renderable)
