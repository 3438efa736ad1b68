"""mpi-sppy's progressive hedging with its bookkeeping done by NumPy on all local scenarios at once.

Self-contained: knows mpi-sppy and NumPy, nothing of this project, two stages or more, and is written so that it could
be offered to mpi-sppy as it stands. mpi-sppy's Pyomo parameters stay the one truth. They are read into arrays before a
step and written back after it, so extensions, spokes, writers and convergers see what they always see, and what they
change counts. Reading is cheap because the parameters' data objects are looked up once; what is avoided are
dictionary look-ups, validation and a walk through the whole model for its objective at every solve.

Equations
---------
For scenario ``s`` and variable ``j`` of tree node ``n``, with conditional probability ``p_sj``::

    average_j = sum_{s in n} p_sj x_sj          mean_square_j = sum_{s in n} p_sj x_sj^2
    W_sj     += rho_sj (x_sj - average_j)       convergence = mean over s, j of |x_sj - average_j|

Source
------
Rockafellar & Wets (1991), DOI 10.1287/moor.16.1.119; mpi-sppy 0.14.0, ``mpisppy/phbase.py``, Knueven, Mildebrath,
Muir, Siirola, Watson, Woodruff (2023), DOI 10.1007/s12532-023-00247-3.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: mpi-sppy's names of the parameters kept per variable.
PARAMETERS = ("W", "rho", "xbars", "xsqbars")

_read_value = attrgetter("_value")


@dataclass(frozen=True)
class HedgingTerms:
    """What a subproblem's objective gains: one entry a variable, in the order of mpi-sppy's ``nonant_indices``.

    Parameters
    ----------
    multiplier, rho, average, mean_square : array
        mpi-sppy's ``W``, ``rho``, ``xbars`` and ``xsqbars``.
    """

    multiplier: FloatArray
    rho: FloatArray
    average: FloatArray
    mean_square: FloatArray


@dataclass(frozen=True)
class _Node:
    """A tree node's entries in the flat arrays: one row a local scenario, one column a variable."""

    name: str
    entries: NDArray[np.intp]
    probability: FloatArray


class Layout:
    """Variables and parameters of all local scenarios, one scenario behind the other, as flat lists of data objects.

    Parameters
    ----------
    scenarios : mapping
        mpi-sppy's ``local_scenarios``, with multipliers attached.
    """

    def __init__(self, scenarios: Any) -> None:
        self.variables: list[Any] = []
        self.parameters: dict[str, list[Any]] = {name: [] for name in PARAMETERS}
        self.span: dict[str, slice] = {}
        masks: list[FloatArray] = []
        entries: dict[str, list[NDArray[np.intp]]] = {}
        probability: dict[str, list[FloatArray]] = {}
        for name, model in scenarios.items():
            data, terms = model._mpisppy_data, model._mpisppy_model
            first = len(self.variables)
            self.variables.extend(data.nonant_indices.values())
            self.span[name] = slice(first, len(self.variables))
            for parameter in PARAMETERS:
                own = getattr(terms, parameter)
                self.parameters[parameter].extend(own[key] for key in data.nonant_indices)
            place = {key: first + position for position, key in enumerate(data.nonant_indices)}
            mask = np.ones(len(place))
            for node in model._mpisppy_node_list:
                count = data.nlens[node.name]
                own_entries = np.array([place[node.name, i] for i in range(count)], dtype=np.intp)
                entries.setdefault(node.name, []).append(own_entries)
                probability.setdefault(node.name, []).append(np.ones(count) * data.prob_coeff[node.name])
                # A variable with probability zero in a scenario has no multiplier there.
                mask[own_entries - first] = data.prob0_mask[node.name] if data.has_variable_probability else 1.0
            masks.append(mask)
        self.mask = np.concatenate(masks) if masks else np.ones(0)
        self.nodes = [_Node(name, np.array(rows), np.array(probability[name])) for name, rows in entries.items()]

    @property
    def size(self) -> int:
        return len(self.variables)

    def values(self) -> FloatArray:
        """Current values of the variables."""
        return _gather(self.variables)

    def read(self, name: str) -> FloatArray:
        """Current values of a parameter."""
        return _gather(self.parameters[name])

    def write(self, name: str, values: FloatArray) -> None:
        """Set a parameter."""
        for item, value in zip(self.parameters[name], values.tolist(), strict=True):
            item._value = value


