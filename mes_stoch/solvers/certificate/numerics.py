"""How far apart the numbers of a program lie, and what to do where they lie too far apart.

A solver works with about sixteen digits and tolerances of 1e-7. A limit of 1e9 MW that means "no limit", a penalty of
1e8 EUR/MWh or a price in the wrong unit uses these digits up: the solve slows down, and its result may be wrong in a
digit that matters. The advice names the device, the period and the number, since it is the instance that must change.

Equations
---------
Per kind of number (coefficients, costs, bounds of variables, limits of rows), over its finite non-zero entries ``v``::

    smallest = min |v|,   typical = median |v|,   largest = max |v|

Thresholds: costs above 1e6 or all below 1e-4, and bounds and limits the same, are what HiGHS itself calls excessive
(``kExcessivelyLarge*``, ``kExcessivelySmall*``); coefficients of at most 1e-12 are what HiGHS drops
(``small_matrix_value``), and what its rows are eased by before (:mod:`mes_stoch.solvers.highs.scaling`). Beside a
number a million times the typical one, a relative error of 1e-7 is a tenth of the typical. A coefficient ``M`` on an
integer column lets ``1e-6 M`` through where the column counts as zero, by HiGHS' own ``mip_feasibility_tolerance``;
more than 0.01 is told. Searches here ask for 1e-9 (:mod:`mes_stoch.solvers.highs.model`), and integers that are not
whole after that take a search of their own (:mod:`mes_stoch.solvers.subproblems.whole`): such a coefficient costs time,
not a wrong result. Single small numbers are no reason for advice: products of drawn data come as close to zero as they
like, and do no harm.

Source
------
HiGHS documentation, "Numerical considerations", https://ergo-code.github.io/HiGHS/stable/guide/numerics; Klotz &
Newman (2013), Practical guidelines for solving difficult mixed integer linear programs,
DOI 10.1016/j.sorms.2012.12.001.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, LinearProgram, StochasticProgram
from mes_stoch.schema.units import FORMAT_CURRENCY, in_currency
from mes_stoch.solvers.subproblems.explain import Derived, Described

logger = logging.getLogger("mes_stoch.solvers.certificate.numerics")

Kind = Literal["coefficients", "switched", "costs", "bounds", "limits"]

DROPPED_BELOW = 1e-12
LARGE = 1e6
SMALL = 1e-4
TOWERING = 1e6
INTEGRALITY_TOLERANCE = 1e-6
LARGEST_LEAK = 1e-2

_INFINITE = 1e20  # HiGHS' infinite_bound
_SCENARIOS = 5


@dataclass(frozen=True)
class Extreme:
    """A number and where it stands, in the words of whoever wrote the program."""

    value: float
    place: str


@dataclass(frozen=True)
class Range:
    """Smallest, median and largest size of the non-zero numbers of one kind.

    Kinds: ``coefficients`` of the matrix, those ``switched`` by an integer column, ``costs``, ``bounds`` of columns and
    ``limits`` of rows.
    """

    kind: Kind
    smallest: Extreme
    typical: float
    largest: Extreme
    dropped: int = 0

    def merged(self, other: Range) -> Range:
        """The range of both; what is typical of the first is of the other scenarios of a program too."""
        return replace(
            self,
            smallest=min(self.smallest, other.smallest, key=_size),
            largest=max(self.largest, other.largest, key=_size),
            dropped=max(self.dropped, other.dropped),
        )


@dataclass(frozen=True)
class Numerics:
    """Ranges of a program and what they suggest."""

    ranges: tuple[Range, ...]

    def advice(self, currency: str = FORMAT_CURRENCY) -> list[str]:
        """One text for each thing worth changing, amounts in ``currency``; empty where the numbers are fine."""
        texts = [rule(found) for found in self.ranges for rule in _RULES[found.kind]]
        return [in_currency(text, currency) for text in texts if text]

    def details(self) -> dict[str, str | float | int]:
        """Plain numbers for a run's summary."""
        parts: dict[str, str | float | int] = {}
        for found in self.ranges:
            parts[f"{found.kind}_smallest"] = found.smallest.value
            parts[f"{found.kind}_largest"] = found.largest.value
        return parts

    def warn(self, currency: str = FORMAT_CURRENCY) -> None:
        """Log the advice as warnings."""
        for text in self.advice(currency):
            logger.warning("%s", text)


def inspect(program: StochasticProgram, indices: Sequence[int] | None = None) -> Numerics:
    """Ranges over some scenarios of a program.

    Parameters
    ----------
    program : StochasticProgram
        Places are described in the user's words where it can (``describe_row``, ``describe_column``).
    indices : sequence of int, optional
        Default: up to five scenarios spread evenly; a wrong unit stands in all of them.
    """
    if indices is None:
        count = len(program.scenario_names)
        indices = sorted({int(index) for index in np.linspace(0, count - 1, min(count, _SCENARIOS))})
    described = program if isinstance(program, Described) else None
    row: Callable[[int], str] = described.describe_row if described else program.row_names.__getitem__
    column: Callable[[int], str] = described.describe_column if described else program.column_names.__getitem__
    is_derived = program.cost_is_derived if isinstance(program, Derived) else _never
    merged: dict[Kind, Range] = {}
    for index in indices:
        for found in coefficient_ranges(program.scenario(index), row, column, is_derived):
            merged[found.kind] = merged[found.kind].merged(found) if found.kind in merged else found
    return Numerics(tuple(merged[kind] for kind in _RULES if kind in merged))


