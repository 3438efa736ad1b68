"""Building the extensive form and handing it to HiGHS: stamped arrays, and linopy for comparison.

linopy builds in blocks: variables with dimensions (scenario, column), and one block of rows for each number of
terms a row has, as a model written in linopy would have one block per kind of constraint. Nothing is solved.

Source
------
linopy, Hofmann (2023), Linopy: Linear optimization with n-dimensional labeled variables, DOI 10.21105/joss.04823.
"""

from __future__ import annotations

import importlib
import time
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from mes_stoch import api
from mes_stoch.bench.packages import bench_package
from mes_stoch.bench.worker import Task
from mes_stoch.io.artifacts.tree import read_tree
from mes_stoch.model.program import LinearProgram, StochasticProgram
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.extensive.algorithm import assemble
from mes_stoch.solvers.highs.model import HighsModel

IntArray = NDArray[np.int64]


def run(task: Task) -> dict[str, Any]:
    """Wall and CPU seconds of building, and of handing over, with the structure compiled before."""
    from mes_stoch.model.site_program import build_program

    site = api.read(task.spec["instance"])
    program = build_program(site.instance, read_tree(task.spec["tree"]))
    program.scenario(0)
    if task.spec["variant"] == "stamped":
        return _stamped(program)
    scenarios = [program.scenario(index) for index in range(len(program.scenario_names))]
    linopy = bench_package("linopy")
    started, started_cpu = time.perf_counter(), time.process_time()
    model = build_linopy(linopy, program, scenarios)
    built = time.perf_counter()
    highs = importlib.import_module("linopy.io").to_highspy(model)
    ended, ended_cpu = time.perf_counter(), time.process_time()
    found = _found(started, built, ended, ended_cpu - started_cpu)
    return {**found, "rows": highs.getNumRow(), "columns": highs.getNumCol(), "entries": highs.getNumNz()}


def _stamped(program: StochasticProgram) -> dict[str, Any]:
    started, started_cpu = time.perf_counter(), time.process_time()
    form = assemble(program)
    built = time.perf_counter()
    model = HighsModel(form.program)
    ended, ended_cpu = time.perf_counter(), time.process_time()
    found = _found(started, built, ended, ended_cpu - started_cpu)
    return {**found, "rows": model.row_count, "columns": model.column_count, "entries": int(form.program.matrix.nnz)}


def _found(started: float, built: float, ended: float, cpu_s: float) -> dict[str, Any]:
    return {
        "status": "optimal",
        "time_s": ended - started,
        "time_cpu_s": cpu_s,
        "phases_wall_s": {"build": built - started, "hand_over": ended - built},
    }


def build_linopy(linopy: Any, program: StochasticProgram, scenarios: list[LinearProgram]) -> Any:
    """The extensive form of ``scenarios`` as a linopy model.

    Rows that hold root columns alone are stated once, as :func:`mes_stoch.solvers.extensive.algorithm.assemble` does.
    """
    xr = importlib.import_module("xarray")
    root_columns = np.asarray(program.root.columns)
    first = scenarios[0]
    in_root = np.zeros(len(first.cost), dtype=bool)
    in_root[root_columns] = True
    rest = np.flatnonzero(~in_root)
    model = linopy.Model(force_dim_names=True)

    def block(name: str, attribute: str) -> Any:
        values = np.stack([getattr(scenario, attribute)[rest] for scenario in scenarios])
        return xr.DataArray(values, dims=("scenario", "column"), name=name)

    def once(attribute: str) -> Any:
        return xr.DataArray(getattr(first, attribute)[root_columns], dims=("root",))

    labels = np.empty((len(scenarios), len(first.cost)), dtype=np.int64)
    for suffix, integer in (("", False), ("_integer", True)):
        chosen = np.flatnonzero(first.integer[root_columns] == integer)
        if len(chosen):
            part = model.add_variables(
                lower=once("column_lower")[chosen],
                upper=once("column_upper")[chosen],
                integer=integer,
                name=f"commitment{suffix}",
            )
            labels[:, root_columns[chosen]] = part.labels.values
        chosen = np.flatnonzero(first.integer[rest] == integer)
        if len(chosen):
            part = model.add_variables(
                lower=block("lower", "column_lower")[:, chosen],
                upper=block("upper", "column_upper")[:, chosen],
                integer=integer,
                name=f"recourse{suffix}",
            )
            labels[:, rest[chosen]] = part.labels.values
    _add_rows(linopy, xr, model, scenarios, labels, in_root)
    weights = np.asarray(program.probabilities, dtype=float)
    costs = weights[:, None] * np.stack([scenario.cost for scenario in scenarios])
    terms = xr.Dataset(
        {"coeffs": (("_term",), costs.ravel()), "vars": (("_term",), labels.ravel()), "const": ((), 0.0)}
    )
    model.add_objective(linopy.LinearExpression(terms, model))
    return model


def _add_rows(
    linopy: Any, xr: Any, model: Any, scenarios: list[LinearProgram], labels: IntArray, in_root: NDArray[np.bool_]
) -> None:
    rows = [sp.csr_array(scenario.matrix) for scenario in scenarios]
    terms = np.diff(rows[0].indptr)
    root_only = np.asarray((abs(rows[0][:, ~in_root])).sum(axis=1)).ravel() == 0
    for group, (count, alone) in enumerate(sorted({(int(n), bool(r)) for n, r in zip(terms, root_only, strict=True)})):
        chosen = np.flatnonzero((terms == count) & (root_only == alone))
        members = range(1) if alone else range(len(scenarios))
        coefficients = np.zeros((len(members), len(chosen), count))
        variables = np.full((len(members), len(chosen), count), -1, dtype=np.int64)
        for scenario in members:
            matrix = rows[scenario]
            if not np.array_equal(np.diff(matrix.indptr), terms):
                raise UsageError("the scenarios differ in structure, which this comparison does not cover")
            places = matrix.indptr[chosen][:, None] + np.arange(count)
            coefficients[scenario] = matrix.data[places]
            variables[scenario] = labels[scenario][matrix.indices[places]]
        dimensions = ("scenario", f"row_{group}", "_term")
        data = xr.Dataset({"coeffs": (dimensions, coefficients), "vars": (dimensions, variables)})
        expression = linopy.LinearExpression(
            data.assign(const=(dimensions[:2], np.zeros(coefficients.shape[:2]))), model
        )
        lower = np.stack([scenarios[member].row_lower[chosen] for member in members])
        upper = np.stack([scenarios[member].row_upper[chosen] for member in members])
        equal = np.isfinite(lower) & (lower == upper)
        sides = (
            ("==", lower, equal),
            (">=", lower, np.isfinite(lower) & ~equal),
            ("<=", upper, np.isfinite(upper) & ~equal),
        )
        for number, (sign, side, mask) in enumerate(sides):
            if mask.any():
                right = xr.DataArray(side, dims=dimensions[:2])
                kept = xr.DataArray(mask, dims=dimensions[:2])
                model.add_constraints(expression, sign, right, name=f"rows_{group}_{number}", mask=kept)
