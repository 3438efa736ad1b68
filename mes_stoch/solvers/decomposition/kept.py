"""What a decomposition keeps beside its cuts: bounds, the commitment with its dispatch, and the trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.proven import Proven
from mes_stoch.solvers.certificate.result import ScenarioSolution, TracePoint
from mes_stoch.solvers.checkpoint.snapshot import ByScenario, Snapshot
from mes_stoch.solvers.proofs.safe_bounds import TraceKind, weaker

_KINDS: tuple[TraceKind, ...] = ("safe", "solver", "search")


def of_proven(proven: Proven) -> Snapshot:
    """Bounds, and this rank's part of the commitment that attains the upper one."""
    common: dict[str, NDArray[Any]] = {
        "proven.bounds": np.array([proven.lower, proven.safe_lower, proven.upper]),
    }
    if proven.root is not None:
        common["proven.root"] = proven.root
    dispatch = _of_dispatch(proven.scenarios if proven.root is not None else [])
    return Snapshot({"proven.kind": proven.kind}, common, {"dispatch": dispatch})


def restore_proven(kept: Snapshot, *targets: Proven) -> None:
    """Take what :func:`of_proven` gave where it is better than what is known.

    Raises
    ------
    ValueError, KeyError
        It is not what :func:`of_proven` gave.
    """
    lower, safe_lower, upper = kept.common["proven.bounds"].tolist()
    kind = weaker(kept.numbers["proven.kind"])
    root = kept.common.get("proven.root")
    scenarios = _dispatch_of(kept.by_scenario["dispatch"])
    for proven in targets:
        proven.raise_lower(safe_lower, "safe")
        proven.raise_lower(lower, kind)
        if root is not None:
            proven.drop_upper(upper, root, scenarios)


def of_trace(interval: Interval) -> Snapshot:
    """How the interval has closed so far, and in what time."""
    trace = interval.trace
    common: dict[str, NDArray[Any]] = {
        "trace.wall_time_s": np.array(interval.wall_time_s),
        "trace.numbers": np.array([(point.time_s, point.lower, point.upper) for point in trace]).reshape(-1, 3),
        "trace.iteration": np.array([point.iteration for point in trace], dtype=np.int64),
        "trace.kind": np.array([_KINDS.index(point.kind) for point in trace], dtype=np.int64),
    }
    return Snapshot({"trace.iteration": interval.iteration}, common)


def restore_trace(kept: Snapshot, interval: Interval) -> None:
    """Go on with what :func:`of_trace` gave.

    Raises
    ------
    ValueError, KeyError
        It is not what :func:`of_trace` gave.
    """
    common = kept.common
    columns = (common[f"trace.{name}"].tolist() for name in ("numbers", "iteration", "kind"))
    interval.before_s = float(common["trace.wall_time_s"])
    interval.iteration = int(kept.numbers["trace.iteration"])
    interval.trace = [
        TracePoint(time_s, iteration, lower, upper, _KINDS[kind], interval.gap_floor)
        for (time_s, lower, upper), iteration, kind in zip(*columns, strict=True)
    ]


def _of_dispatch(scenarios: Sequence[ScenarioSolution]) -> ByScenario:
    nothing = np.zeros(0)
    arrays = {
        "cost": [np.array([solution.cost]) for solution in scenarios],
        "values": [solution.values for solution in scenarios],
        "row_dual": [nothing if solution.row_dual is None else solution.row_dual for solution in scenarios],
        "column_dual": [nothing if solution.column_dual is None else solution.column_dual for solution in scenarios],
    }
    return ByScenario(np.array([solution.index for solution in scenarios], dtype=np.int32), arrays)


def _dispatch_of(kept: ByScenario) -> list[ScenarioSolution]:
    if not len(kept.indices):
        return []
    names = ("cost", "values", "row_dual", "column_dual")
    return [
        ScenarioSolution(
            index,
            float(cost[0]),
            values,
            row_dual if len(row_dual) else None,
            column_dual if len(column_dual) else None,
        )
        for index, cost, values, row_dual, column_dual in zip(
            kept.indices.tolist(), *(kept.arrays[name] for name in names), strict=True
        )
    ]
