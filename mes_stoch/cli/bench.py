"""``mes-stoch bench``."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import force_option
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.parallel import mpi

_DEFAULT_INSTANCE = Path("instances/hospital_fr")
_EXIT_FAILED, _EXIT_INTERRUPTED = 4, 5
_DEFAULT_DOCUMENT = "docs/benchmarks.md"

_EPILOG = """\b
What can be measured (--measures):
  own             this project's own solver: time to a certified gap, by phase
  floor           one cold mixed-integer solve of every scenario: the least a scenario decomposition can cost
  ef              peer: HiGHS on the extensive form, simplex and interior point, all cores
  mpisppy_driver  peer: mpi-sppy's own generic_cylinders with HiGHS, single scenarios and proper bundles
  handover        peer: linopy building the extensive form for HiGHS; stamped arrays beside it
  hedging         an iteration of progressive hedging through mpi-sppy / the bare HiGHS re-solves in it
  stamping        draw, stamp and hand-over of one scenario
  scaling         the own solver over ever more scenarios: cost per scenario and memory
The former names of own and mpisppy_driver, ours and stock, are understood as well.

\b
How it is kept fair: all read the same tree file, are asked for the same gap and run one after
another on the same machine. Bid rules are off; the own solver is measured once more with them on.
A peer is stopped after --limit-factor times the own solver's time, and shown as "> 20 x" with the
bounds it had.

\b
A run may be interrupted: every finished measurement is in DIR, and the same command goes on.

\b
Examples:
  mes-stoch bench --preset quick                         # a small round of everything, minutes
  mes-stoch bench --measures own,floor --sizes 10,30     # how far from the floor
  mes-stoch bench --preset full --out benchmarks/full    # what docs/benchmarks.md shows; many hours
  mes-stoch bench --out benchmarks/full --report-only --write-docs

\b
Exit codes: 0 done, 2 the instance or the command is not right, 4 a measurement failed (the others
are stored), 5 interrupted.
"""


def _numbers(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Positive whole numbers with commas between them."""
    if value is None:
        return None
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"{value!r} is not a list of positive whole numbers such as 10,30,100")
    return tuple(dict.fromkeys(int(part) for part in parts))


