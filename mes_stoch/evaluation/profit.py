"""A commitment that is given: what it earns in every scenario of a tree, between proven bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from mes_stoch.evaluation.intervals import CONFIDENCE, Draws, Intervals, student_interval
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.groups import energy_weights
from mes_stoch.model.program import FloatArray
from mes_stoch.model.risk.tail import tail_mean
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation import CommitmentResult, ExpectedShortfall
from mes_stoch.schema.evaluation_shared import ConfidenceInterval
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.result import ScenarioSolution
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker

_QUANTILES = (0.05, 0.5, 0.95)
_SLACK = ("slack", "shortfall", "missed")
_TOLERANCE = 1e-6
TWO = 2


@dataclass(frozen=True)
class Profits:
    """What a commitment earns in every scenario of a tree.

    Parameters
    ----------
    scenarios : DataFrame
        By scenario (leaf of the tree): ``probability``, ``day_ahead_node`` and ``profit_eur``, of a feasible dispatch.
    streams : DataFrame
        Profit by scenario and stream, EUR; the rows add up to ``profit_eur``.
    shortfalls : DataFrame
        By scenario and name of a slack, MWh (MW h): demand unserved, capacity not held, calls missed; only what occurs.
    bound_upper : float
        What no dispatch of this commitment earns more than, on the mean.
    bound_kind : str
        What that bound rests on.
    drawn_with : int or None
        Seed of a tree whose scenarios are independent draws; ``None`` where they are not.
    currency : str
    intervals : Intervals, optional
        By a method that was asked for.
    """

    scenarios: pd.DataFrame
    streams: pd.DataFrame
    shortfalls: pd.DataFrame
    bound_upper: float
    bound_kind: BoundKind
    drawn_with: int | None
    currency: str
    intervals: Intervals | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all scenarios were dispatched; without that there are no profits."""
        return True

    @property
    def mean(self) -> float:
        """Expected profit."""
        return math.fsum(self._weights * self.scenarios["profit_eur"].to_numpy())

    @property
    def _weights(self) -> NDArray[np.float64]:
        return self.scenarios["probability"].to_numpy(dtype=float)

    @property
    def standard_error(self) -> float | None:
        """Standard error of the mean as an estimate of what the commitment earns on days not drawn.

        Independent draws are the day-ahead nodes of a drawn tree, whose leaves share prices; ``None`` for a tree that
        was not drawn, of one node, or of nodes that weigh differently.
        """
        return None if self.drawn_with is None else sampling_error(self.scenarios, "profit_eur")

    def draws(self) -> Draws | None:
        """Profits by day-ahead node, in the order of the tree; ``None`` where nodes weigh differently."""
        return draws_of(self.scenarios, "profit_eur")

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
        """Confidence interval of the mean by Student's t; ``None`` without a standard error."""
        draws = self.draws()
        if self.standard_error is None or draws is None:
            return None
        return student_interval(draws.means, confidence)[0]

    def quantile(self, share: float) -> float:
        """The least profit that at least ``share`` of the probability does not exceed."""
        order = np.argsort(self.scenarios["profit_eur"].to_numpy(), kind="stable")
        reached = np.cumsum(self._weights[order])
        place = int(np.searchsorted(reached, share * reached[-1] * (1 - 1e-12)))
        return float(self.scenarios["profit_eur"].to_numpy()[order][min(place, len(order) - 1)])

    def worst_mean(self, alpha: float = CONFIDENCE) -> float:
        """Mean profit of the worst ``1 - alpha`` of the probability (CVaR)."""
        return tail_mean(self.scenarios["profit_eur"].to_numpy(), self._weights, 1.0 - alpha)

    def expected_streams(self) -> dict[str, float]:
        """Expected profit by stream."""
        money = self._weights @ self.streams.to_numpy()
        return {str(name): float(value) for name, value in zip(self.streams.columns, money, strict=True)}

    def result(self) -> CommitmentResult:
        """The part of ``evaluation.json``."""
        found = self.interval()
        profits = self.scenarios["profit_eur"]
        missing = self.shortfalls.to_numpy()
        return CommitmentResult(
            scenarios=len(self.scenarios),
            seed=self.drawn_with,
            currency=self.currency,
            profit_mean=self.mean,
            bound_upper=self.bound_upper,
            bound_kind=self.bound_kind,
            standard_error=self.standard_error,
            confidence=None if found is None else ConfidenceInterval(level=CONFIDENCE, lower=found[0], upper=found[1]),
            intervals=None if self.intervals is None else self.intervals.result(),
            profit_least=float(profits.min()),
            profit_most=float(profits.max()),
            profit_quantiles={f"{share:g}": self.quantile(share) for share in _QUANTILES},
            profit_cvar={f"{CONFIDENCE:g}": self.worst_mean()},
            streams=self.expected_streams(),
            shortfalls=[
                ExpectedShortfall(
                    name=str(name),
                    expected_mwh=float(self._weights @ missing[:, place]),
                    probability=min(float(self._weights[missing[:, place] > _TOLERANCE].sum()), 1.0),
                    most_mwh=float(missing[:, place].max()),
                )
                for place, name in enumerate(self.shortfalls.columns)
            ],
        )

    def dataset(self) -> xr.Dataset:
        """What ``evaluation.nc`` holds: every scenario's profit, by stream as well."""
        units = {"units": self.currency}
        return xr.Dataset(
            {
                "profit_eur": ("scenario", self.scenarios["profit_eur"].to_numpy(), units),
                "stream_eur": (("scenario", "stream"), self.streams.to_numpy(), units),
                "shortfall_mwh": (("scenario", "shortfall"), self.shortfalls.to_numpy(), {"units": "MWh"}),
            },
            coords={
                "scenario": self.scenarios.index.to_numpy(dtype=str),
                "probability": ("scenario", self._weights),
                "day_ahead_node": ("scenario", self.scenarios["day_ahead_node"].to_numpy(dtype=str)),
                "stream": self.streams.columns.to_numpy(dtype=str),
                "shortfall": self.shortfalls.columns.to_numpy(dtype=str),
            },
        )