def _never(_: int) -> bool:
    return False


def coefficient_ranges(
    program: LinearProgram,
    describe_row: Callable[[int], str],
    describe_column: Callable[[int], str],
    cost_is_derived: Callable[[int], bool] = _never,
) -> tuple[Range, ...]:
    """Ranges of one program; kinds without a finite non-zero number are left out, and large costs that are derived."""
    matrix = program.matrix
    columns = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    stated = np.ones(matrix.shape[1], dtype=bool)
    for j in np.flatnonzero(np.abs(program.cost) > LARGE):
        stated[j] = not cost_is_derived(int(j))

    def entry(k: int) -> str:
        return f"{describe_column(int(columns[k]))} in the row «{describe_row(int(matrix.indices[k]))}»"

    def of_column(k: int) -> str:
        return describe_column(k % matrix.shape[1])

    def of_row(k: int) -> str:
        return describe_row(k % matrix.shape[0])

    found = (
        _range("coefficients", matrix.data, entry),
        _range("switched", matrix.data, entry, program.integer[columns]),
        _range("costs", program.cost, of_column, stated),
        _range("bounds", np.concatenate([program.column_lower, program.column_upper]), of_column),
        _range("limits", np.concatenate([program.row_lower, program.row_upper]), of_row),
    )
    return tuple(each for each in found if each is not None)


def _range(kind: Kind, values: FloatArray, place: Callable[[int], str], among: BoolArray | None = None) -> Range | None:
    sizes = np.abs(values)
    counts = (sizes > 0) & (sizes < _INFINITE)
    if among is not None:
        counts &= among
    positions = np.flatnonzero(counts)
    if not len(positions):
        return None
    low = int(positions[np.argmin(sizes[positions])])
    high = int(positions[np.argmax(sizes[positions])])
    return Range(
        kind,
        Extreme(float(sizes[low]), place(low)),
        float(np.median(sizes[positions])),
        Extreme(float(sizes[high]), place(high)),
        int((sizes[positions] <= DROPPED_BELOW).sum()),
    )


def _size(extreme: Extreme) -> float:
    return extreme.value


def _dropped(found: Range) -> str | None:
    if not found.dropped:
        return None
    return (
        f"{found.dropped} coefficients are at most {DROPPED_BELOW:g}, too small for the solver, whose rows are eased "
        "by what they can amount to. The smallest is "
        f"{found.smallest.value:.1e}: {found.smallest.place}. Where nothing is meant write 0; otherwise the datum "
        "behind it is probably in the wrong unit (MW, MWh, shares between 0 and 1)."
    )


def _towering(found: Range) -> str | None:
    # what is large by itself has been told
    if found.largest.value <= TOWERING * found.typical or (found.kind == "costs" and found.largest.value > LARGE):
        return None
    return (
        f"among the {found.kind} {found.largest.value:.1e} towers above the typical {found.typical:.1e}: "
        f"{found.largest.place}. The solver's tolerance for the one is as large as the other. One of the two is "
        "probably in the wrong unit (power in MW, energy in MWh, prices in EUR/MWh, ratios and shares per unit)."
    )


def _leak(found: Range) -> str | None:
    leak = INTEGRALITY_TOLERANCE * found.largest.value
    if leak <= LARGEST_LEAK:
        return None
    return (
        f"{found.largest.value:.1e} is switched by an on/off decision: {found.largest.place}. Off means off to within "
        f"{INTEGRALITY_TOLERANCE:g} of it to a solver as it comes, which is {leak:.2g}; getting it off altogether "
        "takes longer. Give the device its real maximum."
    )


def _large_cost(found: Range) -> str | None:
    if found.largest.value <= LARGE:
        return None
    return (
        f"a cost of {found.largest.value:.1e} EUR per unit: {found.largest.place}. Is the price in EUR/MWh "
        "(1 EUR/kWh = 1,000 EUR/MWh)? A penalty needs to exceed what it competes with, a few thousand EUR/MWh, not "
        "more: the rest of the profit disappears beside a larger one."
    )


def _small_costs(found: Range) -> str | None:
    if found.largest.value >= SMALL:
        return None
    return (
        f"no cost is larger than {found.largest.value:.1e} EUR per unit ({found.largest.place}), which is below what "
        "the solver tells from nothing. Are the prices in EUR/MWh?"
    )


def _large_bound(found: Range) -> str | None:
    if found.largest.value <= LARGE:
        return None
    return (
        f"a limit of {found.largest.value:.1e}: {found.largest.place}. Is it in MW or MWh (1 GW = 1,000 MW, "
        "1 MW = 1,000 kW)? Where there is no limit, give the largest value that can occur instead of a huge one."
    )


def _small_bounds(found: Range) -> str | None:
    if found.largest.value >= SMALL:
        return None
    return (
        f"no number among the {found.kind} is larger than {found.largest.value:.1e} ({found.largest.place}), which is "
        "near the solver's tolerance of 1e-7. Are powers in MW and energies in MWh?"
    )


_RULES: dict[Kind, tuple[Callable[[Range], str | None], ...]] = {
    "coefficients": (_dropped, _towering),
    "switched": (_leak,),
    "costs": (_large_cost, _small_costs, _towering),
    "bounds": (_large_bound, _small_bounds),
    "limits": (_large_bound, _small_bounds),
}
