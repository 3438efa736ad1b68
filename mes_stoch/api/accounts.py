"""What a run or the catalogue says, looked at again: settlement, sensitivity to rules without a source, products."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mes_stoch.api.sites import Site
from mes_stoch.api.solving import SolveRequest, solve_request
from mes_stoch.io.product_table import product_table as products_of
from mes_stoch.report.progress_bar import told_by_bar
from mes_stoch.report.run import Run, read_run
from mes_stoch.report.sensitivity import sustain_fields as fields_without_source
from mes_stoch.report.settled import settle_run
from mes_stoch.schema.errors import (
    UsageError,
)
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.settlement.settlement import Settlement

if TYPE_CHECKING:
    import pandas as pd


def sustain_fields(site: Site) -> dict[str, list[float]]:
    """Times to be held that no source settles, by dotted path, with the values that could hold: see `sensitivity`."""
    return fields_without_source(site.instance)


def sensitivity(
    site: Site,
    fields: Mapping[str, Iterable[float]] | None = None,
    *,
    tree: ScenarioTree | None = None,
    method: str = "auto",
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    remark: Callable[[str], object] | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Solve again with other values of rules that are not known, one at a time, over the same scenarios.

    Parameters
    ----------
    site : Site
    fields : mapping, optional
        Values by the dotted path of a number; default the times to be held that no source settles.
    tree : ScenarioTree, optional
        Default ``site.tree()``.
    method, gap_rel, time_limit_s
        As for :func:`solve`, of each of the solves.
    remark : callable, optional
        Told of each solve.
    progress : bool
        Show a bar, in a terminal on standard error, in a notebook below the cell; default: nothing is shown.

    Returns
    -------
    DataFrame
        A row a value: profit, proven interval, change from the instance's own value with its proven interval, and
        committed volumes; see :data:`mes_stoch.report.sensitivity.COLUMNS`.

    Raises
    ------
    UsageError
        Nothing to vary, or a path to no number.
    InstanceError
        A value that the instance cannot have; nothing is solved then.

    >>> import mes_stoch as ms
    >>> site = ms.read("instances/tiny_site")
    >>> table = ms.sensitivity(site, {"products.fr_afrr_up.sustain_h": [2.0]})
    >>> table[["value", "is_base"]].values.tolist()
    [[1.0, True], [2.0, False]]
    """
    from mes_stoch.report.sensitivity import Variation, plan_variations, sensitivity_table

    chosen = sustain_fields(site) if fields is None else fields
    if not chosen:
        raise UsageError(f"no time to be held in {site.name} lacks a source; name a field: products.<id>.<rule>")
    plan = plan_variations(site.instance, chosen)
    others = {v: site.replace({v.field: v.value}) for v in plan if not v.is_base}
    scenarios = site.tree() if tree is None else tree
    request = SolveRequest(method, gap_rel, time_limit_s)

    def at(variation: Variation | None) -> Run:
        varied = site if variation is None else others[variation]
        run = solve_request(varied, scenarios, request)
        if run is None:
            raise UsageError("a sensitivity runs in one process; leave mpiexec out")
        return run

    with told_by_bar(f"sensitivity of {site.name}", remark, progress=progress) as telling:
        return sensitivity_table(site.instance, plan, at, telling)


def settle(run: Run | str | Path) -> Settlement:
    """Recompute every cash flow of a run from its data, decisions and meters, without model or solver.

    Parameters
    ----------
    run : Run or path
        A run, or the folder of one.

    Returns
    -------
    Settlement
        ``ledger`` has the lines; ``agrees`` says whether they add up to what the optimiser states, and whether
        everything else of the run agrees with its files (``disagreements`` lists what does not).

    Raises
    ------
    UsageError
        If the folder is not that of a finished run, or the run has no dispatch.
    RunFolderError
        If the folder is damaged so that it cannot be understood.

    >>> import mes_stoch as ms
    >>> site = ms.read("instances/tiny_site")
    >>> settlement = ms.settle(ms.solve(site, site.tree()))
    >>> settlement.agrees, round(settlement.expected_profit, 2)
    (True, -687.5)
    """
    if not isinstance(run, Run):
        run = read_run(run, allow_changed=True)
    return settle_run(run)


def product_table(site: Site | None = None) -> pd.DataFrame:
    """The product catalogue as a table, or the products of a site: rules, payments, stages, sources.

    Columns: :data:`mes_stoch.io.product_table.COLUMNS`.

    >>> table = product_table().set_index("id")
    >>> table.loc["fr_fcr", ["direction", "block_h", "sustain_h"]].tolist()
    ['symmetric', 4, 0.25]

    Raises
    ------
    UsageError
        If an installed package offers products that cannot be used.
    """
    return products_of(None if site is None else site.instance)
