"""What foresight is worth: the same leaves planned with everything known, and operated without.

Equations
---------
Of leaf ``s`` with probability ``p_s`` the operation without foresight earned ``R_s``; with all of it known beforehand
the best dispatch earns between ``L_s`` and ``U_s``, by a feasible dispatch and a proven bound. The operated path is
a dispatch too, so that ``R_s <= L_s`` once it counts for ``L_s``. The foresight bias of the model lies in

    sum_s p_s (L_s - R_s)   to   sum_s p_s (U_s - R_s)

With two stages a leaf is planned alone; with three, day-ahead decisions are common to the leaves of a node, and the
bounds are those of nodes. The standard error is that of the mean of ``L_s - R_s`` over day-ahead nodes: both are of the
same days, so that most of what one day differs from another is not in it.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.profit import Profits, by_name, leaf_profit, sampling_error, seed_of
from mes_stoch.evaluation.rolling.bias import ForesightBias
from mes_stoch.evaluation.rolling.leaves import Operated, operate_all
from mes_stoch.evaluation.rolling.operate import RolledPath
from mes_stoch.evaluation.rolling.operation import Operation
from mes_stoch.evaluation.rolling.store import PathStore
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import FloatArray
from mes_stoch.model.site_program import SiteProgram, by_day_ahead_node
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation import RollingResult
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.result import ScenarioSolution, SolveOptions
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs.safe_bounds import weaker

logger = logging.getLogger("mes_stoch.evaluation.rolling.foresight")

_SLACK = "slack."


@dataclass(frozen=True)
class RollingRequest:
    """How a commitment is to be operated without foresight.

    Parameters
    ----------
    forecast : ScenarioTree or None
        Scenarios of the forecast; ``None``: those of the tree's other day-ahead nodes.
    fan : int
        Courses that a step is planned for; 1 for their mean.
    workers : int
        Processes.
    keep : path, optional
        Folder for finished leaves.
    """

    forecast: ScenarioTree | None
    fan: int = 1
    workers: int = 1
    keep: Path | None = None


@dataclass(frozen=True)
class Rolling:
    """A commitment operated without foresight in every leaf of a tree.

    Parameters
    ----------
    profits : Profits
        What was earned, by leaf; ``bound_upper`` is of two stages.
    planned : DataFrame
        By scenario: ``two_stage_lower_eur``, ``two_stage_upper_eur`` with the whole leaf known, and where the tree has
        three stages ``three_stage_eur``, the leaf's part of its node's best dispatch known.
    biases : tuple of ForesightBias
        Of two stages, and of three where the tree has them.
    fan : int
    forecast_scenarios : int or None
        ``None`` where they are those of the tree's other day-ahead nodes.
    forecast_seed : int or None
        ``None`` where the forecast was not drawn.
    paths : tuple of RolledPath
    site : SiteProgram
        The program whose columns the paths give.
    settled_difference : float or None
        Largest difference of a leaf's profit from that of the ledger; ``None`` before it was settled.
    """

    profits: Profits
    planned: pd.DataFrame
    biases: tuple[ForesightBias, ...]
    fan: int
    forecast_scenarios: int | None
    forecast_seed: int | None
    paths: tuple[RolledPath, ...] = field(repr=False)
    site: SiteProgram = field(repr=False)
    settled_difference: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all leaves were operated; without that there is no result."""
        return True

    @property
    def slack(self) -> float:
        """Expected penalties of slack: of schedules not kept, demand not served, levels not reached; not above 0."""
        return math.fsum(value for name, value in self.profits.expected_streams().items() if name.startswith(_SLACK))

    def result(self) -> RollingResult:
        """The part of ``evaluation.json``."""
        return RollingResult(
            operated=self.profits.result(),
            slack_penalties=self.slack,
            forecast_scenarios=self.forecast_scenarios,
            forecast_seed=self.forecast_seed,
            fan=self.fan,
            foresight_bias=[bias.result() for bias in self.biases],
            settled_difference=self.settled_difference,
        )

    def table(self) -> pd.DataFrame:
        """By scenario: probability, day-ahead node, what was planned and what was earned, and the difference."""
        rolled = self.profits.scenarios.rename(columns={"profit_eur": "rolled_eur"})
        table = pd.concat([rolled, self.planned], axis=1)
        table["bias_lower_eur"] = table["two_stage_lower_eur"] - table["rolled_eur"]
        table["bias_upper_eur"] = table["two_stage_upper_eur"] - table["rolled_eur"]
        return table

    def dataset(self) -> xr.Dataset:
        """What ``evaluation.nc`` holds of it."""
        units = {"units": self.profits.currency}
        found = self.profits.dataset().rename(
            profit_eur="rolled_profit_eur",
            stream_eur="rolled_stream_eur",
            shortfall_mwh="rolled_shortfall_mwh",
            stream="rolled_stream",
            shortfall="rolled_shortfall",
        )
        return found.assign(
            {f"planned_{name}": ("scenario", values.to_numpy(), units) for name, values in self.planned.items()}
        )


def rolling_of_commitment(
    instance: Instance,
    tree: ScenarioTree,
    volumes: Mapping[str, FloatArray],
    request: RollingRequest,
    options: SolveOptions,
    stop: Stop,
    told: Callable[[str], object] | None = None,
) -> Rolling:
    """Operate given volumes without foresight in every leaf of a tree, and plan the same leaves with it.

    Parameters
    ----------
    volumes : dict of str to array, shape (blocks,)
        Every volume of the root, by product.

    Raises
    ------
    UsageError
    InfeasibleError
        A leaf has no dispatch, or what was decided in it leaves no way on.
    NotInTimeError
        Finished leaves stay in ``request.keep``.
    """
    _require_other_days(tree, request.forecast)
    operation = Operation(instance, tree, volumes, request.forecast, request.fan, options.gap_rel)
    operated = Operated(operation)
    columns = len(operated.program.column_names)
    store = None if request.keep is None else PathStore(request.keep, operation, columns)
    paths = operate_all(operation, operated, workers=request.workers, store=store, stop=stop, told=told)
    found = _compared(operated, paths, request, options, stop)
    if store is not None:
        store.remove()
    return found


