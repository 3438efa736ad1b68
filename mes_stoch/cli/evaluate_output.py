"""Where ``mes-stoch evaluate`` writes what it has found, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mes_stoch.cli import output
from mes_stoch.cli.evaluate_sampling import commitments_beside, write_commitment
from mes_stoch.schema.errors import UsageError, WriteError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mes_stoch.evaluation.evaluation import Evaluation


def check_target(target: Path, *, is_named: bool, force: bool, finds_commitment: bool = False) -> None:
    """Refuse to write what could not be written, or over what is not an evaluation's."""
    from mes_stoch.io.artifacts.run_folder import FLOWS, MANIFEST, SOLUTION, SUMMARY, TREE, UNFINISHED

    data = target.with_suffix(".nc")
    if data == target:
        raise UsageError(f"{target} is the name of the profits by scenario; --out names the JSON beside it")
    if {target.name, data.name} & {MANIFEST, UNFINISHED, SUMMARY, SOLUTION, FLOWS, TREE}:
        raise UsageError(f"{target.name} would overwrite a file of a run; choose another name for --out")
    if is_named and not target.parent.is_dir():
        raise UsageError(f"cannot write {target}: there is no folder {target.parent}")
    beside = (commitments_beside(target),) if finds_commitment else ()
    for path in (target, data, *beside):
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if is_named and path.exists() and not force:
            raise UsageError(f"{path} exists; choose another --out, or add --force to overwrite it")


def default_target(folder: Path, name: str, *, is_run: bool) -> Path:
    """Where it is written: the run's own folder, or one of its own."""
    from mes_stoch.io.artifacts.run_folder import EVALUATION, make_default_folder

    if is_run:
        return folder / EVALUATION
    return make_default_folder(f"{name}-evaluation-{datetime.now():%Y%m%d-%H%M%S}") / EVALUATION


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
    from mes_stoch.report.device_values import render_day_ahead, render_devices
    from mes_stoch.report.evaluation import render_gap, render_products, render_profits, render_values
    from mes_stoch.report.flexibility import render_flexibility
    from mes_stoch.report.frontier import render_frontier
    from mes_stoch.report.policies import render_policies
    from mes_stoch.report.rolling import render_rolling
    from mes_stoch.report.sampling import render_comparison, render_sequential
    from mes_stoch.report.stability import render_stability
    from mes_stoch.report.stress import render_stress

    rendered: tuple[tuple[object, Callable[[Any], RenderableType]], ...] = (
        (found.stress, lambda stress: render_stress(stress, leaves)),
        (found.profits, lambda profits: render_profits(profits, before)),
        (found.comparison, render_comparison),
        (found.stability, render_stability),
        (found.day_ahead_information, render_day_ahead),
        (found.device_values, render_devices),
        (found.sequential, render_sequential),
        (found.optimality_gap, render_gap),
        (found.product_values, render_products),
        (found.rolling, render_rolling),
        (found.values, render_values),
        (found.frontier, render_frontier),
        (found.policies, render_policies),
        (found.flexibility, render_flexibility),
    )
    for part, render in rendered:
        if part is not None:
            output.show(render(part))


def _draw(found: Evaluation, target: Path) -> None:
    """Draw, or say what is missing: no figure is worth an evaluation."""
    from mes_stoch.report.evaluation_figures import write_evaluation_figures
    from mes_stoch.report.figures import PlotsMissingError

    try:
        for path in write_evaluation_figures(found, target):
            output.status(f"figure: {path}")
    except (PlotsMissingError, WriteError) as error:
        output.status(f"mes-stoch: {error}")
