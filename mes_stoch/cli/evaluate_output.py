"""Where ``mes-stoch evaluate`` writes what it has found, and how it is shown."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mes_stoch.cli import output
from mes_stoch.cli.evaluate_sampling import show_samples, write_commitment
from mes_stoch.schema.errors import UsageError, WriteError

if TYPE_CHECKING:
    from mes_stoch.evaluation.evaluation import Evaluation


def check_target(target: Path, *, is_named: bool, force: bool) -> None:
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


def default_target(folder: Path, name: str, *, is_run: bool) -> Path:
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


def kept_scenarios(folder: Path, out: Path | None, *, is_run: bool) -> Path | None:
    """Where operated scenarios are kept until all are done; nowhere where the next command writes elsewhere."""
    from mes_stoch.io.artifacts.run_folder import EVALUATION

    if out is None and not is_run:
        return None
    target = folder / EVALUATION if out is None else out
    return target.with_suffix(".rolling")


def show_and_write(
    found: Evaluation, target: Path, leaves: int | None, *, before: float | None, draws_figures: bool
) -> None:
    """Print tables, write the document and what stands beside it, and draw.

    Parameters
    ----------
    leaves : int or None
        Of the stress test told in detail.
    before : float or None
        Expected profit where the commitment was made.
    """
    _show(found, leaves, before)
    found.write(target, leaves)
    output.status(f"evaluation: {target}")
    write_commitment(found, target)
    if draws_figures:
        _draw(found, target)


def _show(found: Evaluation, leaves: int | None, before: float | None) -> None:
    """Print the tables of every part."""
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
    if found.rolling is not None:
        from mes_stoch.report.rolling import render_rolling

        output.show(render_rolling(found.rolling))
    if found.values is not None:
        from mes_stoch.report.evaluation import render_values

        output.show(render_values(found.values))
    if found.frontier is not None:
        from mes_stoch.report.frontier import render_frontier

        output.show(render_frontier(found.frontier))
    if found.policies is not None:
        from mes_stoch.report.policies import render_policies

        output.show(render_policies(found.policies))


def _draw(found: Evaluation, target: Path) -> None:
    """Draw, or say what is missing: no figure is worth an evaluation."""
    from mes_stoch.report.evaluation_figures import write_evaluation_figures
    from mes_stoch.report.figures import PlotsMissingError

    try:
        for path in write_evaluation_figures(found, target):
            output.status(f"figure: {path}")
    except (PlotsMissingError, WriteError) as error:
        output.status(f"mes-stoch: {error}")
