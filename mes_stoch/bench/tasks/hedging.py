"""What a progressive-hedging scenario-iteration costs through mpi-sppy, against the bare HiGHS re-solves inside it.

Hedging runs from zero multipliers, on the linear relaxation of every scenario. A timed run counts CPU time from the end
of iteration 1 to the end of the last, without what bounds cost, so that everything mpi-sppy does in an iteration
(averages, multipliers, objective, solver interface) is in it. Another run, which takes the same path, writes down every
call to the HiGHS objects of the subproblems; these calls are then repeated on new objects with nothing else around
them. Both are done several times in turn, and the medians compared.
"""

from __future__ import annotations

import inspect
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from mes_stoch import api
from mes_stoch.bench.worker import Task
from mes_stoch.io.artifacts.tree import read_tree
from mes_stoch.model.phases import timed_by
from mes_stoch.model.program import FloatArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.hedging.serial import solve_serial
from mes_stoch.solvers.highs.model import HighsModel

# Never reached, so that all iterations are made.
_UNREACHABLE_GAP = 1e-12
_REPETITIONS = 3


class RelaxedProgram:
    """A program whose integer columns are continuous."""

    def __init__(self, program: StochasticProgram) -> None:
        self._program = program

    @property
    def name(self) -> str:
        return self._program.name

    @property
    def scenario_names(self) -> tuple[str, ...]:
        return self._program.scenario_names

    @property
    def probabilities(self) -> FloatArray:
        return self._program.probabilities

    @property
    def root(self) -> RootStage:
        return self._program.root

    @property
    def column_names(self) -> tuple[str, ...]:
        return self._program.column_names

    @property
    def row_names(self) -> tuple[str, ...]:
        return self._program.row_names

    def scenario(self, index: int) -> LinearProgram:
        scenario = self._program.scenario(index)
        return replace(scenario, integer=np.zeros_like(scenario.integer))


@dataclass
class _Call:
    model: int
    method: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


@dataclass
class HubWatch:
    """Follows the models that hold the hub's subproblems, and knows what proving bounds takes.

    A :class:`~mes_stoch.model.phases.Clock`, and with :meth:`make_model` the maker of those models.

    Parameters
    ----------
    write_down : bool
        Keep every call with its arguments, for :func:`repeat`.
    """

    write_down: bool = False
    calls: list[_Call] = field(default_factory=list)
    runs_end_cpu_s: list[float] = field(default_factory=list)
    objectives: list[float] = field(default_factory=list)
    _models: int = 0
    _proof_cpu_s: float = 0.0
    _proofs: int = 0

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Count what is spent on bounds; the rest is the hub's."""
        return self._proof() if name == "bounds" else nullcontext()

    @contextmanager
    def _proof(self) -> Iterator[None]:
        self._proofs += 1
        started = time.process_time()
        try:
            yield
        finally:
            self._proofs -= 1
            if not self._proofs:
                self._proof_cpu_s += time.process_time() - started

    def make_model(self, *arguments: Any, **keywords: Any) -> HighsModel:
        """A :class:`HighsModel` of the hub's."""
        number, self._models = self._models, self._models + 1
        self._note(number, "__init__", arguments, keywords)
        return cast(HighsModel, _FollowedModel(self, number, HighsModel(*arguments, **keywords)))

    def call(self, number: int, name: str, method: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
        """Call a method of a model."""
        self._note(number, name, arguments, keywords)
        result = method(*arguments, **keywords)
        if name == "run":
            self.runs_end_cpu_s.append(time.process_time() - self._proof_cpu_s)
            self.objectives.append(result.objective)
        return result

    def _note(self, number: int, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        if self.write_down:
            self.calls.append(_Call(number, name, _copied(arguments), dict(keywords)))


class _FollowedModel:
    """Stands for a model, and tells the watch of every method called from outside."""

    def __init__(self, watch: HubWatch, number: int, model: HighsModel) -> None:
        self._watch = watch
        self._number = number
        self._model = model

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        if not inspect.ismethod(found):
            return found
        return lambda *arguments, **keywords: self._watch.call(self._number, name, found, arguments, keywords)


def run(task: Task) -> dict[str, Any]:
    """CPU milliseconds per scenario-iteration, through mpi-sppy and bare."""
    from mes_stoch.model.site_program import build_program

    site = api.read(task.spec["instance"])
    program = RelaxedProgram(build_program(site.instance, read_tree(task.spec["tree"])))
    return compare(program, int(task.spec["iterations"]))


def compare(program: StochasticProgram, iterations: int) -> dict[str, Any]:
    """Time both ways for iterations 2 to ``iterations``.

    Raises
    ------
    SolveError
        The two runs, or the repetition, did not take the same path.
    """
    written = _hedge(program, iterations, write_down=True)
    count = len(program.scenario_names)
    first = 2 * count  # iteration 0 and iteration 1 are not yet the re-solves that all later ones are
    solves = len(written.objectives) - first
    if solves != count * (iterations - 1):
        raise SolveError(f"{iterations} iterations of {count} scenarios made {len(written.objectives)} solves")
    through, bare = [], []
    for _ in range(_REPETITIONS):
        timed = _hedge(program, iterations, write_down=False)
        _require_same_path(timed.objectives, written.objectives)
        through.append(timed.runs_end_cpu_s[-1] - timed.runs_end_cpu_s[first - 1])
        seconds, objectives = repeat(written.calls, first)
        _require_same_path(objectives, written.objectives)
        bare.append(seconds)
    return {
        "status": "optimal",
        "iterations": iterations,
        "solves": solves,
        "through_ms": 1000 * statistics.median(through) / solves,
        "bare_ms": 1000 * statistics.median(bare) / solves,
        "time_cpu_s": sum(through),
    }


def _hedge(program: StochasticProgram, iterations: int, *, write_down: bool) -> HubWatch:
    watch = HubWatch(write_down=write_down)
    with timed_by(watch):
        options = SolveOptions(gap_rel=_UNREACHABLE_GAP, iteration_limit=iterations, cold_start=True)
        solve_serial(program, options, warm=False, make_model=watch.make_model)
    return watch


def _require_same_path(objectives: list[float], expected: list[float]) -> None:
    if len(objectives) != len(expected) or not np.allclose(objectives, expected, rtol=1e-6):
        raise SolveError("two runs that should make the same solves did not, so their times are no comparison")


def repeat(calls: list[_Call], first_runs: int) -> tuple[float, list[float]]:
    """Make the calls again on objects of their own.

    Returns
    -------
    tuple of float and list
        CPU seconds of all calls after the first ``first_runs`` runs; the optimum of every run.
    """
    models: dict[int, HighsModel] = {}
    objectives: list[float] = []
    started = 0.0
    for call in calls:
        if call.method == "__init__":
            models[call.model] = HighsModel(*call.arguments, **call.keywords)
            continue
        result = getattr(models[call.model], call.method)(*call.arguments, **call.keywords)
        if call.method == "run":
            objectives.append(result.objective)
            if len(objectives) == first_runs:
                started = time.process_time()
    return time.process_time() - started, objectives


def _copied(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arrays as they are now; the caller may use them again."""
    return tuple(argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments)