def _gather(items: Sequence[Any]) -> FloatArray:
    values: Iterable[Any] = map(_read_value, items)
    return np.fromiter(values, np.float64, len(items))


def vectorised(base: type[Any]) -> type[Any]:
    """A subclass of ``base``, which is mpi-sppy's ``PH`` or derived from it, that does the same faster.

    A persistent solver plug-in that has a method ``set_hedging_terms(terms: HedgingTerms)`` is given arrays in place of
    ``set_objective``; any other plug-in is served as before.
    """
    from mpisppy import MPI
    from mpisppy.utils.sputils import is_persistent

    class VectorisedPH(base):  # type: ignore[misc]
        """Progressive hedging on arrays."""

        _layout: Layout | None = None
        _terms: dict[str, FloatArray] | None = None
        _in_loop = False

        @property
        def layout(self) -> Layout:
            """Built when first needed, since multipliers are attached after construction."""
            if self._layout is None:
                self._layout = Layout(self.local_scenarios)
            return self._layout

        def attach_Ws_and_prox(self) -> None:  # noqa: N802 - mpi-sppy's name
            super().attach_Ws_and_prox()
            self._layout = None

        def Compute_Xbar(self, verbose: bool = False) -> None:  # noqa: N802
            if verbose:
                super().Compute_Xbar(verbose)
                return
            layout = self.layout
            values = layout.values()
            average, mean_square = np.empty(layout.size), np.empty(layout.size)
            for node in layout.nodes:
                own = values[node.entries]
                weighted = node.probability * own
                local = np.concatenate([weighted.sum(axis=0), (weighted * own).sum(axis=0)])
                total = np.empty_like(local)
                self.comms[node.name].Allreduce([local, MPI.DOUBLE], [total, MPI.DOUBLE], op=MPI.SUM)
                width = own.shape[1]
                average[node.entries] = total[:width]
                mean_square[node.entries] = total[width:]
            layout.write("xbars", average)
            layout.write("xsqbars", mean_square)

        def Update_W(self, verbose: bool) -> None:  # noqa: N802
            if verbose:
                super().Update_W(verbose)
                return
            layout = self.layout
            away = layout.values() - layout.read("xbars")
            layout.write("W", (layout.read("W") + layout.read("rho") * away) * layout.mask)

        def convergence_diff(self) -> float:
            layout = self.layout
            local = np.array([np.abs(layout.values() - layout.read("xbars")).sum() / max(layout.size, 1)])
            total = np.zeros(1)
            self.comms["ROOT"].Allreduce(local, total, op=MPI.SUM)
            return float(total[0]) / int(self.n_proc)

        def _populate_W_cache(self, cache: Any, padding: int) -> None:  # noqa: N802
            layout = self.layout
            if layout.size != len(cache) - padding:
                raise RuntimeError(f"a buffer for {len(cache) - padding} multipliers was passed for {layout.size}")
            cache[: layout.size] = layout.read("W")

        def W_from_flat_list(self, flat_list: Any) -> None:  # noqa: N802
            self.layout.write("W", np.asarray(flat_list, dtype=np.float64)[: self.layout.size])

        def solve_loop(self, *arguments: Any, **keywords: Any) -> None:
            self._in_loop, self._terms = True, None
            try:
                super().solve_loop(*arguments, **keywords)
            finally:
                self._in_loop = False

        def solve_one(
            self, solver_options: Any, k: str, s: Any, *, update_objective: bool = True, **keywords: Any
        ) -> Any:
            plugin, objective = s._solver_plugin, self.saved_objectives[k]
            if not (update_objective and objective.active and is_persistent(plugin)):
                return super().solve_one(solver_options, k, s, update_objective=update_objective, **keywords)
            started = time.time()
            if hasattr(plugin, "set_hedging_terms"):
                plugin.set_hedging_terms(self._terms_of(k))
            else:
                plugin.set_objective(objective)
            spent_s = time.time() - started
            # The objective is known, so nothing needs to search the model for it.
            return spent_s + super().solve_one(solver_options, k, s, update_objective=False, **keywords)

        def _terms_of(self, name: str) -> HedgingTerms:
            layout = self.layout
            # Once a loop, at its first solve: after whatever an extension does before the loop.
            if self._terms is None or not self._in_loop:
                self._terms = {parameter: layout.read(parameter) for parameter in PARAMETERS}
            span = layout.span[name]
            return HedgingTerms(*(self._terms[parameter][span] for parameter in PARAMETERS))

    return VectorisedPH
