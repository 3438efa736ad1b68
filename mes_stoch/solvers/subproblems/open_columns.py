"""Columns for which no finite bound is known, stated or derived: what makes a bound one of kind ``solver``, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mes_stoch.model.program import IndexArray, StochasticProgram
from mes_stoch.solvers.proofs.propagation import Propagation
from mes_stoch.solvers.subproblems.explain import Described

#: Columns that a summary names.
MOST_NAMED = 3


def open_columns(program: StochasticProgram, index: int = 0) -> list[str]:
    """Columns of a scenario without a finite bound on some side, in the words of whoever wrote the program.

    The first stage gets implied bounds alone, as in the proofs (:mod:`mes_stoch.solvers.proofs.propagation`).
    """
    settled = np.asarray(program.root.columns, dtype=np.int32)
    box = Propagation(settled).box(program.scenario(index))
    return [_describe(program)(int(column)) for column in box.unbounded]


def named(program: StochasticProgram, columns: IndexArray, block_starts: IndexArray) -> str:
    """The first few of some columns of an extensive form, each with its scenario, and how many more there are."""
    places = _places(program, columns[:MOST_NAMED], block_starts)
    more = f" and {len(columns) - MOST_NAMED} more" if len(columns) > MOST_NAMED else ""
    return "; ".join(places) + more


def _places(program: StochasticProgram, columns: IndexArray, block_starts: IndexArray) -> Iterator[str]:
    describe, root = _describe(program), np.asarray(program.root.columns)
    own = np.setdiff1d(np.arange(len(program.column_names)), root)
    for column in columns.tolist():
        if column < len(root):
            yield describe(int(root[column]))
            continue
        block = int(np.searchsorted(block_starts, column, side="right")) - 1
        scenario = program.scenario_names[block]
        yield f"{describe(int(own[column - block_starts[block]]))} in scenario {scenario}"


def _describe(program: StochasticProgram) -> Callable[[int], str]:
    names: Sequence[str] = program.column_names
    return program.describe_column if isinstance(program, Described) else names.__getitem__