def _require_other_days(tree: ScenarioTree, forecast: ScenarioTree | None) -> None:
    seed = tree.dataset.attrs.get("seed")
    if forecast is None and (seed is not None or len(tree.day_ahead_nodes) < 2):
        raise UsageError("operation without foresight needs scenarios to forecast with, other than the one operated")
    if forecast is not None and seed is not None and forecast.dataset.attrs.get("seed") == seed:
        raise UsageError(
            f"the forecast is drawn with seed {seed} as well, and would know the days that are operated; choose another"
        )
    if forecast is not None and _has_the_same_days(tree, forecast):
        logger.warning(
            "the forecast has the very scenarios that are operated: unless they are all that can come, it knows them, "
            "and what is earned is too good"
        )


def _has_the_same_days(tree: ScenarioTree, forecast: ScenarioTree) -> bool:
    """Whether every series that differs from day to day is the same in both, scenario by scenario."""
    drawn = [name for name in tree.series_names if "scenario" in tree.dataset[name].dims]
    other = forecast.dataset
    return bool(drawn) and all(
        name in other and np.array_equal(tree.dataset[name].values, other[name].values) for name in drawn
    )


def _compared(
    operated: Operated, paths: list[RolledPath], request: RollingRequest, options: SolveOptions, stop: Stop
) -> Rolling:
    site = operated.program
    rolled = np.array([path.profit for path in paths])
    alone = evaluate_given(site, operated.root, _nothing, gap_rel=options.gap_rel, stop=stop)
    lower = np.maximum([-value.upper for value in alone], rolled)
    planned = pd.DataFrame(
        {"two_stage_lower_eur": lower, "two_stage_upper_eur": np.maximum([-value.lower for value in alone], lower)},
        index=pd.Index(site.scenario_names, name="scenario"),
    )
    scenarios = pd.DataFrame(
        {
            "probability": site.probabilities,
            "day_ahead_node": site.tree.dataset["day_ahead_node"].values.astype(str),
            "profit_eur": rolled,
        },
        index=planned.index,
    )
    bracket = Bracket(_mean(site, planned["two_stage_lower_eur"]), _mean(site, planned["two_stage_upper_eur"]))
    biases = [_bias(2, site, scenarios, planned["two_stage_lower_eur"], bracket)]
    program = by_day_ahead_node(site, site)
    if isinstance(program, BundledProgram):
        planned["three_stage_eur"], bracket = _by_node(program, operated.root, rolled, options, stop)
        biases.append(_bias(3, site, scenarios, planned["three_stage_eur"], bracket))
    forecast = request.forecast
    return Rolling(
        profits=Profits(
            scenarios=scenarios,
            streams=by_name(scenarios.index, [path.streams for path in paths]),
            shortfalls=by_name(scenarios.index, [path.shortfalls for path in paths]),
            bound_upper=biases[0].planned.upper,
            bound_kind=weaker(*(value.kind for value in alone)),
            drawn_with=seed_of(site.tree),
            currency=site.instance.currency,
        ),
        planned=planned,
        biases=tuple(biases),
        fan=request.fan,
        forecast_scenarios=None if forecast is None else len(forecast.scenario_names),
        forecast_seed=None if forecast is None else seed_of(forecast),
        paths=tuple(paths),
        site=site,
    )


def _by_node(
    program: BundledProgram[SiteProgram], root: FloatArray, rolled: FloatArray, options: SolveOptions, stop: Stop
) -> tuple[FloatArray, Bracket]:
    """Profit of every leaf where its node's leaves are planned together, and the expected profit of all."""
    site = program.program

    def keep(solution: ScenarioSolution) -> list[float]:
        parts = program.unbundle(solution.index, solution.values)
        members = program.members(solution.index)
        return [leaf_profit(site, member, part).profit for member, part in zip(members, parts, strict=True)]

    profits = np.empty(len(rolled))
    lower, upper = [], []
    for value in evaluate_given(program, root, keep, gap_rel=options.gap_rel, stop=stop):
        members, weights = list(program.members(value.index)), program.weights(value.index)
        operated = float(weights @ rolled[members])
        # paths of a node share their day-ahead decisions, and are a dispatch of it
        is_better = operated > -value.upper
        profits[members] = rolled[members] if is_better else value.kept
        probability = float(program.probabilities[value.index])
        lower.append(probability * max(-value.upper, operated))
        upper.append(probability * max(-value.lower, -value.upper, operated))
    return profits, Bracket(math.fsum(lower), math.fsum(upper))


def _bias(
    stages: int, site: SiteProgram, scenarios: pd.DataFrame, planned: pd.Series[float], bracket: Bracket
) -> ForesightBias:
    rolled = _mean(site, scenarios["profit_eur"])
    differences = scenarios.assign(difference=planned - scenarios["profit_eur"])
    return ForesightBias(
        stages=stages,
        planned=bracket,
        bias=Bracket(bracket.lower - rolled, bracket.upper - rolled),
        standard_error=None if seed_of(site.tree) is None else sampling_error(differences, "difference"),
        nodes=scenarios["day_ahead_node"].nunique(),
    )


def _mean(site: SiteProgram, values: pd.Series[float]) -> float:
    return math.fsum(site.probabilities * values.to_numpy())


def _nothing(_: ScenarioSolution) -> None:
    return None
