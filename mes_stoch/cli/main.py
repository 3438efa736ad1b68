"""The ``mes-stoch`` command: a thin layer over :mod:`mes_stoch.api`; here, and only here, errors become exit codes."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from mes_stoch.cli import output
from mes_stoch.cli.backtest import backtest
from mes_stoch.cli.bench import bench
from mes_stoch.cli.completion import completion
from mes_stoch.cli.data import data
from mes_stoch.cli.evaluate import evaluate
from mes_stoch.cli.fit import fit
from mes_stoch.cli.invocation import Invocation
from mes_stoch.cli.new import new
from mes_stoch.cli.ranks import AgreedError
from mes_stoch.cli.report import report
from mes_stoch.cli.sensitivity import sensitivity
from mes_stoch.cli.settle import settle
from mes_stoch.cli.site import site
from mes_stoch.cli.solve import solve
from mes_stoch.cli.start_ranks import relay_from_starter, started_at
from mes_stoch.cli.streams import guarded_streams
from mes_stoch.cli.sweep import sweep
from mes_stoch.cli.tree import tree
from mes_stoch.cli.validate import validate
from mes_stoch.schema.errors import InterruptedRunError, MesStochError
from mes_stoch.solvers.interruption.signals import SignalWatch
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.parallel.process_age import age_s

EXIT_USAGE = 2
EXIT_INTERRUPTED = 5
EXIT_CRASH = 70
#: Codes of a run that ended by itself.
_DONE = (0, 4)

_EPILOG = """\b
Exit codes:
  0   done
  2   the instance or the command is not right, or results cannot be written
  3   infeasible or unbounded
  4   stopped at a limit before the gap was reached (results are written)
  5   interrupted
  70  a fault of the program or of a solver

\b
Examples:
  mes-stoch new my_shop --country FR --site supermarket          a site of one's own to start from
  mes-stoch validate my_shop
  mes-stoch solve my_shop --out runs/first
  mes-stoch report runs/first
  mes-stoch settle runs/first
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mes_stoch", prog_name="mes-stoch")
@click.option("--debug", is_flag=True, help="Show the full traceback when the program crashes, and log what it does.")
@click.pass_context
def command_line(context: click.Context, debug: bool) -> None:
    """How much flexibility should a multi-energy site commit, to which market, before prices and activations are known?

    An INSTANCE is a folder with an instance.yaml and its CSV series. `new` writes one to start from, `validate` checks
    it, `site` shows how its parts are joined, `solve` finds the commitment and writes a run folder, `report` shows a
    run again, `settle` recomputes every cash flow of it, `evaluate` tests whether all that it holds can be delivered,
    what it earns in other scenarios, and what information is worth; `backtest` commits for real days from the days
    before them, and operates them without foresight. `data` reads market files as their publishers write them, and
    `fit` makes a scenario process of them.
    """
    invocation = context.ensure_object(Invocation)
    invocation.is_joint = context.invoked_subcommand in (solve.name, evaluate.name)
    if not (invocation.is_joint or output.prints_output()):
        # the other commands are one process's work, however many were started
        context.exit(0)
    if not invocation.is_joint:
        # nothing of theirs is lost by ending at once
        invocation.watch.end_at_a_signal()
    if debug:
        import logging

        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(name)s: %(message)s")
        logging.getLogger().setLevel(logging.WARNING)
        logging.getLogger("mes_stoch").setLevel(logging.DEBUG)
    else:
        output.print_warnings()


_START = (new, data, fit, validate, site, tree)
_WORK = (solve, report, settle, evaluate, backtest, sweep, sensitivity, bench)
for _command in (*_START, *_WORK, completion):
    command_line.add_command(_command)


