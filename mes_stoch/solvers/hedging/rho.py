"""Penalties of progressive hedging: rules that choose them, and when to lower them.

A penalty says how much it costs a scenario to stand one unit off the average, and how far its multiplier moves for it.
Too high, and the scenarios agree before the multipliers are right; too low, and they never agree.

Equations
---------
::

    price     rho_j = 3 f c_j                                     c_j = E|cost_j|, EUR per MW; f: a tuning factor
    spread    rho_j = f c_j / max(sum_s p_s |x_sj - m_j|, least)  x_sj: scenario s by itself; m_j: their average
    eased     rho_j <- rho_j / 2   whenever the multipliers stand where they stood before and the gap is still open

Where integers (a bid step, a unit's state) keep the scenarios from moving, they may agree before the multipliers are
right, and then nothing changes ever again; or go back and forth between two states without end. A lower penalty lets
them part, or shortens their steps, and the multipliers move on.

Source
------
Rule ``spread``: "SEP" of Watson & Woodruff (2011), Progressive hedging innovations for a class of stochastic
mixed-integer resource allocation problems, DOI 10.1007/s10287-010-0125-4, where ``least`` is 1 unit. Here it is 0.1,
the usual bid step in MW: volumes differ by fractions of a megawatt, so with 1 the rule would be ``price``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import UsageError

_DIGITS = 6
_EASE = 0.5
_BID_STEP = 0.1  # MW: scenarios that stand closer agree for all a market can tell
_MOST_EASED = 1e-4


@dataclass(frozen=True)
class Waiting:
    """What the scenarios would do by themselves, one entry a consensus column.

    Parameters
    ----------
    average : array
        ``m_j = sum_s p_s x_sj``.
    deviation : array
        ``sum_s p_s |x_sj - m_j|``.
    """

    average: FloatArray
    deviation: FloatArray


class RhoRule(Protocol):
    """Chooses the penalty of every consensus column, cost per squared unit, before any tuning factor."""

    def __call__(self, program: StochasticProgram, waiting: Waiting) -> FloatArray: ...


@dataclass(frozen=True)
class PriceRho:
    """What a unit of the column earns, some times over: a third of a MW off the average costs half of what it earns.

    Parameters
    ----------
    times : float
        Measured: of 0.03 to 10, 3 needed the fewest iterations on hospital days (``docs/architecture.md``).
    """

    times: float = 3.0

    def __call__(self, program: StochasticProgram, waiting: Waiting) -> FloatArray:
        return np.asarray(self.times * program.root.rho_scale[program.root.consensus], dtype=np.float64)


@dataclass(frozen=True)
class SpreadRho:
    """What a unit earns, over how far the scenarios stand apart.

    Parameters
    ----------
    least : float
        Smallest spread reckoned with, in the columns' unit.
    """

    least: float = 1.0

    def __call__(self, program: StochasticProgram, waiting: Waiting) -> FloatArray:
        scale = program.root.rho_scale[program.root.consensus]
        return np.asarray(scale / np.maximum(waiting.deviation, self.least), dtype=np.float64)


RULES: Mapping[str, RhoRule] = MappingProxyType({"price": PriceRho(), "spread": SpreadRho(least=_BID_STEP)})


def rho_rule(name: str) -> RhoRule:
    """The rule of this name.

    Raises
    ------
    UsageError
    """
    if name not in RULES:
        raise UsageError(f"there is no rho rule {name!r}; there are {', '.join(sorted(RULES))}")
    return RULES[name]


def waiting_of(hedging: Any) -> Waiting:
    """Read from mpi-sppy's object after its iteration 0; collective over the ranks of its cylinder."""
    models = list(hedging.local_scenarios.values())
    points = np.array([[float(variable.value) for variable in model.commitment.values()] for model in models])
    weights = np.array([float(model._mpisppy_probability) for model in models])
    average = _sum_over_ranks(hedging, weights @ points)
    return Waiting(average, _sum_over_ranks(hedging, weights @ np.abs(points - average)))


class RhoControl:
    """The penalties of one run of mpi-sppy's ``PH``.

    Parameters
    ----------
    program : StochasticProgram
    rule : RhoRule
    factor : float
        Multiplies what the rule says.
    known : array, optional
        Penalties to go on with, in place of the rule's; ``eased`` is by how much they have been lowered already.
    """

    def __init__(
        self,
        program: StochasticProgram,
        rule: RhoRule,
        factor: float = 1.0,
        known: FloatArray | None = None,
        eased: float = 1.0,
    ) -> None:
        self._program = program
        self._rule = rule
        self._factor = factor
        self._known = known
        self.eased = eased
        self._seen: set[bytes] = set()

    def choose(self, hedging: Any) -> None:
        """After iteration 0, before a start is imposed: write the penalties into mpi-sppy's parameters."""
        rho = self._known
        if rho is None:
            rho = self._factor * self._rule(self._program, waiting_of(hedging))
        for model in hedging.local_scenarios.values():
            for column, value in enumerate(rho.tolist()):
                model._mpisppy_model.rho["ROOT", column].value = value

    def ease(self, hedging: Any) -> bool:
        """Lower all penalties if hedging repeats itself; to be asked between iterations while the gap is open.

        Collective over the ranks of the cylinder.
        """
        if not self._repeats(hedging) or self.eased <= _MOST_EASED:
            return False
        self.eased *= _EASE
        self._seen.clear()
        for model in hedging.local_scenarios.values():
            for item in model._mpisppy_model.rho.values():
                item.value = _EASE * item.value
        return True

    def _repeats(self, hedging: Any) -> bool:
        """Whether the multipliers of all scenarios have stood where they stand now, since penalties last changed."""
        multipliers = hedging.layout.read("W")
        scale = max(float(np.abs(multipliers).max(initial=0.0)), 1e-300)
        key = (np.round(multipliers / scale, _DIGITS) + 0.0).tobytes()
        is_new = key not in self._seen
        self._seen.add(key)
        return not hedging.allreduce_or(is_new)


def _sum_over_ranks(hedging: Any, local: FloatArray) -> FloatArray:
    total = np.empty_like(local)
    hedging.mpicomm.Allreduce(np.ascontiguousarray(local), total)
    return total
