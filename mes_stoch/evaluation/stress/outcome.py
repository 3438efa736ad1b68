"""What the stress test of a run found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mes_stoch.evaluation.stress.along import check_energy
from mes_stoch.evaluation.stress.completeness import require_complete
from mes_stoch.evaluation.stress.levels import check_levels
from mes_stoch.evaluation.stress.nodes import tried_sets
from mes_stoch.evaluation.stress.operation import check_operation
from mes_stoch.evaluation.stress.plan import Plan
from mes_stoch.evaluation.stress.power import check_power
from mes_stoch.evaluation.stress.readings import Notebook, Reading
from mes_stoch.settlement.data import Array, SettlementData

#: Columns of :meth:`StressTest.misses`.
COLUMNS = (
    "leaf",
    "calls",
    "products",
    "direction",
    "start",
    "at",
    "place",
    "limit",
    "missing",
    "unit",
    "share_of_size",
)


@dataclass(frozen=True, repr=False)
class StressTest:
    """Least room under every admissible full call, leaf by leaf.

    Parameters
    ----------
    plan : Plan
    readings : tuple of Reading
        By set of calls, place and limit.
    """

    plan: Plan
    readings: tuple[Reading, ...]

    def __repr__(self) -> str:
        found = "no miss" if self.passed else f"{self.leaves_with_a_miss} leaves with a miss"
        return f"<StressTest of {self.plan.leaves} leaves and {self.calls_tested:,} full calls: {found}>"

    @property
    def passed(self) -> bool:
        """Whether everything that is held can be delivered, in every leaf and whatever is called."""
        return not any(reading.missing.any() for reading in self.readings)

    @cached_property
    def calls_tested(self) -> int:
        """Starts of full calls that were tried: leaves x periods x sets of products, where a call may begin."""
        count = 0
        for calls in tried_sets(self.plan):
            begins = np.logical_or.reduce([directed.may_begin for directed in calls.directed_products])
            count += int(begins.sum())
        return count

    @cached_property
    def tightness(self) -> Array:
        """By leaf, the least room of any limit as a share of the values in it, with its sign turned."""
        return self._worst([r.tightness for r in self.readings if not r.is_account or r.missing.any()])

    @property
    def leaves_with_a_miss(self) -> int:
        return int((self._missed > 0).sum())

    @property
    def probability_of_a_miss(self) -> float:
        """Probability of the leaves that have one; not of a call."""
        return float(self.plan.data.probabilities[self._missed > 0].sum())

    def largest_miss(self, unit: str) -> float:
        """Largest miss in one limit of power (``MW``) or energy (``MWh``)."""
        return max((float(r.missing.max(initial=0.0)) for r in self.readings if r.unit == unit), default=0.0)

    def worst_leaves(self, count: int | None = None) -> list[int]:
        """Positions of the leaves, worst first: by the share that is missing, then by the room that is left."""
        order = np.lexsort((-self.tightness, -self._missed))
        return [int(place) for place in order[:count]]

    def misses(self, leaf: int) -> list[Reading]:
        """Readings with something missing in a leaf, largest share first."""
        found = [reading for reading in self.readings if reading.missing[leaf] > 0]
        return sorted(found, key=lambda reading: -float(reading.tightness[leaf]))

    def tightest(self, leaf: int) -> Reading | None:
        """The limit with the least room in a leaf; accounts that have to add up have none, whatever the plan."""
        limits = (reading for reading in self.readings if not reading.is_account or reading.missing[leaf] > 0)
        return max(limits, key=lambda reading: float(reading.tightness[leaf]), default=None)

    def table(self, leaves: Sequence[int] | None = None) -> pd.DataFrame:
        """Every miss of some leaves (all by default), one a row; columns :data:`COLUMNS`."""
        chosen = self.worst_leaves() if leaves is None else leaves
        rows = [
            (
                self.plan.data.scenarios[leaf],
                reading.calls.name,
                ", ".join(reading.calls.products),
                reading.calls.direction,
                self.moment(float(reading.start_h[leaf])),
                self.moment(float(reading.at_h[leaf])),
                reading.place,
                reading.limit,
                float(reading.missing[leaf]),
                reading.unit,
                float(reading.tightness[leaf]),
            )
            for leaf in chosen
            for reading in self.misses(leaf)
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def moment(self, hours: float) -> pd.Timestamp:
        """Local time so many hours after the start of the horizon."""
        return pd.Timestamp(self.plan.data.time[0] + pd.Timedelta(round(3600 * hours), unit="s"))

    @cached_property
    def _missed(self) -> Array:
        shares = [np.where(reading.missing > 0, reading.tightness, 0.0) for reading in self.readings]
        return np.maximum(self._worst(shares), 0.0)

    def _worst(self, values: Sequence[Array]) -> Array:
        return np.max(values, axis=0) if values else np.full(self.plan.leaves, -np.inf)


def stress(data: SettlementData) -> StressTest:
    """Call everything a run holds, in full, at every time its products allow, and see what is missing.

    Raises
    ------
    UsageError
        If the run has no dispatch, or does not hold everything that the test reads.
    """
    require_complete(data)
    plan = Plan(data)
    notebook = Notebook(plan)
    with np.errstate(invalid="ignore"):
        check_levels(plan, notebook)
        check_operation(plan, notebook)
        check_power(plan, notebook)
        check_energy(plan, notebook)
    return StressTest(plan, tuple(notebook.readings()))
