"""``mes-stoch evaluate``."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.invocation import Invocation
from mes_stoch.cli.options import InRange, scenarios_option, seed_option
from mes_stoch.schema.errors import StressError, TimeLimitError, UsageError

if TYPE_CHECKING:
    from mes_stoch.api.site import Site
    from mes_stoch.evaluation.evaluation import Evaluation
    from mes_stoch.evaluation.rolling.foresight import Rolling
    from mes_stoch.schema.tree import ScenarioTree

_EPILOG = """\b
The stress test calls everything that is held, in full, at every time the products allow: each product
alone, and all of one direction together. No solver is asked. What it assumes stands in docs/stress.md.

\b
A commitment that is given (--commitment, or that of a run) is dispatched in every scenario: with another
--seed these are days that it was not made for. What the numbers mean stands in docs/evaluation.md.

\b
Examples:
  mes-stoch evaluate runs/tiny_site-20250115-093000 --stress
  mes-stoch evaluate runs/hospital_fr-20250115-093000 --scenarios 100 --seed 7
  mes-stoch evaluate instances/hospital_fr --commitment my_volumes.csv
  mes-stoch evaluate runs/hospital_fr-20250115-093000 --replications 10 --scenarios 30
  mes-stoch evaluate instances/hospital_fr --values --scenarios 10
  mes-stoch evaluate runs/hospital_fr-20250115-093000 --rolling --scenarios 20 --seed 7 --workers 2

\b
Exit codes: 0 done (everything can be delivered), 2 the folder, file or command is not right, 3 something held
cannot be delivered, or a scenario has no dispatch, 4 the time limit came first.
"""


#: What an evaluation is left where the command has taken its time already, s.
_LEAST_S = 0.01


class _Leaves(click.ParamType[int | None]):
    """A number of leaves, or ``all``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int | None:
        if value == "all":
            return None
        try:
            count = int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number of leaves nor 'all'", param, context)
        if count < 1:
            self.fail(f"{value} is not at least 1", param, context)
        return count


