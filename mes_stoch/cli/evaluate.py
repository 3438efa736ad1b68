"""``mes-stoch evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mes_stoch.cli import output
from mes_stoch.schema.errors import StressError, UsageError

_EPILOG = """\b
The stress test calls everything that is held, in full, at every time the products allow: each product
alone, and all of one direction together. No solver is asked. What it assumes stands in docs/stress.md.

\b
Examples:
  mes-stoch evaluate runs/tiny_site-20250115-093000 --stress
  mes-stoch evaluate runs/tiny_site-20250115-093000 --stress --leaves all --out stress.json

\b
Exit codes: 0 everything can be delivered, 2 not the folder of a finished run, 3 something is missing.
"""


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


@click.command(epilog=_EPILOG, short_help="Test a finished run: can all that is held be delivered?")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--stress", is_flag=True, help="The stress test: full calls at every time, without optimisation.")
@click.option(
    "--leaves",
    type=_Leaves(),
    default=20,
    show_default=True,
    metavar="N|all",
    help="Leaves told in detail, worst first; all are tested.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="JSON to write; default RUN/evaluation.json.",
)
@click.option(
    "--schema", is_flag=True, is_eager=True, expose_value=False, callback=_print_schema, help="Print the JSON Schema."
)
@click.option("--force", is_flag=True, help="Overwrite the file that --out names.")
def evaluate(run_dir: Path, stress: bool, leaves: int | None, out: Path | None, force: bool) -> None:
    """Test a finished run, from the files in its folder alone."""
    from mes_stoch.api import evaluate as evaluate_run
    from mes_stoch.io.artifacts.run_folder import EVALUATION
    from mes_stoch.report.stress import render_stress

    if not stress:
        raise UsageError("say what to evaluate: --stress tests whether everything that is held can be delivered")
    target = run_dir / EVALUATION if out is None else out
    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} exists; choose another --out, or add --force to overwrite it")
    evaluation = evaluate_run(run_dir, stress=True)
    test = evaluation.stress
    if test is None:
        raise UsageError("nothing was evaluated")
    output.show(render_stress(test, leaves))
    evaluation.write(target, leaves)
    output.status(f"evaluation: {target}")
    if not test.passed:
        raise StressError(
            f"what is held cannot all be delivered: {test.leaves_with_a_miss} of {test.plan.leaves} leaves miss up to "
            f"{test.largest_miss('MW'):.3g} MW and {test.largest_miss('MWh'):.3g} MWh of a full call"
        )
