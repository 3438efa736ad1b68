"""How far a unit is in service: the share of its power that it can use, and outages in which it must be off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.schema.base import Quantity

Values = NDArray[np.float64]
Span = NDArray[np.int64]

#: An outage begins where so much less than the least power is available, as a share of the largest power.
ROUNDING_PER_UNIT = 1e-9


@dataclass(frozen=True)
class Service:
    """What a unit can use of its power, as data of the scenario.

    Equations
    ---------
    With ``a`` the share that is available, a state ``k`` is an outage where the unit cannot keep its least power in one
    of its periods::

        out[k]    = 1 if a[t] P_max < P_min for some t of k, else 0
        usable[t] = a[t] where the state of t is no outage, else 0
        lasts[k, n] = 1 if none of the n states up to k is an outage, else 0
        kept[k]   = 1 if no state up to k is an outage, else 0

    Where ``a`` is a number so are they, and no data are derived.

    Parameters
    ----------
    states : sequence of int array
        Periods of every state.
    """

    context: ModelContext
    owner: str
    available_per_unit: Quantity
    power_min_mw: float
    power_max_mw: float
    states: Sequence[Span]

    @property
    def is_limited(self) -> bool:
        """Whether less than the largest power can be available at all."""
        return isinstance(self.available_per_unit, str) or self.available_per_unit < 1

    @property
    def usable(self) -> Quantity:
        """``usable``: a number, or the name of data."""
        if self.power_min_mw == 0:
            return self.available_per_unit
        return self._derived("usable_per_unit", lambda share: np.where(self._is_out(share), 0.0, share))

    def power_max(self) -> OfPeriod:
        """Largest power that can be used, MW."""
        usable = self.context.quantity(self.usable)
        return lambda t: usable(t) * self.power_max_mw

    def lost_power(self) -> OfPeriod:
        """How far the largest power falls from the period before, MW."""

        def fall(share: Values) -> Values:
            usable = np.where(self._is_out(share), 0.0, share)
            return np.asarray(np.maximum(-np.diff(usable, prepend=usable[:1]), 0.0), dtype=float)

        lost = self.context.quantity(self._derived("lost_per_unit", fall))
        return lambda t: lost(t) * self.power_max_mw

    def lasts(self, states: int) -> Callable[[int], Expression]:
        """``lasts[k, n]`` by state, for ``n`` states."""
        if states == 0:
            return lambda k: 1.0
        return self._by_state(f"in_service_for_{states}_states", lambda out: _last(out, states))

    @property
    def kept(self) -> Quantity:
        """``kept`` by period: a number, or the name of data."""
        return self._derived(
            "in_service_so_far", lambda share: np.asarray(np.cumprod(~self._is_out(share)), dtype=float)
        )

    def kept_state(self) -> Callable[[int], Expression]:
        """``kept`` by state."""
        kept = self.context.quantity(self.kept)
        return lambda k: kept(int(self.states[k][0]))

    def _by_state(self, name: str, rule: Callable[[Values], Values]) -> Callable[[int], Expression]:
        def of_period(share: Values) -> Values:
            is_out = self._is_out(share)
            values = rule(np.asarray([float(is_out[span[0]]) for span in self.states]))
            found = np.zeros_like(share)
            for value, span in zip(values, self.states, strict=True):
                found[span] = value
            return found

        data = self.context.quantity(self._derived(name, of_period))
        return lambda k: data(int(self.states[k][0]))

    def _is_out(self, share: Values) -> NDArray[np.bool_]:
        """Periods of states that are outages."""
        short = share * self.power_max_mw < self.power_min_mw - ROUNDING_PER_UNIT * self.power_max_mw
        found = np.zeros_like(short)
        for span in self.states:
            found[span] = short[span].any()
        return found

    def _derived(self, name: str, rule: Callable[[Values], Values]) -> Quantity:
        share = self.available_per_unit
        if not isinstance(share, str):
            # the same in every period: what holds in the last one
            return float(rule(np.full(len(self.context.periods), share))[-1])
        self.context.derived(f"{self.owner}.{name}", [share], rule)
        return f"{self.owner}.{name}"


def _last(out: Values, states: int) -> Values:
    """1 where none of the last so many states is an outage; those before the horizon are none."""
    passed = np.concatenate([[0.0], np.cumsum(out)])
    first = np.maximum(np.arange(len(out)) + 1 - states, 0)
    return np.asarray(passed[1:] == passed[first], dtype=float)
