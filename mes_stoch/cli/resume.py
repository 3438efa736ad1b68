"""``--resume``: what a run goes on with, and what it was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mes_stoch.cli import output
from mes_stoch.io.files import read_regular
from mes_stoch.schema.errors import UsageError, WriteError

if TYPE_CHECKING:
    from mes_stoch.api import Site, SolveRequest
    from mes_stoch.io.artifacts.run_folder import RunFolder

AUTO = "auto"
_PATHS = ("commitment", "site_decisions")
_MOST_BYTES = 2**20

resume_option = click.option(
    "--resume",
    metavar="RUN|auto",
    help="Go on with the run folder of a run that was ended: no INSTANCE is given, and options that are not given are "
    "that run's. auto: with --out, go on where that folder holds a checkpoint and begin where it does not, so that a "
    "job that is started again can repeat its command.",
)
checkpoint_option = click.option(
    "--checkpoint-every",
    type=click.FloatRange(min=0.0),
    default=5.0,
    show_default=True,
    metavar="MIN",
    help="Minutes between checkpoints of a decomposition or of hedging; 0 writes none. One is written at a signal and "
    "at the time limit too.",
)


@dataclass(frozen=True)
class Asked:
    """Options that say what is solved, and how; where results go and what is shown is each command's own."""

    scenarios: int | None
    leaves: int | None
    seed: int | None
    method: str | None
    gap: float | None
    time_limit: float | None
    iterations: int | None
    rho_factor: float | None
    cold_start: bool
    threads: int | None
    commitment: Path | None
    site_decisions: Path | None
    checkpoint_every: float

    @classmethod
    def of(cls, context: click.Context) -> Asked:
        """What a command was given, and where it goes on with a run what that was given."""
        return cls(**{own.name: context.params[own.name] for own in fields(cls)})

    def request(self, method: str) -> SolveRequest:
        """The same for the solver layer."""
        from mes_stoch.api import SolveRequest

        return SolveRequest(
            method, self.gap, self.time_limit, self.iterations, self.rho_factor, self.cold_start, self.threads
        )


@dataclass(frozen=True)
class Resumption:
    """What a command solves, and what it goes on with.

    Parameters
    ----------
    instance : Path
        Folder of the instance: of a run that is gone on with, its own copy.
    out : Path or None
        The run folder, where it is given.
    resumes : bool
        Whether ``out`` holds a run to go on with.
    is_finished : bool
        Whether ``out`` holds a run with all it was asked for, so that nothing is left to do.
    """

    instance: Path
    out: Path | None
    resumes: bool = False
    is_finished: bool = False

    def folder(self, name: str, force: bool) -> RunFolder:
        """The run folder, claimed."""
        from mes_stoch.io.artifacts.run_folder import RunFolder

        if self.out is None:
            return RunFolder.create_default(name, datetime.now())
        return RunFolder.take_up(self.out) if self.resumes else RunFolder.create(self.out, force)


def resumption(context: click.Context, instance: Path | None, out: Path | None, resume: str | None) -> Resumption:
    """What the arguments mean; options that are not given are taken from the run that is gone on with.

    Raises
    ------
    UsageError
        Arguments that exclude each other, or a folder that holds nothing to go on with.
    """
    if resume is None or resume == AUTO:
        if instance is None:
            raise UsageError("nothing to solve: give an INSTANCE, or --resume with the folder of a run")
        if resume is None:
            return Resumption(instance, out)
        if out is None:
            raise UsageError("--resume auto needs --out: the folder in which a checkpoint may be")
        return _where_it_stands(instance, out)
    folder = Path(resume)
    if instance is not None:
        raise UsageError(
            f"--resume {folder} solves that run's own instance: leave {instance} out, or use --resume auto"
        )
    if context.params.get("overrides"):
        raise UsageError(f"--resume {folder} solves that run's own instance: leave --set out")
    if out is not None and out.resolve() != folder.resolve():
        raise UsageError(f"--resume {folder} goes on in that folder: leave --out out")
    for name, value in _request(folder).items():
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            context.params[name] = Path(value) if name in _PATHS and value is not None else value
    from mes_stoch.io.artifacts.run_folder import BEGUN_INSTANCE

    return Resumption(folder / BEGUN_INSTANCE, folder, resumes=True)


def _where_it_stands(instance: Path, out: Path) -> Resumption:
    from mes_stoch.io.artifacts.run_folder import MANIFEST, REQUEST

    if (out / REQUEST).exists():
        return Resumption(instance, out, resumes=True)
    return Resumption(instance, out, is_finished=(out / MANIFEST).exists())


def begin(folder: RunFolder, asked: Asked, site: Site) -> None:
    """Write down what the run is asked for, before it begins; a full disk ends no run before it has results."""
    from mes_stoch.io.as_solved import inputs_as_solved

    options = {
        name: str(Path(value).resolve()) if name in _PATHS and value is not None else value
        for name, value in asdict(asked).items()
    }
    inputs, _ = inputs_as_solved(site.loaded)
    try:
        folder.begin({"options": options}, inputs)
    except WriteError as error:
        output.status(f"{error}; if this run is ended, it cannot be gone on with")


def _request(folder: Path) -> Mapping[str, Any]:
    from mes_stoch.io.artifacts.run_folder import REQUEST, SUMMARY

    try:
        content = json.loads(read_regular(folder / REQUEST, _MOST_BYTES))
        options = content["options"]
        return {name: options[name] for name in (own.name for own in fields(Asked)) if name in options}
    except FileNotFoundError:
        what = "is done" if (folder / SUMMARY).exists() else "holds no run that was begun"
        raise UsageError(f"{folder} {what}: there is no {REQUEST} to go on with") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{folder / REQUEST} cannot be read: {error}; give the command again with --resume auto"
        ) from None
