"""One leaf operated step by step, each with what has been seen by then.

Equations
---------
At step ``t`` (the day-ahead gate, then every period) ``w_k`` and ``d_k`` are weights and data of the courses that a
forecast sees after what has been seen (:mod:`mes_stoch.evaluation.rolling.forecast`), and ``x_D`` what was decided
before. The rest is planned for the mean of the courses,

    minimise c(d)'x    with   A(d) x in [l(d), u(d)],  x_D as decided,   d = sum_k w_k d_k

in which data that follow from data are averaged and never worked out anew, as in the expected-value problem
(:mod:`mes_stoch.model.mean_program`); or, with a fan of ``K``, for the ``K`` likeliest of them, which agree on what is
decided at ``t``. Of the plan that is kept, and all else is planned again at ``t + 1``.

All steps are steps of the one program of the whole horizon. So states, minimum times, calls under way, the worst miss
of a block and positions of closed gates need no carrying over; at the last period all data are those of the leaf, and
the path is a feasible point of the leaf's own program: it earns no more than the best dispatch with everything known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from mes_stoch.evaluation.profit import leaf_profit
from mes_stoch.evaluation.rolling.decisions import decision_steps
from mes_stoch.evaluation.rolling.forecast import Course, Forecast
from mes_stoch.evaluation.rolling.information import GATE, Information, information_of
from mes_stoch.evaluation.rolling.step import Planner, with_decided
from mes_stoch.model.merge import Merger
from mes_stoch.model.program import BoolArray, FloatArray, LinearProgram
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.schema.errors import InfeasibleError, SolveError, UsageError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.gap_floor import gap_floor
from mes_stoch.solvers.proofs import primal_check
from mes_stoch.solvers.subproblems.explain import DescribedByInner, explain_infeasible
from mes_stoch.solvers.subproblems.pool import with_fixed
from mes_stoch.solvers.subproblems.whole import solved_without

#: By how much a decided value may give way where rounding closes the way on, of its size.
_GIVES_WAY = 1e-6
#: Single courses that are tried where no plan fits their mean.
_TRIED = 3
#: Shares of a store's range that a plan keeps free on both sides in later periods, the largest that there is a plan
#: with, for what the forecast misses: a unit that is on cannot be stopped within its span, and a store that is full to
#: the brim has no room for what it makes.
_MARGINS = (0.03, 0.01, 0.003)


@dataclass(frozen=True)
class RolledPath:
    """What was done in a leaf, and what it earned.

    Parameters
    ----------
    leaf : int
    profit : float
        Profit over the horizon, in the instance's currency.
    streams : dict of str to float
        The same by stream.
    shortfalls : dict of str to float
        What is not served, held or delivered, MWh (MW h), by name of the slack.
    values : array, shape (columns,)
        Every column of the leaf's program.
    """

    leaf: int
    profit: float
    streams: dict[str, float]
    shortfalls: dict[str, float]
    values: FloatArray = field(repr=False)


def operate(
    program: SiteProgram,
    root: FloatArray,
    leaf: int,
    forecast: Forecast,
    *,
    information: Information | None = None,
    fan: int = 1,
    gap_rel: float = 1e-3,
    stop: Callable[[], bool] | None = None,
) -> RolledPath:
    """Operate a commitment in one leaf without foresight; see the module's equations.

    Parameters
    ----------
    program : SiteProgram
        Of a tree that has the leaf.
    root : array
        One value per root column.
    leaf : int
    forecast : Forecast
        Must not know the leaf.
    information : Information, optional
        What becomes known when; default as instance and tree say it.
    fan : int
        Courses that a step is planned for; 1 for their mean.
    gap_rel : float
        Gap of the plan of a step, relative to its cost.
    stop : callable, optional
        Asked before every step whether to give up.

    Raises
    ------
    InfeasibleError
        What was decided leaves no way on.
    NotInTimeError
    """
    if fan < 1:
        raise UsageError(f"a step is planned for 1 course or more, not {fan}")
    operator = _Operator(program, program.scenario_names[leaf], root, forecast, fan, gap_rel)
    known = information or information_of(program, leaf)
    actual = {name: program.tree.values(name, leaf) for name in program.series_names}
    for step in range(GATE, program.tree.periods):
        if stop is not None and stop():
            raise NotInTimeError(
                f"{program.name}: there was no time to operate scenario {program.scenario_names[leaf]!r}"
            )
        operator.decide(step, known.seen(actual, step))
    return path_of(program, leaf, operator.values)


class _Operator:
    """What has been decided so far, and how a step goes on from it."""

    def __init__(
        self, program: SiteProgram, leaf: str, root: FloatArray, forecast: Forecast, fan: int, gap_rel: float
    ) -> None:
        self._program = program
        self._leaf = leaf
        self._forecast = forecast
        self._fan = fan
        self._new_planner = partial(Planner, gap_rel, gap_floor(program))
        self._planner = self._new_planner()
        self._steps = decision_steps(program)
        self._integer = program.structure.integer
        self._decided: BoolArray = np.zeros(len(program.column_names), dtype=bool)
        self._decided[program.root.columns] = True
        self._taken_back, self._owed = _held_and_owed(program)
        # where all can be changed in every period no plan comes to a dead end for its states
        self._margin = _ranges_of_stores(program) if self._integer.any() else None
        self.values: FloatArray = np.zeros(len(program.column_names))
        self.values[program.root.columns] = root

    def decide(self, step: int, seen: dict[str, FloatArray]) -> None:
        """Decide what a step decides.

        Raises
        ------
        InfeasibleError
        """
        now = (self._steps <= step) & ~self._decided
        if not now.any():
            return
        courses = self._forecast.courses(seen)
        values = self._planned(courses, now)
        structure = self._program.structure
        values = np.where(self._integer, np.round(values), values)
        values = np.clip(values, structure.column_lower, structure.column_upper)
        self.values = np.where(self._decided | now, values, 0.0)
        self._decided = self._decided | now

    def _planned(self, courses: Sequence[Course], now: BoolArray) -> FloatArray:
        """All columns, as the first plan that there is has them."""
        likely = sorted(courses, key=lambda course: -course.weight)
        if self._fan > 1:
            found = self._plan_of_fan(likely[: self._fan], now)
            if found is not None:
                return found
        mean = self._mean(courses)
        # one course has a plan where the mean of several has none, as of minimum loads
        for program in (mean, *(self._mean([course]) for course in likely[:_TRIED])):
            found = self._plan(program, now)
            if found is not None:
                return found
        raise InfeasibleError(self._no_way_on(mean, int(self._steps[now].max())))

    def _mean(self, courses: Sequence[Course]) -> LinearProgram:
        """The program of the mean data of some courses."""
        weights = np.array([course.weight for course in courses])
        data = np.array([self._program.data_of(course.series) for course in courses])
        return self._program.structure.program(weights / weights.sum() @ data)

    def _with_margin(self, program: LinearProgram, share: float, later: BoolArray) -> LinearProgram:
        """The program with a share of the stores' ranges kept free in columns that are decided later."""
        if self._margin is None:
            return program
        room = np.where(later, share * self._margin, 0.0)
        return replace(program, column_lower=program.column_lower + room, column_upper=program.column_upper - room)

    def _plan(self, program: LinearProgram, now: BoolArray) -> FloatArray | None:
        """What fits what was decided, else that but for rounding, else with reserve of the past that was short."""
        shares = (0.0,) if self._margin is None else (*_MARGINS, 0.0)
        wider = [self._with_margin(program, share, ~now) for share in shares]
        for one in wider:
            found = self._planner.plan(with_decided(one, self._decided, self.values))
            if found is not None:
                return found
        found = self._new_planner().plan(self._giving_way(program, takes_back=False))
        for one in wider:
            if found is None:
                found = self._new_planner().plan(self._giving_way(one, takes_back=True))
        return found

    def _giving_way(self, program: LinearProgram, *, takes_back: bool) -> LinearProgram:
        """The program where decided values may give way by no more than rounding.

        Parameters
        ----------
        takes_back : bool
            Less than was said has been held ready in the past, with all that it costs: a call that has not come could
            not have been followed to its end. What was delivered stays as it is.
        """
        fixed = self._decided & self._integer
        fixed[self._program.root.columns] = True
        reach = np.where(fixed, 0.0, _GIVES_WAY * np.maximum(1.0, np.abs(self.values)))
        below = np.where(self._taken_back & ~fixed, np.inf, reach) if takes_back else reach
        above = np.where(self._owed & ~fixed, np.inf, reach) if takes_back else reach
        lower = np.maximum(program.column_lower, self.values - below)
        upper = np.minimum(program.column_upper, self.values + above)
        return replace(
            program,
            column_lower=np.where(self._decided, lower, program.column_lower),
            column_upper=np.where(self._decided, upper, program.column_upper),
        )

    def _plan_of_fan(self, courses: Sequence[Course], now: BoolArray) -> FloatArray | None:
        """A plan for several courses that agree on what is decided now; the plan of the first of them."""
        total = sum(course.weight for course in courses)
        parts = [with_decided(self._mean([course]), self._decided, self.values) for course in courses]
        shared = np.flatnonzero(now).astype(np.int32)
        merged = Merger(shared).merge(parts, [course.weight / total for course in courses])
        # what is shared differs from step to step, and with it the columns' places: nothing is kept
        found = self._new_planner().plan(merged.program)
        if found is None:
            return None
        plan = np.empty(len(self.values))
        plan[shared] = found[: len(shared)]
        own = np.ones(len(plan), dtype=bool)
        own[shared] = False
        plan[own] = found[len(shared) : len(plan)]
        return plan

    def _no_way_on(self, program: LinearProgram, step: int) -> str:
        site = self._program
        when = "at the day-ahead gate" if step == GATE else f"in the period from {site.tree.time[step]:%Y-%m-%d %H:%M}"
        repair = explain_infeasible(_Decided(site, program, self._decided, self.values), 0)
        return f"{site.name}: in scenario {self._leaf!r} what was decided before leaves no way on {when}." + (
            f" The least that would have to give way:\n{repair}" if repair else ""
        )


