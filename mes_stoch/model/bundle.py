"""Scenarios in groups: each group the extensive form of its members, seen as one scenario.

Two uses. Where members agree on more than the root (the day-ahead decisions below one day-ahead node) a bundle is a
node of the tree, and the program of all nodes is a three-stage program that every two-stage engine solves. Where they
agree on the root alone, bundles are fewer and larger subproblems: relaxing non-anticipativity between bundles gives
away less than between scenarios.

Equations
---------
With ``P_g = sum_{s in g} p_s`` the probability of bundle ``g``, its cost is the conditional expectation::

    minimise    sum_{s in g} (p_s / P_g) (c_s' x_s + o_s)
    subject to  the rows of every member s,   x_s[shared columns] equal in all members

so that ``sum_g P_g cost_g = sum_s p_s cost_s``. The layout of columns and rows is that of
:mod:`mes_stoch.model.merge`.

Source
------
Scenario clusters: Escudero, Garin, Perez, Unzueta (2013), Scenario cluster decomposition of the Lagrangian
dual in two-stage stochastic mixed 0-1 optimization, DOI 10.1016/j.cor.2012.07.005.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from mes_stoch.model.merge import Merged, Merger
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.schema.errors import ModelError

P = TypeVar("P", bound=StochasticProgram)


class BundledProgram(Generic[P]):
    """A :class:`~mes_stoch.model.program.StochasticProgram` whose scenarios are groups of another one's.

    Parameters
    ----------
    program : StochasticProgram
        All of its scenarios have the same columns.
    groups : sequence of sequences of int
        Scenarios of each bundle; every scenario stands in exactly one.
    shared : int array, optional
        Columns besides the root's on which the members of a bundle agree.
    names : sequence of str, optional
        Names of the bundles; default the first and last member's.

    A member without probability costs nothing in its bundle: its own columns are feasible then, and no more. Where all
    members have none, they count alike.

    Raises
    ------
    ModelError
        Groups that are not a partition of the scenarios, or columns that do not exist; when a bundle is asked for,
        scenarios with unlike columns (as bundles of different sizes are).
    """

    def __init__(
        self,
        program: P,
        groups: Sequence[Sequence[int]],
        shared: IndexArray | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        self.program = program
        self.groups: tuple[tuple[int, ...], ...] = tuple(tuple(int(index) for index in group) for group in groups)
        _check_partition(self.groups, len(program.scenario_names))
        extra = np.empty(0, dtype=np.int32) if shared is None else np.asarray(shared, dtype=np.int32)
        self.shared: IndexArray = np.union1d(program.root.columns, extra).astype(np.int32)
        if len(self.shared) and not 0 <= self.shared[0] <= self.shared[-1] < len(program.column_names):
            raise ModelError(f"{program.name}: a shared column is not among the {len(program.column_names)} columns")
        self.scenario_names: tuple[str, ...] = self._names() if names is None else tuple(names)
        weights = np.asarray(program.probabilities, dtype=np.float64)
        self.probabilities: FloatArray = np.array([weights[list(group)].sum() for group in self.groups])
        self._weights = [_conditional(weights[list(group)]) for group in self.groups]
        self._merger = Merger(self.shared)
        inner = program.root
        self.root: RootStage = replace(inner, columns=np.searchsorted(self.shared, inner.columns).astype(np.int32))

    @property
    def name(self) -> str:
        return self.program.name

    def scenario(self, index: int) -> LinearProgram:
        """The bundle as one program."""
        return self._merge(index).program

    def members(self, index: int) -> tuple[int, ...]:
        """Scenarios of the inner program in a bundle, in the order of its blocks."""
        return self.groups[index]

    def weights(self, index: int) -> FloatArray:
        """Probability of every member of a bundle, given the bundle."""
        return self._weights[index]

    # -- back to the scenarios of the inner program -------------------------------------------------------------------

    def unbundle(self, index: int, values: FloatArray) -> list[FloatArray]:
        """Values of a bundle's columns as one array over the inner program's columns per member."""
        count, width = len(self.shared), len(self._own)
        parts = []
        for member in range(len(self.groups[index])):
            part = np.empty(len(self.program.column_names))
            part[self.shared] = values[:count]
            part[self._own] = values[count + member * width : count + (member + 1) * width]
            parts.append(part)
        return parts

    def unbundle_column_duals(self, index: int, duals: FloatArray) -> list[FloatArray]:
        """Reduced costs by member, per unit of the member's own cost; those of shared columns are the bundle's."""
        parts = self.unbundle(index, duals)
        for part, weight in zip(parts, self._weights[index], strict=True):
            part[self._own] /= weight if weight > 0 else np.nan
        return parts

    def unbundle_row_duals(self, index: int, duals: FloatArray) -> list[FloatArray]:
        """Duals of a bundle's rows by member, per unit of the member's own cost.

        ``nan`` for members without probability. A row that stands once for all members has the same dual in each: that
        of the whole bundle.
        """
        merged = self._merge(index)
        places = [merged.rows_of(member) for member in range(len(self.groups[index]))]
        uses = np.bincount(np.concatenate(places))
        parts = []
        for rows, weight in zip(places, self._weights[index], strict=True):
            part = duals[rows].astype(np.float64)
            part[uses[rows] == 1] /= weight if weight > 0 else np.nan
            parts.append(part)
        return parts

    # -- names -----------------------------------------------------------------------------------

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Names in the largest bundle; a smaller one has the first of them."""
        names = self.program.column_names
        count = len(self.shared) + len(self.groups[self._largest]) * len(self._own)
        places = (self._column_place(column) for column in range(count))
        return tuple(_of_member(names[inner], member) for member, inner in places)

    @cached_property
    def row_names(self) -> tuple[str, ...]:
        """Names in the largest bundle; a smaller one has the first of them."""
        names = self.program.row_names
        return tuple(_of_member(names[row], member) for member, row in zip(*self._row_places, strict=True))

    def describe_column(self, column: int) -> str:
        """What the inner program says of a column, and of which member it is."""
        member, inner = self._column_place(column)
        describe = getattr(self.program, "describe_column", self.program.column_names.__getitem__)
        return _of_member(str(describe(inner)), member)

    def cost_is_derived(self, column: int) -> bool:
        """What the inner program says of a column."""
        said = getattr(self.program, "cost_is_derived", None)
        return said is not None and bool(said(self._column_place(column)[1]))

    def describe_row(self, row: int) -> str:
        """What the inner program says of a row, and of which member it is."""
        members, rows = self._row_places
        if row >= len(rows):
            return f"row {row}"
        describe = getattr(self.program, "describe_row", self.program.row_names.__getitem__)
        return _of_member(str(describe(rows[row])), members[row])

    # -- inside -----------------------------------------------------------------------------------

    def _merge(self, index: int) -> Merged:
        return self._merger.merge(map(self._member, self.groups[index]), self._weights[index])

    def _member(self, index: int) -> LinearProgram:
        program = self.program.scenario(index)
        if len(program.cost) != len(self.program.column_names):
            name = self.program.scenario_names[index]
            raise ModelError(f"{self.name}: scenario {name!r} has other columns than the rest and cannot be bundled")
        return program

    @cached_property
    def _own(self) -> IndexArray:
        return np.setdiff1d(np.arange(len(self.program.column_names)), self.shared).astype(np.int32)

    @cached_property
    def _largest(self) -> int:
        return int(np.argmax([len(group) for group in self.groups]))

    def _column_place(self, column: int) -> tuple[int | None, int]:
        if column < len(self.shared):
            return None, int(self.shared[column])
        member, position = divmod(column - len(self.shared), len(self._own))
        return member, int(self._own[position])

    @cached_property
    def _row_places(self) -> tuple[list[int | None], list[int]]:
        """Member and inner row of every row of the largest bundle; ``None`` where a row stands for all members."""
        merged = self._merge(self._largest)
        places = [merged.rows_of(member) for member in range(len(self.groups[self._largest]))]
        uses = np.bincount(np.concatenate(places))
        members: list[int | None] = [None] * len(uses)
        rows = [0] * len(uses)
        for member, place in enumerate(places):
            for row, position in enumerate(place.tolist()):
                rows[position] = row
                members[position] = member if uses[position] == 1 else None
        return members, rows

    def _names(self) -> tuple[str, ...]:
        names = self.program.scenario_names
        return tuple(
            names[group[0]] if len(group) == 1 else f"{names[group[0]]}..{names[group[-1]]}" for group in self.groups
        )


def _of_member(text: str, member: int | None) -> str:
    return text if member is None else f"{text} of member {member + 1}"


def _conditional(weights: FloatArray) -> FloatArray:
    total = float(weights.sum())
    return weights / total if total > 0 else np.full(len(weights), 1.0 / len(weights))


def _check_partition(groups: Sequence[Sequence[int]], count: int) -> None:
    members = sorted(index for group in groups for index in group)
    if any(not group for group in groups) or members != list(range(count)):
        raise ModelError(f"bundles must hold each of the {count} scenarios once, and none may be empty")
