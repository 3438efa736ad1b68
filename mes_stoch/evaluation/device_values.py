"""What a MW, or a MWh, more of each device is worth: marginally from duals, and for a step between proven bounds.

Equations
---------
``RP(v)`` is the stochastic program with the limit ``v`` of a device (``components.battery.discharge_max_mw``), and
``Q_n(v)`` the cost of node ``n`` with the commitment and all whole numbers as they were found at ``v``::

    value of a step   RP(v + step) - RP(v)                                       a bracket, from two solves; proven
    shadow price      - sum_n p_n (Q_n(v + e) - Q_n(v)) / e,  e = step / 100     EUR per MW (MWh) over the horizon

The shadow price is the slope, to the right of ``v``, of a recourse that is linear. Duals are not taken for it: where
several rows bind at once, as they do where a commitment uses a device to its limit, they are not unique, and one of
them may say what a MW *less* would cost in penalties. By the envelope theorem it is the slope of ``RP`` itself where
that has one and no unit is started or stopped otherwise. It ranks devices, and is no proof; the bracket says what a
step brings.

Data at ``v + e`` are taken between those of ``v`` and ``v + step``: they are linear in a limit.

Source
------
Birge & Louveaux (2011), Introduction to Stochastic Programming, 2nd ed., section 3.1 (slopes of the recourse), DOI
10.1007/978-1-4614-0237-4; Milgrom & Segal (2002), Envelope theorems for arbitrary choice sets, DOI
10.1111/1468-0262.00296.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.evaluation.bracket import Bracket, bracket_result
from mes_stoch.evaluation.profit import seed_of
from mes_stoch.evaluation.solves import Solves, profit_of
from mes_stoch.model.program import FloatArray, LinearProgram, StochasticProgram
from mes_stoch.model.site_program import SiteProgram, build_leaf_program, by_day_ahead_node
from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.schema.evaluation_sampling import DeviceValueResult, DeviceValuesResult
from mes_stoch.schema.instance import Instance
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.highs.model import solve
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.subproblems.pool import with_fixed

logger = logging.getLogger("mes_stoch.evaluation.device_values")

_SUFFIXES = ("_max_mw", "_max_mwh")
#: Step where none is stated, as a share of the limit.
_SHARE = 0.1
#: How far the shadow price looks, as a share of the step.
_NEAR = 0.01


@dataclass(frozen=True)
class DeviceValue:
    """What more of one limit is worth.

    Parameters
    ----------
    limit, step : float
        MW or MWh, as ``unit`` says.
    shadow_price : float or None
        Shadow price, profit per unit; ``None`` where the program changes its shape with the limit.
    step_value : Bracket
        Profit of the whole step.
    """

    limit: float
    step: float
    unit: str
    shadow_price: float | None
    step_value: Bracket


@dataclass(frozen=True)
class DeviceValues:
    """By dotted path of the limit, in the order of the instance."""

    recourse: Bracket
    devices: dict[str, DeviceValue]
    scenarios: int
    seed: int | None
    currency: str
    is_complete: bool = True

    def result(self) -> DeviceValuesResult:
        """The part of ``evaluation.json``."""
        return DeviceValuesResult(
            scenarios=self.scenarios,
            seed=self.seed,
            currency=self.currency,
            recourse=bracket_result(self.recourse),
            devices={
                name: DeviceValueResult(
                    limit=value.limit,
                    step=value.step,
                    unit="MWh" if value.unit == "MWh" else "MW",
                    shadow_price=value.shadow_price,
                    step_value=bracket_result(value.step_value),
                )
                for name, value in self.devices.items()
            },
        )


def device_limits(instance: Instance) -> dict[str, float]:
    """Limits of power and energy that are numbers, by dotted path; those without limit, or by series, are left out."""
    found: dict[str, float] = {}
    for name, component in instance.components.items():
        for field in type(component).model_fields:
            value = getattr(component, field)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if field.endswith(_SUFFIXES) and is_number and value > 0 and math.isfinite(value):
                found[f"components.{name}.{field}"] = float(value)
    return found


def device_values(
    leaves: SiteProgram,
    varied: Callable[[Mapping[str, float]], Instance],
    options: SolveOptions,
    *,
    step: float | None = None,
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> DeviceValues:
    """Solve the program of a site, and again with a little more of each limit.

    Parameters
    ----------
    leaves : SiteProgram
        One scenario a leaf.
    varied : callable
        The instance with other numbers, by dotted path.
    step : float, optional
        MW or MWh; default a tenth of each limit.

    Raises
    ------
    UsageError
        No device has a limit that is a number or can be larger alone, or the step is not above zero.
    InfeasibleError, UnboundedError, SolveError
    NotInTimeError
        There was no time for the site as it is.
    """
    limits = device_limits(leaves.instance)
    if not limits:
        raise UsageError(f"{leaves.name} has no device with a limit of power or energy that is a number")
    if step is not None and not (math.isfinite(step) and step > 0):
        raise UsageError(f"a step is above 0 MW; found {step}")
    solves = Solves(options, stop or Stop())
    if told is not None:
        told(f"1 of {1 + len(limits)}: as it is")
    result = solves.result(by_day_ahead_node(leaves, leaves))
    if result is None or not result.scenarios:
        raise NotInTimeError(f"{leaves.name}: no commitment was found in time")
    now = profit_of(result)
    kept = _Kept(by_day_ahead_node(leaves, leaves), result)
    found: dict[str, DeviceValue] = {}
    for place, (path, limit) in enumerate(limits.items(), 2):
        more = _SHARE * limit if step is None else step
        unit = "MWh" if path.endswith("mwh") else "MW"
        if told is not None:
            told(f"{place} of {1 + len(limits)}: {more:g} {unit} more of {path}")
        try:
            larger = build_leaf_program(varied({path: limit + more}), leaves.tree)
        except InstanceError as error:
            logger.warning("%s cannot be larger alone, and is left out: %s", path, error)
            continue
        program = by_day_ahead_node(larger, larger)
        value = solves.bracket(program) - now
        found[path] = DeviceValue(limit, more, unit, kept.shadow_price(program, more), value)
    if not found:
        raise UsageError(f"no limit of {leaves.name} can be larger alone, so that nothing can be said of its devices")
    return DeviceValues(
        now, found, len(leaves.scenario_names), seed_of(leaves.tree), leaves.instance.currency, solves.is_complete
    )


class _Kept:
    """A program whose commitment and whole numbers stay as they were found."""

    def __init__(self, program: StochasticProgram, result: EngineResult) -> None:
        self._program = program
        self._solutions = {solution.index: solution.values for solution in result.scenarios}
        self._costs: dict[int, float] = {}

    def shadow_price(self, larger: StochasticProgram, step: float) -> float | None:
        """Expected profit per unit of a limit that is larger by ``step`` in another program."""
        total = 0.0
        for index, weight in enumerate(self._program.probabilities):
            own, other = self._program.scenario(index), larger.scenario(index)
            if weight <= 0:
                continue
            if other.matrix.shape != own.matrix.shape:
                return None
            if index not in self._costs:
                self._costs[index] = self._cost(index, own)
            then = self._cost(index, _between(own, other, _NEAR))
            total -= float(weight) * (then - self._costs[index]) / (_NEAR * step)
        return total if math.isfinite(total) else None

    def _cost(self, index: int, program: LinearProgram) -> float:
        """Of the linear program that is left; not a number where the solver finds no optimum."""
        decided = program.integer.copy()
        decided[self._program.root.columns] = True
        columns = np.flatnonzero(decided).astype(np.int32)
        values = self._solutions[index]
        whole = np.where(program.integer, np.round(values), values)[columns]
        inside = np.clip(whole, program.column_lower[columns], program.column_upper[columns])
        fixed = with_fixed(program, columns, inside)
        found = solve(replace(fixed, integer=np.zeros_like(program.integer)))
        return found.objective if found.status == "optimal" else math.nan


def _between(own: LinearProgram, other: LinearProgram, share: float) -> LinearProgram:
    """Data a share of the way from one program to another."""
    matrix = sp.csc_array(own.matrix + share * (other.matrix - own.matrix))
    matrix.sort_indices()
    names = ("cost", "row_lower", "row_upper", "column_lower", "column_upper")
    numbers = {name: _mixed(getattr(own, name), getattr(other, name), share) for name in names}
    offset = own.offset + share * (other.offset - own.offset)
    return LinearProgram(matrix=matrix, offset=offset, integer=own.integer, **numbers)


def _mixed(own: FloatArray, other: FloatArray, share: float) -> FloatArray:
    both = np.isfinite(own) & np.isfinite(other)
    return np.where(both, own + share * (np.where(both, other, 0.0) - np.where(both, own, 0.0)), own)
