"""Two-stage programs in SMPS files, as far as published test problems use the format.

Core in free MPS (rows ``N``, ``G``, ``L``, ``E``, integer markers, bounds ``UP``, ``LO``, ``FX``, ``BV``, ``FR``,
``MI``, ``PL``), two periods, ``INDEP DISCRETE`` or ``SCENARIOS DISCRETE`` that replace coefficients and right-hand
sides.

Source
------
Birge, Dempster, Gassmann, Gunn, King, Wallace (1987), A standard input format for multiperiod stochastic linear
programs, COAL Newsletter 17.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from solvers.array_programs import ArrayProgram

from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.solvers.subproblems.nearest import NearestRoot

#: Column (or a name for the right-hand side) and row, with the value they take.
Changes = dict[tuple[str, str], float]
_RHS = ("RHS", "RIGHT")


@dataclass
class _Core:
    objective: str = ""
    senses: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, float]] = field(default_factory=dict)
    integers: set[str] = field(default_factory=set)
    rhs: dict[str, float] = field(default_factory=dict)
    lower: dict[str, float] = field(default_factory=dict)
    upper: dict[str, float] = field(default_factory=dict)


def read_smps(core: Path, time: Path, stochastic: Path) -> ArrayProgram:
    """All scenarios of a two-stage problem."""
    stated = _read_core(core)
    periods = [words[0] for section, words in _lines(time) if section == "PERIODS"]
    names = list(stated.columns)
    root_count = names.index(periods[1])
    rows = [row for row in stated.senses if row != stated.objective]
    scenarios, weights = [], []
    for probability, changes in _read_scenarios(stochastic):
        scenarios.append(_stamp(stated, names, rows, changes))
        weights.append(probability)
    columns = np.arange(root_count, dtype=np.int32)
    consensus = np.ones(root_count, dtype=bool)
    nearest = NearestRoot(scenarios[0], columns, consensus)
    root = RootStage(columns, tuple(names[:root_count]), consensus, np.ones(root_count), nearest)
    return ArrayProgram(scenarios, np.array(weights) / np.sum(weights), root, name=core.stem)


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Section and words of every line of data."""
    section = ""
    for line in path.read_text(encoding="latin-1").splitlines():
        if not line.strip() or line.startswith("*"):
            continue
        if line[0] not in " \t":
            section = line.split()[0]
        else:
            yield section, line.replace("'", "").split()


def _pairs(words: list[str]) -> Iterator[tuple[str, float]]:
    for name, value in zip(words[::2], words[1::2], strict=True):
        yield name, float(value)


def _read_core(path: Path) -> _Core:
    core, integral = _Core(), False
    for section, words in _lines(path):
        if section == "ROWS":
            core.senses[words[1]] = words[0]
            if words[0] == "N" and not core.objective:
                core.objective = words[1]
        elif section == "COLUMNS" and "MARKER" in words:
            integral = "INTORG" in words
        elif section == "COLUMNS":
            core.columns.setdefault(words[0], {}).update(_pairs(words[1:]))
            if integral:
                core.integers.add(words[0])
        elif section == "RHS":
            core.rhs.update(_pairs(words[len(words) % 2 :]))
        elif section == "BOUNDS":
            _take_bound(core, words)
    return core


def _take_bound(core: _Core, words: list[str]) -> None:
    kind, name = words[0], words[2]
    value = float(words[3]) if len(words) > 3 else 0.0
    if kind in ("LO", "FX"):
        core.lower[name] = value
    if kind in ("UP", "FX"):
        core.upper[name] = value
    if kind == "BV":
        core.integers.add(name)
        core.upper[name] = 1.0
    if kind in ("FR", "MI"):
        core.lower[name] = -np.inf


def _read_scenarios(path: Path) -> Iterator[tuple[float, Changes]]:
    independent: dict[tuple[str, str], list[tuple[float, float]]] = {}
    scenarios: list[tuple[float, Changes]] = []
    for section, words in _lines(path):
        if section == "INDEP":
            independent.setdefault((words[0], words[1]), []).append((float(words[-1]), float(words[2])))
        elif section == "SCENARIOS" and words[0] == "SC":
            scenarios.append((float(words[3]), {}))
        elif section == "SCENARIOS":
            scenarios[-1][1].update({(words[0], row): value for row, value in _pairs(words[1:])})
    yield from scenarios
    if independent:
        for choice in itertools.product(*independent.values()):
            probability = float(np.prod([weight for weight, _ in choice]))
            yield probability, {key: value for key, (_, value) in zip(independent, choice, strict=True)}


def _stamp(core: _Core, names: list[str], rows: list[str], changes: Changes) -> LinearProgram:
    place = {row: index for index, row in enumerate(rows)}
    cost, rhs = np.zeros(len(names)), np.array([core.rhs.get(row, 0.0) for row in rows])
    entries = {(column, row): value for column in names for row, value in core.columns[column].items()}
    for (column, row), value in changes.items():
        if column in _RHS:
            rhs[place[row]] = value
        else:
            entries[column, row] = value
    number = {name: index for index, name in enumerate(names)}
    for (column, row), value in entries.items():
        if row == core.objective:
            cost[number[column]] = value
    kept = [(place[row], number[column], value) for (column, row), value in entries.items() if row in place and value]
    at_rows, at_columns, values = zip(*kept, strict=True)
    matrix = sp.csc_array((values, (at_rows, at_columns)), shape=(len(rows), len(names)))
    matrix.sort_indices()
    senses = np.array([core.senses[row] for row in rows])
    integer = np.array([name in core.integers for name in names])
    return LinearProgram(
        matrix=matrix,
        cost=cost,
        offset=0.0,
        row_lower=np.where(senses == "L", -np.inf, rhs),
        row_upper=np.where(senses == "G", np.inf, rhs),
        column_lower=np.array([core.lower.get(name, 0.0) for name in names]),
        column_upper=np.array([core.upper.get(name, np.inf) for name in names]),
        integer=integer,
    )