def main(arguments: Sequence[str] | None = None, watch: SignalWatch | None = None) -> NoReturn:
    """The whole of a process.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default those of the process.
    watch : SignalWatch, optional
        One that listens already.
    """
    begun = time.perf_counter() - age_s()
    if watch is None:
        watch = SignalWatch(owns_process=True)
        watch.__enter__()
    if mpi.launcher_size() > 1:
        begun = min(begun, started_at() or begun)
        relay_from_starter()
        # before NumPy is loaded: ranks share the machine's cores
        mpi.use_one_thread()
    given = list(sys.argv[1:] if arguments is None else arguments)
    code, together = run(given, Invocation(begun=begun, watch=watch))
    watch.ignore_from_now_on()
    _leave(code, together)


def run(arguments: list[str], invocation: Invocation | None = None) -> tuple[int, bool]:
    """Run one command; nothing but its exit code leaves here.

    Returns
    -------
    tuple of int and bool
        The exit code, and whether all ranks of a parallel run get here together. Where one may be alone, the others
        have to be ended.
    """
    invocation = invocation or Invocation()
    invocation.arguments = tuple(arguments)
    with guarded_streams() as out:
        code, together = _run(arguments, invocation)
        out.flush()
        if out.error is not None and not out.is_left:
            place = "" if invocation.results is None else f"; the results are in {invocation.results}"
            output.error(f"standard output cannot be written: {out.reason}{place}")
            code = code or EXIT_USAGE
        stands = code == EXIT_INTERRUPTED and invocation.results is not None
        if invocation.watch.request.reason and (code in _DONE or stands):
            if output.prints_output():
                output.error(_interrupted(invocation))
            code = EXIT_INTERRUPTED
    return code, together or not invocation.is_joint


def _run(arguments: list[str], invocation: Invocation) -> tuple[int, bool]:
    try:
        code = command_line.main(arguments, prog_name="mes-stoch", standalone_mode=False, obj=invocation)
    except click.ClickException as error:
        if output.prints_output():
            context = getattr(error, "ctx", None)
            if context is not None:
                click.echo(context.get_usage(), err=True)
            output.error(error.format_message())
        return EXIT_USAGE, True
    except AgreedError as error:
        if output.prints_output():
            output.error(str(error))
        return error.exit_code, True
    except InterruptedRunError as error:
        # every rank knows of it
        if output.prints_output():
            output.error(f"{error}; nothing was written")
        return error.exit_code, True
    except MesStochError as error:
        output.error(str(error))
        return error.exit_code, False
    except (click.Abort, KeyboardInterrupt):
        output.error(_interrupted(invocation))
        return EXIT_INTERRUPTED, False
    except Exception as error:
        return _crash(error, debug="--debug" in arguments), False
    return (code if isinstance(code, int) else 0), True


def _interrupted(invocation: Invocation) -> str:
    """What a signal has cost."""
    if not invocation.is_joint:
        return "interrupted"
    if invocation.results is None:
        return "interrupted; nothing was written"
    return f"interrupted; everything found by then is in {invocation.results}, which is complete"


def _leave(code: int, together: bool) -> NoReturn:
    """Exit; in a parallel run end the ranks that would wait for this one."""
    if mpi.launcher_size() == 1 or (together and "mpi4py.MPI" not in sys.modules):
        sys.exit(code)
    try:
        with mpi.abort_on_failure(orderly_exit_codes=(code,) if together else ()):
            sys.exit(code)
    except MesStochError as error:
        # MPI itself does not load, so no other rank can be waiting in it
        output.error(str(error))
        sys.exit(error.exit_code)


def _crash(error: Exception, *, debug: bool) -> int:
    """One line and the place of the rest: a traceback says nothing to a user and hides the line that does."""
    what = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    if debug:
        traceback.print_exception(error)
        output.error(f"crash: {what}")
        return EXIT_CRASH
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="mes-stoch-crash-", suffix=".txt", delete=False, encoding="utf-8"
        ) as stream:
            traceback.print_exception(error, file=stream)
        where = f"the traceback is in {Path(stream.name)}; --debug shows it"
    except OSError:
        where = "mes-stoch --debug ... shows the traceback"
    output.error(f"crash: {what} ({where})")
    return EXIT_CRASH