@dataclass(frozen=True)
class LeafProfit:
    """What is kept of a leaf's dispatch: profit by stream, EUR, and what is not served or delivered, MWh."""

    index: int
    profit: float
    streams: dict[str, float]
    shortfalls: dict[str, float]


def profits_of(
    program: SiteProgram | BundledProgram[SiteProgram],
    root: FloatArray,
    *,
    gap_rel: float = 1e-3,
    stop: Stop | None = None,
    told: Callable[[int], object] | None = None,
) -> Profits:
    """Dispatch a first stage in every scenario of a site's tree.

    Parameters
    ----------
    program : SiteProgram or BundledProgram
        With three stages a scenario is a day-ahead node, whose positions are decided anew for it.
    root : array
        One value per root column.
    gap_rel : float
        Distance of the mean profit from its bound, relative to its size.
    stop, told
        As for :func:`mes_stoch.solvers.decomposition.given_root.evaluate_given`.

    Raises
    ------
    InfeasibleError
        A scenario has no dispatch with this first stage.
    NotInTimeError
    """
    alone = ScenarioCommunicator()
    found = joint_profits_of(program, root, alone, gap_rel=gap_rel, stop=stop, told=told)
    if found is None:  # pragma: no cover - a process alone leads
        raise RuntimeError("no leading process")
    return found


def joint_profits_of(
    program: SiteProgram | BundledProgram[SiteProgram],
    root: FloatArray,
    communicator: ScenarioCommunicator,
    *,
    gap_rel: float = 1e-3,
    stop: Stop | None = None,
    told: Callable[[int], object] | None = None,
) -> Profits | None:
    """The same by several ranks; ``None`` on all but the leading one.

    A dispatch is forgotten once its streams are summed: memory does not grow with it.
    """
    site = program.program if isinstance(program, BundledProgram) else program

    def keep(solution: ScenarioSolution) -> list[LeafProfit]:
        if not isinstance(program, BundledProgram):
            return [leaf_profit(site, solution.index, solution.values)]
        parts = program.unbundle(solution.index, solution.values)
        return [
            leaf_profit(site, member, part) for member, part in zip(program.members(solution.index), parts, strict=True)
        ]

    values = evaluate_given(program, root, keep, gap_rel=gap_rel, stop=stop, communicator=communicator, told=told)
    if not communicator.is_rank_zero:
        return None
    leaves = sorted((leaf for value in values for leaf in value.kept), key=lambda leaf: leaf.index)
    bounds = math.fsum(float(program.probabilities[value.index]) * value.lower for value in values)
    return _profits(site, leaves, -bounds, weaker(*(value.kind for value in values)))


