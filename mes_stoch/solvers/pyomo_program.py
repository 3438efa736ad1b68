"""Any two-stage mpi-sppy model module as a :class:`~mes_stoch.model.program.StochasticProgram`.

A module offers ``scenario_creator(name, **kwargs)``, which returns a Pyomo model that carries ``_mpisppy_node_list``
and ``_mpisppy_probability``, and usually ``scenario_names_creator(count)`` and ``kw_creator(config)``. Nothing of
mpi-sppy is imported here; the module itself may.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, RootStage
from mes_stoch.schema.errors import ModelError
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.subproblems.nearest import NearestRoot

_PROBABILITY_TOLERANCE = 1e-6
_RHO_SAMPLE = 10


class ModuleConfig(dict[str, Any]):
    """What ``kw_creator`` and its kin read options from: a mapping whose keys are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


class PyomoProgram:
    """Two-stage program compiled from Pyomo scenario models, one at a time, where they are asked for.

    Parameters
    ----------
    scenario_creator : callable
        ``scenario_creator(name, **kwargs)`` returning a concrete Pyomo model.
    scenario_names : sequence of str
    creator_kwargs : mapping, optional
        Passed to ``scenario_creator``.
    rho_setter : callable, optional
        mpi-sppy's ``_rho_setter(model)``: pairs of ``id(variable)`` and penalty. Without one the penalty scale is
        ``|cost| / spread``, see :func:`penalty_scale`.
    name : str

    Raises
    ------
    ModelError
        More than two stages, no root node, a non-linear model, or scenarios whose variables differ.
    """

    def __init__(
        self,
        scenario_creator: Callable[..., Any],
        scenario_names: Sequence[str],
        *,
        creator_kwargs: Mapping[str, Any] | None = None,
        rho_setter: Callable[[Any], Sequence[tuple[int, float]]] | None = None,
        name: str = "pyomo",
    ) -> None:
        if not scenario_names:
            raise ModelError(f"{name}: no scenarios")
        self._creator = scenario_creator
        self._kwargs = dict(creator_kwargs or {})
        self._rho_setter = rho_setter
        self._name = name
        self._scenario_names = tuple(scenario_names)
        first = self._create(0)
        _, self._column_names, self._row_names = _compile(first, self._label(0))
        columns, names, consensus = _root_columns(first, self._column_names, self._label(0))
        self._root_names = names
        self._root_columns, self._consensus = columns, consensus
        self._declared_rho = self._read_rho(first)

    @classmethod
    def from_module(
        cls,
        module: Any,
        scenarios: int | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        **creator_kwargs: Any,
    ) -> PyomoProgram:
        """Read a model module.

        Parameters
        ----------
        module : module
        scenarios : int, optional
            Passed to ``scenario_names_creator``.
        options : mapping, optional
            What ``kw_creator`` reads; used only if no ``creator_kwargs`` are given.
        **creator_kwargs
            Passed to ``scenario_creator`` as they are.

        Raises
        ------
        ModelError
            If the module lacks a function, or the number of scenarios is not given.
        """
        for needed in ("scenario_creator", "scenario_names_creator"):
            if not callable(getattr(module, needed, None)):
                raise ModelError(f"module {module.__name__!r} has no function {needed}")
        if scenarios is None:
            raise ModelError(f"module {module.__name__!r}: the number of scenarios is needed")
        if not creator_kwargs and callable(getattr(module, "kw_creator", None)):
            creator_kwargs = dict(module.kw_creator(ModuleConfig({"num_scens": scenarios, **(options or {})})))
        return cls(
            module.scenario_creator,
            list(module.scenario_names_creator(scenarios)),
            creator_kwargs=creator_kwargs,
            rho_setter=getattr(module, "_rho_setter", None),
            name=str(module.__name__),
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def scenario_names(self) -> tuple[str, ...]:
        return self._scenario_names

    @property
    def column_names(self) -> tuple[str, ...]:
        return self._column_names

    @property
    def row_names(self) -> tuple[str, ...]:
        return self._row_names

    @functools.cached_property
    def probabilities(self) -> FloatArray:
        stated = [_probability(self._create(index)) for index in range(len(self._scenario_names))]
        uniform = 1.0 / len(stated)
        values = np.array([uniform if value is None else value for value in stated])
        total = math.fsum(values)
        if np.any(values <= 0) or abs(total - 1.0) > _PROBABILITY_TOLERANCE:
            raise ModelError(f"{self._name}: probabilities must be positive and sum to 1, they sum to {total:.9g}")
        return values / total

    @functools.cached_property
    def root(self) -> RootStage:
        first = self.scenario(0)
        scale = self._declared_rho
        if scale is None:
            sample = [self.scenario(index) for index in range(min(_RHO_SAMPLE, len(self._scenario_names)))]
            scale = penalty_scale(sample, self._root_columns)
        return RootStage(
            columns=self._root_columns,
            names=self._root_names,
            consensus=self._consensus,
            rho_scale=scale,
            nearest=NearestRoot(first, self._root_columns, self._consensus),
        )

    def scenario(self, index: int) -> LinearProgram:
        program, names, _ = _compile(self._create(index), self._label(index))
        if names != self._column_names:
            raise ModelError(f"{self._label(index)}: its variables are not those of {self._scenario_names[0]!r}")
        return program

    def _create(self, index: int) -> Any:
        return self._creator(self._scenario_names[index], **self._kwargs)

    def _label(self, index: int) -> str:
        return f"{self._name}, scenario {self._scenario_names[index]!r}"

    def _read_rho(self, model: Any) -> FloatArray | None:
        if self._rho_setter is None:
            return None
        stated = dict(self._rho_setter(model))
        node = model._mpisppy_node_list[0]
        by_name = {variable.name: stated.get(id(variable)) for variable in node.nonant_vardata_list}
        values = [by_name.get(name) for name in self._root_names]
        missing = [name for name, value in zip(self._root_names, values, strict=True) if value is None]
        if any(self._consensus[self._root_names.index(name)] for name in missing):
            return None
        return np.array([1.0 if value is None else float(value) for value in values])


def penalty_scale(sample: Sequence[LinearProgram], columns: IndexArray) -> FloatArray:
    """Penalty per squared unit of each root column: its cost over its spread between scenarios.

    Source
    ------
    The cost-proportional rule of Watson & Woodruff (2011), Progressive hedging innovations for a class of stochastic
    mixed-integer resource allocation problems, section 2.1, DOI 10.1007/s10287-010-0125-4; a column without cost of
    its own takes the mean of the others.
    """
    points = []
    for program in sample:
        solution = highs.solve(program, relax=True)
        if solution.values is not None:
            points.append(solution.values[columns])
    cost = np.mean([np.abs(program.cost[columns]) for program in sample], axis=0)
    if not points:
        return np.ones(len(columns))
    spread = np.ptp(np.array(points), axis=0)
    size = np.abs(np.array(points)).mean(axis=0)
    distance = np.where(spread > 1e-9, spread, np.maximum(size, 1.0))
    scale = cost / np.maximum(distance, 1e-6)
    priced = scale > 0
    return np.where(priced, scale, scale[priced].mean() if priced.any() else 1.0)


def _probability(model: Any) -> float | None:
    stated = getattr(model, "_mpisppy_probability", None)
    return None if stated is None or stated == "uniform" else float(stated)


def _root_columns(model: Any, column_names: tuple[str, ...], label: str) -> tuple[IndexArray, tuple[str, ...], Any]:
    nodes = getattr(model, "_mpisppy_node_list", None)
    if not nodes:
        raise ModelError(f"{label}: no _mpisppy_node_list; attach a root node")
    if len(nodes) != 1 or nodes[0].name != "ROOT":
        names = ", ".join(node.name for node in nodes)
        raise ModelError(f"{label}: only two-stage models are read, this one has the non-leaf nodes {names}")
    position = {name: index for index, name in enumerate(column_names)}
    consensus = {variable.name: True for variable in nodes[0].nonant_vardata_list}
    for variable in getattr(nodes[0], "nonant_ef_suppl_vardata_list", None) or []:
        consensus.setdefault(variable.name, False)
    if not consensus:
        raise ModelError(f"{label}: the root node has no non-anticipative variables")
    order = sorted(consensus, key=position.__getitem__)
    columns = np.array([position[name] for name in order], dtype=np.int32)
    return columns, tuple(order), np.array([consensus[name] for name in order])


def _compile(model: Any, label: str) -> tuple[LinearProgram, tuple[str, ...], tuple[str, ...]]:
    """Sparse arrays over **all** variables of the model, in the order they are declared."""
    variables = list(model.component_data_objects(pyo.Var, descend_into=True))
    position = {id(variable): index for index, variable in enumerate(variables)}
    try:
        form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=pyo.minimize)
    except Exception as error:
        raise ModelError(f"{label}: not a linear model that can be compiled ({error})") from error
    if len(form.objectives) != 1:
        raise ModelError(f"{label}: {len(form.objectives)} active objectives, exactly one is needed")
    unknown = [variable.name for variable in form.columns if id(variable) not in position]
    if unknown:
        raise ModelError(f"{label}: variables outside the model are used: {', '.join(unknown[:5])}")
    target = np.array([position[id(variable)] for variable in form.columns], dtype=np.int64)
    count = len(variables)
    entries = sp.coo_array(form.A)
    matrix = sp.csc_array((entries.data, (entries.row, target[entries.col])), shape=(entries.shape[0], count))
    matrix.sum_duplicates()
    matrix.sort_indices()
    cost = np.zeros(count)
    cost[target] = form.c.toarray()[0]
    lower, upper = np.full(count, -np.inf), np.full(count, np.inf)
    for index, variable in enumerate(variables):
        low, high = (variable.value, variable.value) if variable.fixed else variable.bounds
        lower[index] = -np.inf if low is None else low
        upper[index] = np.inf if high is None else high
    right_hand_side = np.asarray(form.rhs, dtype=np.float64)
    sense = np.array([row.bound_type for row in form.rows], dtype=np.int64)
    program = LinearProgram(
        matrix=matrix,
        cost=cost,
        offset=float(form.c_offset[0]),
        row_lower=np.where(sense <= 0, right_hand_side, -np.inf),
        row_upper=np.where(sense >= 0, right_hand_side, np.inf),
        column_lower=lower,
        column_upper=upper,
        integer=np.array([not variable.is_continuous() for variable in variables], dtype=bool),
    )
    rows = tuple(row.constraint.name for row in form.rows)
    return program, tuple(variable.name for variable in variables), rows
