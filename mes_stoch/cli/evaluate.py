"""``mes-stoch evaluate``."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mes_stoch.cli import output
from mes_stoch.cli.evaluate_options import ASK, asks_something, is_by_solves, question_options
from mes_stoch.cli.evaluate_output import check_target, default_target, kept_scenarios, show_and_write
from mes_stoch.cli.evaluate_sampling import asks_for_samples, from_samples, sampling_options
from mes_stoch.cli.invocation import Invocation
from mes_stoch.cli.options import (
    InRange,
    figures_option,
    require_instance,
    scenarios_option,
    seed_option,
    set_option,
    whole_time_limit_option,
)
from mes_stoch.cli.ranks import ready_together, take_part
from mes_stoch.schema.errors import GapNotReachedError, StressError, TimeLimitError, UsageError

if TYPE_CHECKING:
    from mes_stoch.api.sites import Site
    from mes_stoch.evaluation.evaluation import Evaluation
    from mes_stoch.report.run import Run
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
  mes-stoch evaluate runs/hospital_fr-20250115-093000 --flexibility
  mes-stoch evaluate runs/hospital_fr-20250115-093000 --scenarios 100 --seed 7
  mes-stoch evaluate instances/hospital_fr --commitment my_volumes.csv
  mes-stoch evaluate runs/hospital_fr-20250115-093000 --replications 10 --scenarios 30
  mes-stoch evaluate instances/hospital_fr --values --scenarios 10
  mes-stoch evaluate instances/hospital_fr --frontier --cvar-alpha 0.8 --scenarios 10
  mes-stoch evaluate instances/hospital_fr --stability --sizes 5,10,20 --replications 4 --wanted-error 1%
  mes-stoch evaluate instances/hospital_fr --sequential --wanted-gap 1%
  mes-stoch evaluate instances/hospital_fr --policies two_loop,share_of_capacity:share=0.3 --scenarios 10
  mes-stoch evaluate runs/hospital_fr-20250115-093000 --rolling --scenarios 20 --seed 7 --workers 2

\b
Exit codes: 0 done (everything can be delivered), 2 the folder, file or command is not right, 3 something held
cannot be delivered, or a scenario has no dispatch, 4 the time limit came first, or samples did not show the wanted
gap (what was found is written).
"""