def _ranges_of_stores(program: SiteProgram) -> FloatArray:
    """Between which levels a store may be, in every period but the last; zero for all other columns, shape (columns,).

    What is left at the end is the instance's to say.
    """
    structure = program.structure
    found = np.zeros(len(program.column_names))
    for group in program.column_groups:
        if group.quantity == "level_mwh" and group.owner in program.instance.components:
            columns = group.positions[:-1]
            width = structure.column_upper[columns] - structure.column_lower[columns]
            found[columns] = np.where(np.isfinite(width), width, 0.0)
    return found


def _held_and_owed(program: SiteProgram) -> tuple[BoolArray, BoolArray]:
    """Columns of reserve that is held, and those of what a product loses where less is: its shortfalls and payments."""
    held, owed = np.zeros((2, len(program.column_names)), dtype=bool)
    for group in program.column_groups:
        if group.role == "held":
            held[group.positions] = True
        elif group.stage == "realtime" and group.owner in program.instance.products:
            owed[group.positions] = group.role in ("shortfall", "dispatch")
    return held, owed


class _Decided(DescribedByInner):
    """A single program with columns fixed, in the words of the site."""

    def __init__(self, site: SiteProgram, program: LinearProgram, decided: BoolArray, values: FloatArray) -> None:
        self._program = site
        self._fixed = with_fixed(program, np.flatnonzero(decided).astype(np.int32), values[decided])
        self.name = site.name
        self.scenario_names = (site.name,)
        self.probabilities: FloatArray = np.ones(1)
        self.root = site.root
        self.column_names = site.column_names
        self.row_names = site.row_names

    def scenario(self, index: int) -> LinearProgram:
        return self._fixed


def path_of(program: SiteProgram, leaf: int, values: FloatArray) -> RolledPath:
    """A path as it counts: checked in the leaf's own numbers.

    Raises
    ------
    SolveError
        It is no dispatch of the leaf.
    """
    scenario = program.scenario(leaf)
    values = primal_check.settled(scenario, values)
    if not primal_check.is_feasible(scenario, values):
        values = _polished(scenario, values)
    found = leaf_profit(program, leaf, values)
    return RolledPath(leaf, found.profit, found.streams, found.shortfalls, values)


def _polished(scenario: LinearProgram, values: FloatArray) -> FloatArray:
    """The same path to the tolerance of a dispatch, where rounding has added up over the steps."""
    reach = 10 * _GIVES_WAY * np.maximum(1.0, np.abs(values))
    near = replace(
        scenario,
        column_lower=np.maximum(scenario.column_lower, values - reach),
        column_upper=np.minimum(scenario.column_upper, values + reach),
    )
    columns = np.flatnonzero(scenario.integer).astype(np.int32)
    found = solved_without(near, columns, values[columns], scenario, exactly=True)
    if found is None or found.values is None:
        raise SolveError("what was operated period by period is no dispatch of its scenario")
    return primal_check.settled(scenario, found.values)