def _print_schema(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if not is_asked or context.resilient_parsing:
        return
    from mes_stoch.evaluation.evaluation import evaluation_schema

    output.result(json.dumps(evaluation_schema(), indent=2, ensure_ascii=False))
    context.exit(0)


@click.command(epilog=_EPILOG, short_help="What is a commitment worth: stress test, other scenarios, values.")
@click.argument("folder", metavar="RUN|INSTANCE", type=click.Path(path_type=Path))
@click.option("--stress", is_flag=True, help="The stress test: full calls at every time, without optimisation.")
@click.option(
    "--leaves",
    type=_Leaves(),
    default=20,
    show_default=True,
    metavar="N|all",
    help="Leaves of the stress test told in detail, worst first; all are tested.",
)
@click.option(
    "--commitment",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Volumes to evaluate, like a run's commitments.csv; default those of the run.",
)
@click.option(
    "--values", is_flag=True, help="What information and the stochastic model are worth: WS, RP, EEV, EVPI, VSS."
)
@click.option("--products", is_flag=True, help="What each committed product is worth, beside the others and alone.")
@click.option(
    "--replications",
    type=click.IntRange(min=2),
    metavar="M",
    help="How far the commitment may be from the best one over all days: from M samples of N scenarios each.",
)
@click.option(
    "--rolling",
    is_flag=True,
    help="What is earned without foresight: every scenario operated period by period, with what is known by then.",
)
@click.option(
    "--forecast-scenarios",
    type=click.IntRange(min=1),
    metavar="N",
    help="Scenarios that --rolling forecasts with; default 30.",
)
@click.option(
    "--forecast-seed",
    type=click.IntRange(min=0),
    metavar="K",
    help="Their seed, which must not be that of the scenarios operated; default the next one.",
)
@click.option(
    "--fan",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="K",
    help="Courses of the day that --rolling plans a period for, the likeliest; 1: for the mean of all.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that share the scenarios of --rolling; the numbers do not depend on it.",
)
@scenarios_option
@click.option(
    "--leaves-per-node",
    type=click.IntRange(min=1),
    metavar="L",
    help="Scenarios below each day-ahead node; more than 1 makes three stages.",
)
@seed_option
@click.option("--gap", type=InRange("gap_rel"), metavar="G", help="Relative gap of every bound, 0.001 for 0.1 %.")
@click.option("--time-limit", type=InRange("time_limit_s"), metavar="S", help="Seconds for everything together.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="JSON to write; default evaluation.json in RUN, or in a new folder below runs. Profits by scenario: beside it "
    "(.nc).",
)
@click.option(
    "--schema", is_flag=True, is_eager=True, expose_value=False, callback=_print_schema, help="Print the JSON Schema."
)
@click.option("--force", is_flag=True, help="Overwrite the file that --out names, and the profits beside it.")
@click.pass_context
def evaluate(
    context: click.Context,
    folder: Path,
    stress: bool,
    leaves: int | None,
    commitment: Path | None,
    values: bool,
    products: bool,
    replications: int | None,
    rolling: bool,
    forecast_scenarios: int | None,
    forecast_seed: int | None,
    fan: int,
    workers: int,
    scenarios: int | None,
    leaves_per_node: int | None,
    seed: int | None,
    gap: float | None,
    time_limit: float | None,
    out: Path | None,
    force: bool,
) -> None:
    """Find out what a commitment is worth: test a finished run, or evaluate volumes over scenarios."""
    from mes_stoch import api
    from mes_stoch.io.artifacts.run_folder import EVALUATION
    from mes_stoch.io.readers.locate import INSTANCE_FILE

    invocation = context.ensure_object(Invocation)
    draws = any(option is not None for option in (scenarios, leaves_per_node, seed))
    if not (stress or values or products or rolling or draws or commitment is not None or replications is not None):
        raise UsageError(
            "say what to evaluate: --stress tests whether everything that is held can be delivered, --scenarios and "
            "--seed or --commitment what a commitment earns, --replications how far it may be from the best one, "
            "--values what information and the model are worth, --products what each product is, --rolling what a "
            "commitment earns without foresight"
        )
    if not rolling and (forecast_scenarios, forecast_seed, fan, workers) != (None, None, 1, 1):
        raise UsageError(
            "--forecast-scenarios, --forecast-seed, --fan and --workers say how --rolling operates; add it"
        )
    _check_target(folder / EVALUATION if out is None else out, is_named=out is not None, force=force)
    run = None if (folder / INSTANCE_FILE).is_file() else api.read_run(folder, allow_changed=True)
    site = api.read(folder) if run is None else api.site_of(run)
    tree = site.tree(scenarios, seed, leaves_per_day_ahead_node=leaves_per_node) if draws else None
    own_tree = None if run is None else run.tree
    gone = time.perf_counter() - invocation.begun
    found = api.evaluate(
        site if run is None else folder,
        stress=stress,
        commitments=commitment,
        tree=tree,
        replications=replications,
        seed=seed,
        values=values,
        products=products,
        rolling=rolling,
        forecast=_forecast(site, tree or own_tree, forecast_scenarios, forecast_seed) if rolling else None,
        fan=fan,
        workers=workers,
        keep=_kept(folder, out, is_run=run is not None),
        gap_rel=gap,
        time_limit_s=None if time_limit is None else max(time_limit - gone, _LEAST_S),
        told=output.status,
    )
    target = out or _default_target(folder, site.name, is_run=run is not None)
    _show(found, leaves, None if run is None or commitment is not None else run.objective)
    found.write(target, leaves)
    output.status(f"evaluation: {target}")
    if found.rolling is not None:
        _draw(found.rolling, target, site.name)
    if found.is_cut_short:
        raise TimeLimitError("a limit came first: what is written is proven, and wider than was asked for")
    test = found.stress
    if test is not None and not test.passed:
        raise StressError(
            f"what is held cannot all be delivered: {test.leaves_with_a_miss} of {test.plan.leaves} leaves miss up to "
            f"{test.largest_miss('MW'):.3g} MW and {test.largest_miss('MWh'):.3g} MWh of a full call"
        )


def _forecast(site: Site, tree: ScenarioTree | None, scenarios: int | None, seed: int | None) -> ScenarioTree | None:
    """The tree to forecast with, where one is asked for."""
    from mes_stoch.api.evaluating import FORECAST_SCENARIOS

    if scenarios is None and seed is None:
        return None
    own = getattr(site.instance.uncertainty, "seed", None)
    operated = own if tree is None else tree.dataset.attrs.get("seed")
    if operated is None:
        raise UsageError(
            f"{site.name} lists its scenarios: those of the other day-ahead nodes are forecast with, and none are drawn"
        )
    chosen = int(operated) + 1 if seed is None else seed
    return site.tree(scenarios or FORECAST_SCENARIOS, chosen, leaves_per_day_ahead_node=1)


def _kept(folder: Path, out: Path | None, *, is_run: bool) -> Path | None:
    """Where operated scenarios are kept until all are done; nowhere where the next command writes elsewhere."""
    from mes_stoch.io.artifacts.run_folder import EVALUATION

    if out is None and not is_run:
        return None
    target = folder / EVALUATION if out is None else out
    return target.with_suffix(".rolling")


def _draw(rolling: Rolling, target: Path, name: str) -> None:
    from mes_stoch.report.figures import PlotsMissingError
    from mes_stoch.report.rolling_figure import write_rolling_figure

    try:
        path = write_rolling_figure(rolling, target.with_name(f"{target.stem}_rolling.png"), name)
    except PlotsMissingError:
        output.status("no figure: matplotlib is not installed; pip install 'mes_stoch[plots]'")
    else:
        output.status(f"figure: {path}")


def _check_target(target: Path, *, is_named: bool, force: bool) -> None:
    """Refuse to write what could not be written, or over what is not an evaluation's."""
    from mes_stoch.io.artifacts.run_folder import FLOWS, MANIFEST, SOLUTION, SUMMARY, TREE, UNFINISHED

    data = target.with_suffix(".nc")
    if data == target:
        raise UsageError(f"{target} is the name of the profits by scenario; --out names the JSON beside it")
    if {target.name, data.name} & {MANIFEST, UNFINISHED, SUMMARY, SOLUTION, FLOWS, TREE}:
        raise UsageError(f"{target.name} would overwrite a file of a run; choose another name for --out")
    if is_named and not target.parent.is_dir():
        raise UsageError(f"cannot write {target}: there is no folder {target.parent}")
    for path in (target, data):
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if is_named and path.exists() and not force:
            raise UsageError(f"{path} exists; choose another --out, or add --force to overwrite it")


def _default_target(folder: Path, name: str, *, is_run: bool) -> Path:
    """Where it is written: the run's own folder, or one of its own."""
    from mes_stoch.io.artifacts.run_folder import EVALUATION

    if is_run:
        return folder / EVALUATION
    made = Path("runs") / f"{name}-evaluation-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        made.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"cannot make {made}: {error.strerror or error}; name a file with --out") from error
    return made / EVALUATION


def _show(found: Evaluation, leaves: int | None, before: float | None) -> None:
    if found.stress is not None:
        from mes_stoch.report.stress import render_stress

        output.show(render_stress(found.stress, leaves))
    if found.profits is not None:
        from mes_stoch.report.evaluation import render_profits

        output.show(render_profits(found.profits, before))
    if found.optimality_gap is not None:
        from mes_stoch.report.evaluation import render_gap

        output.show(render_gap(found.optimality_gap))
    if found.product_values is not None:
        from mes_stoch.report.evaluation import render_products

        output.show(render_products(found.product_values))
    if found.rolling is not None:
        from mes_stoch.report.rolling import render_rolling

        output.show(render_rolling(found.rolling))
    if found.values is not None:
        from mes_stoch.report.evaluation import render_values

        output.show(render_values(found.values))