def _measures(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Names of measures with commas between them, former names included."""
    if value is None:
        return None
    from mes_stoch.bench.settings import current_name

    return tuple(dict.fromkeys(current_name(part.strip()) for part in value.split(",") if part.strip()))


_positive = click.FloatRange(min=0, min_open=True)


@click.command(epilog=_EPILOG, short_help="Measure speed against HiGHS, mpi-sppy and linopy.")
@click.argument("instance", type=click.Path(path_type=Path), default=_DEFAULT_INSTANCE)
@click.option(
    "--preset",
    "preset_name",
    type=click.Choice(["quick", "full"]),
    default="quick",
    show_default=True,
    help="quick: everything once at 3 scenarios. full: the sizes of the goals. The options below change single values.",
)
@click.option("--measures", callback=_measures, metavar="LIST", help="What to measure; default everything, see below.")
@click.option("--sizes", callback=_numbers, metavar="LIST", help="Scenario counts of own, floor and peers.")
@click.option(
    "--floor-only-sizes",
    callback=_numbers,
    metavar="LIST",
    help="Scenario counts of own and floor without the peers.",
)
@click.option("--scaling-sizes", callback=_numbers, metavar="LIST", help="Scenario counts of `scaling`.")
@click.option("--stamping-scenarios", type=click.IntRange(min=1), metavar="N", help="Scenarios of `stamping`.")
@click.option("--hedging-scenarios", type=click.IntRange(min=1), metavar="N", help="Scenarios of `hedging`.")
@click.option("--hedging-iterations", type=click.IntRange(min=2), metavar="N", help="Iterations of `hedging`.")
@click.option("--ranks", callback=_numbers, metavar="LIST", help="Numbers of processes of own and floor.")
@click.option("--method", metavar="NAME", help="The own solver's, as in `mes-stoch solve --method`; default auto.")
@click.option("--gap", type=_positive, metavar="G", help="Relative gap everybody has to reach; default 0.001.")
@click.option("--seed", type=click.IntRange(min=0), metavar="K", help="Root seed of the draw; default the instance's.")
@click.option("--limit-factor", type=_positive, metavar="F", help="Stop a peer after F times the own solver's time.")
@click.option("--time-limit", type=_positive, metavar="S", help="Seconds after which the own solver is ended.")
@click.option("--bundle", type=click.IntRange(min=2), metavar="N", help="Scenarios per bundle of `mpisppy_driver`.")
@click.option("--with-bid-rules/--no-bid-rules", default=None, help="Measure own with the bid rules as well.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of the results; default benchmarks/<instance>-<preset>. One that exists is gone on with.",
)
@force_option
@click.option("--report-only", is_flag=True, help="Measure nothing; make tables and figures of DIR again.")
@click.option(
    "--write-docs",
    is_flag=False,
    flag_value=_DEFAULT_DOCUMENT,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="[FILE]",
    help=f"Put the tables between the marks of a document; {_DEFAULT_DOCUMENT} unless named.",
)
@click.pass_context
def bench(
    context: click.Context,
    /,
    instance: Path,
    preset_name: str,
    out: Path | None,
    force: bool,
    report_only: bool,
    write_docs: Path | None,
    **chosen: Any,
) -> None:
    """Measure how fast a certified gap is reached, and what peers need for the same scenarios.

    INSTANCE is an instance folder, by default instances/hospital_fr. DIR gets measurements.csv (one row per
    measurement, with machine and versions), traces.csv, two figures, and table.md, which is also printed.
    """
    from mes_stoch.bench.documents import around_marks
    from mes_stoch.bench.run import run_benchmark
    from mes_stoch.bench.settings import preset
    from mes_stoch.bench.store import BenchFolder

    if sys.platform == "win32":
        raise UsageError("mes-stoch bench needs Linux or macOS")
    if mpi.launcher_size() > 1:
        raise UsageError("mes-stoch bench starts its ranks itself; leave mpiexec or srun out, and give --ranks")
    if write_docs is not None:
        around_marks(Path(write_docs))
    target = out or Path("benchmarks") / f"{instance.name}-{preset_name}"
    if report_only:
        folder = BenchFolder.open(target)
    else:
        settings = replace(preset(preset_name, instance), **_given(chosen))
        try:
            with _ended_like_interrupted():
                folder = run_benchmark(settings, target, output.status, force=force)
        except KeyboardInterrupt:
            output.error(f"interrupted; what is finished is in {target}, and the same command goes on from there")
            context.exit(_EXIT_INTERRUPTED)
    _present(folder, write_docs)
    failed = [row["key"] for row in folder.rows() if row["status"] == "failed"]
    context.exit(_EXIT_FAILED if failed else 0)


def _given(chosen: dict[str, Any]) -> dict[str, Any]:
    """Options by the names of the settings; what was not given is the preset's."""
    names = {"gap": "gap_rel", "time_limit": "limit_s"}
    return {names.get(name, name): value for name, value in chosen.items() if value is not None}


def _present(folder: Any, write_docs: Path | None) -> None:
    from mes_stoch.bench.documents import write_between_marks
    from mes_stoch.bench.figures import write_figures
    from mes_stoch.bench.tables import report
    from mes_stoch.report.figures import PlotsMissingError

    text = report(folder)
    table = folder.put_text("table.md", text)
    try:
        for path in write_figures(folder):
            output.status(f"figure: {path}")
    except PlotsMissingError:
        output.status("mes-stoch: no figures: matplotlib is not installed; pip install 'mes_stoch[plots]'")
    if write_docs is not None:
        write_between_marks(Path(write_docs), text)
        output.status(f"written into {write_docs}")
    output.result(text)
    output.result(f"Results: {table.parent}")


@contextlib.contextmanager
def _ended_like_interrupted() -> Iterator[None]:
    """A polite end (a batch system's, a colleague's) stops the measurement's processes, as Ctrl-C does."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
