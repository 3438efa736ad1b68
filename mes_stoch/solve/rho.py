"""Penalties of progressive hedging: rules that choose them, and when to lower them.

A penalty says how much it costs a scenario to stand one unit off the average, and how far its multiplier moves for it.
Too high, and the scenarios agree before the multipliers are right; too low, and they never agree.

Equations
---------
::

    price     rho_j = f c_j                                  c_j = E|cost_j|, EUR per MW: one MW off costs what it earns
    spread    rho_j = f c_j / max(sum_s p_s |x_sj - m_j|, least)     x_sj: scenario s by itself; m_j: their average
    eased     rho_j <- rho_j / 2   whenever all scenarios agree and the gap is still open

Where the multipliers are not yet right but integers (a bid step, a unit's state) keep the scenarios from moving, agreed
scenarios change neither point nor multipliers ever again. A lower penalty lets them part, and the multipliers move on.

Source
------
Rule ``spread``: "SEP" of Watson & Woodruff (2011), Progressive hedging innovations for a class of stochastic
mixed-integer resource allocation problems, DOI 10.1007/s10287-010-0125-4, where ``least`` is 1 unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import UsageError

_AGREED = 1e-6
_EASE = 0.5
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
    """The program's own scale: what a unit of the column earns."""

    def __call__(self, program: StochasticProgram, waiting: Waiting) -> FloatArray:
        return np.asarray(program.root.rho_scale[program.root.consensus], dtype=np.float64)


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


RULES: Mapping[str, RhoRule] = MappingProxyType({"price": PriceRho(), "spread": SpreadRho()})


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
    """

    def __init__(self, program: StochasticProgram, rule: RhoRule, factor: float = 1.0) -> None:
        self._program = program
        self._rule = rule
        self._factor = factor
        self._eased = 1.0

    def choose(self, hedging: Any) -> None:
        """After iteration 0, before a start is imposed: write the penalties into mpi-sppy's parameters."""
        rho = self._factor * self._rule(self._program, waiting_of(hedging))
        for model in hedging.local_scenarios.values():
            for column, value in enumerate(rho.tolist()):
                model._mpisppy_model.rho["ROOT", column].value = value

    def ease(self, hedging: Any) -> bool:
        """Lower all penalties if the scenarios agree; to be asked between iterations while the gap is open."""
        # A start puts all scenarios at one point before the first iteration: that is no agreement of theirs.
        if hedging._PHIter < 2 or self._eased <= _MOST_EASED or not _agree(hedging):
            return False
        self._eased *= _EASE
        for model in hedging.local_scenarios.values():
            for item in model._mpisppy_model.rho.values():
                item.value = _EASE * item.value
        return True


def _agree(hedging: Any) -> bool:
    model = next(iter(hedging.local_scenarios.values()))
    average = np.array([float(model._mpisppy_model.xbars[key].value) for key in model._mpisppy_data.nonant_indices])
    return bool(hedging.conv <= _AGREED * np.maximum(1.0, np.abs(average)).mean())


def _sum_over_ranks(hedging: Any, local: FloatArray) -> FloatArray:
    total = np.empty_like(local)
    hedging.mpicomm.Allreduce(np.ascontiguousarray(local), total)
    return total