def profits_of_leaves(
    site: SiteProgram, values: Iterable[tuple[int, FloatArray]], bound_upper: float, bound_kind: BoundKind
) -> Profits:
    """Profits of dispatches that are there already.

    Parameters
    ----------
    values : iterable of (int, array)
        Every leaf, in order, and the values of its columns.
    bound_upper, bound_kind
        As of :class:`Profits`.
    """
    return _profits(site, [leaf_profit(site, index, point) for index, point in values], bound_upper, bound_kind)


def _profits(site: SiteProgram, leaves: list[LeafProfit], bound_upper: float, bound_kind: BoundKind) -> Profits:
    scenarios = _table(site.tree, leaves)
    return Profits(
        scenarios=scenarios,
        streams=by_name(scenarios.index, [leaf.streams for leaf in leaves]),
        shortfalls=by_name(scenarios.index, [leaf.shortfalls for leaf in leaves]),
        bound_upper=bound_upper,
        bound_kind=bound_kind,
        drawn_with=seed_of(site.tree),
        currency=site.instance.currency,
    )


def draws_of(scenarios: pd.DataFrame, column: str) -> Draws | None:
    """A column by day-ahead node, in the order of the tree; ``None`` where nodes weigh differently.

    Parameters
    ----------
    scenarios : DataFrame
        With ``probability`` and ``day_ahead_node``.
    """
    nodes = scenarios.groupby("day_ahead_node", sort=False)
    totals = nodes["probability"].sum().to_numpy()
    if not np.allclose(totals, totals[0], rtol=1e-9, atol=0.0):
        return None
    row, place = nodes.ngroup().to_numpy(), nodes.cumcount().to_numpy()
    values, weights = np.zeros((2, len(totals), int(place.max()) + 1))
    values[row, place] = scenarios[column].to_numpy()
    weights[row, place] = scenarios["probability"].to_numpy(dtype=float) / totals[row]
    return Draws(values, weights)


def sampling_error(scenarios: pd.DataFrame, column: str) -> float | None:
    """Standard error of the mean of a column, day-ahead nodes being the draws.

    ``None`` for one node, or nodes that weigh differently.
    """
    draws = draws_of(scenarios, column)
    return None if draws is None or len(draws.means) < TWO else student_interval(draws.means)[1]


def seed_of(tree: ScenarioTree) -> int | None:
    """The seed of a tree that was drawn: its day-ahead nodes are independent draws of equal weight.

    ``None`` as well for one whose scenarios were chosen or weighted afterwards: nothing follows from their spread.
    """
    return int(tree.dataset.attrs["seed"]) if tree.is_sample else None


def require_sample(tree: ScenarioTree, what: str) -> None:
    """Refuse what only independent draws say of days not drawn, of a tree that has none.

    Parameters
    ----------
    what : str
        What is asked for, as the beginning of a sentence.

    Raises
    ------
    UsageError
    """
    if tree.weighting is not None:
        raise UsageError(
            f"{what} independent draws of equal weight, and this tree is {tree.weighting}: take plain draws, "
            "site.draws(...)"
        )


def leaf_profit(site: SiteProgram, index: int, values: FloatArray) -> LeafProfit:
    """What a dispatch of a leaf earns and leaves out."""
    streams = site.profit_streams(index, values)
    shortfalls = {}
    for group in site.column_groups:
        if group.role in _SLACK:
            amount = float(values[group.positions] @ energy_weights(group, site.instance.horizon, site.tree.time))
            if amount > _TOLERANCE:
                shortfalls[group.name] = amount
    return LeafProfit(index, math.fsum(streams.values()), streams, shortfalls)


def _table(tree: ScenarioTree, leaves: list[LeafProfit]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "probability": tree.probabilities,
            "day_ahead_node": tree.dataset["day_ahead_node"].values.astype(str),
            "profit_eur": [leaf.profit for leaf in leaves],
        },
        index=pd.Index(tree.scenario_names, name="scenario"),
    )


def by_name(index: pd.Index[Any], rows: list[dict[str, float]]) -> pd.DataFrame:
    """Amounts of every scenario as a table, 0 where a scenario has none of a name."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(
        [[row.get(name, 0.0) for name in names] for row in rows], index=index, columns=names, dtype=float
    )