def _print_schema(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if not is_asked or context.resilient_parsing:
        return
    from mes_stoch.evaluation.evaluation import evaluation_schema

    output.result(json.dumps(evaluation_schema(), indent=2, ensure_ascii=False))
    context.exit(0)


@click.command(epilog=_EPILOG, short_help="What is a commitment worth: stress test, other scenarios, values.")
@click.argument("folder", metavar="RUN|INSTANCE", type=click.Path(path_type=Path))
@set_option
@question_options
@sampling_options
@scenarios_option
@click.option(
    "--leaves-per-node",
    type=click.IntRange(min=1),
    metavar="L",
    help="Scenarios below each day-ahead node; more than 1 makes three stages.",
)
@seed_option
@click.option("--gap", type=InRange("gap_rel"), metavar="G", help="Relative gap of every bound, 0.001 for 0.1 %.")
@whole_time_limit_option
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
@figures_option
@click.pass_context
def evaluate(
    context: click.Context,
    /,
    folder: Path,
    overrides: dict[str, Any],
    scenarios: int | None,
    leaves_per_node: int | None,
    seed: int | None,
    gap: float | None,
    time_limit: float | None,
    out: Path | None,
    force: bool,
    no_figures: bool,
    **asked: Any,
) -> None:
    """Find out what a commitment is worth: test a finished run, or evaluate volumes over scenarios."""
    from mes_stoch import api
    from mes_stoch.io.artifacts.run_folder import EVALUATION
    from mes_stoch.io.readers.locate import INSTANCE_FILE

    invocation = context.ensure_object(Invocation)
    draws = any(option is not None for option in (scenarios, leaves_per_node, seed))
    if not asked["stress"] and context.get_parameter_source("leaves") is ParameterSource.COMMANDLINE:
        raise UsageError("--leaves belongs to --stress")
    is_sampling = asks_for_samples(asked)
    if not (asks_something(asked) or is_sampling or draws):
        raise UsageError(ASK)
    by_solves = is_sampling or is_by_solves(asked)
    take_part(context, invocation, is_joint=not (by_solves or asked["stress"]), is_possible=not by_solves)
    with ready_together() if invocation.is_joint else contextlib.nullcontext():
        check_target(
            folder / EVALUATION if out is None else out,
            is_named=out is not None,
            force=force,
            finds_commitment=asked["sequential"],
        )
        run = None if (folder / INSTANCE_FILE).is_file() else api.read_run(folder, allow_changed=True)
        require_instance(overrides, is_run=run is not None)
        site = api.read(folder, overrides) if run is None else api.site_of(run)
        tree = None
        if draws and not is_sampling:
            # what volumes earn on days they were not made for is a statistic of independent draws
            drawer = site.tree if run is None and asked["commitment"] is None else site.draws
            tree = drawer(scenarios, seed, leaves_per_day_ahead_node=leaves_per_node)
    drawn: dict[str, Any] = {"seed": seed, "gap_rel": gap}
    if is_sampling:
        drawn |= {"scenarios": scenarios, "leaves_per_day_ahead_node": leaves_per_node}
        drawn["time_limit_s"] = invocation.seconds_left(time_limit)
        found = from_samples(site if run is None else run, asked, drawn)
    else:
        drawn["tree"] = tree
        drawn |= _rolling(site, run, tree, asked)
        drawn["keep"] = kept_scenarios(folder, out, is_run=run is not None)
        drawn["time_limit_s"] = invocation.seconds_left(time_limit)
        found = api.evaluate(site if run is None else folder, **_questions(asked), **drawn, told=output.status)
    if not output.prints_output():
        context.exit(TimeLimitError.exit_code if found.is_cut_short else 0)
    target = out or default_target(folder, site.name, is_run=run is not None)
    before = None if run is None or asked["commitment"] is not None else run.objective
    show_and_write(found, target, asked["leaves"], before=before, draws_figures=not no_figures)
    _judge(found)


def _questions(asked: dict[str, Any]) -> dict[str, Any]:
    """Options that :func:`mes_stoch.evaluate` knows by the same name; ``--commitment`` is one of several rows."""
    names = ("stress", "values", "products", "replications", "policy_leaves", "interval", "block_days", "against")
    of_site = ("frontier", "risk_weights", "cvar_alpha", "policies", "rolling", "day_ahead", "devices", "device_step")
    of_flexibility = {"durations_h": asked["durations"], "return_h": asked["return_within"]}
    of_flexibility |= {name: asked[name] for name in ("flexibility", "scenario", "connection")}
    of_commitment = {"commitments": asked["commitment"], "site_decisions": asked["site_decisions"]}
    return {**of_commitment, **of_flexibility, **{name: asked[name] for name in (*names, *of_site)}}


def _rolling(site: Site, run: Run | None, tree: ScenarioTree | None, asked: dict[str, Any]) -> dict[str, Any]:
    """How to operate without foresight."""
    if not asked["rolling"]:
        return {}
    operated = tree if tree is not None or run is None else run.tree
    return {
        "forecast": _forecast(site, operated, asked["forecast_scenarios"], asked["forecast_seed"]),
        "fan": asked["fan"] or 1,
        "workers": asked["workers"] or 1,
    }


def _forecast(site: Site, tree: ScenarioTree | None, scenarios: int | None, seed: int | None) -> ScenarioTree | None:
    """The tree to forecast with, where one is asked for."""
    from mes_stoch.api.forecasting import drawn_forecast

    if scenarios is None and seed is None:
        return None
    own = getattr(site.instance.uncertainty, "seed", None)
    operated = own if tree is None else tree.dataset.attrs.get("seed")
    if operated is None:
        raise UsageError(
            f"{site.name} lists its scenarios: those of the other day-ahead nodes are forecast with, and none are drawn"
        )
    return drawn_forecast(site, int(operated), scenarios, seed)


def _judge(found: Evaluation) -> None:
    """An error where something that was found is not what was wanted.

    Raises
    ------
    TimeLimitError, GapNotReachedError, StressError
    """
    if found.is_cut_short:
        raise TimeLimitError("a limit came first: what is written is proven, and wider than was asked for")
    grown = found.sequential
    if grown is not None and not grown.is_reached:
        raise GapNotReachedError(
            f"samples of {grown.last.scenarios} scenarios do not show the wanted gap; give it more with "
            "--most-scenarios, or want a wider one"
        )
    test = found.stress
    if test is not None and not test.passed:
        raise StressError(
            f"what is held cannot all be delivered: {test.leaves_with_a_miss} of {test.plan.leaves} leaves miss up to "
            f"{test.largest_miss('MW'):.3g} MW and {test.largest_miss('MWh'):.3g} MWh of a full call"
        )
