"""``mes-stoch evaluate``."""

from __future__ import annotations

import contextlib
import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from mes_stoch.cli import output
from mes_stoch.cli.evaluate_sampling import (
    asks_for_samples,
    from_samples,
    require_alone,
    sampling_options,
    show_samples,
    write_beside,
)
from mes_stoch.cli.invocation import Invocation
from mes_stoch.cli.options import InRange, scenarios_option, seed_option
from mes_stoch.cli.ranks import ready_together, take_part
from mes_stoch.schema.errors import StressError, TimeLimitError, UsageError

if TYPE_CHECKING:
    from mes_stoch.evaluation.evaluation import Evaluation

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
  mes-stoch evaluate instances/hospital_fr --stability --sizes 5,10,20 --replications 4 --wanted-error 1%
  mes-stoch evaluate instances/hospital_fr --sequential --wanted-gap 1%

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
    "--policy-leaves",
    type=click.IntRange(min=1),
    metavar="P",
    help="With replications of three stages: day-ahead positions of the commitment are decided by P further leaves "
    "below each node; default as many as it has.",
)
@click.option(
    "--interval",
    type=click.Choice(["t", "bootstrap", "block-bootstrap"]),
    help="Intervals of the mean profit and of its worst 5 % for days not drawn; block-bootstrap: scenarios are days in "
    "their order.",
)
@click.option(
    "--block-days", type=click.IntRange(min=1), metavar="L", help="Days of a block; default the cube root of all."
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Another commitment to compare with, in the same scenarios.",
)
@click.option("--day-ahead", is_flag=True, help="What it is worth to know day-ahead prices when these are decided.")
@click.option("--devices", is_flag=True, help="What a little more power and energy of each device is worth.")
@click.option(
    "--device-step",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MW",
    help="Of --devices, MW or MWh; default a tenth of each limit.",
)
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
    /,
    folder: Path,
    stress: bool,
    leaves: int | None,
    commitment: Path | None,
    values: bool,
    products: bool,
    replications: int | None,
    policy_leaves: int | None,
    interval: Literal["t", "bootstrap", "block-bootstrap"] | None,
    block_days: int | None,
    against: Path | None,
    day_ahead: bool,
    devices: bool,
    device_step: float | None,
    scenarios: int | None,
    leaves_per_node: int | None,
    seed: int | None,
    gap: float | None,
    time_limit: float | None,
    out: Path | None,
    force: bool,
    **sampling: Any,
) -> None:
    """Find out what a commitment is worth: test a finished run, or evaluate volumes over scenarios."""
    from mes_stoch import api
    from mes_stoch.io.artifacts.run_folder import EVALUATION
    from mes_stoch.io.readers.locate import INSTANCE_FILE

    invocation = context.ensure_object(Invocation)
    draws = any(option is not None for option in (scenarios, leaves_per_node, seed))
    parts = (stress, values, products, day_ahead, devices)
    given = (commitment, replications, interval, block_days, against)
    is_sampling = asks_for_samples(sampling)
    if not (is_sampling or draws or any(parts) or any(option is not None for option in given)):
        raise UsageError(
            "say what to evaluate: --stress tests whether everything that is held can be delivered, --scenarios and "
            "--seed or --commitment what a commitment earns, --replications how far it may be from the best one, "
            "--values what information and the model are worth, --products what each product is, "
            "--day-ahead what day-ahead information is, --devices what a MW of each device is, --stability how many "
            "scenarios are enough, --sequential a commitment close enough to the best one"
        )
    by_solves = is_sampling or any(parts[1:]) or replications is not None
    take_part(context, invocation, is_joint=not (by_solves or stress), is_possible=not by_solves)
    with ready_together() if invocation.is_joint else contextlib.nullcontext():
        _check_target(folder / EVALUATION if out is None else out, is_named=out is not None, force=force)
        run = None if (folder / INSTANCE_FILE).is_file() else api.read_run(folder, allow_changed=True)
        site = api.read(folder) if run is None else api.site_of(run)
        tree = None
        if draws and not is_sampling:
            tree = site.tree(scenarios, seed, leaves_per_day_ahead_node=leaves_per_node)
    gone = time.perf_counter() - invocation.begun
    left = None if time_limit is None else max(time_limit - gone, _LEAST_S)
    if is_sampling:
        alone = (*parts, interval, block_days, against)
        require_alone(sampling, [option for option in alone if option])
        found = from_samples(
            site if run is None else run,
            sampling,
            replications=replications,
            policy_leaves=policy_leaves,
            commitments=commitment,
            scenarios=scenarios,
            leaves_per_node=leaves_per_node,
            seed=seed,
            gap=gap,
            time_limit_s=left,
        )
        _finish(found, out or _default_target(folder, site.name, is_run=run is not None), leaves, None)
        return
    found = api.evaluate(
        site if run is None else folder,
        stress=stress,
        commitments=commitment,
        tree=tree,
        replications=replications,
        seed=seed,
        policy_leaves=policy_leaves,
        interval=interval,
        block_days=block_days,
        against=against,
        day_ahead=day_ahead,
        devices=devices,
        device_step=device_step,
        values=values,
        products=products,
        gap_rel=gap,
        time_limit_s=left,
        told=output.status,
    )
    if not output.prints_output():
        context.exit(TimeLimitError.exit_code if found.is_cut_short else 0)
    target = out or _default_target(folder, site.name, is_run=run is not None)
    _finish(found, target, leaves, None if run is None or commitment is not None else run.objective)


def _finish(found: Evaluation, target: Path, leaves: int | None, before: float | None) -> None:
    """Show and write what was found; an error where it is not what was wanted."""
    _show(found, leaves, before)
    found.write(target, leaves)
    output.status(f"evaluation: {target}")
    write_beside(found, target)
    if found.is_cut_short:
        raise TimeLimitError("a limit came first: what is written is proven, and wider than was asked for")
    test = found.stress
    if test is not None and not test.passed:
        raise StressError(
            f"what is held cannot all be delivered: {test.leaves_with_a_miss} of {test.plan.leaves} leaves miss up to "
            f"{test.largest_miss('MW'):.3g} MW and {test.largest_miss('MWh'):.3g} MWh of a full call"
        )


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
    if found.comparison is not None:
        from mes_stoch.report.sampling import render_comparison

        output.show(render_comparison(found.comparison))
    show_samples(found)
    if found.optimality_gap is not None:
        from mes_stoch.report.evaluation import render_gap

        output.show(render_gap(found.optimality_gap))
    if found.product_values is not None:
        from mes_stoch.report.evaluation import render_products

        output.show(render_products(found.product_values))
    if found.values is not None:
        from mes_stoch.report.evaluation import render_values

        output.show(render_values(found.values))
