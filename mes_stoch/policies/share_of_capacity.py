"""A rule of thumb: a share of what the plant could hold, whatever it would earn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.policies.policy import PolicyDecision, PolicyProblem
from mes_stoch.schema.errors import InfeasibleError, UsageError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.highs.solution import Solution

_BROKEN = ("shortfall", "missed", "slack")


@dataclass(frozen=True)
class ShareOfCapacity:
    """A share of the largest volumes that can be held and delivered together in every scenario.

    Equations
    ---------
    A volume ``r`` is *deliverable* in scenario ``s`` if some dispatch holds it and delivers what is called of it:
    nothing short, nothing missed, no slack (slack that a scenario has in any case is let be). Of the linear
    relaxation, in which units may be on in part and bids need not be whole::

        C_s[p]    = argmax sum_b r[p, b]   over r deliverable in s, with product p alone          (alone)
        C[p, b]   = min_s C_s[p, b]
        lambda    = min_s max { l <= 1 : r = l C deliverable in s }                               (together)
        r         = nearest bid to  share lambda C

    Products share plant, so that the volumes of each alone cannot be held together: ``lambda`` makes the proportions of
    the first step deliverable. Volumes that are deliverable form a convex set with 0 in it, and so is any share of
    them; only rounding to whole bids may lift a volume above that, and what cannot be held then is short and costs what
    it costs. Decisions of the site are made first, as is best without services, so that all scenarios have the same.
    Prices play no part: what is offered at prices is offered at the lowest of them alone, and has to be
    held where that is accepted. An FCAS offer obliges to nothing that is not enabled, so its capacity is all that the
    instance allows.

    Parameters
    ----------
    share : float
        Between 0 and 1.
    """

    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise UsageError(f"share_of_capacity: a share lies between 0 and 1; found {self.share:g}")

    def commit(self, problem: PolicyProblem) -> PolicyDecision:
        """The volumes of the rule; positions with the stage ``commit`` as best beside them."""
        problem = problem.with_site_decided()
        capacity = {name: self._alone(problem, name) for name in problem.blocks}
        together = self._together(problem, capacity)
        volumes = {name: self.share * together * largest for name, largest in capacity.items()}
        return PolicyDecision(problem.root_with(volumes), note=f"{self.share:.0%} of what can be held together")

    def _alone(self, problem: PolicyProblem, name: str) -> FloatArray:
        """Largest volumes of one product that every scenario can hold, MW."""
        problem.told(f"share of capacity: how much {name} can be held")
        only = problem.offering({name: np.full(problem.blocks[name], np.nan)})
        volume = problem.leaves.volume_groups(name)[0].positions
        largest = np.full(len(volume), np.inf)
        for index in range(len(only.scenario_names)):
            program = only.scenario(index)
            cost = np.zeros(len(program.cost))
            cost[volume] = -1.0
            found = _deliverable(problem, replace(program, cost=cost, offset=0.0))
            largest = np.minimum(largest, np.maximum(found[volume], 0.0))
        return largest

    def _together(self, problem: PolicyProblem, capacity: Mapping[str, FloatArray]) -> float:
        """The share of these volumes that every scenario can hold at the same time."""
        if not any(volume.any() for volume in capacity.values()):
            return 0.0
        problem.told("share of capacity: how much of all can be held together")
        offered = problem.offering({name: np.full(count, np.nan) for name, count in problem.blocks.items()})
        columns = np.concatenate([offered.volume_groups(name)[0].positions for name in capacity])
        direction = np.concatenate(list(capacity.values()))
        share = 1.0
        for index in range(len(offered.scenario_names)):
            along = _along(offered.scenario(index), columns, direction)
            share = min(share, float(_deliverable(problem, along)[-1]))
        return max(share, 0.0)


def _deliverable(problem: PolicyProblem, program: LinearProgram) -> FloatArray:
    """The best point of a scenario in which nothing is short, missed or covered by slack."""
    broken: dict[str, IndexArray] = {
        role: np.concatenate(
            [np.empty(0, np.int32), *(g.positions for g in problem.leaves.column_groups if g.role == role)]
        ).astype(np.int32)
        for role in _BROKEN
    }
    promised = np.concatenate([broken["shortfall"], broken["missed"]])
    found = _solved(problem, _without(program, np.concatenate([promised, broken["slack"]])))
    if found.values is None:
        # a scenario that has slack in any case
        found = _solved(problem, _without(program, promised))
    if found.values is None:
        raise InfeasibleError(f"{problem.leaves.name}: a scenario has no dispatch that keeps what is promised")
    return found.values


def _solved(problem: PolicyProblem, program: LinearProgram) -> Solution:
    found = highs.solve(program, relax=True, time_limit_s=problem.stop.seconds_left())
    if found.values is None and found.status == "time_limit":
        raise NotInTimeError(f"{problem.leaves.name}: there was no time to find out what can be held")
    return found


def _without(program: LinearProgram, columns: IndexArray) -> LinearProgram:
    upper = program.column_upper.copy()
    upper[columns] = np.maximum(program.column_lower[columns], 0.0)
    return replace(program, column_upper=upper)


def _along(program: LinearProgram, columns: IndexArray, direction: FloatArray) -> LinearProgram:
    """The program with one column more, ``l`` in [0, 1], which is maximised, and ``x[columns] = l direction``."""
    count, width = len(columns), len(program.cost)
    ties = sp.csc_array((np.ones(count), (np.arange(count), columns)), shape=(count, width))
    extra = sp.csc_array(-direction[:, None])
    nothing = sp.csc_array((program.matrix.shape[0], 1))
    matrix = sp.csc_array(sp.block_array([[program.matrix, nothing], [ties, extra]], format="csc"))
    matrix.sort_indices()
    zeros = np.zeros(count)
    return LinearProgram(
        matrix=matrix,
        cost=np.append(np.zeros(width), -1.0),
        offset=0.0,
        row_lower=np.concatenate([program.row_lower, zeros]),
        row_upper=np.concatenate([program.row_upper, zeros]),
        column_lower=np.append(program.column_lower, 0.0),
        column_upper=np.append(program.column_upper, 1.0),
        integer=np.append(program.integer, False),
    )
