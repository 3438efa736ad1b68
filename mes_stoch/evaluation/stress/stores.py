"""A store while calls run: its schedule, what it delivers and what it takes over for a node."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.evaluation.stress.levels import Levels
from mes_stoch.evaluation.stress.plan import Mask, Plan
from mes_stoch.schema.power_by_level import PowerLine, charge_lines, discharge_lines
from mes_stoch.settlement.data import Array, Span


class StoreOnCall:
    """One store in one pattern of calls, over (leaves, anchors).

    ``net_mw`` is its discharge less its charge in the step under way, calls included; the limits of its power are those
    of that step, the bounds of its level those at its end.
    """

    def __init__(self, plan: Plan, name: str) -> None:
        self.spec = plan.storages[name]
        self.levels = Levels(self.spec, plan.levels(name), plan.lengths_h, plan.periods + 1)
        self._operated = plan.operated(name)
        self._limits_mw = (plan.charge_limit(name), plan.discharge_limit(name))
        self._bounds_mwh = (plan.least_level(name), plan.largest_level(name))
        self._lengths_h = plan.lengths_h
        self._losses_mw = plan.fixed_loss(name)
        self._lost_mw: Array = np.zeros((plan.leaves, plan.periods + 1))
        self.charge_max_mw, self.discharge_max_mw = (np.zeros((plan.leaves, plan.periods + 1)) for _ in range(2))
        self.energy_min_mwh, self.energy_max_mwh = (np.zeros((plan.leaves, plan.periods + 1)) for _ in range(2))
        self._begun: Mask = np.zeros((plan.leaves, plan.periods + 1), dtype=bool)
        self.net_mw: Array = np.zeros((plan.leaves, plan.periods + 1))
        self._lines = {1: discharge_lines(self.spec), -1: charge_lines(self.spec)}
        self._started_at = self.levels.low, self.levels.high

    def prepare(self, period: Span, passed_h: Array, hours: float, change_mw: Array, counts: Mask) -> None:
        """Enter a step: as operated in the leaf, with a change of the discharge; begin where calls first count.

        ``passed_h`` has passed of the period of each anchor.
        """
        self.charge_max_mw, self.discharge_max_mw = (limit[:, period] for limit in self._limits_mw)
        self._lost_mw = self._losses_mw[:, period]
        passed = (passed_h + hours) / self._lengths_h[period]
        self.energy_min_mwh, self.energy_max_mwh = (
            (1.0 - passed) * bound[:, period] + passed * bound[:, period + 1] for bound in self._bounds_mwh
        )
        begins = passed_h == 0.0
        if begins.any():
            self.levels.enter_period(period, begins)
        self.levels.start_at(period, passed_h, counts & ~self._begun)
        self._begun = self._begun | counts
        self.net_mw = self._operated[:, period] + change_mw

    def take(self, discharge_mw: Array) -> None:
        """Discharge more, or less where negative."""
        self.net_mw = self.net_mw + discharge_mw

    def advance(self, hours: float, counts: Mask) -> None:
        limits = self.charge_max_mw, self.discharge_max_mw
        self._started_at = self.levels.low, self.levels.high
        self.levels.run(self.net_mw, *limits, self._lost_mw, hours, self._begun & counts)

    def bound(self) -> None:
        """Keep the level within its bounds."""
        self.levels.bound(self.energy_min_mwh, self.energy_max_mwh)

    def power_left(self, effect: str) -> Array:
        """What it could still give (``taken``) or take (``added``) beside ``net_mw``, MW."""
        limit = self.discharge_max_mw - self.net_mw
        if effect == "added":
            limit = self.charge_max_mw + self.net_mw
        sign = 1 if effect == "taken" else -1
        if self.follows_level(sign):
            limit = np.minimum(limit, self._at(sign, self.levels.low, self.levels.high) - sign * self.net_mw)
        return np.asarray(np.maximum(limit, 0.0))

    def energy_left(self, effect: str) -> Array:
        """The same in energy at the port, MWh."""
        if effect == "taken":
            inside = (self.levels.high - self.energy_min_mwh) * self.spec.discharge_efficiency_per_unit
        else:
            inside = (self.energy_max_mwh - self.levels.low) / self.spec.charge_efficiency_per_unit
        return np.maximum(inside, 0.0)

    def follows_level(self, sign: int) -> bool:
        """Whether its power to discharge (+1) or to charge (-1) follows the level."""
        return bool(self._lines[sign])

    def power_left_at_level(self, sign: int) -> Array:
        """What its level leaves of its power over the step just run, beside ``net_mw``, MW."""
        start, end = self._at(sign, *self._started_at), self._at(sign, self.levels.low, self.levels.high)
        return np.asarray(np.minimum(start, end) - sign * self.net_mw)

    def _at(self, sign: int, low: Array, high: Array) -> Array:
        """Power at the best of the levels that it can have, MW."""
        return _lowest(self._lines[sign], high if sign > 0 else low)


def _lowest(lines: Sequence[PowerLine], level: Array) -> Array:
    return np.asarray(np.min([line.base_mw + line.slope_mw_per_mwh * level for line in lines], axis=0))
